"""Reading what may be odd: a value of any JSON type, as the list or the objects that it should be."""

from collections.abc import Collection, Mapping
from typing import Any

Node = dict[str, Any]


def items(value: Any) -> list[Any]:
    """The items of a list; none where it is no list."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[Node]:
    """The objects in a list; what is no object is left to the structure layer."""
    return [each for each in items(value) if isinstance(each, dict)]


def is_in(codes: Mapping[str, Collection[str]], coding: Node) -> bool:
    """Whether a coding is one of these codes by system."""
    system, code = coding.get("system"), coding.get("code")
    return isinstance(system, str) and isinstance(code, str) and code in codes.get(system, ())


def coded(coding: Node) -> str:
    """A coding in a message: `system#code`, or what it has in place of a code."""
    system, code = coding.get("system"), coding.get("code")
    if code is None:
        return f"a coding of {system} without a code" if system is not None else "a coding without a code"
    return f"{system}#{code}" if system is not None else f"{code!r} without a system"
