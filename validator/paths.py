"""FHIRPath of places: JSON's names of choice elements and of what stands beside primitives are not FHIRPath's."""

from typing import Any

from .definitions import Definitions, Member, TypeDefinition
from .place import Place


class Paths:
    """FHIRPath in one document."""

    def __init__(self, definitions: Definitions, document: Any) -> None:
        self._definitions = definitions
        self._document = document

    def of(self, place: Place) -> str:
        """`Observation.value.code` for valueQuantity, `Patient.birthDate.extension[0]` for _birthDate.

        What R4 does not know stands as it is.
        """
        steps = place.steps()
        node = self._document
        type = self._type(node)
        parts = [type.name if type else self._root(place)]
        for index, step in enumerate(steps):
            node = _below(node, step)
            if isinstance(step, int):
                parts[-1] += f"[{step}]"
                continue
            member = _member(type, step) if type else None
            parts.append(member.element.removesuffix("[x]") if member else step)
            if member is None:
                type = None
            elif member.type == "Resource":
                at = _below(node, steps[index + 1]) if index + 1 < len(steps) and isinstance(node, list) else node
                type = self._type(at)
            elif member.primitive:
                type = self._definitions.type("Element")
            else:
                type = self._definitions.type(member.type)
        return ".".join(part for part in parts if part)

    def _type(self, node: Any) -> TypeDefinition | None:
        name = node.get("resourceType") if isinstance(node, dict) else None
        return self._definitions.type(name) if isinstance(name, str) else None

    def _root(self, place: Place) -> str:
        at = place
        while at.parent is not None:
            at = at.parent
        return at.name


def _member(type: TypeDefinition, key: str) -> Member | None:
    beside = type.members.get(key.removeprefix("_"))
    return type.members.get(key) or (beside if beside is not None and beside.primitive else None)


def _below(node: Any, step: str | int) -> Any:
    if isinstance(node, dict) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None
