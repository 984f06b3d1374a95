"""What an option leads to: choices, combinations, drugs and other activities, as a tree with their statements."""

from dataclasses import dataclass
from typing import Any

from ..service.package import Package, statements
from .graph import OPTIONAL, SELECTION

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A line of the tree. `words`: how many of those below are chosen; `target`: the definition, if it is not open."""

    title: str
    text: str
    words: str
    note: str
    statements: tuple[str, ...]
    target: Resource | None
    below: tuple["Choice", ...]


def choices(package: Package, action: Resource, path: tuple[str, ...] = ()) -> Choice:
    """The tree below an action. Raises LookupError where a definition is not there, or leads back to itself."""
    canonical = action.get("definitionCanonical", "")
    target = package.find(canonical)
    if canonical and target is None:
        raise LookupError(f"no resource with the url {canonical}, where action '{action['id']}' leads")
    if target and target["id"] in path:
        raise LookupError(f"{target['resourceType']}/{target['id']} leads back to itself")
    inner = action.get("action", ())
    words = SELECTION.get(action.get("selectionBehavior", ""), "") if inner else ""
    note = OPTIONAL if action.get("requiredBehavior") == "could" else ""
    here = (*path, target["id"]) if target else path
    below = tuple(choices(package, each, here) for each in (*inner, *_of_plan(target)))
    return Choice(action["title"], action.get("description", ""), words, note, tuple(statements(action)), target, below)


def _of_plan(target: Resource | None) -> list[Resource]:
    if target and target["resourceType"] == "PlanDefinition":
        return list(target.get("action", ()))
    return []


def leaves(choice: Choice) -> list[Resource]:
    """The activities of a tree, each once."""
    found: dict[str, Resource] = {}
    if choice.target and choice.target["resourceType"] == "ActivityDefinition":
        found[choice.target["id"]] = choice.target
    for each in choice.below:
        found |= {one["id"]: one for one in leaves(each)}
    return list(found.values())
