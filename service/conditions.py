"""Which actions of a plan apply to a patient: their conditions, in FHIRPath, over the Bundle of records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .fhirpath import Condition, Engine, Records
from .package import PlanError
from .shape import Resource

ALTERNATIVE = "http://hl7.org/fhir/StructureDefinition/cqf-alternativeExpression"
FHIRPATH = "text/fhirpath"


@dataclass(frozen=True, slots=True)
class Applied:
    """An action that applies, with those below it that do."""

    action: Resource
    below: tuple["Applied", ...]


class Conditions:
    """The conditions of actions, each read once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # By identity; the action is kept, so it stays that.
        self._read: dict[int, tuple[Resource, list[Condition]]] = {}
        self._texts: dict[int, tuple[Resource, list[str]]] = {}

    def applied(self, actions: Sequence[Resource], records: Records) -> tuple[Applied, ...]:
        """The actions that apply; where one does not, nothing below it is looked at.

        Raises PlanError where a condition can't be asked, FhirPathError where it can't be answered.
        """
        return tuple(
            Applied(action, self.applied(action.get("action", ()), records))
            for action in actions
            if self.applies(action, records)
        )

    def applies(self, action: Resource, records: Records) -> bool:
        """Whether all applicability conditions of an action hold. An empty answer holds nothing."""
        if id(action) not in self._read:
            self._read[id(action)] = action, [self._engine.condition(text) for text in expressions(action)]
        return all(condition(records) is True for condition in self._read[id(action)][1])

    def decided(self, action: Resource, records: Records, unread: frozenset[str]) -> bool | None:
        """Whether an action applies whatever stands in records of types that were not read; None: that decides.

        Raises PlanError where a condition can't be asked, FhirPathError where it can't be answered.
        """
        if not unread:
            return self.applies(action, records)
        if id(action) not in self._texts:
            self._texts[id(action)] = action, list(expressions(action))
        answers = [self._engine.decided(text, records, unread) for text in self._texts[id(action)][1]]
        return False if False in answers else None if None in answers else True


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
