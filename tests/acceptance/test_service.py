"""Our CDS Hooks service beside HAPI's (with our encoder), on the same requests: the same options on the same cards."""

from collections import Counter

import pytest

from ..cds.calls import EXTENSION, about, answered
from ..hapi import Hapi, Resource
from ..oracle import OPTIONS
from ..patients import cases
from ..reports import report
from ..test_hooks import CARDS, CONDITIONAL
from .test_apply import generated
from .test_cards import ORDER_SIGN, PATIENT_VIEW, called, draft, request

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

OUTCOMES = {"offered": "offered", "beside-treatment": "offered", "missing": "needs-data", "not-met": "ruled-out"}
GENERATED_EVERY = 6  # HAPI needs up to a second for each
OURS = ("observation", "condition", "procedure", "medicationAdministration", "medicationStatement", "observation2")


def both(hapi: Hapi, service: Resource, asked: Resource) -> tuple[list[Resource], list[Resource]]:
    """HAPI's cards and ours; ours has other names for the keys of the prefetch."""
    keys = dict(zip(service["prefetch"], ("patient", *OURS), strict=True))
    prefetch = {keys[key]: value for key, value in asked["prefetch"].items()}
    (patient,) = (entry["resource"] for entry in prefetch["patient"]["entry"])
    theirs = called(hapi, service, asked)
    return theirs, answered({**asked, "prefetch": {**prefetch, "patient": patient}}, service["id"])


def test_patient_view_has_the_same_options_on_the_same_cards(hapi: Hapi, services: dict[str, Resource]) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    service = services[PATIENT_VIEW]
    bundles = {case.name: case.bundle for case in cases()}
    bundles |= {member.name: member.bundle for member in generated()[::GENERATED_EVERY]}
    differ: dict[str, object] = {}
    for name, bundle in bundles.items():
        theirs, ours = both(hapi, service, request(service, bundle))
        told = {card["summary"]: [each["uuid"] for each in card["suggestions"]] for card in theirs}
        said = {card["summary"]: about(card)["actions"] for card in ours}
        if said != told:
            differ[name] = [
                (said.get(card), told.get(card)) for card in said | told if said.get(card) != told.get(card)
            ]
            continue
        created = {
            each["uuid"]: [action["resource"]["resourceType"] for action in each.get("actions", ())]
            for card in theirs
            for each in card["suggestions"]
        }
        for card in ours:
            assert (card["indicator"], card["source"]["url"]) == next(
                (each["indicator"], each["source"]["url"]) for each in theirs if each["summary"] == card["summary"]
            )
            with_actions = [id for id in card["extension"][EXTENSION]["actions"] if created[id]]
            kinds = [[a["resource"]["resourceType"] for a in each["actions"]] for each in card.get("suggestions", ())]
            assert kinds == [created[id] for id in with_actions]
            counted.update((card_id, id) for card_id in [about(card)["action"]] for id in about(card)["actions"])
    assert differ == {}
    lines = [f"CDS service and HAPI's CDS Hooks: {len(bundles)} patients have the same options on the same cards"]
    for option in OPTIONS:
        outcomes = dict.fromkeys(OUTCOMES[card] for card, (_, _, options) in CARDS.items() if option in options)
        numbers = {
            outcome: sum(
                counted[card, f"{prefix}-{option}"]
                for card, (prefix, _, _) in CARDS.items()
                if OUTCOMES[card] == outcome
            )
            for outcome in outcomes
        }
        assert all(numbers.values()), (option, numbers)
        lines.append(f"  {option}: " + ", ".join(f"{outcome} {number}" for outcome, number in numbers.items()))
    report("hapi-service", lines)


def test_order_sign_has_the_same_cards(hapi: Hapi, services: dict[str, Resource]) -> None:
    counted: Counter[str] = Counter()
    service = services[ORDER_SIGN]
    for case in cases():
        asked = request(service, case.bundle, [draft(option) for option in CONDITIONAL])
        for entry in asked["context"]["draftOrders"]["entry"]:
            entry["resource"]["subject"] = {"reference": f"Patient/{asked['context']['patientId']}"}
        theirs, ours = both(hapi, service, asked)
        told = sorted((card["summary"], card["indicator"]) for card in theirs)
        assert sorted((card["summary"], card["indicator"]) for card in ours) == told
        counted.update(about(card)["action"].split("-")[0] for card in ours)
    assert {"warn", "ask", "not"} <= counted.keys()
    said = f"warnings {counted['warn']}, facts missing {counted['ask']}, not met {counted['not']}"
    report("hapi-service-sign", [f"CDS service and HAPI's order-sign: {len(cases())} patients alike; {said}"])
