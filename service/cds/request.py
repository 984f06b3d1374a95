"""A request to a CDS service, read and judged: what is asked, of whom, with which records."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

from ..patient_record import unreadable
from ..shape import ID, Resource, matches
from ..strict import JsonError, parse
from .problem import Problem
from .schema import REQUEST, faults
from .services import WITH_DRAFTS, Service

DEEPEST = 100  # FHIR resources are some 15 deep
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")
PREFIX = "Patient/"


@dataclass(frozen=True, slots=True)
class Server:
    """The client's FHIR server, and the token that opens it. The token is in no message and no log."""

    base: str
    token: str | None

    def __repr__(self) -> str:
        return f"Server({self.base!r})"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a service. `patient`: the id; `drafts`: entries of draftOrders; `notes`: what was put right."""

    service: Service
    instance: str
    patient: str
    drafts: tuple[Resource, ...]
    prefetch: dict[str, Any]
    server: Server | None
    notes: tuple[str, ...]


def decoded(body: bytes, deepest: int = DEEPEST) -> Any:
    """The JSON of a body.

    Raises Problem.
    """
    steps = _TEXT.sub(b"", body).translate(_STEPS, _NOT_BRACKETS)
    if max(accumulate(memoryview(steps).cast("b")), default=0) > deepest:
        raise Problem(400, f"body: nested more than {deepest} deep; send FHIR resources as they are")
    try:
        return parse(body)
    except JsonError as error:
        raise Problem(400, f"body: {_without_values(str(error))}") from None


def _without_values(message: str) -> str:
    """A message of the JSON reader without the key that it repeats."""
    return re.sub(r"the key '.*' is given", "a key is given", message, flags=re.DOTALL)


def call(value: Any, services: Sequence[Service]) -> Call:
    """What a request asks of one of the services under its id, a service for each hook.

    Raises Problem with every fault.
    """
    wrong = list(faults(REQUEST, value))
    if wrong:
        raise Problem(400, *wrong)
    service = next((each for each in services if each.hook == value["hook"]), None)
    if service is None:
        hooks = ", ".join(each.hook for each in services)
        raise Problem(400, f"hook: this service answers {hooks}; call it at that hook")
    context, notes = value["context"], []
    patient = context["patientId"]
    if patient.startswith(PREFIX):
        patient = patient.removeprefix(PREFIX)
        notes.append("context.patientId came with Patient/ in front")
    if not matches(patient, ID):
        wrong.append("context.patientId: no id of a Patient (letters, digits, - and .); give Patient.id")
    drafts = list(_drafts(context, service, wrong))
    prefetch = value.get("prefetch")
    server = _server(value, wrong)
    if wrong:
        raise Problem(400, *wrong)
    return Call(service, value["hookInstance"], patient, tuple(drafts), prefetch or {}, server, tuple(notes))


def _server(value: Any, wrong: list[str]) -> Server | None:
    base, given = value.get("fhirServer"), value.get("fhirAuthorization")
    if base is None:
        if given is not None:
            wrong.append("fhirServer: missing, and fhirAuthorization is for it; give both or neither")
        return None
    try:
        parts = urlsplit(base)
        _ = parts.port  # a port that is none raises
        plain = parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        plain = False
    if not plain or parts.username is not None or not base.isascii() or not base.isprintable() or " " in base:
        wrong.append("fhirServer: no base of a FHIR server; write it like https://ehr.example/fhir, without a password")
        return None
    return Server(base.rstrip("/"), given["access_token"] if given else None)


def _drafts(context: Any, service: Service, wrong: list[str]) -> Iterator[Resource]:
    """The entries of the orders that the hook is about: all drafts, or at order-select those selected."""
    if service.hook not in WITH_DRAFTS:
        return
    drafts = context.get("draftOrders")
    if not isinstance(drafts, dict):
        wrong.append("context.draftOrders: missing; give the orders as a Bundle")
        return
    if drafts.get("resourceType") != "Bundle":
        wrong.append("context.draftOrders: no Bundle; give the orders as a Bundle")
        return
    entries = drafts.get("entry", [])
    if not isinstance(entries, list):
        wrong.append("context.draftOrders.entry: no array; mend it")
        return
    selected = context.get("selections")
    if service.hook == "order-select" and selected is None:
        wrong.append("context.selections: missing; give the references of the orders that were selected")
        return
    for number, entry in enumerate(entries):
        place = f"context.draftOrders.entry[{number}]"
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            wrong.append(f"{place}.resource: no resource with a resourceType; mend it, or take it out")
            continue
        kind = resource["resourceType"]
        off = [placed(each) for each in unreadable(resource, f"{place}.resource")]
        if off:
            wrong += off
        elif service.hook != "order-select" or f"{kind}/{resource.get('id')}" in selected or kind == "Medication":
            yield entry


def placed(fault: str) -> str:
    """A fault of the record's shape by its place alone: its value may be a patient's."""
    return f"{fault.partition(':')[0]}: not what R4 has there; mend it, or leave it out"
