"""Foreign JSON, read with care: what does not have its shape is a fault that says where, what and what to do."""

import re
from collections.abc import Iterator, Mapping
from reprlib import Repr
from typing import Any, TypeGuard

Resource = dict[str, Any]
Placed = tuple[str, Resource]  # an object and where it stands
Faults = list[str]

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
STRING = re.compile(r"(?=\s*\S)[ \r\n\t\S]+")
URI = re.compile(r"\S+")

_repr = Repr()
_repr.maxstring = _repr.maxother = 120
_repr.maxlevel = 3


def shown(value: object) -> str:
    """A value in one line that is not too long."""
    return _repr.repr(value)


def matches(value: object, form: re.Pattern[str]) -> TypeGuard[str]:
    return isinstance(value, str) and form.fullmatch(value) is not None


def strings(place: str, parent: Resource, forms: Mapping[str, re.Pattern[str]], faults: Faults) -> dict[str, str]:
    """Those of these elements that an object has, each of its form."""
    found = {}
    for key, form in forms.items():
        if key in parent:
            if matches(parent[key], form):
                found[key] = parent[key]
            else:
                faults.append(f"{place}.{key}: {shown(parent[key])} is not what R4 has there; mend it, or leave it out")
    return found


def objects(place: str, parent: Resource, key: str, faults: Faults) -> list[Placed]:
    """The objects of an array, each with its place."""
    values = parent.get(key, [])
    if not isinstance(values, list):
        faults.append(f"{place}.{key}: {shown(values)} is no array; mend it, or leave it out")
        return []
    found = []
    for number, value in enumerate(values):
        if isinstance(value, dict):
            found.append((f"{place}.{key}[{number}]", value))
        else:
            faults.append(f"{place}.{key}[{number}]: {shown(value)} is no object; mend it, or take it out")
    return found


def items(root: str, resource: Resource, faults: Faults) -> Iterator[tuple[str, Resource, list[Placed]]]:
    """Every item of a Questionnaire or response, however deep, with its place and its answers, in their order."""
    pending = objects(root, resource, "item", faults)[::-1]
    while pending:
        place, item = pending.pop()
        answers = objects(place, item, "answer", faults)
        yield place, item, answers
        below = [child for parent in ((place, item), *answers) for child in objects(*parent, "item", faults)]
        pending += below[::-1]
