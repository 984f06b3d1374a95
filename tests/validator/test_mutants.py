"""Every single fault of the table is found: by the layer that it belongs to, at its place, as severe as it is."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson
import pytest
from cervical_options.validator import Issue
from cervical_options.validator.catalogue import Catalogue, Entry
from cervical_options.validator.document import Layers
from cervical_options.validator.issue import SEVERITIES
from cervical_options.validator.rules import all_rules, definitions
from cervical_options.validator.run import entries

from ..conftest import ROOT
from ..reports import report
from .mutants import Mutant, applied, base_file, load
from .test_mutants_apply import EXAMPLES

MUTANTS = {mutant.id: mutant for mutant in load()}

# Faults that speak in another layer than the table says, which was written before there were layers.
ELSEWHERE = {
    "broken FHIRPath": ("invariants", "authored FHIRPath is judged beside the FHIRPath of R4"),
    "reference-wrong-type-by-urn": ("references", "what a urn points at is known across resources only"),
    "canonical-wrong-type-library": ("references", "what a canonical names is known across resources only"),
    "canonical-wrong-type-definition": ("references", "what a canonical names is known across resources only"),
    "canonical-wrong-type-answers": ("references", "what a canonical names is known across resources only"),
    "canonical-wrong-type-profile": ("references", "what a canonical names is known across resources only"),
    "lone-null-in-array": ("json", "null is JSON's"),
    "lone-null-in-shadow": ("json", "null is JSON's"),
    "ele-1-only-an-id": ("structure", "the walk sees an element without content first"),
    "own-system-unknown": ("references", "a code system is looked up as any other resource of the input is"),
    "effective-data-of-a-questionnaire": ("profiles", "the guide says what its extension may point to"),
    "collect-with-a-plan": ("profiles", "the guide says what its extension may point to"),
    "full-url-without-uuid": ("structure", "a urn:uuid without UUID is no uri"),
    "reference-type-unlike-reference": ("structure", "both stand in one element"),
    "library-url-unlike-cql": ("package", "an error in our package, a warning in others'"),
    "capability-unknown": ("terminology", "with the extension pack at hand its binding is known"),
    "artifact-url-of-other-type": ("package", "with the extension pack at hand the walk tells it"),
    "birth-time-of-a-person": ("structure", "the walk judges extensions of R4"),
    "birth-time-of-other-type": ("structure", "the walk judges extensions of R4"),
}
# Faults that need definitions which are not at hand: they are said to be not checked, by these rules.
NOT_CHECKED = {
    "capability-unknown": "extension-not-checked",
    "artifact-url-on-a-plan": "extension-not-checked",
    "profile-unknown": "profile-not-checked",
    "vital-sign-without-category": "profile-not-checked",
    "vital-sign-without-subject": "profile-not-checked",
    "vital-sign-of-other-category": "profile-not-checked",
    "shareable-value-set-without-publisher": "profile-not-checked",
    "shareable-code-system-without-description": "profile-not-checked",
}


@cache
def content(file: Path) -> bytes:
    return file.read_bytes()


@cache
def beside(folder: str) -> tuple[tuple[str, bytes], ...]:
    path = ROOT / folder
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    return tuple((file.relative_to(ROOT).as_posix(), content(file)) for file in files)


def found(mutant: Mutant, data: bytes) -> list[Issue]:
    """The issues of a document, with the files that have to be at hand."""
    catalogue = Catalogue(whole=bool(mutant.beside))
    own: Entry | None = None
    for name, each in [*(file for folder in mutant.beside for file in beside(folder)), (mutant.base, data)]:
        if name == mutant.base and each is not data:
            continue
        try:
            resource = orjson.loads(each)
        except orjson.JSONDecodeError:
            continue
        if isinstance(resource, dict):
            rows = list(entries(name, None, resource))
            for row in rows:
                catalogue.add(row)
            own = rows[0] if name == mutant.base else own
    all_rules()
    return Layers(definitions(), catalogue).issues(data, mutant.base, own)


@cache
def of_base(base: str, with_: tuple[str, ...]) -> frozenset[tuple[str, str, str]]:
    mutant = next(each for each in MUTANTS.values() if each.base == base and each.beside == with_)
    return frozenset(said(issue) for issue in found(mutant, content(base_file(mutant, EXAMPLES, ROOT))))


def said(issue: Issue) -> tuple[str, str, str]:
    return issue.rule, issue.path, issue.message


def near(one: str, other: str) -> bool:
    """Whether one place is the other or around it, whichever of several elements it is."""
    one, other = (re.sub(r"\[\d+\]", "", path) for path in (one, other))
    return one.startswith(other) or other.startswith(one)


def catches(mutant: Mutant) -> Iterator[Issue]:
    """The new issues that tell the fault: of the layer, at the place, as severe."""
    layer = ELSEWHERE.get(mutant.id, ELSEWHERE.get(mutant.fault, (mutant.layer, "")))[0]
    before = of_base(mutant.base, mutant.beside)
    for issue in found(mutant, applied(mutant, EXAMPLES, ROOT)):
        unchecked = issue.severity == "information"
        if mutant.id in NOT_CHECKED:
            if issue.rule == NOT_CHECKED[mutant.id]:
                yield issue
        elif mutant.severity == "information":
            if unchecked and issue.source == layer:
                yield issue
        elif (
            said(issue) not in before
            and issue.source == layer
            and SEVERITIES.index(issue.severity) <= SEVERITIES.index(mutant.severity)
            and near(issue.path, mutant.path)
        ):
            yield issue


@pytest.mark.parametrize("id", MUTANTS)
def test_the_fault_is_found(id: str) -> None:
    mutant = MUTANTS[id]
    if mutant.base.startswith("examples/") and not EXAMPLES.is_dir():
        pytest.skip("tests/node is not installed (make node): the official examples are not at hand")
    assert list(catches(mutant)), [str(issue) for issue in found(mutant, applied(mutant, EXAMPLES, ROOT))][:5]


def test_the_count_is_told() -> None:
    counted = Counter(mutant.layer for mutant in MUTANTS.values())
    lines = [f"  {layer:12} {count}" for layer, count in counted.items()]
    lines += [f"  not checkable, and said so: {len(NOT_CHECKED)}, {', '.join(NOT_CHECKED)}"]
    report(
        "validator-mutants", [f"validator: {len(MUTANTS)} single faults, each found or reported as not checked", *lines]
    )
    assert len(MUTANTS) >= 150
    told = (ROOT / "docs" / "validator.md").read_text(encoding="utf-8")
    examples = [mutant.base.removeprefix("examples/") for mutant in MUTANTS.values() if "examples/" in mutant.base]
    types = {name.partition("-")[0] for name in examples}
    assert f"- {len(MUTANTS)} single faults" in told
    assert f"{len(types)} types of HL7's examples" in told
    assert {*ELSEWHERE, *NOT_CHECKED} <= {*MUTANTS, *(mutant.fault for mutant in MUTANTS.values())}
