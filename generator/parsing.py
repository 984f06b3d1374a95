"""TOML tables into the frozen dataclasses of `model.py`: every fault of a table, with its key and what to do.

The dataclass is the schema: field names in kebab-case are the keys, a field without a default must be there, and what
is not a field is refused. Types in use: str, Literal, `X | None`, `tuple[X, ...]`, dataclasses, and Annotated with a
`Shape`, `NotEmpty`, `CalendarDate` or `Reader`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, time
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


class CalendarDate:
    """A text must be a day of the calendar, as year-month-day."""

    @staticmethod
    def met(text: str) -> bool:
        try:
            return date.fromisoformat(text).isoformat() == text
        except ValueError:
            return False


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
        found.append((key, "not a table", f"write [{key}]"))
        return None
    schema = _schema(kind)
    values = {}
    misspelt = set()
    for name in table:
        if name not in schema:
            free = [each for each in schema if each not in table]
            remedy = did_you_mean(str(name), free, f"known here are {', '.join(schema)}")
            misspelt |= {each for each in free if repr(each) in remedy}
            found.append((_below(key, str(name)), "unknown key", remedy))
    for name, (field, hint, required) in schema.items():
        if name in table:
            values[field] = _value(hint, table[name], _below(key, name), found)
        elif required and name not in misspelt:
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
            found.append((key, f"{_spelled(value)} is none of {', '.join(arguments)}", remedy))
        return value
    if origin is tuple:
        if not isinstance(value, list):
            found.append((key, f"{_spelled(value)} is not a list", "write [ ... ]"))
            return ()
        texts = [item for item in value if isinstance(item, str)]
        twice = dict.fromkeys(text for text in texts if texts.count(text) > 1)
        found.extend((key, f"{text!r} stands there twice", "keep one of them") for text in twice)
        return tuple(_value(arguments[0], item, key + _named(item, i), found) for i, item in enumerate(value, 1))
    if hint is str:
        if not isinstance(value, str):
            remedy = "write one text in quotes" if isinstance(value, list | dict) else "put it in quotes"
            found.append((key, f"{_spelled(value)} is not a text", remedy))
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
            case Shape(pattern, meaning) if not re.fullmatch(pattern, value, re.ASCII):
                yield key, f"{value!r} is not {meaning}", "mend the value"
            case NotEmpty() if not value:
                yield key, "empty", "name at least one"
            case CalendarDate() if not condition.met(value):
                yield key, f"{value!r} is not a date, such as 2026-01-31", "mend the value"


def _named(item: object, number: int) -> str:
    """How to call an item of a list: by what identifies it where something does."""
    name = called(item) if isinstance(item, Mapping) else None
    return f" {name!r}" if name else f".{number}"


def called(item: Mapping[str, Any]) -> str | None:
    """What identifies a table among its like: its id, or the one thing that it is about."""
    names = (item.get(key) for key in ("id", "statement", "option"))
    return next((name for name in names if isinstance(name, str)), None)


def _spelled(value: object) -> str:
    """A value as TOML spells it, near enough to be found in the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
