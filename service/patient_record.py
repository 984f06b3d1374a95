"""A patient's record: a Bundle with one Patient, whose elements have the types that R4 gives them.

Only what conditions commonly read is looked at; a fault elsewhere in a record is nobody's business here. What has the
wrong type is refused, because an engine would take it for absent, and absence can be an answer.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .shape import ID, Resource, matches, shown

TYPES = ("collection", "searchset", "batch", "transaction", "batch-response", "transaction-response", "document")

Shape = str | Mapping[str, Any] | list[Any]
_CODING = {"system": "string", "code": "string"}
_CONCEPT = {"coding": [_CODING]}
_REFERENCE = {"reference": "string"}
_DRUG = {"medicationCodeableConcept": _CONCEPT, "medicationReference": _REFERENCE}
_REASON = {"reasonCode": [_CONCEPT], "reasonReference": [_REFERENCE]}
_SUBJECT = {"subject": _REFERENCE}

# R4 4.0.1: the elements that say what a record is about, and whether it stands.
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "Condition": {
        "code": _CONCEPT,
        "clinicalStatus": _CONCEPT,
        "verificationStatus": _CONCEPT,
        "bodySite": [_CONCEPT],
        **_SUBJECT,
    },
    "Medication": {"code": _CONCEPT},
    "MedicationAdministration": {"status": "string", **_DRUG, **_REASON, **_SUBJECT},
    "MedicationRequest": {"status": "string", "intent": "string", **_DRUG, **_SUBJECT},
    "MedicationStatement": {"status": "string", **_DRUG, **_REASON, **_SUBJECT},
    "Observation": {
        "status": "string",
        "code": _CONCEPT,
        "interpretation": [_CONCEPT],
        "valueBoolean": "boolean",
        "valueCodeableConcept": _CONCEPT,
        **_SUBJECT,
    },
    "Procedure": {"status": "string", "code": _CONCEPT, **_REASON, **_SUBJECT},
    "ServiceRequest": {"status": "string", "intent": "string", "code": _CONCEPT, **_SUBJECT},
}
_KINDS: Mapping[str, tuple[type, str]] = {"string": (str, "text"), "boolean": (bool, "true or false")}
_COMMON = {"id": "string"}


class RecordsError(Exception):
    """The Bundle is no record of one patient. `reasons` has one line a fault: where, what, and what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


def patient_of(bundle: object) -> str:
    """The reference of the one Patient of a Bundle: `Patient/<id>`, or the entry's fullUrl where it has no id.

    Raises RecordsError with every fault.
    """
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise RecordsError([f"{shown(bundle)}: no Bundle; give a Bundle with the patient and the records"])
    faults = list(_faults(bundle))
    if faults:
        raise RecordsError(faults)
    patients = [each for each in bundle.get("entry", ()) if each.get("resource", {}).get("resourceType") == "Patient"]
    if len(patients) != 1:
        what = "no Patient; add the patient" if not patients else f"{len(patients)} Patients; give each a Bundle"
        raise RecordsError([f"Bundle.entry: {what}"])
    (entry,) = patients
    id = entry["resource"].get("id")
    if id is not None and not matches(id, ID):
        raise RecordsError([f"Bundle.entry: {shown(id)} is no id of a Patient (letters, digits, - and .); mend it"])
    name = f"Patient/{id}" if id else entry.get("fullUrl")
    faults = list(_of_nobody(bundle, entry, str(id)))
    if faults:
        raise RecordsError(faults)
    if not name:
        raise RecordsError(["Bundle.entry: the Patient has no id, so no record can be known as theirs; give it one"])
    return str(name)


# R4 4.0.1: records that must have a subject; an Observation need not.
WITH_SUBJECT = SHAPES.keys() - {"Medication", "Observation"}


def _of_nobody(bundle: Resource, patient: Resource, id: str) -> Iterator[str]:
    """Records of which nobody can say whether they are the patient's: left aside, their absence could be an answer."""
    for number, entry in enumerate(bundle["entry"]):
        resource = entry.get("resource", {})
        place = f"Bundle.entry[{number}].resource.subject"
        reference = resource.get("subject", {}).get("reference")
        if resource.get("resourceType") in WITH_SUBJECT and not reference:
            yield f"{place}: no reference, so the record is nobody's; name the patient"
        elif reference and "fullUrl" not in patient and reference.partition("/_history/")[0].endswith(f"/Patient/{id}"):
            yield f"{place}: {shown(reference)} may be the patient; give the Patient's entry its fullUrl"


def is_of(resource: Resource, bundle: Resource) -> bool:
    """Whether a record's subject is the one Patient of a Bundle."""
    reference = resource.get("subject", {}).get("reference", "").partition("/_history/")[0]
    patients = [each for each in bundle["entry"] if each.get("resource", {}).get("resourceType") == "Patient"]
    names = {each.get("fullUrl") for each in patients} | {
        f"Patient/{each['resource']['id']}" for each in patients if "id" in each["resource"]
    }
    return bool(reference) and reference in names


def unreadable(resource: Resource, place: str) -> Iterator[str]:
    """What of one record, and of those contained in it, has not the types that R4 gives it."""
    yield from _of_resource(resource, place, None)


def _faults(bundle: Resource) -> Iterator[str]:
    kind = bundle.get("type")
    links = bundle.get("link", [])
    if isinstance(links, list) and any(isinstance(each, dict) and each.get("relation") == "next" for each in links):
        yield "Bundle.link: there is a next page, so these are not all records; fetch every page"
    if kind not in TYPES:
        yield f"Bundle.type: {shown(kind)} is no kind that holds records as they are; write collection"
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        yield f"Bundle.entry: {shown(entries)} is no array; mend it"
        return
    ids: dict[tuple[str, str], str] = {}
    for number, entry in enumerate(entries):
        place = f"Bundle.entry[{number}]"
        if not isinstance(entry, dict):
            yield f"{place}: {shown(entry)} is no object; mend it, or take it out"
            continue
        if not isinstance(entry.get("fullUrl", ""), str):
            yield f"{place}.fullUrl: {shown(entry['fullUrl'])} is no text; mend it"
        if "resource" not in entry:
            continue
        yield from _of_resource(entry["resource"], f"{place}.resource", ids)


def _of_resource(resource: object, place: str, ids: dict[tuple[str, str], str] | None) -> Iterator[str]:
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        yield f"{place}: {shown(resource)} is no resource with a resourceType; mend it, or take it out"
        return
    kind = resource["resourceType"]
    if kind == "OperationOutcome" and ids is not None:
        yield f"{place}: an OperationOutcome, so something was not fetched; take it out once all records are there"
    if kind == "Bundle":
        yield f"{place}: a Bundle within the Bundle, whose records nobody would read; give them in one"
    yield from misshapen(resource, {**_COMMON, **SHAPES.get(kind, {})}, place)
    id = resource.get("id")
    if ids is not None and isinstance(id, str):
        first = ids.setdefault((kind, id), place)
        if first != place:
            yield f"{place}: {kind}/{id} is there twice, at {first} too; keep the one that holds"
    contained = resource.get("contained", [])
    if not isinstance(contained, list):
        yield f"{place}.contained: {shown(contained)} is no array; mend it"
        return
    for number, each in enumerate(contained):
        yield from _of_resource(each, f"{place}.contained[{number}]", None)


def misshapen(value: Any, shape: Shape, place: str) -> Iterator[str]:
    """What of a value has not the shape: where, what is so, what to do."""
    if isinstance(shape, str):
        kind, name = _KINDS[shape]
        if not isinstance(value, kind):
            yield f"{place}: {shown(value)} is no {name}; mend it"
        elif value == "":
            yield f"{place}: an empty text; leave it out"
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{place}: {shown(value)} is no array; mend it"
            return
        for number, each in enumerate(value):
            yield from misshapen(each, shape[0], f"{place}[{number}]")
    elif not isinstance(value, dict):
        yield f"{place}: {shown(value)} is no object; mend it"
    else:
        for key, below in shape.items():
            if key in value:
                yield from misshapen(value[key], below, f"{place}.{key}")
