"""What could not be checked, counted: many places, one finding at the first."""

from collections.abc import Hashable, Iterator

from .place import Place


class Tally:
    """Counts by key, each with its first place."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Hashable, ...], tuple[int, Place]] = {}

    def add(self, place: Place, *key: Hashable) -> None:
        count, first = self._rows.get(key, (0, place))
        self._rows[key] = (count + 1, first)

    def __iter__(self) -> Iterator[tuple[Place, int, tuple[Hashable, ...]]]:
        """First place, count and key, in the order in which the keys came."""
        for key, (count, place) in self._rows.items():
            yield place, count, key
