"""Where in a text a place stands: looked up only for the files that something is told of."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from .strict_json import TOKEN

Steps = tuple[str | int, ...]


class Locator:
    """Lines and columns of one text, both counted from 1."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offsets(self, wanted: Iterable[Steps]) -> dict[Steps, int]:
        """The offset of each place: of its key where it is a member, of its value in a list; of the nearest place
        around it where it does not stand in the text."""
        tree: dict[Any, Any] = {}
        places = set(wanted)
        for steps in places:
            node = tree
            for step in steps:
                node = node.setdefault(step, {})
        found = self._scan(tree, places)
        return {steps: _nearest(steps, found) for steps in places}

    def _scan(self, tree: dict[Any, Any], places: set[Steps]) -> dict[Steps, int]:
        left = places - {()}
        found: dict[Steps, int] = {(): len(self._text) - len(self._text.lstrip())}
        # Each frame: its place, the part of the tree below it (None: nobody asks), the index (None in an object).
        frames: list[tuple[Steps, dict[Any, Any] | None, int | None]] = []
        steps: Steps = ()
        below: dict[Any, Any] | None = tree
        key: str | None = None
        for match in TOKEN.finditer(self._text) if left else ():
            if not left:
                break
            token = match.group()
            first = token[0]
            if first in "]}":
                if frames:
                    frames.pop()
            elif first == ",":
                place, part, index = frames[-1] if frames else ((), None, None)
                if index is not None:
                    frames[-1] = (place, part, index + 1)
                key = None
            elif first == ":":
                continue
            elif frames and frames[-1][2] is None and key is None and first == '"':
                key = _unquoted(token)
                place, part, _ = frames[-1]
                if part is not None and key in part:
                    found.setdefault((*place, key), match.start())
                    left.discard((*place, key))
            else:
                steps, below = _value_at(frames, key, tree)
                if frames and frames[-1][2] is not None and below is not None:
                    found.setdefault(steps, match.start())
                    left.discard(steps)
                if first in "{[":
                    frames.append((steps, below, 0 if first == "[" else None))
                    key = None
        return found


def _value_at(
    frames: list[tuple[Steps, dict[Any, Any] | None, int | None]], key: str | None, tree: dict[Any, Any]
) -> tuple[Steps, dict[Any, Any] | None]:
    if not frames:
        return (), tree
    place, part, index = frames[-1]
    step: str | int | None = key if index is None else index
    if part is None or step not in part:
        return (), None
    return (*place, step), part[step]  # type: ignore[arg-type]


def _unquoted(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    import json

    return str(json.loads(token))


def _nearest(steps: Steps, found: dict[Steps, int]) -> int:
    while steps not in found:
        steps = steps[:-1]
    return found[steps]
