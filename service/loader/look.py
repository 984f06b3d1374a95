"""What a server says of itself, and what it has under the url and the id of a resource: reading only."""

from http import HTTPStatus
from typing import Any

from ...client import Answer, CannotAskError, Client
from ...packages.bundle import where
from ..shape import Resource
from . import capabilities
from .capabilities import Capabilities
from .ownership import is_named, place
from .plan import Found

PAGES = 50  # of a search; a server that gives more has not understood what was searched for
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


def ask_capabilities(client: Client) -> Capabilities:
    """Raises CannotAskError."""
    answer = client.get("metadata")
    if not answer.ok or not answer.is_a("CapabilityStatement"):
        what = "answers something else than a CapabilityStatement" if answer.ok else client.told(answer)
        raise CannotAskError(f"{client.base}/metadata", what, "name the base of a FHIR server with --server")
    return capabilities.read(answer.body)


def look(client: Client, mine: Resource, at: str | None = None) -> Found:
    """What the server has under our url, and at our id or where else it is said to stand.

    A search may lag behind what was written; what is read by its id does not. Raises CannotAskError.
    """
    named = [each for each in _search(client, mine) if is_named(each, mine)]
    here = at or place(mine)
    if at is None and any(place(each) == here for each in named):
        return Found(tuple(named))
    return Found(tuple(each for each in named if place(each) != here), read(client, here))


def read(client: Client, at: str) -> Resource | None:
    """What stands at Type/id, or None. Raises CannotAskError."""
    answer = client.get(at)
    if answer.status in GONE:
        return None
    if answer.ok and _is_resource(answer.body, at.partition("/")[0]) and place(answer.body) == at:
        return dict(answer.body)
    what = "answers something else than that resource" if answer.ok else client.told(answer)
    raise CannotAskError(f"{client.base}/{at}", what, "see why it can't be read there")


def _search(client: Client, mine: Resource) -> list[Resource]:
    """All pages of the search by url or identifier; a server may give more than what was asked for."""
    type, found, path = mine["resourceType"], [], where(mine)
    for _ in range(PAGES):
        answer = client.get(path)
        if not answer.ok or not answer.is_a("Bundle"):
            what = "answers a search with something else than a Bundle" if answer.ok else client.told(answer)
            raise CannotAskError(
                f"{client.base}/{where(mine)}", what, "have this search allowed, else nobody can know what is ours"
            )
        found += [each for each in _resources(answer) if _is_resource(each, type)]
        following = _next(answer)
        if following is None:
            return found
        if not following.startswith((f"{client.base}/", f"{client.base}?")):
            what = f"continues at {following.partition('?')[0]!r}, where nothing was sent"
            raise CannotAskError(f"{client.base}/{type}", what, "have the server give its pages under its own base")
        path = following.removeprefix(client.base).removeprefix("/")
    raise CannotAskError(
        f"{client.base}/{where(mine)}", f"answers with more than {PAGES} pages", "have searches by url mended there"
    )


def _resources(answer: Answer) -> list[Any]:
    entries = answer.body.get("entry")
    return [each.get("resource") for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


def _is_resource(value: Any, type: str) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == type and isinstance(value.get("id"), str)


def _next(answer: Answer) -> str | None:
    links = answer.body.get("link")
    for each in links if isinstance(links, list) else ():
        if isinstance(each, dict) and each.get("relation") == "next" and isinstance(each.get("url"), str):
            return str(each["url"])
    return None
