"""The logic Library in an engine that we did not write: it translates, no define is ever null, and each says what the
trees say on random patients."""

import json
import random
import subprocess
from base64 import b64decode
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
    (content,) = library["content"]
    assert content["contentType"] == "text/cql"
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
    bundles = [json.dumps(bundle(number, case)) for number, case in enumerate(patients)]
    (tmp_path / "patients.ndjson").write_text("\n".join(bundles) + "\n")
    sets = [json.loads(path.read_bytes()) for path in sorted((ROOT / "fhir" / "ValueSet").glob("*.json"))]
    (tmp_path / "sets.json").write_text(json.dumps(sets))
    files = ("--elm", elm, "--bundles", tmp_path / "patients.ndjson", "--valuesets", tmp_path / "sets.json")
    done = node("run.mjs", *files)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line)["results"] for line in done.stdout.splitlines()]
    assert len(answers) == len(patients)
    seen: set[tuple[str, Truth]] = set()
    for case, results in zip(patients, answers, strict=True):
        assert [name for name, value in results.items() if value is None] == []
        expected, outcomes = expectation(case)
        assert {name: results[name] for name in expected} == expected
        seen |= outcomes
    options = [option.id for option in load().option]
    assert seen == set(product(options, Truth)), "an option was never offered, never open, or never not met"


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
            expected[f"{name}ClosedBy{pascal(fact)}"] = outcome is Truth.FALSE and fact in closing_facts(tree, case)
    return expected, outcomes
