"""One attempt to write: decisions in, where things are now out. What went wrong says whether looking again helps."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ...client import Answer, Client, UnsureError
from ...packages.bundle import put_by_id, urn, where
from ..shape import Resource
from .capabilities import Capabilities
from .ownership import place
from .plan import By, Decision, Deed, prepared

LOCATION = re.compile(r"([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(/_history/[^/]+)?$")
# A server that says so knows no such interaction, whatever its CapabilityStatement said, or takes nothing so large.
UNKNOWN_WAY = frozenset({404, 405, 413, 501})
CHANGED = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
ALREADY_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class OtherWayError(Exception):
    """The server can't be written to in this way, and nothing was written. The text is what it said."""


class RejectedError(Exception):
    """The server has read what it was sent and will not have it: what it said."""


class ChangedError(UnsureError):
    """Nothing was written, because something is not as it was when it was looked at."""


def transaction(
    client: Client, decisions: Sequence[Decision], by: By, places: Mapping[str, str], can: Capabilities
) -> list[str | None]:
    """All or nothing. Gives where each is now, where the server says so.

    Raises UnsureError, ChangedError, OtherWayError, RejectedError, CannotAskError.
    """
    names = {place(each.mine): urn(each.mine) for each in decisions if each.deed is Deed.CREATE and by == "url"} | dict(
        places
    )
    entries = [_entry(client, each, by, names, can) for each in decisions]
    answer = client.once("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    if not answer.ok:
        _refused(client, answer, "")
    done = answer.body.get("entry") if isinstance(answer.body, dict) else None
    if not answer.is_a("Bundle") or not isinstance(done, list) or len(done) != len(entries):
        raise UnsureError(client.base, "answers a transaction with something else", "is it a FHIR base?")
    responses: list[Any] = [each.get("response") if isinstance(each, dict) else None for each in done]
    if not all(isinstance(each, dict) and str(each.get("status")).startswith("2") for each in responses):
        raise UnsureError(client.base, "answers a transaction as if parts of it were not done", "see the server's log")
    return [_place(each.get("location"), decision) for each, decision in zip(responses, decisions, strict=True)]


def single(client: Client, decision: Decision, by: By, places: Mapping[str, str], *, conditional: bool) -> str | None:
    """One resource. Gives where it is now, where the server says so.

    Raises UnsureError, ChangedError, OtherWayError, RejectedError, CannotAskError.
    """
    mine = decision.mine
    if decision.deed is Deed.DELETE:
        at = _at(decision)
        answer = client.once("DELETE", at)
        if not answer.ok and answer.status not in ALREADY_GONE:
            _refused(client, answer, at, way=False)
        return at
    body, match = prepared(mine, by, places), {}
    if decision.deed is Deed.UPDATE or by == "id":
        method, path = "PUT", decision.at or place(mine)
        body = {**body, "id": path.partition("/")[2]}
        if decision.version is not None:
            match = {"If-Match": f'W/"{decision.version}"'}
    elif conditional:
        method, path = "PUT", where(mine)
    else:  # where nothing was found a moment ago; a server that knows conditional create looks once more
        method, path = "POST", mine["resourceType"]
        match = {"If-None-Exist": where(mine).partition("?")[2]}
    answer = client.once(method, path, body, match)
    if not answer.ok:
        _refused(client, answer, path, way=conditional and decision.deed is Deed.CREATE and by == "url")
    said = answer.headers.get("Location") or answer.headers.get("Content-Location")
    if said is None and answer.is_a(mine["resourceType"]) and isinstance(answer.body.get("id"), str):
        said = place(answer.body)
    return _place(said, decision) or (path if "?" not in path and "/" in path else None)


def _entry(client: Client, decision: Decision, by: By, names: Mapping[str, str], can: Capabilities) -> Resource:
    mine = decision.mine
    if decision.deed is Deed.DELETE:
        return {"request": {"method": "DELETE", "url": _at(decision)}}
    if decision.deed is Deed.UPDATE:
        at = _at(decision)
        body = {**prepared(mine, by, names), "id": at.partition("/")[2]}
        match = {} if decision.version is None else {"ifMatch": f'W/"{decision.version}"'}
        return {
            "fullUrl": f"{client.base}/{at}",
            "resource": body,
            "request": {"method": "PUT", "url": at, **match},
        }
    if by == "id":
        return put_by_id(mine)
    request: dict[str, Any] = {"method": "PUT", "url": where(mine)}
    if can.of(mine["resourceType"]).conditional_update is False:
        request = {"method": "POST", "url": mine["resourceType"], "ifNoneExist": where(mine).partition("?")[2]}
    return {"fullUrl": urn(mine), "resource": prepared(mine, by, names), "request": request}


def _refused(client: Client, answer: Answer, path: str, *, way: bool = True) -> None:
    """Raise what a status means that is no success. `way`: whether there is another way to write this."""
    told = client.told(answer)
    if answer.status in CHANGED:
        here = f"{client.base}/{path.partition('?')[0]}" if path else client.base
        raise ChangedError(here, told, "see who else writes there, and load again")
    odd = bool(path) and answer.status == HTTPStatus.BAD_REQUEST  # a PUT without an id, to who knows no conditions
    if way and (answer.status in UNKNOWN_WAY or _is_not_supported(answer) or odd):
        raise OtherWayError(told)
    raise RejectedError(told)


def _is_not_supported(answer: Answer) -> bool:
    issues = answer.body.get("issue") if isinstance(answer.body, dict) else None
    return isinstance(issues, list) and any(
        isinstance(each, dict) and each.get("code") == "not-supported" for each in issues
    )


def _at(decision: Decision) -> str:
    if decision.at is None:
        raise ValueError(f"{decision.deed} of what is nowhere")
    return decision.at


def _place(said: Any, decision: Decision) -> str | None:
    """Type/id of a location, absolute or relative, with or without version."""
    match = LOCATION.search(said) if isinstance(said, str) else None
    return match[1] if match else decision.at
