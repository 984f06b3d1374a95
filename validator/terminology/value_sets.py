"""Value sets of the input, counted out from code systems that are known."""

from collections.abc import Iterator
from typing import Any, Protocol

from ..catalogue import Catalogue
from ..definitions.codes import CodeSystem
from ..odd import items, objects

Expansion = dict[str, frozenset[str]]  # codes by system


class Known(Protocol):
    """What is known of code systems and value sets."""

    def system(self, url: str, /) -> CodeSystem | None: ...

    def value_set(self, url: str, /) -> Expansion | None: ...


def of_resource(resource: dict[str, Any]) -> CodeSystem | None:
    """A CodeSystem resource that has all its codes; None for one that has not."""
    url, content = resource.get("url"), resource.get("content")
    if not isinstance(url, str) or content != "complete":
        return None
    displays = dict(_concepts(resource))
    return CodeSystem(url, displays, resource.get("caseSensitive") is not False)


def _concepts(node: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for concept in objects(node.get("concept")):
        code = concept.get("code")
        if isinstance(code, str):
            names = [concept.get("display"), *(each.get("value") for each in objects(concept.get("designation")))]
            yield code, tuple(name for name in names if isinstance(name, str))
        yield from _concepts(concept)


def expanded(value_set: dict[str, Any], codes: Known, catalogue: Catalogue, seen: frozenset[str]) -> Expansion | None:
    """The codes of a value set's compose; None where they can't be counted out."""
    compose = value_set.get("compose")
    if not isinstance(compose, dict):
        return None
    found: dict[str, frozenset[str]] = {}
    for include in objects(compose.get("include")):
        part = _part(include, codes, catalogue, seen)
        if part is None:
            return None
        for system, more in part.items():
            found[system] = found.get(system, frozenset()) | more
    for exclude in objects(compose.get("exclude")):
        part = _part(exclude, codes, catalogue, seen)
        if part is None:
            return None
        for system, fewer in part.items():
            found[system] = found.get(system, frozenset()) - fewer
    return found


def _part(include: dict[str, Any], codes: Known, catalogue: Catalogue, seen: frozenset[str]) -> Expansion | None:
    """What one include or exclude selects: the codes in all of its value sets and its system."""
    parts: list[Expansion] = []
    for canonical in items(include.get("valueSet")):
        part = _named(str(canonical), codes, catalogue, seen)
        if part is None:
            return None
        parts.append(part)
    system = include.get("system")
    if isinstance(system, str):
        listed = include.get("concept")
        if isinstance(listed, list):
            own = frozenset(str(each.get("code")) for each in objects(listed))
        else:
            known = codes.system(system)
            if known is None or "filter" in include:
                return None
            own = frozenset(known.displays)
        parts.append({system: own})
    if not parts:
        return None
    first, *others = parts
    return {
        name: frozenset(code for code in row if all(code in other.get(name, ()) for other in others))
        for name, row in first.items()
    }


def _named(canonical: str, codes: Known, catalogue: Catalogue, seen: frozenset[str]) -> Expansion | None:
    url = canonical.partition("|")[0]
    entries = [entry for entry in catalogue.canonical(canonical) if entry.type == "ValueSet"]
    if entries:
        return None if url in seen else expanded(entries[0].resource, codes, catalogue, seen | {url})
    return codes.value_set(url)
