"""TOML tables into the frozen dataclasses of `model.py`: every fault of a table, with its key and what to do.

The dataclass is the schema: field names in kebab-case are the keys, a field without a default must be there, and what
is not a field is refused. Types in use: str, Literal, `X | None`, `tuple[X, ...]`, dataclasses, and Annotated with a
`Shape`, `NotEmpty` or `Reader`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .faults import did_you_mean

T = TypeVar("T")

# What is wrong with a value: key below it, what is so, what to do.
Objection = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """A text must match the pattern whole; `meaning` says so in words."""

    pattern: str
    meaning: str


class NotEmpty:
    """A list must have an item."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A value is read by this function, which raises ValueError with what is wrong."""

    read: Callable[[object], object]


class UnfitError(Exception):
    """A table does not fit its dataclass. `found` has every objection."""

    def __init__(self, found: list[Objection]) -> None:
        self.found = found
        super().__init__("; ".join(": ".join(objection) for objection in found))


def parse(kind: type[T], table: Mapping[str, Any]) -> T:
    """The table as an instance of the dataclass.

    Raises UnfitError.
    """
    found: list[Objection] = []
    value: T = _dataclass(kind, table, "", found)
    if found:
        raise UnfitError(found)
    return value


def key_of(name: str) -> str:
    """The key that a field has in TOML."""
    return name.replace("_", "-")


@cache
def _schema(kind: type) -> dict[str, tuple[str, Any, bool]]:
    """Key -> field name, type, whether it must be there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        key_of(f.name): (f.name, hints[f.name], f.default is MISSING and f.default_factory is MISSING)
        for f in fields(kind)
    }


def _dataclass(kind: type, table: object, key: str, found: list[Objection]) -> Any:
    if not isinstance(table, Mapping):
        found.append((key, f"{table!r} is not a table", "write a table"))
        return None
    schema = _schema(kind)
    values = {}
    for name in table:
        if name not in schema:
            remedy = did_you_mean(str(name), schema, f"known here are {', '.join(schema)}")
            found.append((_below(key, str(name)), "unknown key", remedy))
    for name, (field, hint, required) in schema.items():
        if name in table:
            values[field] = _value(hint, table[name], _below(key, name), found)
        elif required:
            found.append((_below(key, name), "missing", "add it"))
    return None if found else kind(**values)


def _value(hint: Any, value: object, key: str, found: list[Objection]) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(arguments, value, key, found)
    if origin in (Union, UnionType):  # only `X | None`: TOML has no null, so a value is an X
        return _value(next(a for a in arguments if a is not type(None)), value, key, found)
    if origin is Literal:
        if value not in arguments:
            remedy = did_you_mean(str(value), arguments, f"write one of {', '.join(arguments)}")
            found.append((key, f"{value!r} is none of {', '.join(arguments)}", remedy))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            found.append((key, f"{value!r} is not a list", "write [ ... ]"))
            return ()
        return tuple(_value(arguments[0], item, _below(key, _named(item, i)), found) for i, item in enumerate(value, 1))
    if hint is str:
        if not isinstance(value, str):
            found.append((key, f"{value!r} is not a text", "put it in quotes"))
        return value
    return _dataclass(hint, value, key, found)


def _annotated(arguments: tuple[Any, ...], value: object, key: str, found: list[Objection]) -> Any:
    hint, *conditions = arguments
    for condition in conditions:
        if isinstance(condition, Reader):
            try:
                return condition.read(value)
            except ValueError as error:
                found.append((key, str(error), "mend the value"))
                return None
    before = len(found)
    read = _value(hint, value, key, found)
    if len(found) == before:
        found.extend(_unmet(conditions, read, key))
    return read


def _unmet(conditions: list[Any], value: Any, key: str) -> Iterator[Objection]:
    for condition in conditions:
        match condition:
            case Shape(pattern, meaning) if not re.fullmatch(pattern, value):
                yield key, f"{value!r} is not {meaning}", "mend the value"
            case NotEmpty() if not value:
                yield key, "empty", "name at least one"


def _named(item: object, number: int) -> str:
    """How to call an item of a list: by its id where it has one."""
    return repr(item["id"]) if isinstance(item, Mapping) and isinstance(item.get("id"), str) else str(number)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
