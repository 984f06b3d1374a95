"""Reading what may be odd: a value of any JSON type, as the list or the objects that it should be."""

from typing import Any

Node = dict[str, Any]


def items(value: Any) -> list[Any]:
    """The items of a list; none where it is no list."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[Node]:
    """The objects in a list; what is no object is left to the structure layer."""
    return [each for each in items(value) if isinstance(each, dict)]
