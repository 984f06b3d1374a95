"""Asking every constraint of every element that carries it: in Python where that is at hand, else in fhirpathpy."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ..definitions import Constraint, Definitions, TypeDefinition
from ..narrative import faults
from ..place import Place
from ..rule import RULES, Finding, Layer, Rule, Wording, register, rule
from ..visit import Seen, Visit
from .native import NATIVE

LEFT_OUT = {
    "ele-1",  # an element without content: the walk tells it, as json-empty or element-content
    "eld-11",  # as R4 writes it, it holds always
}
USER_FUNCTIONS: dict[str, Any] = {
    "hasValue": {"fn": lambda values: [len(values) == 1 and _has_value(values[0])], "arity": {0: []}},
}
LIBRARY_OPTIONS = {"userInvocationTable": USER_FUNCTIONS, "traceFn": lambda *_: None}


@rule(Layer.INVARIANTS, "information")
def invariant_not_checked(key: str, why: str) -> Wording:
    """An invariant that could not be evaluated is said to be unchecked, never passed in silence."""
    return f"not checked: the invariant {key} could not be evaluated ({why})", "judge it by hand"


class Invariants:
    """The constraints of R4, each registered as the rule of its key."""

    def __init__(self, definitions: Definitions) -> None:
        for constraint in definitions.constraints:
            if constraint.key not in RULES and constraint.key not in LEFT_OUT:
                register(_rule(constraint))

    def check(self, visit: Visit) -> Iterator[Finding]:
        """Every constraint of every object that was visited, and of the primitives that have any."""
        for seen in visit.resources:
            for type, node, place, member in seen.objects:
                for constraint in type.constraints:
                    yield from self._ask(constraint, type, node, place, seen)
                if member is not None and member.constraints and not member.primitive:
                    for constraint in member.constraints:
                        if constraint not in type.constraints:
                            yield from self._ask(constraint, type, node, place, seen)
                for one in type.constrained:
                    if one.key in node:
                        for constraint in one.constraints:
                            yield from self._ask(constraint, type, node[one.key], place.child(one.key), seen)

    def _ask(
        self, constraint: Constraint, type: TypeDefinition, node: Any, place: Place, seen: Seen
    ) -> Iterator[Finding]:
        key = constraint.key
        own = NATIVE.get(key) or NATIVE.get(f"{key}/{constraint.expression.partition('.')[0]}")
        if own is not None:
            if not own(node, seen):
                yield RULES[key](place, constraint, node)
            return
        if key in LEFT_OUT:
            return
        try:
            holds = _by_library(constraint, type, node, seen)
        except Exception as error:
            yield invariant_not_checked(place, key, f"{error.__class__.__name__}: {error}"[:120])
            return
        if not holds:
            yield RULES[key](place, constraint, node)


def _rule(constraint: Constraint) -> Rule:
    text = f"{constraint.human}\n\nIn FHIRPath: {constraint.expression}"
    return Rule(
        constraint.key, Layer.INVARIANTS, "warning" if constraint.severity == "warning" else "error", text, _words
    )


def _words(constraint: Constraint, node: Any) -> Wording:
    if constraint.key in ("txt-1", "txt-2") and isinstance(node, str):
        what = faults(node)[0 if constraint.key == "txt-1" else 1]
        return f"the narrative is not allowed: {what}", "write basic XHTML in one <div>, with content"
    return f"this must hold and does not: {constraint.human.rstrip('.')}", f"FHIRPath: {constraint.expression}"


def _by_library(constraint: Constraint, type: TypeDefinition, node: Any, seen: Seen) -> bool:
    """Whether the constraint holds by fhirpathpy; empty counts as holding."""
    parsed, model, apply, at = _parsed(constraint.expression)
    variables = {"resource": seen.node, "rootResource": seen.root.node, "context": node}
    # A resource says its type; of any other node the library has to be told, or it finds no choice elements.
    start = node if type.kind == "resource" else at(node, type.name)
    return all(each is not False for each in apply(start, parsed, variables, model, LIBRARY_OPTIONS))


@cache
def _parsed(expression: str) -> Any:
    """What the library needs for an expression: its tree, the model of R4, and two functions of its."""
    import fhirpathpy
    from fhirpathpy.engine.nodes import ResourceNode
    from fhirpathpy.models import models

    library: Any = fhirpathpy  # it has no types
    return library.parse(expression), models["r4"], library.apply_parsed_path, ResourceNode.create_node


def _has_value(value: Any) -> bool:
    data = getattr(value, "data", value)
    return data is not None and not isinstance(data, (dict, list))
