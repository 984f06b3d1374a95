"""The table of mutants is sound: each row fits its base and puts one fault into it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .mutants import EXAMPLES as EXAMPLE_BASE
from .mutants import LAYERS, Mutant, applied, base_file, load

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "node" / "node_modules" / "hl7.fhir.r4.examples"
MUTANTS = load()
LEAST = {
    "json": 30,
    "structure": 150,
    "invariants": 120,
    "terminology": 50,
    "references": 60,
    "profiles": 50,
    "package": 40,
}


def named(mutant: Mutant) -> str:
    return mutant.id


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = Counter(key for key, _ in pairs)
    if len(keys) < len(pairs):
        raise ValueError(f"twice: {[key for key, count in keys.items() if count > 1]}")
    return dict(pairs)


def examples_used() -> list[Mutant]:
    return [mutant for mutant in MUTANTS if mutant.base.startswith(EXAMPLE_BASE)]


def test_ids_are_unique() -> None:
    assert [id for id, count in Counter(mutant.id for mutant in MUTANTS).items() if count > 1] == []


def test_no_fault_is_there_twice() -> None:
    changes = Counter(
        (m.base, m.change, m.at, m.value, m.find, m.replace, m.replace_hex, m.nth, m.layer) for m in MUTANTS
    )
    assert [change for change, count in changes.items() if count > 1] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_its_share(layer: str) -> None:
    assert sum(mutant.layer == layer for mutant in MUTANTS) >= LEAST[layer]


def test_many_types_and_many_invariants() -> None:
    types = {mutant.base.removeprefix(EXAMPLE_BASE).partition("-")[0] for mutant in examples_used()}
    assert len(types) >= 40
    assert len(examples_used()) >= 90
    assert len({mutant.fault for mutant in MUTANTS if mutant.layer == "invariants"}) >= 100


@pytest.mark.parametrize("mutant", MUTANTS, ids=named)
def test_the_mutant_applies(mutant: Mutant) -> None:
    base = base_file(mutant, EXAMPLES, ROOT)
    assert base.is_file()
    after = applied(mutant, EXAMPLES, ROOT)
    assert after != base.read_bytes()
    if mutant.layer != "json":
        json.loads(after, object_pairs_hook=without_repeats)


@pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant.beside], ids=named)
def test_what_has_to_be_at_hand_is_there(mutant: Mutant) -> None:
    assert [name for name in mutant.beside if not (ROOT / name).exists()] == []
    assert mutant.base not in mutant.beside


@pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant.value and not mutant.at], ids=named)
def test_only_another_type_replaces_a_whole_document(mutant: Mutant) -> None:
    assert mutant.fault in ("R4B or R5 only", "root is no object")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"change": "remove", "at": "/nothing"}, "no such member"),
        ({"change": "remove", "at": "/status/code"}, "neither object nor array"),
        ({"change": "set", "at": "/nothing/there", "value": "1"}, "no 'nothing' on the way"),
        ({"change": "set", "at": "/experimental", "value": "true"}, "changes nothing"),
        ({"change": "set", "at": "/experimental", "value": "yes"}, "does not fit"),
        ({"change": "insert", "at": "/topic/7", "value": "1"}, "no such member"),
        ({"change": "insert", "at": "/status", "value": "1"}, "no such member"),
        ({"change": "rename", "at": "/nothing", "value": '"x"'}, "no such member"),
        ({"change": "text", "find": "nowhere to be found"}, "does not occur"),
        ({"change": "text", "find": '"resourceType"', "nth": 2}, "occurs 1 times"),
        ({"change": "text", "find": "\n"}, "wanted is the only one"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], message: str) -> None:
    base = "fhir/ActivityDefinition/cervical-cisplatin.json"
    mutant = Mutant(id="x", base=base, fault="", path="", layer="json", severity="error", **change)
    with pytest.raises(ValueError, match=message):
        applied(mutant, EXAMPLES, ROOT)


@pytest.mark.parametrize("wrong", [{"layer": "style"}, {"severity": "fatal"}, {"change": "move"}, {"find": "x"}])
def test_a_row_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    row: dict[str, Any] = {"id": "x", "base": "", "fault": "", "path": "", "layer": "json", "severity": "error"}
    with pytest.raises(ValueError, match="mutant 'x'"):
        Mutant(**{**row, "change": "set", **wrong})
