"""CDS Hooks on HAPI: which services there are, what they fetch, and their cards, with HAPI's encoder and with ours."""

from copy import deepcopy
from functools import cache

import pytest

from ..engines import Told, evaluator
from ..hapi import Hapi, Resource, as_stored, putting
from ..patients import Case, cases
from ..reports import report
from ..resources import PACKAGE
from ..test_hooks import CARDS, CONDITIONAL, EXCLUSIONS, REQUESTS, SIGN, VIEW
from .test_apply import written

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

PATIENT_VIEW, ORDER_SIGN = "cervical-patient-view", "cervical-order-sign"
SOURCE = {
    "label": "Canadian Cancer Society",
    "url": "https://cancer.ca/en/cancer-information/cancer-types/cervical/treatment/recurrent",
}
INDICATORS = {"routine": "info", "urgent": "warning", "stat": "critical"}
TITLES = {place: {each["id"]: each["title"] for each in PACKAGE[place]["action"]} for place in (VIEW, SIGN)}
PRIORITIES = {
    each["title"]: INDICATORS[each["priority"]] for place in (VIEW, SIGN) for each in PACKAGE[place]["action"]
}


@cache
def by_name() -> dict[str, Case]:
    return {case.name: case for case in cases()}


def request(service: Resource, bundle: Resource, drafts: list[Resource] | None = None) -> Resource:
    """A call of a service, with all records that its prefetch asks for by type."""
    patient, records = as_stored(bundle)
    resources = [entry["resource"] for entry in records["entry"]]
    context = {"userId": "Practitioner/example", "patientId": patient.partition("/")[2]}
    return {
        "hook": service["hook"],
        "hookInstance": "3b8e5e0e-9c3b-4b0e-8f0e-0d1a5c1f7a11",
        "context": context if drafts is None else context | {"draftOrders": collection(drafts)},
        "prefetch": {
            key: collection([each for each in resources if each["resourceType"] == query.partition("?")[0]])
            for key, query in service["prefetch"].items()
        },
    }


def collection(resources: list[Resource]) -> Resource:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def called(hapi: Hapi, service: Resource, asked: Resource, *, stock: bool = False) -> list[Resource]:
    answer = hapi.cards(service["id"], asked, stock=stock)
    assert answer.status_code == 200, answer.text[:1000]
    cards: list[Resource] = answer.json()["cards"]
    return cards


# ---- discovery and prefetch


def test_discovery_lists_the_two_services(services: dict[str, Resource]) -> None:
    assert services.keys() == {PATIENT_VIEW, ORDER_SIGN}
    for id, hook in ((PATIENT_VIEW, "patient-view"), (ORDER_SIGN, "order-sign")):
        plan = PACKAGE[f"PlanDefinition/{id}"]
        service = services[id]
        assert service["hook"] == hook
        assert (service["title"], service["description"]) == (plan["title"], plan["description"])
        queries = [
            extension["valueString"]
            for need in PACKAGE["Library/CervicalOptionsLogic"]["dataRequirement"]
            for extension in need["extension"]
            if extension["url"].endswith("/cqf-fhirQueryPattern")
        ]
        assert [*service["prefetch"].values()] == ["Patient?_id={{context.patientId}}", *queries]


def fetched(hapi: Hapi, service: Resource, patient: str) -> dict[str, list[Resource]]:
    """What each prefetch template brings from the server, by the query."""
    found = {}
    for query in service["prefetch"].values():
        asked = query.replace("{{context.patientId}}", patient.partition("/")[2])
        answer = hapi.get(asked, _count="200")
        assert all(link["relation"] != "next" for link in answer["link"])
        found[query] = [entry["resource"] for entry in answer.get("entry", ())]
    return found


def test_prefetch_brings_all_that_the_logic_needs(hapi: Hapi, services: dict[str, Resource]) -> None:
    """From a server that holds every written patient; what a record only points to is not among it (docs/facts.md)."""
    patients = {}
    for case in cases():
        patients[case.name], records = as_stored(case.bundle, "fetched-")
        hapi.load(putting(records))
    useful: set[str] = set()
    for case in cases():
        found = fetched(hapi, services[PATIENT_VIEW], patients[case.name])
        useful |= {query for query, resources in found.items() if resources}
        known = {(each["resourceType"], each["id"]): each for resources in found.values() for each in resources}
        (told,) = evaluator([collection([*known.values()])])
        if points_to_a_drug(case):
            assert told != written(case)
        else:
            assert told == written(case), case.name
    assert useful == {*services[PATIENT_VIEW]["prefetch"].values()}
    report(
        "hapi-prefetch", [f"HAPI: {len(useful)} prefetch queries bring what decides {len(patients)} written patients"]
    )


def points_to_a_drug(case: Case) -> bool:
    return any(entry["resource"]["resourceType"] == "Medication" for entry in case.bundle["entry"])


# ---- patient-view


def viewed(told: Told) -> dict[str, list[str]]:
    """The cards of a patient whose cancer came back, each with the options under it."""
    outcomes = {"offered": "offered", "missing": "needs-data", "beside-treatment": "offered", "not-met": "ruled-out"}
    found = {
        card: [f"{prefix}-{option}" for option in options if told[option].outcome == outcomes[card]]
        for card, (prefix, _, options) in CARDS.items()
    }
    return {TITLES[VIEW][card]: options for card, options in found.items() if options}


VIEWED = ("pd-l1-negative", "every-fact-answered", "spread-lung")


@pytest.mark.parametrize("name", VIEWED)
def test_patient_view_has_the_cards_with_their_options(hapi: Hapi, services: dict[str, Resource], name: str) -> None:
    """With our encoder: a suggestion for each option, and what it creates."""
    case, service = by_name()[name], services[PATIENT_VIEW]
    cards = called(hapi, service, request(service, case.bundle))
    wanted = viewed(written(case))
    assert {card["summary"]: [each["uuid"] for each in card["suggestions"]] for card in cards} == wanted
    for card in cards:
        complete(card)
        assert card["selectionBehavior"] == "any"
        for suggestion in card["suggestions"]:
            assert suggestion["label"]
            for action in suggestion.get("actions", ()):
                assert action["type"] == "create"
                assert action["description"]
                assert action["resource"]["resourceType"] in ("ServiceRequest", "Task", "CommunicationRequest")


@pytest.mark.parametrize("name", VIEWED[:1])
def test_stock_cards_are_the_same_without_suggestions(hapi: Hapi, services: dict[str, Resource], name: str) -> None:
    """HAPI's own encoder: the same cards, and no option on them."""
    case, service = by_name()[name], services[PATIENT_VIEW]
    asked = request(service, case.bundle)
    stock = called(hapi, service, asked, stock=True)
    assert all("suggestions" not in card for card in stock)
    ours = called(hapi, service, asked)
    assert stock == [{key: value for key, value in card.items() if key != "suggestions"} for card in ours]


def test_no_card_where_no_record_says_that_the_cancer_came_back(hapi: Hapi, services: dict[str, Resource]) -> None:
    quiet = [
        case for case in cases() if case.applies is not True and "recurrent-cervical-cancer" not in case.conflicting
    ]
    for service in services.values():
        drafts = [draft(option) for option in CONDITIONAL] if service["id"] == ORDER_SIGN else None
        for case in quiet[:2]:
            assert called(hapi, service, request(service, case.bundle, drafts)) == []


def complete(card: Resource) -> None:
    """What CDS Hooks wants on every card."""
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] == PRIORITIES[card["summary"]]
    assert card["source"] == SOURCE
    assert "Not medical advice" in card["detail"]


# ---- order-sign


def draft(option: str) -> Resource:
    """A draft order, under the code by which our own definition orders the option."""
    definition = PACKAGE[f"ActivityDefinition/cervical-{option}"]
    order: Resource = {"resourceType": REQUESTS[option], "id": f"draft-{option}", "status": "draft", "intent": "order"}
    order["subject"] = {"reference": "Patient/p"}
    if REQUESTS[option] == "MedicationRequest":
        return order | {"medicationCodeableConcept": definition["productCodeableConcept"]}
    return order | {"code": definition["code"]}


def signed(option: str, told: Told) -> list[str]:
    """The card about an order for a patient whose cancer came back: none where the option's condition is met."""
    each = told[option]
    if each.outcome == "offered":
        return []
    exclusions, _ = EXCLUSIONS[option]
    kind = "ask" if each.outcome == "needs-data" else "warn" if exclusions & {*each.closed_by} else "not-met"
    return [TITLES[SIGN][f"{kind}-{option}"]]


def recurrent(option: str, outcome: str) -> Case:
    """A written patient whose cancer came back, with that answer."""
    return next(case for case in cases() if case.applies and case.expected[option][0] == outcome)


@pytest.mark.parametrize("outcome", ["offered", "needs-data", "ruled-out"])
@pytest.mark.parametrize("option", CONDITIONAL)
def test_order_sign_knows_each_order(hapi: Hapi, services: dict[str, Resource], option: str, outcome: str) -> None:
    """Its condition is met, open, or not met; of the other three, which nobody orders, nothing is said."""
    case, service = recurrent(option, outcome), services[ORDER_SIGN]
    drafts = deepcopy([draft(option)])
    drafts[0]["subject"] = {"reference": as_stored(case.bundle)[0]}
    cards = called(hapi, service, request(service, case.bundle, drafts))
    assert [card["summary"] for card in cards] == signed(option, written(case))
    for card in cards:
        complete(card)
        assert "suggestions" not in card


def test_several_orders_get_a_card_each_and_none_gets_none(hapi: Hapi, services: dict[str, Resource]) -> None:
    case, service = by_name()["pd-l1-negative"], services[ORDER_SIGN]
    told = written(case)
    cards = called(hapi, service, request(service, case.bundle, [draft(option) for option in CONDITIONAL]))
    assert sorted(card["summary"] for card in cards) == sorted(
        title for option in CONDITIONAL for title in signed(option, told)
    )
    active = [draft(option) | {"status": "active"} for option in CONDITIONAL]
    assert called(hapi, service, request(service, case.bundle, active)) == []
    assert called(hapi, service, request(service, case.bundle, [])) == []


# ---- requests that are not as they should be


def test_faulty_requests_are_refused(hapi: Hapi, services: dict[str, Resource]) -> None:
    """The status is HAPI's meaning, which our `Errors` puts through; HAPI's own controller makes each a 500."""
    service = services[PATIENT_VIEW]
    good = request(service, by_name()["pd-l1-negative"].bundle)
    for key, status in (("prefetch", 412), ("hookInstance", 400), ("context", 400)):
        assert (
            hapi.cards(PATIENT_VIEW, {name: each for name, each in good.items() if name != key}).status_code == status
        )
    assert hapi.cards("cervical-no-such-service", good).status_code in (404, 500)
