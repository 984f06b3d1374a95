"""Conditions: a define of the package's logic, never null, with a twin in FHIRPath for engines without CQL."""

from collections.abc import Iterator

from ..rule import Finding, Layer, Wording, rule
from .subject import BASE, Placed, Subject, objects, only, shown, string, where

TWIN = "http://hl7.org/fhir/StructureDefinition/cqf-alternativeExpression"


@rule(Layer.PACKAGE)
def package_condition_kind(kind: str) -> Wording:
    """A condition says whether something may be offered; the page says of nothing when it starts or stops."""
    return f"the condition is of the kind {kind}", "write applicability"


@rule(Layer.PACKAGE)
def package_condition_logic(said: str, remedy: str) -> Wording:
    """A condition is the name of a define in the package's logic: what servers execute and R4 allows."""
    return said, remedy


@rule(Layer.PACKAGE)
def package_condition_twin(said: str) -> Wording:
    """Each condition has a twin in FHIRPath, for engines that have no CQL."""
    return said, f"add one extension {TWIN} with an expression in text/fhirpath"


def check(subject: Subject) -> Iterator[Finding]:
    for place, action in subject.actions():
        for at, condition in objects(place, action, "condition"):
            if condition.get("kind") != "applicability":
                yield package_condition_kind(where(at, condition, "kind"), shown(condition.get("kind")))
            for expression in objects(at, condition, "expression"):
                yield from _logic(expression)
                yield from _twin(expression)
            if not isinstance(condition.get("expression"), dict):
                yield package_condition_logic(at, "the condition has no expression", "name a define of the logic")


def _logic(placed: Placed) -> Iterator[Finding]:
    place, expression = placed
    language, name = string(expression, "language"), string(expression, "expression")
    reference = string(expression, "reference")
    if language != "text/cql":
        at = where(place, expression, "language")
        yield package_condition_logic(at, f"the language is {language!r}", "write text/cql")
    if not name.isidentifier() or not name.isascii():
        at = where(place, expression, "expression")
        yield package_condition_logic(at, "the expression is not the bare name of a define", "name one, as in CQL")
    elif not reference.startswith(f"{BASE}/Library/"):
        at = where(place, expression, "reference")
        yield package_condition_logic(
            at, "the expression refers to no Library of this package", f"add {BASE}/Library/…"
        )


def _twin(placed: Placed) -> Iterator[Finding]:
    place, expression = placed
    twins = [each.get("valueExpression") for each in only(expression, "extension") if each.get("url") == TWIN]
    if len(twins) != 1:
        yield package_condition_twin(place, "no twin in FHIRPath" if not twins else f"{len(twins)} twins in FHIRPath")
        return
    twin = twins[0]
    if not isinstance(twin, dict) or twin.get("language") != "text/fhirpath" or not string(twin, "expression").strip():
        yield package_condition_twin(place.child("extension"), "the twin is no expression in FHIRPath")
