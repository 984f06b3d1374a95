"""A package ready to be applied to patients: the one door that commands and services go through."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from .care_plan import care_plan
from .conditions import Applied, Conditions
from .explanation import Explanation, conflicts, explain
from .fhirpath import Engine, FhirPathError, Records
from .options import Answers, answers
from .package import Package, PlanError
from .patient_record import RecordsError, patient_of
from .shape import Resource
from .told import (
    actions_as_data,
    actions_in_words,
    as_data,
    disclaimer,
    explanation_as_data,
    explanation_in_words,
    in_words,
)

T = TypeVar("T")


class Refused(Exception):  # noqa: N818 - the Bundle is refused, not the program at fault
    """A Bundle can't be answered. `reasons` has one line a fault: where, what, and what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(reasons))


class Application:
    """Resources of a package, and one plan of it or its strategy, to be applied to any number of patients.

    Raises PlanError where there is no such plan, or no strategy that answers options.
    """

    def __init__(self, resources: Sequence[Resource], plan: str | None = None) -> None:
        self.package = Package(resources)
        self.engine = Engine()
        self.conditions = Conditions(self.engine)
        self.plan = self.package.strategy if plan is None else self.package.plan(plan)
        self.of_options = self.plan in self.package.strategies
        self.package.check(self.plan)
        if self.of_options:
            for each in self.package.recommendations:
                self.package.check(each.plan)

    def answers(self, bundle: Any) -> Answers:
        """What every option of the strategy is answered.

        Raises Refused.
        """
        _, records = self._read(bundle)
        return self._answers(records)

    def data(self, bundle: Any, *, explain: bool = False) -> dict[str, Any]:
        """The answer as JSON: the options, or the actions of a plan that answers none.

        Raises Refused.
        """
        patient, records = self._read(bundle)
        both = self._asked(conflicts, self.package, records, self.engine)
        if self.of_options:
            told = as_data(patient, self._answers(records), both)
        else:
            told = actions_as_data(patient, self.plan, self._actions(records), both)
        if explain:
            told |= explanation_as_data(self._explained(records))
        return told

    def words(self, bundle: Any, *, explain: bool = False) -> list[tuple[str, str]]:
        """The answer in lines, each with what it is: heading, option, or text.

        Raises Refused.
        """
        patient, records = self._read(bundle)
        both = self._asked(conflicts, self.package, records, self.engine)
        if self.of_options:
            lines = [*in_words(patient, self._answers(records), both, self.package)]
        else:
            lines = [*actions_in_words(patient, self.plan, self._actions(records), both)]
        if explain:
            lines += explanation_in_words(self._explained(records))
        return [*lines, *disclaimer(self.plan)]

    def care_plan(self, bundle: Any) -> Resource:
        """What `$apply` gives: a CarePlan.

        Raises Refused.
        """
        patient, records = self._read(bundle)
        return self._asked(care_plan, self.package, self.plan, patient, records, self.conditions)

    def _read(self, bundle: Any) -> tuple[str, Records]:
        try:
            return patient_of(bundle), Records(bundle)
        except RecordsError as error:
            raise Refused(error.reasons) from error

    def _answers(self, records: Records) -> Answers:
        return self._asked(answers, self.package, records, self.conditions)

    def _actions(self, records: Records) -> tuple[Applied, ...]:
        return self._asked(self.conditions.applied, self.plan.get("action", ()), records)

    def _explained(self, records: Records) -> Explanation:
        return self._asked(explain, self.package, records, self.engine)

    def _asked(self, ask: Callable[..., T], *arguments: Any) -> T:
        try:
            return ask(*arguments)
        except (PlanError, FhirPathError) as error:
            raise Refused([str(error)]) from error
