"""The runtime matrix of docs/runtimes.md: what each runtime carries and drops of our plans, as it is found here."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from cervical_options.service.application import Application
from cervical_options.validator import validate

from cervical_options import resources

from ..conftest import ROOT
from ..hapi import Hapi, Resource, as_stored, complaints, made
from ..patients import Case
from ..reports import report
from ..runtimes import Actions, applied, carried, requested, shown
from .test_apply import ORDER_SETS, STRATEGY
from .test_cards import PATIENT_VIEW, by_name, called, recurrent, request

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

PAGE = ROOT / "docs" / "runtimes.md"
BEGIN, END = "<!-- matrix -->", "<!-- end of matrix -->"
PLANS = (STRATEGY, PATIENT_VIEW, *ORDER_SETS)
RUNTIMES = ("HAPI `$apply`", "HAPI `$r5.apply`", "HAPI's own cards", "HAPI with our encoder", "our evaluator")


def by_hapi(hapi: Hapi, operation: str) -> list[Resource]:
    """The resources that every plan is applied as, for both patients."""
    found: list[Resource] = []
    for case in asked():
        patient, records = as_stored(case.bundle)
        for plan in PLANS:
            answer = hapi.apply(plan, patient, records, operation)
            assert complaints(answer) == []
            found += made(answer)
    return found


def by_us() -> list[Resource]:
    found: list[Resource] = []
    for case in asked():
        _, records = as_stored(case.bundle)
        found += (each for plan in PLANS for each in made(Application(resources(), plan).care_plan(records)))
    return found


def asked() -> tuple[Case, Case]:
    """Who is told much, and who is asked for something."""
    return by_name()["every-fact-answered"], recurrent("pembrolizumab", "needs-data")


def matrix(hapi: Hapi, view: Resource) -> Iterator[str]:
    """The tables of the page, in Markdown."""
    answers = {
        "HAPI `$apply`": by_hapi(hapi, "$apply"),
        "HAPI `$r5.apply`": by_hapi(hapi, "$r5.apply"),
        "our evaluator": by_us(),
    }
    calls = [request(view, case.bundle) for case in asked()]
    cards = {
        "HAPI's own cards": [card for call in calls for card in called(hapi, view, call, stock=True)],
        "HAPI with our encoder": [card for call in calls for card in called(hapi, view, call)],
    }
    actions: dict[str, Actions] = {name: applied(answer) for name, answer in answers.items()}
    actions |= {name: shown(PATIENT_VIEW, answer) for name, answer in cards.items()}
    assert all(actions.values())
    yield from table("`PlanDefinition.action`", {name: carried(actions[name]) for name in RUNTIMES})
    yield ""
    suggested = [
        act["resource"]
        for card in cards["HAPI with our encoder"]
        for suggestion in card["suggestions"]
        for act in suggestion.get("actions", ())
    ]
    requests = answers | {"HAPI's own cards": [], "HAPI with our encoder": suggested}
    yield from table("request", {name: requested(requests[name]) for name in RUNTIMES})


def table(first: str, columns: dict[str, dict[str, str]]) -> Iterator[str]:
    yield f"| {first} | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for row in next(iter(columns.values())):
        yield f"| `{row}` | {' | '.join(column[row] for column in columns.values())} |"


def test_the_page_says_what_is_found(hapi: Hapi, services: dict[str, Resource]) -> None:
    """Where it does not, build/reports/runtimes.txt has what to write there."""
    found = [*matrix(hapi, services[PATIENT_VIEW])]
    report("runtimes", found)
    written = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written.strip().splitlines() == found


# ---- what the page says in words


@pytest.fixture(scope="module")
def strategy(hapi: Hapi) -> dict[str, Resource]:
    """The strategy for one patient, as each runtime applies it."""
    patient, records = as_stored(asked()[0].bundle)
    (answer,) = hapi.apply(STRATEGY, patient, records, "$r5.apply")["parameter"]
    return {
        "apply": hapi.apply(STRATEGY, patient, records),
        "r5": answer["resource"],
        "ours": Application(resources(), STRATEGY).care_plan(records),
    }


def held(answer: Resource) -> list[Resource]:
    return answer.get("contained") or [entry["resource"] for entry in answer["entry"]]


def test_what_our_validator_finds_in_each_answer(strategy: dict[str, Resource], tmp_path: Path) -> None:
    """Ours is without fault. HAPI's RequestGroups have actions with neither action nor resource."""
    found = {name: faults(answer, tmp_path / f"{name}.json") for name, answer in strategy.items()}
    assert found == {
        "apply": {"cpg-partof-extension", "rqg-1"},
        "r5": {"bundle-entry-twice", "cpg-partof-extension", "rqg-1"},
        "ours": set(),
    }


def faults(resource: Resource, file: Path) -> set[str]:
    file.write_text(json.dumps(resource), encoding="utf-8")
    return {issue.rule for issue in validate([file]) if issue.severity == "error"}


def test_apply_makes_one_request_of_an_activity_and_the_others_one_an_action(strategy: dict[str, Resource]) -> None:
    counts = {name: Counter(each["resourceType"] for each in held(answer)) for name, answer in strategy.items()}
    assert counts["r5"] == counts["ours"]
    drugs = {each["instantiatesCanonical"][0] for each in held(strategy["ours"]) if "medicationCodeableConcept" in each}
    assert counts["apply"]["MedicationRequest"] == len(drugs) < counts["ours"]["MedicationRequest"]


def test_hapi_makes_all_active_and_we_make_drafts(strategy: dict[str, Resource]) -> None:
    assert {name: {each["status"] for each in held(answer)} for name, answer in strategy.items()} == {
        "apply": {"active"},
        "r5": {"active"},
        "ours": {"draft"},
    }


def test_the_bundle_of_r5_apply_has_no_full_urls(strategy: dict[str, Resource]) -> None:
    assert not any("fullUrl" in entry for entry in strategy["r5"]["entry"])


def test_codings_that_say_what_kind_of_order_it_is_are_kept_by_hapi_alone(strategy: dict[str, Resource]) -> None:
    def kinds(answer: Resource) -> bool:
        return any(
            coding["system"].endswith("/cpg-activity-type-cs")
            for each in held(answer)
            for coding in each.get("code", {}).get("coding", ())
        )

    assert {name: kinds(answer) for name, answer in strategy.items()} == {"apply": True, "r5": True, "ours": False}


def test_hapi_answers_a_call_with_another_hook(hapi: Hapi, services: dict[str, Resource]) -> None:
    view = services[PATIENT_VIEW]
    wrong = request(view, asked()[0].bundle) | {"hook": "order-sign"}
    assert hapi.cards(PATIENT_VIEW, wrong).status_code == 200
