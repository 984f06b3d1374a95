"""Cards: what they say of each option is what the oracle says, each is whole, and what it suggests is valid R4."""

import json
from collections import Counter
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
from cervical_options.service.cds import schema
from cervical_options.validator import validate
from fhir.resources.R4B import get_fhir_model_class

from ..acceptance.test_apply import generated, written
from ..acceptance.test_cards import draft, signed
from ..engines import Told
from ..oracle import OPTIONS
from ..patients import Case, cases
from ..reports import report
from ..resources import FHIR, PACKAGE, Resource
from ..test_engines import expected
from ..test_hooks import CONDITIONAL
from .calls import SIGN, about, answered, request, told

CASES = {case.name: case for case in cases()}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
RECURRENCE = "recurrent-cervical-cancer"
LIMITS = ("Not medical advice", "the page's conditions only", "are not checked")


def wanted(answers: Told, *, applies: bool | None, conflicting: bool) -> dict[str, str]:
    """What cards say: nothing where no record says that the cancer came back, and what is open where others deny it."""
    if applies:
        return {option: answers[option].outcome for option in OPTIONS}
    return {option: "needs-data" for option in CONDITIONAL if conflicting and answers[option].outcome == "needs-data"}


def applies(answers: Told) -> bool | None:
    """By the oracle's answer for an option without a condition."""
    return {"offered": True, "ruled-out": False, "needs-data": None}[answers["chemotherapy"].outcome]


# ---- patient-view


@every_case
def test_a_written_patient_gets_the_cards_that_the_oracle_says(case: Case) -> None:
    cards = answered(request(case.bundle))
    assert told(cards) == wanted(written(case), applies=case.applies, conflicting=RECURRENCE in case.conflicting)
    assert len(cards) <= 4
    assert list(schema.faults(schema.RESPONSE, {"cards": cards})) == []


@pytest.mark.slow
def test_generated_patients_get_the_cards_that_the_oracle_says() -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for member in generated():
        answers = expected(member)
        said = told(answered(request(member.bundle)))
        conflicting = RECURRENCE in member.conflicting
        assert said == wanted(answers, applies=applies(answers), conflicting=conflicting), member.name
        counted.update(said.items())
    lines = [f"CDS service: {len(generated())} generated patients answered as by the oracle"]
    for option in OPTIONS:
        outcomes = ("offered", "needs-data", "ruled-out") if option in CONDITIONAL else ("offered",)
        lines.append(f"  {option}: " + ", ".join(f"{each} {counted[option, each]}" for each in outcomes))
        assert all(counted[option, each] for each in outcomes), option
    report("cds-generated", lines)


@cache
def all_cards() -> list[Resource]:
    """The cards of every written patient, and of an order of each kind for each."""
    found = []
    for case in CASES.values():
        found += answered(request(case.bundle))
        found += answered(request(case.bundle, SIGN, [draft(option) for option in CONDITIONAL]), SIGN)
    return found


def test_every_card_says_what_it_rests_on_and_what_it_does_not_check() -> None:
    assert len(all_cards()) > 100
    for card in all_cards():
        assert 0 < len(card["summary"]) < 140
        assert [limit for limit in LIMITS if limit not in card["detail"]] == []
        assert card["source"]["label"].startswith("Canadian Cancer Society (S-")
        assert card["source"]["url"].startswith("https://cancer.ca/")
        assert [each["url"] for each in card["links"]] == [card["source"]["url"]]
        assert {each["display"] for each in card["overrideReasons"]}
        words = card["detail"].replace("does not make an option contraindicated", "")
        assert "contraindicated" not in words.replace("does not make the option contraindicated", "")


def created() -> list[Resource]:
    return [
        action["resource"]
        for card in all_cards()
        for suggestion in card.get("suggestions", ())
        for action in suggestion["actions"]
    ]


def test_what_is_suggested_is_a_draft_proposal_for_this_patient_with_its_statements() -> None:
    kinds: Counter[str] = Counter()
    for resource in created():
        kinds[resource["resourceType"]] += 1
        assert resource["status"] == "draft"
        if resource["resourceType"] != "CommunicationRequest":  # R4 gives it no intent
            assert resource["intent"] == "proposal"
        subject = resource.get("subject") or resource["for"]
        assert subject["reference"].removeprefix("Patient/") in CASES
        reasons = resource["reasonCode"]
        (reason,) = reasons if isinstance(reasons, list) else [reasons]
        codes = [each["code"] for each in reason["coding"]]
        assert codes
        assert all(f"{code}: " in reason["text"] for code in codes)
        concept = resource.get("code") or resource["category"][0]
        assert "cpg-activity-type" not in str(concept)
        assert concept["coding"]
        assert "id" not in resource
        assert resource["resourceType"] != "MedicationRequest"
    assert kinds.keys() == {"ServiceRequest", "Task", "CommunicationRequest"}


def test_what_is_suggested_is_valid_r4(tmp_path: Path) -> None:
    """By the typed models, and by our own validator with the package's codes at hand."""
    different = {
        json.dumps(each): each for each in created() if "every-fact-" in str(each) or "recurrence-only" in str(each)
    }
    assert {each["resourceType"] for each in different.values()} == {"ServiceRequest", "Task", "CommunicationRequest"}
    for number, resource in enumerate(different.values()):
        get_fhir_model_class(resource["resourceType"]).model_validate(deepcopy(resource))
        (tmp_path / f"{number}.json").write_text(json.dumps(resource))
    issues = validate([tmp_path], packages=[FHIR])
    told = [str(issue) for issue in issues if issue.severity != "information" and issue.rule != "dom-6"]  # no narrative
    assert told == []
    (tmp_path / "0.json").write_text(json.dumps({**resource, "status": "drafted"}))
    assert any(issue.severity == "error" for issue in validate([tmp_path], packages=[FHIR]))


# ---- order-sign


@pytest.mark.parametrize("outcome", ["offered", "needs-data", "ruled-out"])
@pytest.mark.parametrize("option", CONDITIONAL)
def test_order_sign_warns_informs_or_is_silent(option: str, outcome: str) -> None:
    case = next(each for each in CASES.values() if each.applies and each.expected[option][0] == outcome)
    cards = answered(request(case.bundle, SIGN, [draft(option)]), SIGN)
    assert [card["summary"] for card in cards] == signed(option, written(case))
    for card in cards:
        warns = about(card)["action"].startswith("warn-")
        assert card["indicator"] == ("warning" if warns else "info")
        assert "suggestions" not in card


@every_case
def test_order_sign_looks_at_each_order(case: Case) -> None:
    drafts = [draft(option) for option in CONDITIONAL]
    titles = [card["summary"] for card in answered(request(case.bundle, SIGN, drafts), SIGN)]
    said = wanted(written(case), applies=case.applies, conflicting=RECURRENCE in case.conflicting)
    right = [title for option in CONDITIONAL if option in said for title in signed(option, written(case))]
    assert sorted(titles) == sorted(right)


def test_an_order_that_is_no_draft_or_another_patients_gets_no_card() -> None:
    bundle = CASES["pd-l1-negative"].bundle
    asked = request(bundle, SIGN, [draft("pembrolizumab")])
    assert len(answered(asked, SIGN)) == 1
    for key, value in (("status", "active"), ("subject", {"reference": "Patient/somebody-else"})):
        changed = deepcopy(asked)
        changed["context"]["draftOrders"]["entry"][0]["resource"][key] = value
        assert answered(changed, SIGN) == []


def test_an_order_without_a_subject_is_this_patients() -> None:
    asked = request(CASES["pd-l1-negative"].bundle, SIGN, [draft("pembrolizumab")])
    with_subject = answered(asked, SIGN)
    del asked["context"]["draftOrders"]["entry"][0]["resource"]["subject"]
    assert answered(asked, SIGN) == with_subject


def test_the_same_call_gets_the_same_cards_and_another_call_other_names() -> None:
    asked = request(CASES["every-fact-answered"].bundle)
    first = answered(asked)
    assert answered(asked) == first
    second = answered({**asked, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"})
    names = [{card["uuid"], *(each["uuid"] for each in card.get("suggestions", ()))} for card in first + second]
    assert len(set().union(*names)) == sum(map(len, names))


def test_missing_facts_are_named_with_the_action_that_settles_them() -> None:
    case = CASES["recurrence-only"]
    card = next(each for each in answered(request(case.bundle)) if about(each)["action"] == "missing")
    asks = {
        option: [
            below["title"]
            for action in PACKAGE[f"PlanDefinition/cervical-offer-{option}"]["action"]
            for below in action.get("action", ())
            if below["id"].removeprefix("ask-") in case.expected[option][1]
        ]
        for option in CONDITIONAL
    }
    for option, titles in asks.items():
        assert titles
        assert [title for title in titles if title not in card["detail"]] == [], option
    suggested = {
        each["label"]: [a["resource"]["resourceType"] for a in each["actions"]] for each in card["suggestions"]
    }
    assert suggested["Immunotherapy with pembrolizumab"] == ["ServiceRequest"]
    assert suggested["Pelvic exenteration"] == ["Task"]
