"""What a server says that it can do, read with care: a statement that says little forbids nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..shape import shown

R4 = "4.0"


@dataclass(frozen=True, slots=True)
class OfType:
    """What the server does with one type of resource; None: it does not say."""

    interactions: frozenset[str] | None = None
    chooses_ids: bool | None = None  # a PUT to an id that is not there creates nothing
    conditional_update: bool | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A CapabilityStatement as far as a load needs it. `types` is None where it names no types at all."""

    software: str
    version: str
    transactions: bool
    types: Mapping[str, OfType] | None

    def of(self, type: str) -> OfType:
        return (self.types or {}).get(type, OfType())


def read(statement: Mapping[str, Any]) -> Capabilities:
    """Odd parts of a statement count as not said."""
    rests = [each for each in _dicts(statement.get("rest")) if each.get("mode", "server") == "server"]
    rest = rests[0] if rests else {}
    types = {each["type"]: _of_type(each) for each in _dicts(rest.get("resource")) if isinstance(each.get("type"), str)}
    software = statement.get("software")
    named = [software.get(key) for key in ("name", "version")] if isinstance(software, dict) else []
    version = statement.get("fhirVersion")
    return Capabilities(
        software=" ".join(each for each in named if isinstance(each, str)) or "a server that does not name itself",
        version=version if isinstance(version, str) else "",
        transactions="transaction" in _codes(rest.get("interaction")),
        types=types or None,
    )


def faults(can: Capabilities, types: Iterable[str], *, by: str, unload: bool) -> Iterator[str]:
    """Why what is meant can't be done there: one line each, with what to do."""
    if can.version and not (can.version == R4 or can.version.startswith(f"{R4}.")):
        yield f"it has FHIR {shown(can.version)}, and this is R4 (4.0.1); name a server or an endpoint for R4"
        return
    for type in types:
        if can.types is not None and type not in can.types:
            yield f"it has no {type}; have the type switched on"
            continue
        of = can.of(type)
        for name, what in _needed(by, unload).items():
            if of.interactions and not of.interactions & set(name.split("|")):
                yield f"it can't {what} {type}; have {name.replace('|', ' or ')} allowed"
        if by == "id" and not unload and of.chooses_ids:
            yield f"it chooses the ids of {type} itself; load with --by url"


def _needed(by: str, unload: bool) -> dict[str, str]:
    """Interactions, any of which will do, and what each is for."""
    write = {"delete": "delete"} if unload else {"update": "update"}
    create = {} if unload or by == "id" else {"create|update": "create"}
    return {"search-type": "search", "read": "read", **write, **create}


def _of_type(resource: Mapping[str, Any]) -> OfType:
    update_create, conditional = resource.get("updateCreate"), resource.get("conditionalUpdate")
    return OfType(
        interactions=_codes(resource.get("interaction")) or None,
        chooses_ids=not update_create if isinstance(update_create, bool) else None,
        conditional_update=conditional if isinstance(conditional, bool) else None,
    )


def _codes(value: Any) -> frozenset[str]:
    return frozenset(each["code"] for each in _dicts(value) if isinstance(each.get("code"), str))


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
