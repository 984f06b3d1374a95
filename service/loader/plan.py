"""What is to be done with each resource: a function of the package and of what the server has. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from ...packages.bundle import pointing
from ..shape import Resource, shown
from .compare import differences
from .ownership import has_tag, is_named, is_ours, name, place, said_url

By = Literal["id", "url"]
FEW = 3  # differences that a reason names


class Deed(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"  # there is nothing to do
    LEAVE = "leave"  # it is not ours, and unloading does not mind
    REFUSE = "refuse"


WRITES = frozenset({Deed.CREATE, Deed.UPDATE, Deed.DELETE})


@dataclass(frozen=True, slots=True)
class Found:
    """What a server has under the url of a resource, whoever's it is, and under its id, where that matters."""

    named: tuple[Resource, ...] = ()
    at_id: Resource | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one resource of the package. `at` is Type/id on the server, where it is there."""

    mine: Resource
    deed: Deed
    at: str | None = None
    version: str | None = None  # of the resource on the server, to change nothing that has changed since
    why: str = ""

    @property
    def writes(self) -> bool:
        return self.deed in WRITES


def prepared(mine: Resource, by: By, places: Mapping[str, str]) -> Resource:
    """The resource as it is sent: under its own id, or without one and pointing to where the server has the others."""
    if by == "id":
        return mine
    moved: Resource = pointing({key: value for key, value in mine.items() if key != "id"}, places)
    return moved


def for_load(mine: Resource, found: Found, by: By, places: Mapping[str, str], base: str) -> Decision:
    """Create, update or keep it; or refuse, where that would touch what is not ours or double what is."""
    if reason := _taken(mine, found, by):
        return Decision(mine, Deed.REFUSE, why=reason)
    ours = _ours(mine, found)
    if len(ours) > 1:
        where = " and ".join(place(each) for each in ours)
        return Decision(mine, Deed.REFUSE, why=f"is there {len(ours)} times, as {where}; run with --unload, then again")
    if not ours:
        return Decision(mine, Deed.CREATE)
    [has] = ours
    at, version = place(has), _version(has)
    if by == "id" and at != place(mine):
        reason = f"is there as {at}, so it was loaded by url; stay with --by url, or run with --unload first"
        return Decision(mine, Deed.REFUSE, at, version, reason)
    differ = differences(prepared(mine, by, places), has, base)
    if not differ:
        return Decision(mine, Deed.KEEP, at, version)
    return Decision(mine, Deed.UPDATE, at, version, _few(differ))


def for_unload(mine: Resource, found: Found) -> list[Decision]:
    """Delete every copy of ours, and leave all others alone."""
    made = [Decision(mine, Deed.DELETE, place(each), _version(each)) for each in _ours(mine, found)]
    if not made:
        others = [each for each in (*found.named, *filter(None, [found.at_id])) if not is_ours(each, mine)]
        if not others:
            return [Decision(mine, Deed.KEEP)]
        at = place(others[0])
        what = "our url without our tag" if is_named(others[0], mine) else "our id without our url"
        return [Decision(mine, Deed.LEAVE, at, why=f"{at} has {what}: it is somebody else's and stays")]
    return made


def _taken(mine: Resource, found: Found, by: By) -> str | None:
    """Why writing would touch what somebody else keeps."""
    for each in found.named:
        if not has_tag(each, mine):
            what = f"has the {_word(mine)} {name(mine)} without our tag, so it is somebody else's"
            return f"{place(each)} {what}; have it moved to a url of its own, or tagged if it is this package's"
    if by == "id" and found.at_id is not None and not is_ours(found.at_id, mine):
        foreign = f"is another resource, {said_url(found.at_id)}"
        what = "has our url without our tag" if is_named(found.at_id, mine) else foreign
        return f"{place(found.at_id)} {what}, so the id is taken; load with --by url, or have that one moved"
    return None


def _ours(mine: Resource, found: Found) -> list[Resource]:
    """Every copy of ours, once; what was read by its id goes before what a search said."""
    by_place = {place(each): each for each in found.named if is_ours(each, mine)}
    if found.at_id is not None and is_ours(found.at_id, mine):
        by_place[place(found.at_id)] = found.at_id
    return list(by_place.values())


def _word(mine: Resource) -> str:
    return "url" if "url" in mine else "identifier"


def _version(has: Resource) -> str | None:
    meta = has.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _few(differ: Sequence[str]) -> str:
    more = f" and {len(differ) - FEW} more" if len(differ) > FEW else ""
    return f"differs there ({'; '.join(differ[:FEW])}{more})"


def doubled(mine: Resource, found: Found, at: str) -> str | None:
    """Why a resource is there more often than it should be, after a load."""
    others = [place(each) for each in _ours(mine, found) if place(each) != at]
    if not others:
        return None
    return f"is there also as {shown(others[0])}; run with --unload, then load again"
