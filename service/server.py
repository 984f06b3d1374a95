"""A FHIR server as far as this package asks one: it gets a transaction, and what it says is understood or told."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

from .shape import Resource, shown

MEDIA_TYPE = "application/fhir+json"
TIMEOUT = (10, 60)  # seconds: to connect, and between two bytes of the answer
LONGEST = 300  # characters of what a server says that a reason repeats

REMEDIES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "give credentials with --header",
    HTTPStatus.FORBIDDEN: "give credentials with --header that may write Observations",
    HTTPStatus.NOT_FOUND: "give the base of the server, where it takes transactions",
    HTTPStatus.PRECONDITION_FAILED: "leave the patient one record of each fact, then send again",
}


class ServerError(Exception):
    """The server could not be asked, refused, or said what can't be understood: one line, with what to do."""


def is_address(text: str) -> bool:
    """Whether this is the base of a server; user and password belong in a header, where no message repeats them."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # a port that is none raises
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(host) and plain and text.isprintable()


def send(transaction: Resource, server: str, headers: Mapping[str, str]) -> Resource:
    """The server's answer to a transaction: a Bundle with one entry for each entry sent, all of them done.

    No redirect is followed, so what the headers hold goes to this server only; no message repeats it.
    """
    import requests

    try:
        answer = requests.post(
            server,
            data=orjson.dumps(transaction),
            headers={"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE, **headers},
            auth=lambda request: request,  # else a .netrc would take the place of an Authorization header
            allow_redirects=False,
            timeout=TIMEOUT,
        )
    except requests.Timeout:
        raise ServerError(f"{server}: no answer in time; send again: no record is ever doubled") from None
    except requests.exceptions.SSLError:
        raise ServerError(f"{server}: its certificate is not trusted; name its issuer in REQUESTS_CA_BUNDLE") from None
    except (OSError, ValueError) as error:  # requests' own errors among them
        raise ServerError(f"{server}: can't be reached ({type(error).__name__}); check address and network") from None
    if 300 <= answer.status_code < 400:
        place = shown(answer.headers.get("Location", "nowhere").partition("?")[0])
        raise ServerError(
            f"{server}: sends on to {place}, where nothing was sent; give that as --server if it is right"
        )
    body: Any = _json(answer.content)
    if answer.status_code != HTTPStatus.OK:
        remedy = REMEDIES.get(answer.status_code, "see what it says, and send again")
        said = _masked(_first_issue(body), headers)
        raise ServerError(f"{server}: answers {answer.status_code} {said}; {remedy}")
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


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _first_issue(body: Any) -> str:
    """What the first issue of an OperationOutcome says, in one line; without one, that nothing was said."""
    issues = body.get("issue") if isinstance(body, dict) else None
    issue = issues[0] if isinstance(issues, list) and issues else None
    if isinstance(issue, dict):
        details = issue.get("details")
        text = details.get("text") if isinstance(details, dict) else None
        for said in (issue.get("diagnostics"), text, issue.get("code")):
            if isinstance(said, str) and said.strip():
                printable = "".join(each if each.isprintable() else " " for each in said)
                return " ".join(printable.split())[:LONGEST]
    return "and gives no reason"


def _masked(text: str, headers: Mapping[str, str]) -> str:
    for value in headers.values():
        text = text.replace(value, "***")
    return text
