"""Calls of the services: requests made of patients' Bundles, and the application asked without a network."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from cervical_options.service.cds.answering import Answering
from cervical_options.service.cds.app import create
from cervical_options.service.cds.services import Service
from cervical_options.service.cds.settings import Settings

from cervical_options import resources

from ..hapi import as_stored
from ..oracle import OPTIONS
from ..test_prefetch import found

Resource = dict[str, Any]

VIEW, SIGN = "cervical-patient-view", "cervical-order-sign"
INSTANCE = "3b8e5e0e-9c3b-4b0e-8f0e-0d1a5c1f7a11"
EXTENSION = "org.w3id.cervical-options"
OUTCOMES = {"offered": "offered", "missing": "needs-data", "not-met": "ruled-out"}
SEARCH_BASE = "https://ehr.example/fhir"


@cache
def answering() -> Answering:
    return Answering(resources())


def service(id: str = VIEW) -> Service:
    (found,) = answering().named(id)
    return found


def searchset(resources: list[Resource]) -> Resource:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [
            {"fullUrl": f"{SEARCH_BASE}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources
        ],
    }


def request(bundle: Resource, id: str = VIEW, drafts: list[Resource] | None = None) -> Resource:
    """A call with what the service's queries find, as a client would make it; Medications come with what names them."""
    patient, records = as_stored(bundle)
    prefetch: Resource = {}
    for template in service(id).prefetch:
        if template.type == "Patient":
            (prefetch[template.key],) = (
                each["resource"] for each in records["entry"] if each["resource"]["resourceType"] == "Patient"
            )
        else:
            prefetch[template.key] = searchset([each["resource"] for each in found(template.query, records)])
    drugs = [each["resource"] for each in records["entry"] if each["resource"]["resourceType"] == "Medication"]
    if drugs:
        prefetch["medicationStatement"]["entry"] += searchset(drugs)["entry"]
    context = {"userId": "Practitioner/example", "patientId": patient.partition("/")[2]}
    if drafts is not None:
        entries = [{"resource": {**each, "subject": {"reference": patient}}} for each in drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}  # type: ignore[assignment]
    return {"hook": service(id).hook, "hookInstance": INSTANCE, "context": context, "prefetch": prefetch}


def answered(asked: Resource, id: str = VIEW) -> list[Resource]:
    """The cards, without HTTP."""
    call = answering().called(id, json.dumps(asked).encode())
    return answering().judged(call, {}).cards


def about(card: Resource) -> Resource:
    told: Resource = card["extension"][EXTENSION]
    return told


def told(cards: list[Resource]) -> dict[str, str]:
    """What the cards say of each option; an option on no card has none."""
    said: dict[str, str] = {}
    for card in cards:
        if about(card)["action"] == "unread":
            continue
        for action in about(card)["actions"]:
            kind, option = next(
                (kind, action.removeprefix(f"{kind}-")) for kind in OUTCOMES if action.startswith(f"{kind}-")
            )
            assert option in OPTIONS
            assert option not in said, f"{option} is on two cards"
            said[option] = OUTCOMES[kind]
    return said


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    headers: httpx.Headers
    body: Any
    text: str

    @property
    def errors(self) -> list[str]:
        assert list(self.body) == ["errors"], self.text
        found: list[str] = self.body["errors"]
        return found


def ask(
    body: Any,
    path: str = f"/cds-services/{VIEW}",
    method: str = "POST",
    headers: dict[str, str] | None = None,
    settings: Settings | None = None,
    **more: Any,
) -> Reply:
    """One request of an application that is made for it; `more`: the look-up of names, or other services."""
    return asks([(body, path, method, headers)], settings, **more)[0]


def asks(
    each: list[tuple[Any, str, str, dict[str, str] | None]],
    settings: Settings | None = None,
    served: Answering | None = None,
    lookup: Any = None,
) -> list[Reply]:
    """Several requests of one application, one after another."""
    return asyncio.run(_asks(each, settings or Settings(), served or answering(), lookup))


async def _asks(
    each: list[tuple[Any, str, str, dict[str, str] | None]], settings: Settings, served: Answering, lookup: Any
) -> list[Reply]:
    app = create(settings, served, lookup)
    replies = []
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://cds") as client,
    ):
        for body, path, method, headers in each:
            content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            answer = await client.request(
                method, path, content=content, headers={"Content-Type": "application/json", **(headers or {})}
            )
            json_ = answer.headers.get("content-type", "").startswith("application/json")
            replies.append(Reply(answer.status_code, answer.headers, answer.json() if json_ else None, answer.text))
    return replies


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    if isinstance(value, dict):
        for key, below in value.items():
            yield from places(below, (*path, key))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from places(below, (*path, number))
