"""Types, elements, constraints and extensions, prepared for the walk over a resource."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from .codes import Codes, CodeSystem

HERE = Path(__file__).parent
# Profiles of Quantity that R4 uses as types: the type in JSON, and the invariant that each adds.
QUANTITIES = {"SimpleQuantity": ("Quantity", "sqty-1"), "MoneyQuantity": ("Quantity", "mqty-1")}


@dataclass(frozen=True, slots=True)
class Constraint:
    """An invariant as R4 words it: `expression` is FHIRPath, asked of the element that carries it."""

    key: str
    severity: str  # error or warning
    expression: str
    human: str


@dataclass(frozen=True, slots=True)
class Member:
    """One JSON key that a type allows. A choice element has one for each of its types."""

    key: str  # valueQuantity
    element: str  # value[x]
    type: str  # Quantity; a backbone element's type is its path
    primitive: bool
    repeats: bool
    targets: tuple[str, ...]  # resource types that a Reference or canonical may point at; none: any
    strength: str | None  # of the binding: required, extensible
    value_set: str | None
    constraints: tuple[Constraint, ...]


@dataclass(slots=True)
class TypeDefinition:
    """A resource type, datatype or backbone element."""

    name: str
    kind: str  # resource, type, backbone, primitive
    abstract: bool = False
    lineage: tuple[str, ...] = ()  # itself and what it specializes
    members: dict[str, Member] = field(default_factory=dict)
    required: tuple[tuple[str, tuple[str, ...]], ...] = ()  # element, the keys any of which fulfils it
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)  # value[x]: its keys
    constraints: tuple[Constraint, ...] = ()
    constrained: tuple[Member, ...] = ()  # primitives with constraints of their own: three in all of R4
    binding: Member | None = None  # of the type itself, as Age has one for its unit


@dataclass(frozen=True, slots=True)
class ExtensionDefinition:
    """Where an extension may stand (`element:Patient`), what its value may be, and its parts if it is complex."""

    context: tuple[str, ...]
    types: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    modifier: bool = False


class Definitions:
    """R4's own definitions, and those of the packages added to them."""

    def __init__(self) -> None:
        table = orjson.loads((HERE / "structure.json").read_bytes())
        self._rows: dict[str, Any] = table["types"]
        self._constraints = [Constraint(*row) for row in table["constraints"]]
        self._prepared: dict[str, TypeDefinition | None] = {}
        self._extensions: dict[str, Any] = table["extensions"]
        self.canonicals: dict[str, str] = table["canonicals"]  # url: type of resource
        self.resource_types = frozenset(
            name for name, row in self._rows.items() if row["kind"] == "resource" and not row["abstract"]
        )

    @cached_property
    def codes(self) -> Codes:
        return Codes(orjson.loads((HERE / "terminology.json").read_bytes()))

    @property
    def constraints(self) -> list[Constraint]:
        return list(self._constraints)

    def type(self, name: str) -> TypeDefinition | None:
        """The definition of a type by its name or path; None where R4 has none."""
        if name not in self._prepared:
            row = self._rows.get(name)
            self._prepared[name] = None if row is None else self._prepare(name, row)
        return self._prepared[name]

    def extension(self, url: str) -> ExtensionDefinition | None:
        row = self._extensions.get(url)
        if row is None or isinstance(row, ExtensionDefinition):
            return row
        made = ExtensionDefinition(
            tuple(row["context"]), tuple(row.get("types", ())), tuple(row.get("parts", ())), row.get("modifier", False)
        )
        self._extensions[url] = made
        return made

    def add_extension(self, url: str, definition: ExtensionDefinition) -> None:
        self._extensions[url] = definition

    def add_code_system(self, system: CodeSystem) -> None:
        self.codes.add_system(system)
        self.canonicals.setdefault(system.url, "CodeSystem")

    def _prepare(self, name: str, row: dict[str, Any]) -> TypeDefinition:
        if row["kind"] == "primitive":
            return TypeDefinition(name, "primitive", lineage=(name, "Element"))
        made = TypeDefinition(name, row["kind"], row.get("abstract", False), self._lineage(name, row))
        made.constraints = tuple(self._constraints[i] for i in row.get("constraints", ()))
        if "binding" in row:
            strength, value_set = row["binding"]
            made.binding = Member("", "", name, False, False, (), strength, value_set, ())
        required = []
        for element, each in row["elements"].items():
            keys = []
            for member in self._members(name, element, each):
                made.members[member.key] = member
                keys.append(member.key)
            if each["min"] > 0:
                required.append((element, tuple(keys)))
            if element.endswith("[x]"):
                made.choices[element] = tuple(keys)
        made.required = tuple(required)
        made.constrained = tuple(each for each in made.members.values() if each.primitive and each.constraints)
        return made

    def _constraint_numbers(self, row: dict[str, Any]) -> list[int]:
        """Its own, and for an element that repeats another by reference also those of that one."""
        own: list[int] = row.get("constraints", [])
        if "as" not in row:
            return own
        owner, _, element = row["as"].rpartition(".")
        return list(dict.fromkeys([*own, *self._rows[owner]["elements"][element].get("constraints", [])]))

    def _lineage(self, name: str, row: dict[str, Any]) -> tuple[str, ...]:
        if row["kind"] == "backbone":
            return (name, "BackboneElement", "Element")
        found = [name]
        while base := self._rows.get(found[-1], {}).get("base"):
            found.append(base)
        return tuple(found)

    def _members(self, owner: str, element: str, row: dict[str, Any]) -> list[Member]:
        types = [(row["as"], ())] if "as" in row else [_type(each) for each in row["types"]]
        strength, value_set = row.get("binding", (None, None))
        found = []
        for named, targets in types:
            type, more = QUANTITIES.get(named, (named, None))
            is_id = element == "id" and self._rows[owner]["kind"] == "resource"
            actual = "id" if is_id else type
            found.append(
                Member(
                    key=element.replace("[x]", type[0].upper() + type[1:]) if element.endswith("[x]") else element,
                    element=element,
                    type=actual,
                    primitive=self._rows.get(actual, {}).get("kind") == "primitive",
                    repeats=row["max"] != "1" and row["max"] != "0",
                    targets=() if "Resource" in targets else targets,
                    strength=strength,
                    value_set=value_set,
                    constraints=(
                        *(self._constraints[i] for i in self._constraint_numbers(row)),
                        *(each for each in self._constraints if each.key == more),
                    ),
                )
            )
        return found


def _type(row: Any) -> tuple[str, tuple[str, ...]]:
    return (row, ()) if isinstance(row, str) else (row[0], tuple(row[1]))
