"""The JSON objects of a resource, each with its place and with what FHIR calls the element that it stands in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..place import Place

# Elements that may stand in themselves, where an extension of a guide may stand.
NESTED = frozenset({"PlanDefinition.action", "Questionnaire.item"})


@dataclass(frozen=True, slots=True)
class Node:
    """An object under a key: the first action's code is a node with the key "code" in "PlanDefinition.action"."""

    context: str
    key: str
    value: dict[str, Any]
    place: Place

    @property
    def is_resource(self) -> bool:
        return isinstance(self.value.get("resourceType"), str)

    @property
    def name(self) -> str:
        """What FHIR calls it: a resource by its type, a nested action as the one it is in."""
        if self.is_resource:
            return str(self.value["resourceType"])
        if self.context in NESTED and self.context.endswith(f".{self.key}"):
            return self.context
        return f"{self.context}.{self.key.removeprefix('_')}" if self.context else self.key


def nodes(resource: dict[str, Any], place: Place) -> Iterator[Node]:
    """The resource and all in it, in order, but not the entries of a Bundle: those are checked for themselves.

    Without recursion: how deep a resource nests is not for this layer to refuse.
    """
    waiting = [Node("", place.name, resource, place)]
    while waiting:
        node = waiting.pop()
        yield node
        context = node.name
        inner = []
        for key, child in node.value.items():
            if context == "Bundle.entry" and key == "resource":
                continue
            if isinstance(child, dict):
                inner.append(Node(context, key, child, node.place.child(key)))
            elif isinstance(child, list):
                inner += [
                    Node(context, key, each, node.place.child(key, index))
                    for index, each in enumerate(child)
                    if isinstance(each, dict)
                ]
        waiting += reversed(inner)
