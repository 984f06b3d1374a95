"""What a package answers about a patient's options: offered, needs-data or ruled-out, and by which facts."""

from dataclasses import dataclass
from typing import Literal

from .conditions import Conditions
from .fhirpath import Records
from .package import ASK, ASKS, CLOSED, NOT_MET, OFFER, Package, PlanError, Recommendation, statements
from .shape import Resource

Outcome = Literal["offered", "needs-data", "ruled-out"]
OUTCOMES: dict[str, Outcome] = {OFFER: "offered", ASK: "needs-data", NOT_MET: "ruled-out"}


@dataclass(frozen=True, slots=True)
class OptionAnswer:
    """One option: facts that are `missing` hold its answer open, `closed_by` rule it out. `shown`: their actions."""

    recommendation: Recommendation
    outcome: Outcome
    missing: tuple[str, ...]
    closed_by: tuple[str, ...]
    shown: tuple[Resource, ...]

    @property
    def statements(self) -> list[str]:
        """The statements that the option rests on."""
        return statements(self.recommendation.actions[OFFER])


@dataclass(frozen=True, slots=True)
class Answers:
    """All options of a patient. `applies`: whether the facts that every option rests on hold; None: unknown."""

    applies: bool | None
    options: tuple[OptionAnswer, ...]


def answers(package: Package, records: Records, conditions: Conditions) -> Answers:
    """What every recommendation of the strategy answers.

    Raises PlanError, or FhirPathError where a condition can't be answered.
    """
    found = tuple(_answer(each, records, conditions) for each in package.recommendations)
    always = _always(package)
    if any(always & set(each.closed_by) for each in found):
        return Answers(False, found)
    return Answers(None if any(always & set(each.missing) for each in found) else True, found)


def _always(package: Package) -> set[str]:
    """The facts that every option asks for."""
    asked = [
        {action["id"].removeprefix(ASKS) for action in each.actions[ASK].get("action", ())}
        for each in package.recommendations
    ]
    return set.intersection(*asked)


def _answer(recommendation: Recommendation, records: Records, conditions: Conditions) -> OptionAnswer:
    actions = recommendation.actions
    given = [id for id in OUTCOMES if conditions.applies(actions[id], records)]
    if len(given) != 1:
        what = " and ".join(given) or "none of offer, ask and not-met"
        raise PlanError(f"{recommendation.plan['id']}: answers {what} at once; mend its conditions")
    (id,) = given
    below = [] if id == OFFER else actions[id].get("action", [])
    shown = tuple(action for action in below if conditions.applies(action, records))
    missing = tuple(action["id"].removeprefix(ASKS) for action in shown if id == ASK)
    closed = tuple(action["id"].removeprefix(CLOSED) for action in shown if id == NOT_MET)
    return OptionAnswer(recommendation, OUTCOMES[id], missing, closed, shown)
