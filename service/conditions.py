"""Which actions of a plan apply to a patient: their conditions, in FHIRPath, over the Bundle of records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .fhirpath import Engine, Records
from .package import PlanError
from .shape import Resource

ALTERNATIVE = "http://hl7.org/fhir/StructureDefinition/cqf-alternativeExpression"
FHIRPATH = "text/fhirpath"


@dataclass(frozen=True, slots=True)
class Applied:
    """An action that applies, with those below it that do."""

    action: Resource
    below: tuple["Applied", ...]


def applied(actions: Sequence[Resource], records: Records, engine: Engine) -> tuple[Applied, ...]:
    """The actions that apply; where one does not, nothing below it is looked at.

    Raises PlanError where a condition can't be asked, FhirPathError where it can't be answered.
    """
    return tuple(
        Applied(action, applied(action.get("action", ()), records, engine))
        for action in actions
        if applies(action, records, engine)
    )


def applies(action: Resource, records: Records, engine: Engine) -> bool:
    """Whether all applicability conditions of an action hold. An empty answer holds nothing."""
    return all(engine.holds(expression, records) is True for expression in expressions(action))


def expressions(action: Resource) -> Iterator[str]:
    """The conditions of an action in FHIRPath.

    Raises PlanError where one is in another language and has no twin.
    """
    for condition in action.get("condition", ()):
        if condition.get("kind") == "applicability":
            yield fhirpath_of(condition.get("expression", {}), f"action {action.get('id', '?')}")


def fhirpath_of(expression: Resource, where: str) -> str:
    """An Expression in FHIRPath: itself, or its twin in cqf-alternativeExpression."""
    twins = (each.get("valueExpression", {}) for each in expression.get("extension", ()) if each["url"] == ALTERNATIVE)
    for form in (expression, *twins):
        if form.get("language") == FHIRPATH and "expression" in form:
            return str(form["expression"])
    raise PlanError(f"{where}: its condition is {expression.get('language')} without a twin in FHIRPath; add one")
