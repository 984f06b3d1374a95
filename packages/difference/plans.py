"""What differs in a PlanDefinition: conditions, choices, what they lead to, what they rest on.

A recommendation of this package has the facts of its condition as children `ask-<fact>` and `closed-<fact>`; a fact
that came or went is told as a condition added or removed, and its actions, which follow, are not told again.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .change import Change, Class, Resource, dicts, part
from .elements import MOVED, Difference
from .wording import basis, in_words, said, shown

FACT = re.compile(r"(?:ask|closed)-(?P<fact>[\w-]+)")
LEADS_TO = {"definitionCanonical", "definitionUri"}
BEHAVIOURS = {
    "selectionBehavior": "how many may be chosen",
    "groupingBehavior": "how its parts are shown",
    "requiredBehavior": "whether it must be done",
    "precheckBehavior": "whether it is chosen beforehand",
    "cardinalityBehavior": "whether it may be repeated",
    "priority": "its priority",
}
ACTION = re.compile(r"action\.where\(id = '([^']*)'\)")


def changes(old: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    before, after = _facts(old), _facts(new)
    for fact in [*(f for f in before if f not in after), *(f for f in after if f not in before)]:
        done = "removed" if fact in before else "added"
        sides = (fact, None) if fact in before else (None, fact)
        yield said(
            new, Class.CLINICAL, f"condition-{done}", "PlanDefinition.action", f"condition {fact} {done}", *sides
        )
    moved = before.keys() ^ after.keys()
    rest: list[Difference] = []
    twins: list[Difference] = []
    for each in found:
        if each.steps[0] != "action":
            rest.append(each)
        elif each.steps[-1] == "action" and _fact_of(each) in moved:
            continue
        elif "condition" in each.steps and each.steps[-1] == "expression" and "extension" in each.steps:
            twins.append(each)
        else:
            yield _of_action(new, each)
    if twins:
        ids = list(dict.fromkeys(_id(each) for each in twins))
        what = f"conditions read differently in FHIRPath: {shown(ids)}"
        yield said(new, Class.CLINICAL, "condition-changed", twins[0].path, what, twins[0].old, twins[0].new)
    yield from in_words(new, rest)


def _of_action(plan: Resource, each: Difference) -> Change:
    id, last = _id(each) or "its action", each.steps[-1]
    whole = each.new or each.old
    if last == "action" and isinstance(whole, dict) and None in (each.old, each.new):
        gone = each.new is None
        done = "removed" if gone else "added"
        kind = "choice" if _is_order_set(plan) else "action"
        leads = next((f", which leads to {whole[key]}" for key in LEADS_TO if key in whole), "")
        what = f"{kind} {shown(whole.get('title', id))!r} {done}{leads}"
        severity = Class.BREAKING if gone else Class.CLINICAL
        return said(plan, severity, f"{kind}-{done}", each.path, what, each.old, each.new)
    if each.old == MOVED and last == "action":
        what = f"actions of {_id(each) or 'the plan'} in another order"
        return said(plan, Class.CLINICAL, "order-changed", each.path, what)
    if last in LEADS_TO:
        now = f"leads to {shown(each.new)}" if each.new else "leads nowhere"
        was = f"before to {shown(each.old)}" if each.old else "before nowhere"
        return said(plan, Class.CLINICAL, "leads-elsewhere", each.path, f"{id} {now}, {was}", each.old, each.new)
    if last in BEHAVIOURS:
        now, was = (shown(side) if side else "not said" for side in (each.new, each.old))
        what = f"{id}: {BEHAVIOURS[last]} is {now}, was {was}"
        return said(plan, Class.CLINICAL, "behaviour-changed", each.path, what, each.old, each.new)
    if "condition" in each.steps:
        return _condition(plan, each, id)
    if each.steps[-1] == "documentation" or each.steps[-2:] == ("documentation", "label"):
        old, new = (side.get("label") if isinstance(side, dict) else side for side in (each.old, each.new))
        return basis(plan, each.path, id, old, new)
    if "trigger" in each.steps:
        what = f"{id}: trigger is {shown(each.new)}, was {shown(each.old)}"
        return said(plan, Class.BREAKING, "trigger-changed", each.path, what, each.old, each.new)
    [change] = in_words(plan, [each])
    return change


def _condition(plan: Resource, each: Difference, id: str) -> Change:
    old, new = _expression(each.old), _expression(each.new)
    if each.steps[-1] in ("description", "name"):
        what = f"{id}: words of its condition: {shown(each.new)}, was {shown(each.old)}"
        return said(plan, Class.EDITORIAL, "condition-worded", each.path, what, each.old, each.new)
    if each.new is None:
        return said(
            plan, Class.CLINICAL, "condition-removed", each.path, f"{id}: condition {shown(old)} removed", each.old
        )
    if each.old is None:
        return said(
            plan, Class.CLINICAL, "condition-added", each.path, f"{id}: condition {shown(new)} added", None, each.new
        )
    what = f"{id}: condition is {shown(new)}, was {shown(old)}"
    return said(plan, Class.CLINICAL, "condition-changed", each.path, what, each.old, each.new)


def _expression(value: Any) -> Any:
    if isinstance(value, dict):
        inner = value.get("expression", value)
        return inner.get("expression", inner) if isinstance(inner, dict) else inner
    return value


def _facts(plan: Resource) -> dict[str, None]:
    """The facts that the conditions of a recommendation read, in its order."""
    found: dict[str, None] = {}
    left = dicts(plan.get("action"))
    while left:
        action = left.pop(0)
        if match := FACT.fullmatch(str(action.get("id", ""))):
            found[match["fact"]] = None
        left += dicts(action.get("action"))
    return found


def _fact_of(each: Difference) -> str | None:
    match = FACT.fullmatch(_id(each))
    return match["fact"] if match else None


def _id(each: Difference) -> str:
    ids = ACTION.findall(each.path)
    return ids[-1] if ids else ""


def _is_order_set(plan: Resource) -> bool:
    codings = dicts(part(plan.get("type"), "coding"))
    return any(each.get("code") == "order-set" for each in codings)
