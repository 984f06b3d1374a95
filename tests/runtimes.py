"""What a runtime keeps of a plan when it applies it: its actions and requests beside those of the definitions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .resources import PACKAGE, of_type

Resource = dict[str, Any]
Action = dict[str, Any]
Actions = dict[tuple[str, str], Action]  # by plan and id of the action

# PlanDefinition.action in the order of R4, as far as the package uses it.
ELEMENTS = (
    *("id", "title", "description", "priority", "code", "reason", "documentation", "trigger", "condition", "input"),
    *("relatedAction", "participant", "type", "groupingBehavior", "selectionBehavior", "requiredBehavior"),
    *("precheckBehavior", "definitionCanonical", "action"),
)
# What an applied action has in place of the definition's element, where the name differs.
RENAMED = {"definitionCanonical": "resource"}
# What becomes of an ActivityDefinition, by kind of request.
REQUESTED = {
    "MedicationRequest": ("status", "intent", "medicationCodeableConcept", "subject", "instantiatesCanonical"),
    "ServiceRequest": ("status", "intent", "code", "subject", "instantiatesCanonical"),
    "CommunicationRequest": ("status", "payload", "subject", "instantiatesCanonical"),
    "Task": ("status", "intent", "code", "for", "focus", "input", "instantiatesCanonical"),
}


def defined() -> Actions:
    """Every action of every plan of the package."""
    return {
        (plan["id"], action["id"]): action
        for plan in of_type(PACKAGE, "PlanDefinition").values()
        for action in below(plan)
    }


def below(parent: Mapping[str, Any]) -> Iterator[Action]:
    for action in parent.get("action", ()):
        yield action
        yield from below(action)


def applied(resources: Iterable[Resource]) -> Actions:
    """Every action of the RequestGroups that plans were applied as."""
    return {
        (canonical.rpartition("/")[2].partition("|")[0], action["id"]): action
        for group in resources
        if group["resourceType"] == "RequestGroup"
        for canonical in group.get("instantiatesCanonical", ())
        for action in below(group)
    }


def shown(plan: str, cards: Iterable[Mapping[str, Any]]) -> Actions:
    """Cards and their suggestions as the actions that they stand for, by title and id."""
    by_title = {action["title"]: action["id"] for action in PACKAGE[f"PlanDefinition/{plan}"]["action"]}
    found: Actions = {}
    for card in cards:
        suggestions = card.get("suggestions", ())
        found[plan, by_title[card["summary"]]] = {
            "id": card.get("uuid"),
            "title": card["summary"],
            "description": card.get("detail"),
            "documentation": card.get("source"),
            "priority": card.get("indicator"),
            "selectionBehavior": card.get("selectionBehavior"),
            "action": suggestions,
        }
        for suggestion in suggestions:
            acts = suggestion.get("actions", ())
            found[plan, suggestion["uuid"]] = {
                "id": suggestion["uuid"],
                "title": suggestion["label"],
                "description": next((each.get("description") for each in acts), None),
                "resource": [each["resource"] for each in acts if "resource" in each],
            }
    return found


def carried(made: Actions) -> dict[str, str]:
    """By element: `yes` where each applied action has it still, `no` where none has, `-` where none had it."""
    definitions = defined()
    return {
        element: _verdict(
            bool(action.get(RENAMED.get(element, element)))
            for key, action in made.items()
            if definitions[key].get(element)
        )
        for element in ELEMENTS
    }


def requested(resources: Sequence[Resource]) -> dict[str, str]:
    """By `Type.element`: whether the requests that were made have it."""
    return {
        f"{kind}.{element}": _verdict(bool(each.get(element)) for each in resources if each["resourceType"] == kind)
        for kind, elements in REQUESTED.items()
        for element in elements
    }


def _verdict(found: Iterable[bool]) -> str:
    seen = {*found}
    if not seen:
        return "-"
    return "some" if len(seen) == 2 else "yes" if seen == {True} else "no"
