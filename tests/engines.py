"""Engines that answer the same question: what each says of every option of a patient, in one form.

To add an engine, give it a function from Bundles to `Told`, in their order.
"""

import json
import re
import subprocess
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cervical_options.service.application import Application

from cervical_options import resources

from .conftest import ROOT, tool
from .oracle import FACTS, OPTIONS

NODE = ROOT / "tests" / "node"
MODEL_INFO = ROOT / "tests" / "official" / "target" / "cql"
LIBRARY = ROOT / "fhir" / "Library" / "CervicalOptionsLogic.json"
OUTCOMES = {"Offered": "offered", "NeedsData": "needs-data", "NotMet": "ruled-out"}

Bundle = dict[str, Any]


@dataclass(frozen=True)
class OptionTold:
    """An option's outcome and the facts behind it, in the order of the facts."""

    outcome: str
    missing: tuple[str, ...] = ()
    closed_by: tuple[str, ...] = ()


Told = dict[str, OptionTold]


def pascal(id: str) -> str:
    return "".join(word.capitalize() for word in id.split("-"))


def in_order(facts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(facts, key=FACTS.index))


# ---- our evaluator


@cache
def application() -> Application:
    return Application(resources())


def evaluator(bundles: Sequence[Bundle]) -> list[Told]:
    """What our own evaluator says."""
    return [_told(application(), bundle) for bundle in bundles]


def _told(app: Application, bundle: Bundle) -> Told:
    return {
        each.recommendation.option: OptionTold(each.outcome, in_order(each.missing), in_order(each.closed_by))
        for each in app.answers(bundle).options
    }


# ---- CQL


def embedded(kind: str) -> bytes:
    """The Library's text or ELM, as it is published."""
    library = json.loads(LIBRARY.read_bytes())
    (content,) = (each for each in library["content"] if each["contentType"] == kind)
    return b64decode(content["data"])


def node(script: str, *arguments: str | Path, input: str | None = None) -> subprocess.CompletedProcess[str]:
    program = tool("node", "CQL engines are")
    for folder in (NODE, ROOT / "review" / "js"):
        if not (folder / "node_modules").is_dir():
            pytest.skip(f"{folder.relative_to(ROOT)} is not installed (make node): CQL engines are not run")
    if not MODEL_INFO.is_dir():
        pytest.skip("tests/official is not built (make official): the model info for CQL is not at hand")
    command = [program, NODE / script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, input=input)


def translated(*files: Path) -> list[dict[str, Any]]:
    """What the translator makes of CQL files: errors, warnings and ELM of each."""
    done = node("translate.mjs", "--model-info", MODEL_INFO, *files)
    return [json.loads(line) for line in done.stdout.splitlines()]


def embedded_elm(folder: Path) -> list[Path]:
    """The published ELM, and that of FHIRHelpers, as files."""
    logic, helpers = folder / "logic.json", folder / "helpers.json"
    logic.write_bytes(embedded("application/elm+json"))
    (answer,) = translated(MODEL_INFO / "FHIRHelpers-4.0.1.cql")
    helpers.write_text(json.dumps(answer["elm"]))
    return [logic, helpers]


def defines(bundles: Sequence[Bundle], elm: Sequence[Path], folder: Path) -> list[dict[str, bool | None]]:
    """The Boolean defines of the Library for each Bundle, by cql-execution."""
    (folder / "patients.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
    sets = [json.loads(path.read_bytes()) for path in sorted((ROOT / "fhir" / "ValueSet").glob("*.json"))]
    (folder / "sets.json").write_text(json.dumps(sets))
    libraries = [argument for file in elm for argument in ("--elm", file)]
    files = ("--bundles", folder / "patients.ndjson", "--valuesets", folder / "sets.json")
    done = node("run.mjs", *libraries, *files)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-500:]
    answers = [json.loads(line)["results"] for line in done.stdout.splitlines()]
    assert len(answers) == len(bundles)
    return answers


def told_by_defines(results: Mapping[str, bool | None]) -> Told:
    """Options as the defines say; exactly one outcome each."""
    told = {}
    for option in OPTIONS:
        name = pascal(option)
        (outcome,) = (said for define, said in OUTCOMES.items() if results[name + define])
        asked, closed = (
            in_order(fact for fact in FACTS if results.get(f"{name}{key}{pascal(fact)}"))
            for key in ("Asks", "ClosedBy")
        )
        told[option] = OptionTold(outcome, asked, closed)
    return told


# ---- FHIRPath in other engines


@cache
def twins() -> dict[str, str]:
    """Every condition of the recommendations in FHIRPath, by the name of its define."""
    found: dict[str, str] = {}
    for plan in resources():
        if plan["resourceType"] == "PlanDefinition" and re.match("cervical-offer-", plan["id"]):
            _collect(plan["action"], found)
    return found


def _collect(actions: Sequence[dict[str, Any]], found: dict[str, str]) -> None:
    for action in actions:
        for condition in action.get("condition", ()):
            (alternative,) = condition["expression"]["extension"]
            found[condition["expression"]["expression"]] = alternative["valueExpression"]["expression"]
        _collect(action.get("action", ()), found)
