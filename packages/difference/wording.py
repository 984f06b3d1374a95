"""Differences of one resource in words, with their class: what holds for every type of resource.

What a type means beyond that says its own module: `plans`, `terms`, `logic`. Each takes the two resources and what of
their differences it has not heard of comes here.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from .change import Change, Class, Resource, place, subject
from .elements import MOVED, Difference

# The last element of a path, or the first, that says a change is of words only.
WORDS = {
    *("citation", "comment", "contact", "copyright", "date", "description", "designation", "display", "documentation"),
    *("jurisdiction", "label", "language", "prefix", "publisher", "purpose", "text", "textEquivalent", "timestamp"),
    *("title", "topic", "usage", "useContext", "version"),
}
# First elements that others rely on.
RELIED_ON = {
    *("caseSensitive", "content", "fhirVersion", "id", "identifier", "kind", "library", "name", "packageId", "subject"),
    *("subjectType", "trigger", "type"),
}
# What these list follows from the resources themselves.
LISTS = {"ImplementationGuide": {"definition"}, "Library": {"relatedArtifact"}}

SYSTEMS = {
    "http://www.whocc.no/atc": "ATC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://unitsofmeasure.org": "UCUM",
}
NARRATIVE = "narrative-only"
LONG = 120  # characters of a value that a line shows


def said(
    resource: Resource, severity: Class, kind: str, path: str, what: str, old: Any = None, new: Any = None
) -> Change:
    return Change(severity, kind, subject(resource), place(resource), path, what, old, new)


def in_words(resource: Resource, found: Iterable[Difference]) -> Iterator[Change]:
    """Each difference as an element that changed."""
    told = False
    for each in found:
        if each.steps[0] != "text":
            yield element(resource, each)
        elif not told:
            told = True
            yield said(resource, Class.EDITORIAL, NARRATIVE, f"{resource['resourceType']}.text", "narrative only")


def element(resource: Resource, each: Difference) -> Change:
    """One element that changed; codings are told by the name of their system."""
    severity = class_of(resource, each)
    if change := _coding(resource, each, severity):
        return change
    if each.steps[-1] == "label" and each.steps[-2] in ("relatedArtifact", "valueRelatedArtifact"):
        return basis(resource, each.path, "", each.old, each.new)
    name = ".".join(each.steps)
    if each.old == MOVED and each.new == MOVED:
        return said(resource, severity, "order-changed", each.path, f"{name} in another order")
    if each.old is None:
        return said(resource, severity, "element-added", each.path, f"{name} added: {shown(each.new)}", None, each.new)
    if each.new is None:
        return said(resource, severity, "element-removed", each.path, f"{name} removed: {shown(each.old)}", each.old)
    return said(
        resource, severity, "element-changed", each.path, f"{name} {both(each.old, each.new)}", each.old, each.new
    )


def basis(resource: Resource, path: str, id: str, old: Any, new: Any) -> Change:
    """The statements of the source that something names, in a label such as `S-54, S-55`."""
    before, after = (str(side or "").split(", ") if side else [] for side in (old, new))
    more = [each for each in after if each not in before]
    less = [each for each in before if each not in after]
    told = [f"now names {', '.join(more)}" if more else "", f"no longer names {', '.join(less)}" if less else ""]
    what = f"{id} {' and '.join(filter(None, told)) or 'names another source'}".strip()
    return said(resource, Class.CLINICAL, "basis-changed", path, what, old, new)


def class_of(resource: Resource, each: Difference) -> Class:
    """Words matter least, what is relied on most; a status matters by what it becomes; all else is clinical."""
    if each.steps == ("status",):
        return Class.BREAKING if each.new in ("retired", "entered-in-error", "inactive") else Class.CLINICAL
    lists = each.steps[0] in LISTS.get(resource["resourceType"], ()) and not _is_plan(resource)
    if lists or each.steps[0] in WORDS or each.steps[-1] in WORDS or "designation" in each.steps:
        return Class.EDITORIAL
    return Class.BREAKING if each.steps[0] in RELIED_ON else Class.CLINICAL


def _is_plan(resource: Resource) -> bool:
    return bool(resource["resourceType"] == "PlanDefinition")


def _coding(resource: Resource, each: Difference, severity: Class) -> Change | None:
    """ "ATC code changed", for a coding that is laid beside the one of the same system."""
    if "coding" not in each.steps[-2:]:
        return None
    if each.steps[-1] == "code" and isinstance(each.old, str) and isinstance(each.new, str):
        _, _, rest = each.path.rpartition("system = '")
        system = system_name(rest.partition("'")[0]) if rest else "the"
        what = f"{system} code changed: {each.new}, was {each.old}"
        return said(resource, severity, "code-changed", each.path, what, each.old, each.new)
    coding = each.new or each.old
    if each.steps[-1] == "coding" and isinstance(coding, dict) and None in (each.old, each.new):
        done = "added" if each.old is None else "removed"
        system, code = system_name(str(coding.get("system", ""))), coding.get("code")
        return said(resource, severity, f"code-{done}", each.path, f"{system} code {done}: {code}", each.old, each.new)
    return None


def system_name(url: str) -> str:
    """As people call it: the last part of its url where it is none of the well-known."""
    return SYSTEMS.get(url) or url.rstrip("/").rpartition("/")[2] or "a"


def both(old: Any, new: Any) -> str:
    """What it is and what it was; of two long texts the part from where they differ."""
    if isinstance(old, str) and isinstance(new, str):
        same = next((at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), len(old))
        start = old.rfind(" ", 0, same) + 1
        if start > LONG // 2:
            return f"is …{shown(new[start:])}, was …{shown(old[start:])}"
    return f"is {shown(new)}, was {shown(old)}"


def shown(value: Any) -> str:
    """A value on part of a line."""
    if isinstance(value, dict):
        known = next((value[key] for key in ("id", "code", "url", "label", "name", "text") if key in value), None)
        return shown(known) if isinstance(known, str) else "{" + ", ".join(value) + "}"
    if isinstance(value, list):
        return ", ".join(map(shown, value[:3])) + (f" and {len(value) - 3} more" if len(value) > 3 else "")
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"
