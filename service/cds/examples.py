"""Example requests and the responses that the services give: one pair for each service and outcome. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from ..shape import Resource
from .answering import Answering
from .problem import Problem
from .services import WITH_DRAFTS, Service, Template

FAILED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "diagnostics": "The search took too long."}],
}
INTENDED = {"MedicationRequest": "medicationCodeableConcept", "ServiceRequest": "code"}


@dataclass(frozen=True, slots=True)
class Case:
    """One example: of a patient (a folder of records), and what differs from a plain call."""

    service: str
    outcome: str
    patient: str
    drafts: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    change: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """A request and its response."""

    request: dict[str, Any]
    status: int
    response: dict[str, Any]


def pair(answering: Answering, case: Case, records: Sequence[Resource]) -> Pair:
    """The request of a case, and what the service answers.

    Raises LookupError where there is no such service or definition.
    """
    service = next((each for each in answering.services if each.id == case.service), None)
    if service is None:
        raise LookupError(f"{case.service}: no such service")
    request = request_of(answering, service, case, records)
    try:
        asked = answering.called(case.service, orjson.dumps(request))
        return Pair(request, 200, answering.judged(asked, {}).body)
    except Problem as problem:
        return Pair(request, problem.status, {"errors": list(problem.reasons)})


def request_of(answering: Answering, service: Service, case: Case, records: Sequence[Resource]) -> dict[str, Any]:
    (patient,) = (each for each in records if each["resourceType"] == "Patient")
    context: dict[str, Any] = {"userId": "Practitioner/example", "patientId": patient["id"]}
    if service.hook in WITH_DRAFTS:
        drafts = [{"resource": draft(answering, id, patient["id"])} for id in case.drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": drafts}
    prefetch = {
        each.key: FAILED if each.key in case.fails else patient if each.type == "Patient" else _searched(each, records)
        for each in service.prefetch
    }
    instance = uuid5(NAMESPACE_URL, f"{case.service}/{case.outcome}")
    return {
        "hook": service.hook,
        "hookInstance": str(instance),
        "context": context,
        "prefetch": prefetch,
        **case.change,
    }


def draft(answering: Answering, id: str, patient: str) -> Resource:
    """A draft order of what a definition of the package orders, under its code."""
    definition = next(
        (
            each
            for each in answering.package.resources
            if each["resourceType"] == "ActivityDefinition" and each["id"] == id
        ),
        None,
    )
    if definition is None or definition["kind"] not in INTENDED:
        raise LookupError(f"{id}: no ActivityDefinition of an order")
    what = definition.get("productCodeableConcept") or definition["code"]
    return {
        "resourceType": definition["kind"],
        "id": f"draft-{id}",
        "status": "draft",
        "intent": "order",
        INTENDED[definition["kind"]]: what,
        "subject": {"reference": f"Patient/{patient}"},
    }


def _searched(template: Template, records: Sequence[Resource]) -> Resource:
    """What a server finds for a template: by type, status and code."""
    found = [each for each in records if _found(template, each)]
    base = "https://ehr.example/fhir"
    entries = [{"fullUrl": f"{base}/{each['resourceType']}/{each['id']}", "resource": each} for each in found]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        **({"entry": entries} if entries else {}),
    }


def _found(template: Template, record: Resource) -> bool:
    if record["resourceType"] != template.type:
        return False
    wanted = dict(each.split("=", 1) for each in template.query.partition("?")[2].split("&"))
    if "status" in wanted and record.get("status") not in wanted["status"].split(","):
        return False
    return "code" not in wanted or any(token in wanted["code"].split(",") for token in _tokens(record))


def _tokens(record: Resource) -> Iterator[str]:
    for coding in record.get("code", {}).get("coding", ()):
        yield f"{coding.get('system')}|{coding.get('code')}"
        yield f"{coding.get('system')}|"
