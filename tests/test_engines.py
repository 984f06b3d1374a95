"""Every engine answers every patient alike: our evaluator, CQL (the published ELM), and FHIRPath engines.

The judge is the oracle, written by hand from the page. Counts of outcomes go to build/reports/engines.txt.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import fhirpathrs  # type: ignore[import-untyped]
import pytest
from cervical_options.service.application import Refused
from cervical_options.service.fhirpath import Records

from . import oracle
from .cohort import Member, each_code, factorial, noise, pairs, scattered
from .conftest import ROOT
from .engines import (
    OptionTold,
    Told,
    application,
    defines,
    embedded_elm,
    evaluator,
    in_order,
    node,
    pascal,
    told_by_defines,
    twins,
)
from .patients import cases
from .reports import report

pytestmark = [pytest.mark.slow]

OUTCOMES = ("offered", "needs-data", "ruled-out")


@cache
def generated() -> tuple[Member, ...]:
    """All generated patients."""
    return (*factorial(), *pairs(), *scattered(), *noise(), *each_code())


def is_nobodys(member: Member) -> bool:
    """Whether some record that must have a subject names none: nobody can say whose it is."""
    kinds = {"Condition", "Procedure", "MedicationAdministration", "MedicationStatement"}
    records = [entry["resource"] for entry in member.bundle["entry"]]
    return any(each["resourceType"] in kinds and not each.get("subject", {}).get("reference") for each in records)


@cache
def cohort() -> tuple[Member, ...]:
    """All generated patients that can be answered."""
    return tuple(member for member in generated() if not is_nobodys(member))


def test_records_of_nobody_are_refused_not_passed_over() -> None:
    refused = [member for member in generated() if is_nobodys(member)]
    assert refused
    for member in refused:
        with pytest.raises(Refused, match="no reference, so the record is nobody's"):
            application().answers(member.bundle)


def expected(member: Member) -> Told:
    """What the page says of a patient of whom these facts are known."""
    return {
        each.id: OptionTold(each.outcome, in_order(each.missing), in_order(each.closed_by))
        for each in oracle.answers(member.facts)
    }


def counts(told: Sequence[Told]) -> Counter[tuple[str, str]]:
    return Counter((option, each.outcome) for answers in told for option, each in answers.items())


def differences(told: Sequence[Told], members: Sequence[Member]) -> list[str]:
    """Who is answered otherwise than by the oracle."""
    return [
        f"{member.name}: {option} is {each}, not {wanted}"
        for member, answers in zip(members, told, strict=True)
        for option, wanted in expected(member).items()
        if (each := answers[option]) != wanted
    ]


def told_in_full(engine: str, told: Sequence[Told]) -> None:
    """Report how often each option had each outcome; each must have come up."""
    found = counts(told)
    wanted = {(option, outcome) for option in oracle.OPTIONS for outcome in OUTCOMES}
    assert {key for key in wanted if not found[key]} == set()
    lines = [f"{engine}: {len(told)} patients answered as by the oracle"]
    lines += [
        f"  {option}: "
        + ", ".join(f"{outcome} {found[option, outcome]}" for outcome in ("offered", "needs-data", "ruled-out"))
        for option in oracle.OPTIONS
    ]
    report(f"engines-{engine}", lines)


def test_our_evaluator_answers_every_patient_as_the_oracle() -> None:
    told = evaluator([member.bundle for member in cohort()])
    assert differences(told, cohort())[:20] == []
    told_in_full("evaluator", told)


def test_facts_recorded_both_ways_are_told() -> None:
    app = application()
    for member in cohort():
        told = set(app.data(member.bundle).get("conflicting", ())) & set(oracle.FACTS)
        assert told == member.conflicting, member.name


@pytest.mark.parametrize("half", [pytest.param(0, marks=pytest.mark.xdist_group("cql")), 1])
def test_cql_answers_every_patient_as_the_oracle(half: int, tmp_path: Path) -> None:
    """The published ELM, in an engine that we did not write; no define is ever null."""
    members = cohort()[half::2]
    results = defines([member.bundle for member in members], embedded_elm(tmp_path), tmp_path)
    assert {name for each in results for name, value in each.items() if value is None} == set()
    told = [told_by_defines(each) for each in results]
    assert differences(told, members)[:20] == []
    for member, each in zip(members, results, strict=True):
        assert {fact: _truth(each, fact) for fact in member.facts} == dict(member.facts), member.name
    told_in_full(f"cql-execution-{half + 1}-of-2", told)


def _truth(results: dict[str, bool | None], fact: str) -> str:
    (truth,) = (rail for rail in ("True", "False", "Unknown") if results[f"{pascal(fact)}{rail}"])
    return truth.lower()


@pytest.mark.xdist_group("cql")
def test_a_wrong_define_is_noticed(tmp_path: Path) -> None:
    """One operand of one define turned around in the ELM: the comparison fails."""
    logic, helpers = embedded_elm(tmp_path)
    elm = json.loads(logic.read_bytes())
    (define,) = (each for each in elm["library"]["statements"]["def"] if each["name"] == "SideWallInvolvedFalse")
    assert define["expression"]["type"] == "And"
    define["expression"]["type"] = "Or"
    logic.write_text(json.dumps(elm))
    members = [member for member in factorial() if "pelvic-exenteration" in member.name][:729]
    told = []
    for each in defines([member.bundle for member in members], [logic, helpers], tmp_path):
        try:
            told.append(told_by_defines(each))
        except ValueError:  # an option with two outcomes, or none
            told.append(dict.fromkeys(oracle.OPTIONS, OptionTold("none")))
    assert differences(told, members)


def sample() -> list[Member]:
    """Some forty patients of each kind but the factorial, spread evenly."""
    chosen: list[Member] = []
    for kind in (pairs, scattered, noise, each_code):
        members = [member for member in kind() if not is_nobodys(member)]
        chosen += members[:: max(1, len(members) // 40)][:40]
    return chosen


def telling() -> list[Member]:
    """A few patients, among whom every option has every outcome."""
    chosen, seen = sample()[::12], set()
    for member in chosen:
        seen |= {(option, each.outcome) for option, each in expected(member).items()}
    for member in scattered():
        new = {(option, each.outcome) for option, each in expected(member).items()} - seen
        if new:
            chosen.append(member)
            seen |= new
    return chosen


def test_the_library_engine_finds_the_same_records() -> None:
    """What is recorded of each fact, by fhirpathrs: the compiled expressions mean what the text says.

    Every eighth patient of the factorial, where nothing but explicit records stands, and every second other one.
    """
    app = application()
    library = next(each for each in app.package.resources if each["id"] == "CervicalOptionsLogic")
    rails = [
        each["extension"][0]["valueExpression"]["expression"] for each in library["parameter"] if each["use"] == "out"
    ]
    assert len(rails) == 40
    sweep = len(list(factorial()))
    members = [*cohort()[:sweep:8], *cohort()[sweep::2]]
    for member in members:
        records = Records(member.bundle)
        for rail in rails:
            assert fhirpathrs.evaluate(rail, member.bundle) is app.engine.holds(rail, records), (member.name, rail)


def test_every_twin_says_in_the_library_engine_what_it_says_in_ours() -> None:
    app = application()
    members = sample()
    for member in members:
        records = Records(member.bundle)
        for name, twin in twins().items():
            assert fhirpathrs.evaluate(twin, member.bundle) is app.engine.holds(twin, records), (member.name, name)
    report("engines-fhirpathrs", [f"fhirpathrs: {len(members)} patients, {len(twins())} conditions, as our evaluator"])


@pytest.mark.xdist_group("fhirpath.js")
def test_fhirpath_js_answers_as_the_oracle(tmp_path: Path) -> None:
    members = telling()
    (tmp_path / "twins.json").write_text(json.dumps(twins()))
    (tmp_path / "patients.ndjson").write_text("".join(f"{json.dumps(member.bundle)}\n" for member in members))
    files = ("--expressions", tmp_path / "twins.json", "--bundles", tmp_path / "patients.ndjson")
    done = node("fhirpath.mjs", *files)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [told_by_defines(json.loads(line)) for line in done.stdout.splitlines()]
    assert differences(told, members) == []
    told_in_full("fhirpath.js", told)


@pytest.mark.xdist_group("cql")
def test_written_patients_are_answered_alike_by_cql(tmp_path: Path) -> None:
    written = cases()
    results = defines([case.bundle for case in written], embedded_elm(tmp_path), tmp_path)
    for case, each in zip(written, results, strict=True):
        told = told_by_defines(each)
        assert {option: (one.outcome, one.missing, one.closed_by) for option, one in told.items()} == {
            option: (outcome, in_order(missing), in_order(closed))
            for option, (outcome, missing, closed) in case.expected.items()
        }, case.name


REASONS = {"pain": True, "bleeding": True} | dict.fromkeys(
    ("other-symptom", "treatment-not-working", "unlikely-to-help", "side-effects-hard", "cannot-have", "not-wanted"),
    False,
)
FACT_SYSTEM = "https://w3id.org/cervical-options/CodeSystem/cervical-facts"


def reasoned() -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Patients with one reason recorded: explicit yes and no, every code of a symptom, and one that is over."""
    made = []
    for reason, has_codes in REASONS.items():
        for answer in (True, False):
            coding = {"system": FACT_SYSTEM, "code": reason}
            record = {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [coding]},
                "valueBoolean": answer,
            }
            made.append(({reason: str(answer).lower()}, _patient(record)))
        if has_codes:
            path = ROOT / "fhir" / "ValueSet" / f"cervical-{reason}-symptoms.json"
            for each in json.loads(path.read_bytes())["expansion"]["contains"]:
                code = {"coding": [{"system": each["system"], "code": each["code"]}]}
                made.append(({reason: "true"}, _patient({"resourceType": "Condition", "code": code})))
            ended = {"resourceType": "Condition", "code": code, "clinicalStatus": {"coding": [{"code": "resolved"}]}}
            made.append(({reason: "unknown"}, _patient(ended)))
    return made


def _patient(record: dict[str, Any]) -> dict[str, Any]:
    resources = [{"resourceType": "Patient", "id": "p"}, {"id": "r", "subject": {"reference": "Patient/p"}, **record}]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


@pytest.mark.xdist_group("cql")
def test_reasons_are_read_alike_and_decide_nothing(tmp_path: Path) -> None:
    app = application()
    made = reasoned()
    library = next(each for each in app.package.resources if each["id"] == "CervicalOptionsLogic")
    rails = {
        each["name"]: each["extension"][0]["valueExpression"]["expression"]
        for each in library["parameter"]
        if each["use"] == "out"
    }
    results = defines([bundle for _, bundle in made], embedded_elm(tmp_path), tmp_path)
    for (truths, bundle), each in zip(made, results, strict=True):
        for reason in REASONS:
            assert _truth(each, reason) == truths.get(reason, "unknown")
            for rail in ("Yes", "No"):
                name = f"{pascal(reason)}{rail}"
                assert app.engine.holds(rails[name], Records(bundle)) is each[name], name
        assert {one.outcome for one in told_by_defines(each).values()} == {"ruled-out"}
