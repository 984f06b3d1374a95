"""The package as a service sees it: plans and definitions by canonical, and which plans answer which option."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from .patient_record import misshapen
from .shape import Resource, shown

OFFER, ASK, NOT_MET = "offer", "ask", "not-met"  # the three answers of a recommendation, as ids of its actions
ASKS, CLOSED = "ask-", "closed-"  # before a fact: what holds an answer open, and what closes it

_EXPRESSION = {"language": "string", "expression": "string"}
_ALTERNATIVES = [{"url": "string", "valueExpression": _EXPRESSION}]
# R4, PlanDefinition.action: what is read of it here.
ACTION = {
    "id": "string",
    "title": "string",
    "description": "string",
    "definitionCanonical": "string",
    "documentation": [{"label": "string"}],
    "condition": [{"kind": "string", "expression": {**_EXPRESSION, "extension": _ALTERNATIVES}}],
    "relatedAction": [{"actionId": "string"}],
}


class PlanError(Exception):
    """The package can't be applied: one line, with what to do."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A plan that says of one option whether it may be offered. `option`: the id under which its strategy names it."""

    option: str
    plan: Resource

    @property
    def actions(self) -> dict[str, Resource]:
        return {action["id"]: action for action in self.plan["action"] if "id" in action}


class Package:
    """Resources of a package, found by what names them."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self._by_canonical: dict[str, Resource] = {}
        for each in resources:
            if isinstance(url := each.get("url"), str):
                self._by_canonical.setdefault(url, each)
                if "version" in each:
                    self._by_canonical[f"{url}|{each['version']}"] = each

    def find(self, canonical: str) -> Resource | None:
        """What a canonical names, in the version that it pins if it pins one."""
        return self._by_canonical.get(canonical)

    def plan(self, id: str) -> Resource:
        """The PlanDefinition of an id or canonical.

        Raises PlanError.
        """
        for each in self.plans:
            if id in (each["id"], each.get("url"), f"{each.get('url')}|{each.get('version')}"):
                return each
        raise PlanError(f"--plan {id}: no such PlanDefinition; there are {', '.join(p['id'] for p in self.plans)}")

    def check(self, plan: Resource) -> None:
        """Refuse a plan that can't be applied.

        Raises PlanError where an action has the wrong form, or leads to what is not in the package.
        """
        for place, action in _walk(plan.get("action", []), f"{plan['id']}.action"):
            faults = list(misshapen(action, ACTION, place))
            if faults:
                raise PlanError(faults[0])
            canonical = action.get("definitionCanonical")
            if canonical and not canonical.startswith("#") and self.find(canonical) is None:
                raise PlanError(f"{place}: {canonical} is not in the package; add it")

    @cached_property
    def plans(self) -> list[Resource]:
        return [each for each in self.resources if each["resourceType"] == "PlanDefinition"]

    @cached_property
    def strategies(self) -> list[Resource]:
        """Plans whose type is workflow-definition: all options beside each other."""
        return [plan for plan in self.plans if "workflow-definition" in _types(plan)]

    @cached_property
    def strategy(self) -> Resource:
        """The one strategy.

        Raises PlanError.
        """
        if len(self.strategies) != 1:
            found = ", ".join(each["id"] for each in self.strategies) or "none"
            raise PlanError(
                f"one strategy (PlanDefinition of type workflow-definition) is needed, not {found}; use --plan"
            )
        return self.strategies[0]

    @cached_property
    def recommendations(self) -> list[Recommendation]:
        """In the order of the strategy: the plans that its actions lead to, of those that answer offer, ask, not-met.

        Raises PlanError where there is no strategy, or one that leads to none.
        """
        found = []
        for action in leaves(self.strategy.get("action", ())):
            plan = self.find(action.get("definitionCanonical", ""))
            if plan and _answers(plan):
                found.append(Recommendation(action["id"], plan))
        if not found:
            raise PlanError(f"{self.strategy['id']}: leads to no plan that answers offer, ask or not-met; use --plan")
        return found


def _walk(actions: object, place: str) -> Iterator[tuple[str, Resource]]:
    """Each action with its place; those below only of one that is an object."""
    if not isinstance(actions, list):
        raise PlanError(f"{place}: {shown(actions)} is no array of actions; mend it")
    for number, action in enumerate(actions):
        here = f"{place}[{number}]"
        if not isinstance(action, dict):
            raise PlanError(f"{here}: {shown(action)} is no action; mend it")
        here += f" ({action['id']})" if isinstance(action.get("id"), str) else ""
        yield here, action
        yield from _walk(action.get("action", []), f"{here}.action")


def leaves(actions: Sequence[Resource]) -> Iterator[Resource]:
    """The actions that have none below them, in order."""
    for action in actions:
        if action.get("action"):
            yield from leaves(action["action"])
        else:
            yield action


def statements(action: Resource) -> list[str]:
    """The labels of what an action rests on."""
    return [each["label"] for each in action.get("documentation", ()) if "label" in each]


def _answers(plan: Resource) -> bool:
    """Whether a plan answers offer, ask and not-met."""
    actions = plan.get("action", [])
    ids = {each.get("id") for each in actions if isinstance(each, dict)} if isinstance(actions, list) else set()
    return ids >= {OFFER, ASK, NOT_MET}


def _types(plan: Resource) -> list[str]:
    return [coding.get("code", "") for coding in plan.get("type", {}).get("coding", ())]
