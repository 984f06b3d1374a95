"""Two trees of JSON compared: which elements differ. Lists are laid beside each other by what names their members.

An action is known by its id, a coding by its system, a concept by its code: a member that moved is not one that went
and another that came. Pure, and knows no resource type.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOVED = "moved"  # instead of values, where only the order differs


@dataclass(frozen=True, slots=True)
class Difference:
    """`steps`: names of elements from the resource down, without those of list members; None: not there.

    `path` is the same as FHIRPath, with the members named.
    """

    steps: tuple[str, ...]
    path: str
    old: Any
    new: Any


def differences(old: Any, new: Any, path: str, steps: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Every element that is on one side only, or has another value; nothing where both are the same."""
    if old == new and type(old) is type(new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from differences(old.get(key), new.get(key), f"{path}.{key}", (*steps, key))
    elif isinstance(old, list | None) and isinstance(new, list | None) and (old or new):
        yield from _lists(old or [], new or [], path, steps)
    else:
        yield Difference(steps, path, old, new)


def _lists(old: list[Any], new: list[Any], path: str, steps: tuple[str, ...]) -> Iterator[Difference]:
    name, key = _named_by(old, new)
    if key is None:
        yield from _by_value(old, new, path, steps)
        return
    before, after = {key(each): each for each in old}, {key(each): each for each in new}
    for each in [*before, *(each for each in after if each not in before)]:
        here = f"{path}.where({name(before.get(each, after.get(each)))})" if name else path
        yield from differences(before.get(each), after.get(each), here, steps)
    common = [each for each in before if each in after]
    if common != [each for each in after if each in before]:
        yield Difference(steps, path, MOVED, MOVED)


def _by_value(old: list[Any], new: list[Any], path: str, steps: tuple[str, ...]) -> Iterator[Difference]:
    """Members without a name: those on both sides are passed over, the others laid beside each other in order."""
    left = list(new)
    gone = []
    for each in old:
        if each in left:
            left.remove(each)
        else:
            gone.append(each)
    if not gone and not left:
        yield Difference(steps, path, MOVED, MOVED)
    for index in range(max(len(gone), len(left))):
        before, after = (side[index] if index < len(side) else None for side in (gone, left))
        yield from differences(before, after, path, steps)


Key = Callable[[Any], Any]


def _named_by(old: list[Any], new: list[Any]) -> tuple[Callable[[Any], str] | None, Key | None]:
    """The first set of elements that tells the members of both lists apart; (None, None) where none does."""
    members = [*old, *new]
    if all(isinstance(each, str) for each in members):
        return (lambda each: f"$this = '{each}'"), (lambda each: each)
    if not all(isinstance(each, dict) for each in members):
        return None, None
    for names in NAMES:
        key = _key(names)
        if names == ("name",) and len(old) == len(new) == 1:
            return None, None  # the one that there is goes by another name
        if all(_unique([key(each) for each in side]) for side in (old, new)):
            return _worded(names), key
    return None, None


NAMES: Sequence[tuple[str, ...]] = (
    ("id",),
    ("linkId",),
    ("contentType",),
    ("system",),
    ("system", "code"),
    ("system", "value"),
    ("code",),
    ("url",),
    ("type", "resource"),
    ("type", "label", "url"),
    ("type", "label", "resource", "url"),
    ("name",),
    ("language",),
    ("kind",),
    ("type",),
    ("reference",),
)
OPTIONAL = {"label", "resource"}  # may be missing in some members


def _key(names: tuple[str, ...]) -> Key:
    def key(member: Any) -> Any:
        found = tuple(member.get(name) for name in names)
        if any(not isinstance(each, str | None) for each in found):
            return None
        missing = [name for name, value in zip(names, found, strict=True) if not isinstance(value, str)]
        return None if set(missing) - (OPTIONAL if len(names) > 2 else set()) else found

    return key


def _unique(keys: list[Any]) -> bool:
    return None not in keys and len({*map(repr, keys)}) == len(keys)


def _worded(names: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda member: " and ".join(f"{name} = '{member[name]}'" for name in names if name in member)
