"""The logic Library in an engine that we did not write: it translates, no define is ever null, and each says what the
trees say on random patients."""

import json
import random
import subprocess
from base64 import b64decode
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cervical_options.generator.content import load
from cervical_options.generator.cql.defines import pascal
from cervical_options.generator.logic import Truth, facts

from .conftest import ROOT, tool
from .test_logic import closing_facts, kleene, open_facts

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cql")]

NODE = ROOT / "tests" / "node"
MODEL_INFO = ROOT / "tests" / "official" / "target" / "cql"
Case = dict[str, Truth]


def text() -> str:
    library = json.loads((ROOT / "fhir" / "Library" / "CervicalOptionsLogic.json").read_bytes())
    (content,) = (each for each in library["content"] if each["contentType"] == "text/cql")
    return b64decode(content["data"]).decode()


def node(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = tool("node", "CQL engines are")
    if not (NODE / "node_modules").is_dir():
        pytest.skip("tests/node is not installed (make node): CQL engines are not run")
    if not MODEL_INFO.is_dir():
        pytest.skip("tests/official is not built (make official): the model info for CQL is not at hand")
    return subprocess.run([program, NODE / script, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def elm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Library and FHIRHelpers as ELM, translated without an error."""
    folder = tmp_path_factory.mktemp("elm")
    (folder / "CervicalOptionsLogic.cql").write_text(text(), encoding="utf-8")
    helpers = MODEL_INFO / "FHIRHelpers-4.0.1.cql"
    done = node("translate.mjs", "--model-info", MODEL_INFO, folder / "CervicalOptionsLogic.cql", helpers)
    assert [json.loads(line)["errors"] for line in done.stdout.splitlines()] == [[], []], done.stdout
    assert done.returncode == 0
    (folder / "elm.ndjson").write_text(done.stdout)
    return folder / "elm.ndjson"


def test_broken_cql_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.cql").write_text(text().replace("SmallRecurrenceTrue", "SmallRecurenceTrue", 1))
    done = node("translate.mjs", "--model-info", MODEL_INFO, "--errors-only", tmp_path / "broken.cql")
    assert done.returncode == 1
    assert "SmallRecurrenceTrue" in json.loads(done.stdout)["errors"][0]["message"]


def test_the_engine_says_what_the_trees_say(elm: Path, tmp_path: Path) -> None:
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


def run_engine(elm: Path, bundles: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The Boolean defines of the Library for each Bundle, by cql-execution."""
    (folder / "patients.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
    sets = [json.loads(path.read_bytes()) for path in sorted((ROOT / "fhir" / "ValueSet").glob("*.json"))]
    (folder / "sets.json").write_text(json.dumps(sets))
    files = ("--elm", elm, "--bundles", folder / "patients.ndjson", "--valuesets", folder / "sets.json")
    done = node("run.mjs", *files)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line)["results"] for line in done.stdout.splitlines()]
    assert len(answers) == len(bundles)
    return answers


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
}


@pytest.fixture(scope="module")
def drafted(elm: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The engine's defines for each row of DRAFTS."""
    bundles = []
    for order, facts_beside, _ in DRAFTS.values():
        records = bundle(0, {"recurrent-cervical-cancer": YES} | facts_beside)
        records["entry"].append({"resource": order})
        bundles.append(records)
    return dict(zip(DRAFTS, run_engine(elm, bundles, tmp_path_factory.mktemp("drafts")), strict=True))


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
