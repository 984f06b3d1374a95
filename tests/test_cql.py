"""The logic Library in an engine that we did not write: it translates, no define is ever null, and each says what the
trees say on random patients."""

import json
import random
import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cervical_options.generator.content import load
from cervical_options.generator.cql.defines import pascal
from cervical_options.generator.logic import Truth, facts
from cervical_options.service.application import Application

from cervical_options import resources

from .engines import MODEL_INFO, defines, embedded, embedded_elm, node, translated, twins
from .test_logic import closing_facts, kleene, open_facts

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cql")]

Case = dict[str, Truth]


def text() -> str:
    return embedded("text/cql").decode("utf-8")


@pytest.fixture(scope="module")
def elm(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The Library's ELM as it is published, and that of FHIRHelpers."""
    return embedded_elm(tmp_path_factory.mktemp("elm"))


def test_the_published_elm_is_that_of_the_published_text(tmp_path: Path) -> None:
    (tmp_path / "CervicalOptionsLogic.cql").write_text(text(), encoding="utf-8")
    (answer,) = translated(tmp_path / "CervicalOptionsLogic.cql")
    assert (answer["errors"], answer["warnings"]) == ([], [])
    assert answer["elm"] == json.loads(embedded("application/elm+json"))


def test_retrieves_have_a_code_filter() -> None:
    """But for records that point to their drug: they have no code to be found by."""
    retrieves = re.findall(r"\[(\w+)(:?)", re.sub("//.*", "", text()))
    assert {kind for kind, filtered in retrieves if filtered}
    assert [kind for kind, filtered in retrieves if not filtered] == ["MedicationAdministration", "MedicationStatement"]


def test_the_logic_has_no_clock() -> None:
    assert re.findall(r"\b(?:Now|Today|TimeOfDay|AgeIn\w+)\s*\(", text()) == []
    assert [name for name, twin in twins().items() if re.search(r"\b(?:now|today|timeOfDay)\(", twin)] == []


def test_broken_cql_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.cql").write_text(text().replace("SmallRecurrenceTrue", "SmallRecurenceTrue", 1))
    done = node("translate.mjs", "--model-info", MODEL_INFO, "--errors-only", tmp_path / "broken.cql")
    assert done.returncode == 1
    assert "SmallRecurrenceTrue" in json.loads(done.stdout)["errors"][0]["message"]


def test_the_engine_says_what_the_trees_say(elm: list[Path], tmp_path: Path) -> None:
    patients = cases()
    answers = run_engine(elm, [bundle(number, case) for number, case in enumerate(patients)], tmp_path)
    seen: set[tuple[str, Truth]] = set()
    for case, results in zip(patients, answers, strict=True):
        assert [name for name, value in results.items() if value is None] == []
        expected, outcomes = expectation(case)
        assert {name: results[name] for name in expected} == expected
        for option, rank in oracle(case).items():
            outcome = [name for name in ("NotMet", "NeedsData", "Offered") if results[pascal(option) + name]]
            assert outcome == [("NotMet", "NeedsData", "Offered")[rank]], (option, case)
        seen |= outcomes
    options = [option.id for option in load().option]
    assert seen == set(product(options, Truth)), "an option was never offered, never open, or never not met"


def run_engine(elm: Sequence[Path], bundles: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The Boolean defines of the Library for each Bundle, by cql-execution."""
    return [dict(each) for each in defines(bundles, elm, folder)]


def draft(order: str, kind: str, system: str, code: str) -> dict[str, Any]:
    """A draft order with one code."""
    concept = {"coding": [{"system": system, "code": code}]}
    what = {"medicationCodeableConcept": concept} if kind == "MedicationRequest" else {"code": concept}
    subject = {"reference": "Patient/p0"}
    return {"resourceType": kind, "id": order, "status": "draft", "intent": "order", **what, "subject": subject}


RXNORM, SNOMED = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://snomed.info/sct"
DIN = "http://hl7.org/fhir/NamingSystem/ca-hc-din"
PEMBROLIZUMAB = draft("keytruda", "MedicationRequest", DIN, "02456869")
CEMIPLIMAB = draft("cemiplimab", "MedicationRequest", RXNORM, "2058826")
EXENTERATION = draft("exenteration", "ServiceRequest", SNOMED, "55853002")
HYSTERECTOMY = draft("hysterectomy", "ServiceRequest", SNOMED, "116142003")
CISPLATIN = draft("cisplatin", "MedicationRequest", RXNORM, "2555")
NO, YES = Truth.FALSE, Truth.TRUE
KEYTRUDA: dict[str, Any] = {
    "resourceType": "Medication",
    "id": "drug",
    "code": {"coding": [{"system": DIN, "code": "02456869"}]},
}
IBUPROFEN: dict[str, Any] = {"resourceType": "Medication", "id": "other", "code": {"text": "ibuprofen"}}


def pointing(reference: str, *contained: dict[str, Any]) -> dict[str, Any]:
    """A draft that points to its drug."""
    order = {key: value for key, value in PEMBROLIZUMAB.items() if key != "medicationCodeableConcept"}
    return (
        order | {"medicationReference": {"reference": reference}} | ({"contained": [*contained]} if contained else {})
    )


ORDERS = ("pembrolizumab", "cemiplimab", "pelvic-exenteration", "radical-hysterectomy")
NEGATIVE: Case = {"pd-l1-positive": NO}
WARNED = {"WarnsPembrolizumab"}

# id -> draft order, facts beside the recurrence, cards that appear
DRAFTS: dict[str, tuple[dict[str, Any], Case, set[str]]] = {
    "pd-l1-negative": (PEMBROLIZUMAB, {"pd-l1-positive": NO}, {"WarnsPembrolizumab"}),
    "pd-l1-not-known": (PEMBROLIZUMAB, {}, {"AsksPembrolizumab"}),
    "pd-l1-positive": (PEMBROLIZUMAB, {"pd-l1-positive": YES}, set()),
    "another-disease": (PEMBROLIZUMAB, {"pd-l1-positive": NO, "recurrent-cervical-cancer": NO}, set()),
    "cemiplimab-first": (CEMIPLIMAB, {"metastatic-chemotherapy": NO}, {"NotMetCemiplimab"}),
    "cemiplimab-then": (CEMIPLIMAB, {"metastatic-chemotherapy": YES, "chemotherapy-then-return": YES}, set()),
    "side-wall": (EXENTERATION, {"side-wall-involved": YES}, {"WarnsPelvicExenteration"}),
    "distant": (EXENTERATION, {"site-distant": YES}, {"WarnsPelvicExenteration"}),
    "side-wall-not-known": (EXENTERATION, {"site-cervix": YES}, {"AsksPelvicExenteration"}),
    "no-exclusion": (HYSTERECTOMY, {"side-wall-involved": YES}, {"NotMetRadicalHysterectomy"}),
    "not-in-the-pelvis": (
        EXENTERATION,
        {"site-cervix": NO, "site-uterus": NO, "site-other-pelvic-organ": NO},
        {"NotMetPelvicExenteration"},
    ),
    "another-drug": (CISPLATIN, {"pd-l1-positive": NO}, set()),
    "ingredient": (draft("mr", "MedicationRequest", RXNORM, "1547545"), NEGATIVE, WARNED),
    "atc": (draft("mr", "MedicationRequest", "http://www.whocc.no/atc", "L01FF02"), NEGATIVE, WARNED),
    "product": (draft("mr", "MedicationRequest", RXNORM, "1657750"), NEGATIVE, WARNED),
    "brand": (draft("mr", "MedicationRequest", RXNORM, "1547550"), NEGATIVE, WARNED),
    "subcutaneous": (draft("mr", "MedicationRequest", DIN, "02565382"), NEGATIVE, set()),
    "right-code-of-another-system": (draft("mr", "MedicationRequest", SNOMED, "02456869"), NEGATIVE, set()),
    "points-to-a-record": (pointing("Medication/drug"), NEGATIVE, WARNED),
    "points-to-a-version": (pointing("Medication/drug/_history/7"), NEGATIVE, WARNED),
    "points-to-another-record": (pointing("Medication/other"), NEGATIVE, set()),
    "points-to-nothing": (pointing("Medication/gone"), NEGATIVE, set()),
    "contains-its-drug": (pointing("#c", {**KEYTRUDA, "id": "c"}), NEGATIVE, WARNED),
    "contains-another-drug-too": (pointing("#c", {**IBUPROFEN, "id": "c"}, {**KEYTRUDA, "id": "d"}), NEGATIVE, set()),
    "signed-already": ({**PEMBROLIZUMAB, "status": "active"}, NEGATIVE, set()),
    "of-another-patient": ({**PEMBROLIZUMAB, "subject": {"reference": "Patient/p1"}}, NEGATIVE, set()),
    "hysterectomy-not-small": (HYSTERECTOMY, {"small-recurrence": NO}, {"NotMetRadicalHysterectomy"}),
    "hysterectomy-open": (HYSTERECTOMY, {"small-recurrence": YES}, {"AsksRadicalHysterectomy"}),
    "exenteration-met": (
        EXENTERATION,
        {"site-cervix": YES, "side-wall-involved": NO, "site-distant": NO},
        set(),
    ),
}


@pytest.fixture(scope="module")
def drafted(elm: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The engine's defines for each row of DRAFTS."""
    bundles = []
    for order, facts_beside, _ in DRAFTS.values():
        records = bundle(0, {"recurrent-cervical-cancer": YES} | facts_beside)
        records["entry"] += [{"resource": order}, {"resource": KEYTRUDA}, {"resource": IBUPROFEN}]
        bundles.append(records)
    return dict(zip(DRAFTS, run_engine(elm, bundles, tmp_path_factory.mktemp("drafts")), strict=True))


@pytest.mark.parametrize("row", DRAFTS)
def test_a_draft_order_gets_the_same_cards_in_fhirpath(row: str) -> None:
    order, facts_beside, cards = DRAFTS[row]
    records = bundle(0, {"recurrent-cervical-cancer": YES} | facts_beside)
    records["entry"] += [{"resource": order}, {"resource": KEYTRUDA}, {"resource": IBUPROFEN}]
    shown = Application(resources(), "cervical-order-sign").data(records)["actions"]
    kinds = {"Warns": "warn", "Asks": "ask", "NotMet": "not-met"}
    ids = {f"{kinds[kind]}-{option}" for kind in kinds for option in ORDERS if f"{kind}{pascal(option)}" in cards}
    assert {action["id"] for action in shown} == ids


@pytest.mark.parametrize("row", DRAFTS)
def test_a_draft_order_warns_or_informs(row: str, drafted: dict[str, dict[str, Any]]) -> None:
    shown = {name.removeprefix("OrderSign") for name, value in drafted[row].items() if value and "OrderSign" in name}
    assert shown == DRAFTS[row][2]


def cases() -> list[Case]:
    """Random patients, most of them with a recurrence and few unknown facts, so that every outcome comes up."""
    seeded = random.Random(20261124)
    ids = [fact.id for fact in load().fact]
    weights = [(1, 1, 1), (4, 1, 1), (1, 4, 1), (6, 6, 1)]
    made = []
    for number in range(240):
        weight = weights[number % len(weights)]
        case = dict(zip(ids, seeded.choices(list(Truth), weights=weight, k=len(ids)), strict=True))
        made.append(case | ({"recurrent-cervical-cancer": Truth.TRUE} if number % 3 else {}))
    helps = {"small-recurrence", "site-cervix", "prior-radiation", "recurrent-cervical-cancer"}
    made.append({id: Truth.TRUE if id in helps else Truth.FALSE for id in ids})
    return made


def bundle(number: int, case: Case) -> dict[str, Any]:
    """A patient whose facts are explicit records; an unknown fact has none, or every third time both answers."""
    patient = {"resourceType": "Patient", "id": f"p{number}"}
    records = []
    for place, (fact, truth) in enumerate(case.items()):
        answers = {Truth.TRUE: [True], Truth.FALSE: [False]}.get(truth, [True, False] if place % 3 == 0 else [])
        records += [observation(f"p{number}", fact, answer, f"{place}-{answer}") for answer in answers]
        if not answers:  # asked, and not known: otherwise the absence of every diagnosis would say no
            records.append({**observation(f"p{number}", fact, False, f"{place}-not-known")})
            del records[-1]["valueBoolean"]
    entries = [{"resource": resource} for resource in (patient, *records)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def observation(patient: str, fact: str, answer: bool, id: str) -> dict[str, Any]:
    system = "https://w3id.org/cervical-options/CodeSystem/cervical-facts"
    return {
        "resourceType": "Observation",
        "id": id.lower(),
        "status": "final",
        "code": {"coding": [{"system": system, "code": fact}]},
        "subject": {"reference": f"Patient/{patient}"},
        "valueBoolean": answer,
    }


def oracle(case: Case) -> dict[str, int]:
    """Each option's outcome (0 not met, 1 needs data, 2 offered), written by hand from the page, not from the trees.

    Kleene: `and` is the least, `or` the greatest, `not` turns around.
    """
    known = {fact: {Truth.FALSE: 0, Truth.UNKNOWN: 1, Truth.TRUE: 2}[truth] for fact, truth in case.items()}
    recurrence = known["recurrent-cervical-cancer"]
    cervix, uterus = known["site-cervix"], known["site-uterus"]
    elsewhere, distant, side_wall = (
        known[fact] for fact in ("site-other-pelvic-organ", "site-distant", "side-wall-involved")
    )
    failed = max(known["chemotherapy-no-response"], known["chemotherapy-then-return"])
    return {
        **dict.fromkeys(
            (
                *("chemoradiation", "radiation-therapy", "palliative-radiation", "chemotherapy", "bevacizumab"),
                *("supportive-care", "clinical-trials"),
            ),
            recurrence,
        ),
        "cemiplimab": min(recurrence, known["metastatic-chemotherapy"], failed),
        "pembrolizumab": min(recurrence, known["pd-l1-positive"]),
        "pelvic-exenteration": min(recurrence, max(cervix, uterus, elsewhere), 2 - side_wall, 2 - distant),
        "radical-hysterectomy": min(
            *(recurrence, known["small-recurrence"], max(cervix, uterus), known["prior-radiation"]),
            *(2 - elsewhere, 2 - side_wall, 2 - distant),
        ),
    }


def expectation(case: Case) -> tuple[dict[str, bool], set[tuple[str, Truth]]]:
    """What each define of an option should say, and each option's outcome."""
    content = load()
    expected, outcomes = {}, set()
    for option in content.option:
        tree, name = content.tree(option), pascal(option.id)
        outcome = kleene(tree, case)
        outcomes.add((option.id, outcome))
        expected[f"{name}Offered"] = outcome is Truth.TRUE
        expected[f"{name}NeedsData"] = outcome is Truth.UNKNOWN
        expected[f"{name}NotMet"] = outcome is Truth.FALSE
        for fact in facts(tree):
            expected[f"{name}Asks{pascal(fact)}"] = fact in set(open_facts(tree, case))
            of_no_interest = case["recurrent-cervical-cancer"] is NO and fact != "recurrent-cervical-cancer"
            closes = outcome is Truth.FALSE and fact in closing_facts(tree, case)
            expected[f"{name}ClosedBy{pascal(fact)}"] = closes and not of_no_interest
    expected |= expectation_of_cards(case)
    return expected, outcomes


def expectation_of_cards(case: Case) -> dict[str, bool]:
    """When the cards of patient-view appear. Where records of the recurrence contradict each other, facts are asked."""
    content = load()
    applies = case["recurrent-cervical-cancer"]
    contradicted = applies is Truth.UNKNOWN and list(case).index("recurrent-cervical-cancer") % 3 == 0  # see `bundle`
    conditional = [kleene(content.tree(option), case) for option in content.option if content.conditional(option)]
    return {
        "PatientViewOffered": applies is Truth.TRUE,
        "PatientViewBesideTreatment": applies is Truth.TRUE,
        "PatientViewMissing": (applies is Truth.TRUE or contradicted) and Truth.UNKNOWN in conditional,
        "PatientViewNotMet": applies is Truth.TRUE and Truth.FALSE in conditional,
        **{f"OrderSignAsks{pascal(order.id)}": False for order in content.order},  # nothing is drafted
    }
