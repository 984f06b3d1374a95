"""All checks across resources, for one document and for the input as a whole."""

from collections.abc import Iterator

from ..catalogue import Catalogue, Entry
from ..definitions import Definitions
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from ..visit import Visit
from . import bundles, libraries, plans
from .resolving import Resolving


@rule(Layer.REFERENCES)
def id_twice(key: str, other: str) -> Wording:
    """No two files hold a resource of the same type and id."""
    return f"{key} is also in {other}", "keep one of them, or give one another id"


@rule(Layer.REFERENCES)
def url_twice(canonical: str, other: str) -> Wording:
    """No two files hold a resource of the same url and version."""
    return f"{canonical} is also in {other}", "keep one of them, or give one another url or version"


class References:
    """What resources of the input point at, and whether it is there."""

    def __init__(self, definitions: Definitions, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._resolving = Resolving(definitions, catalogue)
        self._twice = {id(entry): found for entry, found in _twice(catalogue)}

    def check(self, visit: Visit, entry: Entry | None) -> Iterator[Finding]:
        """What is wrong across the resources of a document, and between it and the rest of the input."""
        yield from self._resolving.check(visit)
        for seen in visit.resources:
            if seen.type.name == "Bundle":
                yield from bundles.check(seen.node, seen.place)
            yield from plans.check(seen, self._catalogue)
            yield from plans.cycle(seen, self._catalogue)
            yield from plans.including(seen, self._catalogue)
            yield from libraries.check(seen, self._catalogue)
        if entry is not None:
            yield from self._twice.get(id(entry), ())


def _twice(catalogue: Catalogue) -> Iterator[tuple[Entry, list[Finding]]]:
    """Per file that repeats another: what it repeats. The first of them is taken as the right one."""
    found: dict[int, tuple[Entry, list[Finding]]] = {}
    firsts: dict[str, Entry] = {}
    for entry in catalogue.entries:
        if entry.steps:
            continue  # a Bundle may carry what stands in files beside it
        root = Place.root(entry.type)
        if entry.id is not None:
            key = f"{entry.type}/{entry.id}"
            first = firsts.setdefault(key, entry)
            if first is not entry:
                found.setdefault(id(entry), (entry, []))[1].append(id_twice(root.child("id"), key, first.named))
        if entry.url is not None:
            canonical = f"{entry.url}|{entry.version}" if entry.version else entry.url
            first = firsts.setdefault(f"url {canonical}", entry)
            if first is not entry:
                found.setdefault(id(entry), (entry, []))[1].append(url_twice(root.child("url"), canonical, first.named))
    yield from found.values()
