"""A FHIR server that gets records: it is sent a transaction, and what it says is understood or told."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ..client import TIMEOUT as TIMEOUT
from ..client import CannotAskError, Client, UnsureError
from .shape import Resource

REMEDIES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give credentials with --header",
    HTTPStatus.FORBIDDEN: "give credentials with --header that may write Observations",
    HTTPStatus.NOT_FOUND: "give the base of the server, where it takes transactions",
    HTTPStatus.PRECONDITION_FAILED: "leave the patient one record of each fact, then send again",
}


class ServerError(Exception):
    """The server could not be asked, refused, or said what can't be understood: one line, with what to do."""


def send(transaction: Resource, server: str, headers: Mapping[str, str], ca: Path | None = None) -> Resource:
    """The server's answer to a transaction: a Bundle with one entry for each entry sent, all of them done.

    No redirect is followed, so what the headers hold goes to this server only; no message repeats it.
    """
    client = Client(server, headers, ca, timeout=TIMEOUT)
    try:
        with client:
            answer = client.exchange("POST", "", transaction, {})
    except CannotAskError as error:
        raise ServerError(str(error)) from None
    except UnsureError as error:
        remedy = "send again: no record is ever doubled" if error.sent else error.remedy
        raise ServerError(f"{server}: {error.what}; {remedy}") from None
    if answer.status != HTTPStatus.OK:
        remedy = REMEDIES.get(answer.status, "see what it says, and send again")
        raise ServerError(f"{server}: {client.told(answer)}; {remedy}")
    body = answer.body
    if not isinstance(body, dict) or not _answers(transaction, body):
        raise ServerError(f"{server}: answers something else than a transaction is answered with; is it a FHIR base?")
    return body


def outcomes(transaction: Resource, answer: Resource) -> list[tuple[str, str]]:
    """Which record, by the value of its identifier, was created or updated."""
    words = {"200": "updated", "201": "created"}
    found = []
    for sent, done in zip(transaction["entry"], answer["entry"], strict=True):
        status = done["response"]["status"]
        found.append((sent["resource"]["identifier"][0]["value"], f"{words.get(status[:3], 'done')} ({status})"))
    return found


def _answers(transaction: Resource, body: Resource) -> bool:
    """Whether a body says of each entry sent that it was done."""
    return (
        (body.get("resourceType"), body.get("type")) == ("Bundle", "transaction-response")
        and isinstance(body.get("entry"), list)
        and len(body["entry"]) == len(transaction["entry"])
        and all(map(_is_done, body["entry"]))
    )


def _is_done(entry: Any) -> bool:
    response = entry.get("response") if isinstance(entry, dict) else None
    status = response.get("status") if isinstance(response, dict) else None
    return isinstance(status, str) and status.startswith("2")
