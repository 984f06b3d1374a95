"""An extension of a guide: where it may stand, what it may hold, and what of this one use misses."""

from collections.abc import Iterator
from dataclasses import dataclass

from .node import Node
from .path import choice, choices
from .row import Fault, ValueSet


@dataclass(frozen=True, slots=True)
class Extension:
    """What a guide says of an extension."""

    name: str
    guide: str
    url: str
    contexts: tuple[str, ...]  # "Resource": any resource itself
    types: tuple[str, ...]  # none: any, and extensions in it
    targets: tuple[str, ...]
    values: ValueSet | None
    modifier: bool

    @property
    def id(self) -> str:
        """The id of its rule."""
        return f"{self.name.lower()}-extension"

    @property
    def who(self) -> str:
        return f"{self.name} ({self.guide})"

    @property
    def key(self) -> str:
        return "modifierExtension" if self.modifier else "extension"

    @property
    def keys(self) -> frozenset[str]:
        """Those under which its value may stand."""
        return frozenset(choice("value", type) for type in self.types)

    @property
    def sentence(self) -> str:
        where = " or ".join("any resource" if context == "Resource" else context for context in self.contexts)
        value = f" and holds a {' or '.join(self.types)}" if self.types else ""
        codes = f" of {self.values.name}" if self.values else ""
        targets = f" of a {' or '.join(self.targets)}" if self.targets else ""
        return f"The extension {self.who} stands in {self.key} of {where}{value}{codes}{targets}."

    def faults(self, use: Node) -> Iterator[Fault]:
        """All but the targets, which need more than the resource."""
        if use.key != self.key:
            yield use.place, f"{self.who} stands in {self.key}, not in {use.key}", f"move it to {self.key}"
        resource = "." not in use.context
        if use.context not in self.contexts and not (resource and "Resource" in self.contexts):
            where = " or ".join(self.contexts)
            yield use.place, f"{self.who} may stand in {where}, not in {use.context}", "move or remove it"
        if not self.types:
            return
        allowed, keys = " or ".join(self.types), " or ".join(sorted(self.keys))
        if use.value.get("extension"):
            told = f"{self.who} holds a {allowed} and no extensions of its own"
            yield use.place.child("extension", 0), told, f"give it a value of type {allowed}"
        values = choices("value", use.value)
        if not values:
            yield use.place, f"{self.who} holds a {allowed}, and here is no value", f"give it as {keys}"
        for key in values:
            place = use.place.child(key)
            if key not in self.keys:
                yield place, f"{self.who} holds a {allowed}, not {key}", f"give it as {keys}"
            elif self.values is not None and not self.values.has(use.value.get(key)):
                told = f"{self.who} takes codes of {self.values.name}, and here is none of it"
                yield place, told, f"use a code of {self.values.system}: {', '.join(sorted(self.values.codes))}"
