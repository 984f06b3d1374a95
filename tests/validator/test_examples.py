"""On HL7's own examples of R4 the validator finds true faults only: all of them are listed, by rule and file."""

import os
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from cervical_options.validator.run import Options, run

from ..conftest import ROOT
from ..reports import report
from .test_mutants_apply import EXAMPLES

FAULTS = ROOT / "tests" / "validator" / "examples.toml"
OF_EACH = 200
DEFINING = ("ActivityDefinition", "Bundle", "CodeSystem", "Library", "PlanDefinition", "ValueSet")
LARGEST = 5_000_000


def sample() -> list[Path]:
    """Up to 200 of each type that our package has, and of Bundles; of all other types every one under 5 MB."""
    count: Counter[str] = Counter()
    chosen = []
    for file in sorted(EXAMPLES.glob("*-*.json")):
        type = file.name.partition("-")[0]
        if not type[0].isupper():
            continue  # what describes the package
        count[type] += 1
        if count[type] <= OF_EACH if type in DEFINING else file.stat().st_size < LARGEST:
            chosen.append(file)
    return chosen


@pytest.mark.slow
def test_no_error_on_the_examples_but_their_own() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("tests/node is not installed (make node): the official examples are not at hand")
    listed = tomllib.loads(FAULTS.read_text(encoding="utf-8"))
    files = sample()
    found = run(files, Options(jobs=min(2, os.cpu_count() or 1)))
    counted = Counter((issue.rule, Path(issue.file).name) for issue in found.issues if issue.severity == "error")
    expected = {(rule, file): count for rule, row in listed.items() for file, count in row["files"].items()}
    assert dict(counted) == expected
    rules = Counter(issue.rule for issue in found.issues if issue.severity == "error")
    lines = [f"validator: {found.files} official examples, {found.resources} resources; errors, all of them true:"]
    report("validator-examples", [*lines, *(f"  {rule:20} {count}" for rule, count in rules.most_common())])
    told = (ROOT / "docs" / "validator.md").read_text(encoding="utf-8")
    assert f"On {len(files):,} of HL7's own examples" in told


def test_each_fault_has_a_reason() -> None:
    listed = tomllib.loads(FAULTS.read_text(encoding="utf-8"))
    assert [rule for rule, row in listed.items() if len(row["why"]) < 20 or not row["files"]] == []
