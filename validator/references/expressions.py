"""Authored FHIRPath, by a strict parser: the library that evaluates would take a broken text for a shorter one."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..rule import Finding, Layer, Wording, rule
from ..visit import Seen

FHIRPATH = "text/fhirpath"
UNKNOWN = re.compile(r"Unknown function: (\w+)")
REST = re.compile(r'input: "((?:[^"\\]|\\.)*)"')
# Functions that FHIR adds to FHIRPath, and SDC to both.
OF_FHIR = frozenset(
    (
        "answers checkModifiers conformsTo elementDefinition extension getReferenceKey getResourceKey getValue "
        "hasValue htmlChecks memberOf ordinal resolve slice subsumedBy subsumes sum avg min max weight"
    ).split()
)
# Elements whose text is FHIRPath by definition.
ALWAYS = {"SearchParameter": "expression", "ElementDefinition.constraint": "expression"}


@rule(Layer.INVARIANTS)
def fhirpath_syntax(what: str) -> Wording:
    """An expression said to be FHIRPath is FHIRPath."""
    return f"this is not FHIRPath: {what}", "correct the expression"


def check(seen: Seen) -> Iterator[Finding]:
    """Every expression of a resource that is no FHIRPath."""
    for type, node, place, _ in seen.objects:
        name = "expression" if type.name == "Expression" and node.get("language") == FHIRPATH else ALWAYS.get(type.name)
        text = node.get(name) if name else None
        if isinstance(text, str):
            wrong = fault(text)
            if wrong is not None:
                yield fhirpath_syntax(place.child(str(name)), wrong)


@lru_cache(maxsize=4096)
def fault(text: str) -> str | None:
    """Why a text is no FHIRPath; None where it is."""
    import fhirpathrs  # type: ignore[import-untyped]

    try:
        fhirpathrs.evaluate(text, {})
    except Exception as error:  # on nothing it may well fail; only what it can't parse counts
        message = str(error)
        unknown = UNKNOWN.search(message)
        if unknown and unknown[1] not in OF_FHIR:
            return f"there is no function {unknown[1]}()"
        if message.startswith("Parse error"):
            left = REST.search(message)
            return f"it can't be parsed at {left[1][:60]!r}" if left and left[1] else "it can't be parsed"
    return None
