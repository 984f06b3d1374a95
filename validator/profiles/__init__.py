"""What CPG 2.0.0 and CRMI 1.0.0 ask of resources that claim their profiles, and of their extensions."""

from collections.abc import Iterator
from typing import Any

from ..catalogue import Catalogue, Resource
from ..near import near
from ..place import Place
from ..rule import RULES, Finding, Layer, Wording, rule
from . import claim
from .extension import Extension
from .node import Node, nodes
from .path import EXTENSIONS
from .row import Row
from .table import TABLE
from .target import Kind, shortfall

__all__ = ["check"]


@rule(Layer.PROFILES)
def extension_not_in_guide(url: str, guide: str, near: str) -> Wording:
    "An extension whose url is one of CPG 2.0.0 or CRMI 1.0.0 is one that the guide defines."
    return (
        f"{guide} defines no extension {url}",
        f"did you mean {near}?" if near else "remove it, or use one it defines",
    )


@rule(Layer.PROFILES, "warning")
def target_claims_no_profile(what: str, remedy: str) -> Wording:
    "What a canonical points to claims the profile that CPG 2.0.0 or CRMI 1.0.0 asks for there, where it meets it."
    return what, remedy


@rule(Layer.PROFILES, "warning")
def extension_target(what: str, remedy: str) -> Wording:
    "What an extension of CPG 2.0.0 or CRMI 1.0.0 points to has the profile that the guide asks for there."
    return what, remedy


def check(resource: Resource, place: Place, catalogue: Catalogue) -> Iterator[Finding]:
    """All findings of this layer in one resource and in what it contains; the entries of a Bundle are checked apart."""
    for node in nodes(resource, place):
        if node.is_resource:
            yield from claim.findings(node.value, node.place)
            for row in rows(node.value):
                yield from row.findings(node.value, node.place)
                for key, value, at in row.path.found(node.value, node.place) if row.targets else ():
                    if row.allows(key):
                        yield from pointed(row, value, at, resource, catalogue)
        if node.key in EXTENSIONS:
            yield from extension(node, resource, catalogue)


def rows(resource: Resource) -> list[Row]:
    """All that the profiles which a resource claims ask, and their bases; each once."""
    profiles = {base.name: base for profile in claim.claimed(resource) for base in TABLE.lineage(profile)}
    return [row for profile in profiles.values() for row in profile.rows]


def extension(use: Node, resource: Resource, catalogue: Catalogue) -> Iterator[Finding]:
    url = use.value.get("url")
    if not isinstance(url, str):
        return
    known = TABLE.extensions_by_url.get(url)
    if known is not None:
        for at, what, remedy in known.faults(use):
            yield RULES[known.id](at, what, remedy)
        for key in known.keys & use.value.keys() if known.targets else ():
            yield from pointed(known, use.value.get(key), use.place.child(key), resource, catalogue)
        return
    for base, guide in TABLE.guides.items():
        if url.startswith(base):
            found = near(url, TABLE.extensions_by_url, cutoff=0.9)
            yield extension_not_in_guide(use.place.child("url"), url, guide, found or "")


def pointed(
    asking: Row | Extension, value: Any, place: Place, resource: Resource, catalogue: Catalogue
) -> Iterator[Finding]:
    """What is amiss with where a canonical or reference points to."""
    short = shortfall(asking.targets, value, resource, catalogue)
    if short is None:
        return
    told = RULES[asking.id]
    if short.kind is Kind.UNCLAIMED:
        told = target_claims_no_profile
    elif short.kind is Kind.UNMET and isinstance(asking, Extension):
        told = extension_target
    yield told(place, f"{asking.who} {short.what}", short.remedy)
