"""Example patients: one of each outcome for every recommendation, valid, marked, and answered so by a CQL engine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cervical_options.generator.cli import examples
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle

from .conftest import ROOT
from .test_cql import elm, run_engine

__all__ = ["elm"]  # a fixture, used by name

FOLDER = ROOT / "examples"
OUTCOMES = {"offered": "Offered", "ruled-out": "NotMet", "needs-data": "NeedsData"}
TAG = "https://w3id.org/cervical-options/CodeSystem/package"
OPTIONS = [
    "chemoradiation", "radiation-therapy", "palliative-radiation", "chemotherapy", "bevacizumab", "cemiplimab",
    "pembrolizumab", "pelvic-exenteration", "radical-hysterectomy", "supportive-care", "clinical-trials",
]  # fmt: skip


def read(option: str, outcome: str) -> dict[str, Any]:
    bundle: dict[str, Any] = json.loads((FOLDER / option / f"{outcome}.json").read_bytes())
    return bundle


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def answer(bundle: dict[str, Any]) -> dict[str, list[str]]:
    (response,) = resources(bundle, "GuidanceResponse")
    told: dict[str, list[str]] = {"outcome": [], "missing": [], "closedBy": []}
    for parameter in response["contained"][0]["parameter"]:
        told[parameter["name"]].append(parameter["valueCode"])
    return told


def pascal(id: str) -> str:
    return "".join(word.capitalize() for word in id.split("-"))


def test_there_is_one_of_each() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found == {f"{option}/{outcome}.json" for option in OPTIONS for outcome in OUTCOMES}


def test_they_are_current(tmp_path: Path) -> None:
    result = CliRunner().invoke(examples, ["--out", str(FOLDER), "--check"])
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    broken = CliRunner().invoke(examples, ["--out", str(tmp_path), "--check"])
    assert broken.exit_code == 1
    assert len(broken.stdout.splitlines()) == 33


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("option", OPTIONS)
def test_an_example_is_valid_marked_and_answered(option: str, outcome: str) -> None:
    bundle = read(option, outcome)
    Bundle.model_validate(bundle)
    for resource in [bundle, *(entry["resource"] for entry in bundle["entry"])]:
        assert {"system": TAG, "code": "example"} in resource["meta"]["tag"]
    (patient,) = resources(bundle, "Patient")
    assert patient["name"][0]["text"].startswith("Example: ")
    (response,) = resources(bundle, "GuidanceResponse")
    assert response["moduleCanonical"].startswith(
        f"https://w3id.org/cervical-options/PlanDefinition/cervical-offer-{option}|"
    )
    told = answer(bundle)
    assert told["outcome"] == [outcome]
    assert bool(told["missing"]) == (outcome == "needs-data") == (response["status"] == "data-required")
    assert bool(told["closedBy"]) == (outcome == "ruled-out")
    assert [d["codeFilter"][0]["code"][0]["code"] for d in response.get("dataRequirement", [])] == told["missing"]
    assert "Not medical advice" in response["note"][0]["text"]
    recorded = {o["identifier"][0]["value"]: o["valueBoolean"] for o in resources(bundle, "Observation")}
    assert set(told["closedBy"]) <= recorded.keys()
    assert not set(told["missing"]) & recorded.keys()


@pytest.mark.slow
@pytest.mark.xdist_group("cql")
def test_an_engine_answers_the_same(elm: list[Path], tmp_path: Path) -> None:
    cases = [(option, outcome, read(option, outcome)) for option in OPTIONS for outcome in OUTCOMES]
    answers = run_engine(elm, [bundle for _, _, bundle in cases], tmp_path)
    for (option, outcome, bundle), results in zip(cases, answers, strict=True):
        name, told = pascal(option), answer(bundle)
        assert [o for o, define in OUTCOMES.items() if results[f"{name}{define}"]] == [outcome]
        for key, parameter in (("Asks", "missing"), ("ClosedBy", "closedBy")):
            defines = [d for d, value in results.items() if re.match(f"{name}{key}", d) and value]
            assert sorted(defines) == sorted(f"{name}{key}{pascal(fact)}" for fact in told[parameter])
