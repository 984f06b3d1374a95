"""A row of the table: what a profile asks of one element, and what of it a resource misses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..place import Place
from ..rule import RULES, Finding
from .path import Code, Found, Path, choice, codings

Fault = tuple[Place, str, str]  # where; what is so; what to do


@dataclass(frozen=True, slots=True)
class ValueSet:
    """All codes of one code system, by the name of the set."""

    name: str
    system: str
    codes: frozenset[str]

    def has(self, value: Any) -> bool:
        """Whether a code, a Coding, or any Coding of a CodeableConcept is in it."""
        if isinstance(value, str):
            return value in self.codes
        return any(code.system == self.system and code.code in self.codes for code in codings(value))


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the codes of an element come from. Others are allowed where it is extensible, if none of the set fits."""

    values: ValueSet
    extensible: bool


@dataclass(frozen=True, slots=True)
class Row:
    """What one profile asks of one element; only what is set is asked."""

    id: str
    profile: str
    guide: str  # with its version
    path: Path
    min: int = 0
    max: int | None = None
    types: tuple[str, ...] = ()  # of a choice
    value: Any = None
    code: Code | None = None
    binding: Binding | None = None
    targets: tuple[str, ...] = ()  # profiles or R4 types; target.py looks after them
    one_of: tuple[Path, ...] = ()
    if_then: tuple[Path, Path] | None = None

    def findings(self, resource: Any, place: Place) -> Iterator[Finding]:
        """All but the targets, which need more than the resource."""
        for where, what, remedy in self.faults(resource, place):
            yield RULES[self.id](where, what, remedy)

    def faults(self, resource: Any, place: Place) -> Iterator[Fault]:
        elements: list[Found] = []
        if self.path.steps:
            step = self.path.steps[-1]
            for owner in self.path.owners(resource, place):
                found = list(step.all_under(owner.value, owner.place))
                yield from self.count(owner, found)
                elements += found
        else:
            elements.append(Found("", resource, place))
        for element in elements:
            yield from self.element(element)

    def allows(self, key: str) -> bool:
        """Whether a choice may be of the type that its key tells."""
        return not self.types or key in [choice(self.path.steps[-1].name, type) for type in self.types]

    def count(self, owner: Found, found: list[Found]) -> Iterator[Fault]:
        """One owner's elements; each owner is counted for itself."""
        name = self.path.steps[-1].words
        if isinstance(owner.value, dict) and len(found) < self.min:
            how = "" if self.min == 1 else f"{self.min} "
            yield owner.place, f"{self.who} asks for {how}{name}, and here is {len(found) or 'none'}", "add it"
        if self.max is not None and len(found) > self.max:
            if self.max == 0:
                yield found[0].place, f"{self.who} allows no {name}", "remove it"
            else:
                told = f"{self.who} allows {self.max} {name}, and here are {len(found)}"
                yield found[self.max].place, told, f"keep {self.max}"

    def element(self, found: Found) -> Iterator[Fault]:
        key, value, place = found
        if not self.allows(key):
            name, allowed = self.path.steps[-1].name, " or ".join(self.types)
            yield place, f"{self.who} allows {name} as {allowed} alone, not as {key}", f"give it as {allowed}"
            return
        if value is None:
            return  # it has an extension in place of a value, so there is nothing to compare
        if self.value is not None and (value != self.value or type(value) is not type(self.value)):
            yield place, f"{self.who} wants {brief(self.value)} here, not {brief(value)}", f"write {brief(self.value)}"
        if self.code is not None and not self.code.in_(value):
            yield (
                place,
                f"{self.who} wants the code {self.code.code} of {self.code.system} here, and it is not among the codes",
                "add that coding",
            )
        if self.binding is not None and not self.binding.values.has(value):
            values = self.binding.values
            unless = ", unless none of them fits" if self.binding.extensible else ""
            told = f"{self.who} takes codes from {values.name}{unless}, and here is none of it"
            yield place, told, f"use a code of {values.system}, as {', '.join(sorted(values.codes)[:3])}"
        if self.one_of:
            there = [path for path in self.one_of if path.found(value, place)]
            if len(there) != 1:
                have = " and ".join(map(str, there)) or "none of them"
                told = f"{self.who} wants one of {listed(self.one_of)}, and here is {have}"
                yield place, told, "remove the others" if there else "add one"
        if self.if_then is not None:
            given, wanted = self.if_then
            if given.found(value, place) and not wanted.found(value, place):
                yield place, f"{self.who} wants {wanted} where there is {given}, and here is none", f"add {wanted}"

    @property
    def who(self) -> str:
        return f"{self.profile} ({self.guide})"

    @property
    def sentence(self) -> str:
        """What the row asks, for the list of rules."""
        nested = [step.name for step in self.path.steps[:-1] if step.nested]
        also = f", in each nested {' and '.join(nested)} too" if nested else ""
        return f"In a {self.who}, {str(self.path) or 'the resource'} {' and '.join(self.asked())}{also}."

    def asked(self) -> Iterator[str]:
        match self.min, self.max:
            case 0, 0:
                yield "is not allowed"
            case 0, int(most):
                yield f"is allowed at most {times(most)}"
            case least, most if least and least == most:
                yield f"is required exactly {times(least)}"
            case least, _ if least:
                yield "is required"
        if self.types:
            yield f"is of type {' or '.join(self.types)}"
        if self.value is not None:
            yield f"is {brief(self.value)}"
        if self.code is not None:
            yield f"has the code {self.code.code} of {self.code.system}"
        if self.targets:
            yield f"points to {' or '.join(self.targets)}"
        if self.binding is not None:
            unless = ", unless none of them fits" if self.binding.extensible else ""
            yield f"has a code of {self.binding.values.name}{unless}"
        if self.one_of:
            yield f"has exactly one of {listed(self.one_of)}"
        if self.if_then is not None:
            yield f"has {self.if_then[1]} where it has {self.if_then[0]}"


def times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def listed(paths: tuple[Path, ...]) -> str:
    *first, last = map(str, paths)
    return f"{', '.join(first)} or {last}"


def brief(value: Any) -> str:
    """A value as JSON would show it, cut where it is long."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 100 else f"{text[:96]}...{text[-1]}"
