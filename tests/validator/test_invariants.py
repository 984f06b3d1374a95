"""Each of R4's invariants: a case that breaks it, and a near-miss that does not."""

import json
from typing import Any

import fhirpathpy
import pytest
from cervical_options.validator.catalogue import Catalogue
from cervical_options.validator.document import Layers
from cervical_options.validator.invariants.native import NATIVE
from cervical_options.validator.rules import all_rules, definitions
from cervical_options.validator.structure import Walk
from fhirpathpy.engine.nodes import ResourceNode
from fhirpathpy.models import models

from ..conftest import ROOT

LIBRARY: Any = fhirpathpy  # it has no types
NODE: Any = ResourceNode
TABLE: dict[str, Any] = json.loads((ROOT / "tests" / "validator" / "invariants.json").read_bytes())
CASES = {name: case for name, case in TABLE.items() if name != "cannot"}
# The walk finds these before the invariant is asked.
TOLD_AS = {"ele-1": {"element-content", "json-empty"}}
# The library has no such function, reads a case wrongly, or R4 words the constraint wrongly: native code decides.
NOT_COMPARED = {
    "age-1": "hasValue() is not implemented",
    "app-4": "R4 writes a code that its value set has not",
    "bdl-10": "hasValue() is not implemented",
    "bdl-11": "is(Composition) of a resource that is no node",
    "bdl-12": "is(MessageHeader) of a resource that is no node",
    "cnt-3": "hasValue() is not implemented",
    "ctm-1": "resolve() is not implemented",
    "dom-3": "as(canonical) raises on several items",
    "eld-3": "asked of the text",
    "inv-1": "dates are compared as texts",
    "mdd-1": "dates are compared as texts",
    "per-1": "hasValue() is not implemented",
    "que-7": "Boolean is not taken for boolean",
    "rng-2": "quantities are not compared",
    "tst-5": "a primitive with an extension counts twice",
    "tst-6": "a primitive with an extension counts twice",
    "txt-1": "htmlChecks() is not implemented",
    "txt-2": "htmlChecks() is not implemented",
}


@pytest.fixture(scope="module")
def layers() -> Layers:
    all_rules()
    return Layers(definitions(), Catalogue())


def told(layers: Layers, resource: dict[str, Any]) -> set[tuple[str, str]]:
    issues = layers.issues(json.dumps(resource).encode(), "case.json")
    return {(issue.rule, issue.path) for issue in issues if issue.source in ("json", "structure", "invariants")}


@pytest.mark.parametrize("name", CASES)
def test_the_case_breaks_it_and_the_near_miss_does_not(layers: Layers, name: str) -> None:
    case, key = CASES[name], name.partition("@")[0]
    rules = TOLD_AS.get(key, {key})
    broken, whole = told(layers, case["trips"]), told(layers, case["near"])
    assert rules & {rule for rule, _ in broken}
    warnings = {rule.id for rule in all_rules().values() if rule.severity != "error"}
    assert {rule for rule, _ in whole} - (warnings - rules) == set()


def test_every_invariant_of_r4_has_a_case_or_a_reason() -> None:
    met = {name.partition("@")[0] for name in CASES}
    assert {each.key for each in definitions().constraints} - met <= TABLE["cannot"].keys()


def of_library(key: str, resource: dict[str, Any]) -> bool:
    """Whether a constraint holds everywhere in a resource, by the library alone."""
    walk = Walk(definitions())
    list(walk.document(resource))
    holds = True
    for seen in walk.visit.resources:
        variables = {"resource": seen.node, "rootResource": seen.root.node}
        for type, node, _, member in seen.objects:
            for each in {*type.constraints, *(member.constraints if member and not member.primitive else ())}:
                if each.key == key:
                    start = node if type.kind == "resource" else NODE.create_node(node, type.name)
                    options = {"traceFn": lambda *_: None}
                    parsed = LIBRARY.parse(each.expression)
                    context = {**variables, "context": node}
                    found = LIBRARY.apply_parsed_path(start, parsed, context, models["r4"], options)
                    holds = holds and all(value is not False for value in found)
    return holds


@pytest.mark.parametrize(
    "name", [name for name in CASES if name.partition("@")[0] in NATIVE.keys() - NOT_COMPARED.keys()]
)
def test_what_is_written_in_python_says_what_the_library_says(layers: Layers, name: str) -> None:
    case, key = CASES[name], name.partition("@")[0]
    for resource in (case["trips"], case["near"]):
        assert (key not in {rule for rule, _ in told(layers, resource)}) == of_library(key, resource)


def test_each_exception_is_still_one() -> None:
    assert {key for key in NOT_COMPARED if key not in NATIVE and f"{key}/lastModified" not in NATIVE} == set()
