"""A plan with everything that it needs, and nothing else: what to load where one recommendation is wanted.

A resource needs what it names, by canonical, by reference, as a code system or value set. `cpg-partOf` names the whole
that a recommendation belongs to: it needs nothing of that.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .bundle import Resource, canonical_url

RECOMMENDATION = "/StructureDefinition/cpg-recommendationdefinition"
UPWARDS = "/StructureDefinition/cpg-partOf"


def recommendations(resources: Sequence[Resource]) -> list[Resource]:
    """The plans that are to be applied: those that say they are a recommendation (CPG)."""
    return [
        each
        for each in resources
        if each["resourceType"] == "PlanDefinition"
        and any(
            profile.partition("|")[0].endswith(RECOMMENDATION) for profile in each.get("meta", {}).get("profile", ())
        )
    ]


def closures(resources: Sequence[Resource]) -> dict[str, list[Resource]]:
    """Id of a recommendation -> what it needs, itself included, in the order of `resources`."""
    places = _places(resources)
    needs = [{places[name] for name in _names(each) if name in places} for each in resources]
    return {
        each["id"]: [resources[i] for i in sorted(_reached(places[_place(each)], needs))]
        for each in recommendations(resources)
    }


def _reached(start: int, needs: Sequence[set[int]]) -> set[int]:
    found: set[int] = set()
    left = [start]
    while left:
        here = left.pop()
        if here not in found:
            found.add(here)
            left += needs[here]
    return found


def _places(resources: Sequence[Resource]) -> Mapping[str, int]:
    """Every way to name a resource -> its index."""
    by_place = {_place(each): index for index, each in enumerate(resources)}
    return by_place | {canonical_url(each): index for index, each in enumerate(resources)}


def _place(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _names(node: Any) -> Iterator[str]:
    """Every string that could name another resource, without the version."""
    if isinstance(node, dict):
        if str(node.get("url", "")).endswith(UPWARDS):
            return
        for key, value in node.items():
            if key != "div":
                yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)
    elif isinstance(node, str):
        yield node.partition("|")[0]
