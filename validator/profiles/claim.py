"""What a resource claims in meta.profile, and what is amiss with a claim itself."""

from collections.abc import Iterator
from typing import Any

from ..catalogue import Resource
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .table import TABLE, Profile

R4 = "http://hl7.org/fhir/StructureDefinition/"


@rule(Layer.PROFILES, "information")
def profile_not_checked(canonical: str) -> Wording:
    "Every profile that is claimed is one of CPG 2.0.0 or CRMI 1.0.0 that this validator has a table of."
    return (
        f"whether this meets {canonical} is not checked: there is no table of that profile",
        "check it by other means",
    )


@rule(Layer.PROFILES)
def profile_type(canonical: str, wanted: str, type: str) -> Wording:
    "A profile of CPG 2.0.0 or CRMI 1.0.0 that is claimed is a profile of the resource's own type."
    return f"{canonical} is a profile of {wanted}, and this is a {type}", "claim a profile of its type, or none"


@rule(Layer.PROFILES, "warning")
def profile_version(canonical: str, guide: str) -> Wording:
    "A profile that is claimed with a version is claimed with the one that is checked: CPG 2.0.0, CRMI 1.0.0."
    return f"{canonical} is checked as {guide} has it, which is another version", "claim that version, or no version"


def canonicals(resource: Resource) -> Iterator[tuple[int, str]]:
    """The claims, whatever the rest of meta.profile may be."""
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    for index, canonical in enumerate(profiles if isinstance(profiles, list) else []):
        if isinstance(canonical, str):
            yield index, canonical


def claimed(resource: Resource) -> list[Profile]:
    """The profiles of the table that a resource of their type claims."""
    found = (TABLE.by_url.get(canonical.partition("|")[0]) for _, canonical in canonicals(resource))
    return [profile for profile in found if profile is not None and profile.type == resource.get("resourceType")]


def findings(resource: Resource, place: Place) -> Iterator[Finding]:
    type: Any = resource.get("resourceType")
    for index, canonical in canonicals(resource):
        url, _, version = canonical.partition("|")
        at = place.child("meta").child("profile", index)
        profile = TABLE.by_url.get(url)
        if profile is not None:
            if version not in ("", profile.version):
                yield profile_version(at, canonical, profile.guide)
            if profile.type != type:
                yield profile_type(at, canonical, profile.type, type)
        elif url in TABLE.extensions_by_url:
            yield profile_type(at, canonical, "Extension", type)
        elif url != f"{R4}{type}":
            yield profile_not_checked(at, canonical)
