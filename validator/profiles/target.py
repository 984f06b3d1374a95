"""Where a canonical or a reference points to: whether that may be, as far as the other resource is at hand."""

import re
from enum import Enum
from typing import Any, NamedTuple

from ..catalogue import Catalogue, Resource
from ..place import Place
from .claim import claimed
from .table import TABLE, Profile

REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}(?:/_history/[A-Za-z0-9.-]{1,64})?$")


class Kind(Enum):
    """How a target falls short: it cannot be what is asked; it is not; it is, and does not say so."""

    TYPE = "type"
    UNMET = "unmet"
    UNCLAIMED = "unclaimed"


class Shortfall(NamedTuple):
    """One target that falls short, in words that follow the name of what asks for it."""

    kind: Kind
    what: str
    remedy: str


def shortfall(targets: tuple[str, ...], value: Any, container: Resource, catalogue: Catalogue) -> Shortfall | None:
    """A canonical is looked up, and nothing said where it is not at hand.

    Of a reference the type is enough: a record need not claim a profile, and a guide's profiles of records ask little.
    """
    types = sorted({TABLE.type_of(target) for target in targets})
    if isinstance(value, dict):
        type = referred(value)
        if type is None or type in types:
            return None
        told = f"lets this refer to {' or '.join(types)}, and it refers to {type}"
        return Shortfall(Kind.TYPE, told, "refer to one of these")
    found = at_hand(value, container, catalogue) if isinstance(value, str) else []
    if not found or any(is_one(resource, target) for resource in found for target in targets):
        return None
    allowed = " or ".join(targets)
    if any(meets(resource, target) for resource in found for target in targets):
        told = f"lets this point to {allowed}, and {value} meets that but does not claim it"
        return Shortfall(Kind.UNCLAIMED, told, "name the profile in that resource's meta.profile")
    resource = found[0]
    claims = ", ".join(profile.name for profile in claimed(resource)) or "none of the guides' profiles"
    told = f"lets this point to {allowed}; {value} is a {resource.get('resourceType')} that claims {claims}"
    remedy = "point to one of these, or make that resource one and let its meta.profile say so"
    return Shortfall(Kind.UNMET if resource.get("resourceType") in types else Kind.TYPE, told, remedy)


def at_hand(canonical: str, container: Resource, catalogue: Catalogue) -> list[Resource]:
    """The resources of a canonical: contained, or of the input."""
    if not canonical.startswith("#"):
        return [entry.resource for entry in catalogue.canonical(canonical)]
    contained = container.get("contained")
    return [
        each
        for each in (contained if isinstance(contained, list) else [])
        if isinstance(each, dict) and each.get("id") == canonical[1:]
    ]


def referred(reference: dict[str, Any]) -> str | None:
    """The type of a reference, where it tells."""
    literal, type = reference.get("reference"), reference.get("type")
    match = REFERENCE.search(literal) if isinstance(literal, str) else None
    if match:
        return match[1]
    return type if isinstance(type, str) and "/" not in type else None


def is_one(resource: Resource, target: str) -> bool:
    """Whether a resource is of an R4 type, or claims a profile or one that derives from it."""
    if target not in TABLE.profiles:
        return resource.get("resourceType") == target
    return any(base.name == target for profile in claimed(resource) for base in TABLE.lineage(profile))


def meets(resource: Resource, target: str) -> bool:
    """Whether a resource meets all errors of a profile that it alone decides, claimed or not."""
    profile: Profile | None = TABLE.profiles.get(target)
    if profile is None or resource.get("resourceType") != profile.type:
        return False
    rows = [row for base in TABLE.lineage(profile) for row in base.rows if not (row.binding and row.binding.extensible)]
    return not any(True for row in rows for _ in row.faults(resource, Place.root(profile.type)))
