"""Profiles that a document claims, wherever a resource in it does; and a copy without some of them."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from ..place import Place

OWN = re.compile(r"http://hl7\.org/fhir/StructureDefinition/[A-Za-z0-9.-]+(\|4\.0\.1)?")  # R4's, which servers bring


def claims(node: Any, place: Place) -> Iterator[tuple[str, Place]]:
    """Every claim of the document with its place, but for R4's own profiles."""
    for profiles, at in _claimed(node, place):
        for index, profile in enumerate(profiles):
            if isinstance(profile, str) and not OWN.fullmatch(profile):
                yield profile, at.child("profile", index)


def without(node: Any, missing: Collection[str]) -> Any:
    """A copy that does not claim these. What is empty then is left out, as FHIR has no empty array."""
    if isinstance(node, list):
        return [without(each, missing) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: without(value, missing) for key, value in node.items()}
    meta = made.get("meta")
    if "resourceType" in made and isinstance(meta, dict) and isinstance(meta.get("profile"), list):
        kept = [each for each in meta["profile"] if not isinstance(each, str) or each not in missing]
        rest = {key: value for key, value in meta.items() if key not in ("profile", "_profile")}
        made["meta"] = {**rest, "profile": kept} if kept else rest
        if len(kept) == len(meta["profile"]):
            made["meta"] = meta
        if not made["meta"]:
            del made["meta"]
    return made


def _claimed(node: Any, place: Place) -> Iterator[tuple[list[Any], Place]]:
    if isinstance(node, dict):
        meta = node.get("meta")
        if "resourceType" in node and isinstance(meta, dict) and isinstance(meta.get("profile"), list):
            yield meta["profile"], place.child("meta")
        for key, value in node.items():
            if isinstance(value, list):
                for index, each in enumerate(value):
                    yield from _claimed(each, place.child(key, index))
            else:
                yield from _claimed(value, place.child(key))
