"""The records that the logic reads, as data requirements, each with the one query that fetches them.

Queries stay short enough for real EHRs: by patient, status, or a few codes; what counts among what they bring is the
logic's work. Drugs that a record only points to are in no query: a search by patient can't find a Medication.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..model import Content, Evidence
from ..statuses import RECORDED
from .common import EXTENSION, Resource, canonical, extension, own_system, resource_id
from .value_set import FACT_CODES

PATIENT = "patient={{context.patientId}}"


def data_requirements(content: Content) -> list[Resource]:
    return [
        _requirement(
            "Observation",
            ("code", "status", "subject", "value"),
            # One short search for all explicit records: any code of our system.
            f"Observation?{PATIENT}&code={own_system(content, 'facts')}|",
            canonical(content, "ValueSet", resource_id(FACT_CODES)),
        ),
        *_of_evidence(content),
    ]


def _of_evidence(content: Content) -> Iterator[Resource]:
    by_resource: dict[str, list[Evidence]] = {}
    for row in content.evidence:
        by_resource.setdefault(row.resource, []).append(row)
    for resource, rows in by_resource.items():
        query = f"{resource}?{PATIENT}"
        statuses = dict.fromkeys(status for row in rows for status in row.status)
        if resource == "Observation":  # a chart has too many to take them all
            (value_set,) = dict.fromkeys(each for row in rows for each in row.codes)
            codes = ",".join(f"{code.system}|{code.code}" for code in content.codes_in(value_set))
            elements = ("code", "status", "subject", "value", "interpretation")
            yield _requirement(
                resource,
                elements,
                f"{query}&code={codes}&status={','.join(RECORDED)}",
                canonical(content, "ValueSet", resource_id(value_set)),
            )
        else:
            query += f"&status={','.join(statuses)}" if statuses else ""
            yield _requirement(resource, _elements(rows), query)


def _elements(rows: Sequence[Evidence]) -> Iterable[str]:
    """What the rows of one resource read."""
    of_drug, clinical = any(row.of_drug for row in rows), any(row.clinical for row in rows)
    yield "medication" if of_drug else "code"
    yield from ("clinicalStatus", "verificationStatus") if clinical else ("status",)
    yield from ("bodySite",) if any(row.sites for row in rows) else ()
    yield from ("reasonCode", "reasonReference") if any(row.because for row in rows) else ()
    yield "subject"


def _requirement(resource: str, elements: Iterable[str], query: str, value_set: str | None = None) -> Resource:
    coded = {"codeFilter": [{"path": "code", "valueSet": value_set}]} if value_set else {}
    return {
        "extension": [extension(f"{EXTENSION}cqf-fhirQueryPattern", valueString=query)],
        "type": resource,
        "mustSupport": list(elements),
        **coded,
    }
