"""A FHIR server as all commands ask it: one request at a time, with patience, and with headers for that server only.

What is safe to repeat is repeated, with growing pauses, or those that the server asks for. What may have been carried
out unseen is never repeated here: the caller is told (`UnsureError`) and looks first. No redirect is followed, and no
message repeats what a header holds.
"""

import re
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    import requests

MEDIA_TYPE = "application/fhir+json"
TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two bytes of the answer
WHOLE = 300.0  # seconds for a whole answer
LARGEST = 100_000_000  # bytes of an answer
LONGEST = 300  # characters of what a server says that a message repeats
TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds; each pause is twice the one before
PATIENCE = 120.0  # seconds that a server may ask to wait

AGAIN = frozenset({408, 500, 502, 503, 504})  # wrong for now; 429 too, which says that nothing was done


class AskError(Exception):
    """No answer that can be used. The text says where, what is so, and what to do, in one line."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        self.where, self.what, self.remedy = where, what, remedy
        super().__init__(f"{where}: {what}; {remedy}")


class CannotAskError(AskError):
    """Asking again would not help: certificate, redirect, credentials, or patience at its end."""


class UnsureError(AskError):
    """No answer to build on: whether the request was carried out is not known, unless it was not even `sent`.

    `wait` is what the server asks for, in seconds.
    """

    def __init__(self, where: str, what: str, remedy: str, *, wait: float | None = None, sent: bool = True) -> None:
        super().__init__(where, what, remedy)
        self.wait = wait
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `body` is JSON as it was read, or None where the content is something else."""

    status: int
    headers: Mapping[str, str]
    body: Any
    unread: bool = False  # there is content, and it is no JSON

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def is_a(self, type: str) -> bool:
        return isinstance(self.body, dict) and self.body.get("resourceType") == type


@dataclass(slots=True)
class Client:
    """One server, by its base. `tell` hears of every pause before it is made."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    timeout: tuple[float, float] = TIMEOUT
    pause: float = 0.0  # seconds between two requests
    tell: Callable[[str], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    asked: int = 0
    _session: "requests.Session | None" = None

    def __post_init__(self) -> None:
        self.base = self.base.rstrip("/")

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> Answer:
        """What reads: repeated until there is an answer, or patience ends. Raises CannotAskError."""
        return self.repeat("GET", path, headers={"Cache-Control": "no-cache"})

    def repeat(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """What changes nothing on the server, however often it is asked. Raises CannotAskError."""
        for attempt in range(1, TRIES + 1):
            try:
                return self.once(method, path, body, headers)
            except UnsureError as trouble:
                if attempt == TRIES:
                    raise CannotAskError(trouble.where, f"{trouble.what}, {TRIES} times", trouble.remedy) from None
                self.wait(trouble, attempt)
        raise AssertionError("the last attempt has returned or raised")

    def wait(self, trouble: UnsureError, attempt: int) -> None:
        """The pause before another attempt. Raises CannotAskError where the server asks for too long a one."""
        pause = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) if trouble.wait is None else trouble.wait
        if pause > PATIENCE:
            raise CannotAskError(
                trouble.where, f"{trouble.what} and asks to wait {pause:.0f} s", "run it again then"
            ) from None
        self.tell(f"{trouble.where}: {trouble.what}; trying again in {pause:.0f} s")
        self.sleep(pause)

    def once(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request, repeated only where the server says that it did nothing (429).

        Raises CannotAskError or UnsureError.
        """
        for attempt in range(1, TRIES + 1):
            answer = self.exchange(method, path, body, headers or {})
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                break
            remedy = "ask less often, or at another time"
            busy = UnsureError(self._at(path), self.told(answer), remedy, wait=self._asked(answer))
            if attempt == TRIES:
                raise CannotAskError(busy.where, f"{busy.what}, {TRIES} times", busy.remedy)
            self.wait(busy, attempt)
        if answer.status in AGAIN:
            remedy = "see the server's log, and try again later"
            raise UnsureError(self._at(path), self.told(answer), remedy, wait=self._asked(answer))
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            remedy = "give credentials with --header that may do this"
            raise CannotAskError(self._at(path), self.told(answer), remedy)
        if answer.ok and answer.unread:
            what = f"answers {answer.status} with {printable(answer.headers.get('Content-Type', 'something'))}"
            raise UnsureError(self._at(path), f"{what} that is no JSON", "is it a FHIR base, without a page before it?")
        return answer

    def told(self, answer: Answer) -> str:
        """What an answer says against the request, in words, without what the headers hold."""
        return f"answers {answer.status} {first_issue(answer.body, self.headers)}"

    def exchange(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        """One request and whatever is answered, but for redirects. Raises CannotAskError or UnsureError."""
        import requests

        if self.asked and self.pause:
            self.sleep(self.pause)
        self.asked += 1
        if self._session is None:
            self._session = requests.Session()
        where = self._at(path)
        began = self.clock()
        content = {} if body is None else {"Content-Type": MEDIA_TYPE}
        try:
            with self._session.request(
                method,
                self.base + ("" if not path or path.startswith("?") else "/") + path,
                data=None if body is None else orjson.dumps(body),
                headers={"Accept": MEDIA_TYPE, "User-Agent": "cervical-options", **content, **headers, **self.headers},
                auth=lambda request: request,  # else a .netrc would take the place of an Authorization header
                allow_redirects=False,
                timeout=self.timeout,
                verify=True if self.ca is None else str(self.ca),
                stream=True,
            ) as answer:
                data = bytearray()
                for part in answer.iter_content(65536):
                    data += part
                    if len(data) > LARGEST:
                        raise CannotAskError(where, f"answers more than {LARGEST:,} bytes", "is it a FHIR base?")
                    if self.clock() - began > WHOLE:
                        raise UnsureError(where, "no whole answer in time", "try again, or ask who runs the server")
        except requests.Timeout:
            raise UnsureError(where, "no answer in time", "try again, or ask who runs the server") from None
        except requests.exceptions.SSLError:
            raise CannotAskError(where, "its certificate is not trusted", "name its issuer with --ca") from None
        except requests.exceptions.ChunkedEncodingError:
            raise UnsureError(where, "the connection broke in the middle of the answer", "try again") from None
        except requests.ConnectionError as error:
            if _was_sent(error):
                raise UnsureError(where, "hangs up before it has answered", "try again") from None
            what = f"can't be reached ({type(error).__name__})"
            raise UnsureError(where, what, "check address and network", sent=False) from None
        except (OSError, ValueError) as error:  # requests' own errors among them
            raise CannotAskError(
                where, f"can't be asked ({type(error).__name__})", "check address and network"
            ) from None
        if 300 <= answer.status_code < 400 and answer.status_code != HTTPStatus.NOT_MODIFIED:
            place = printable(masked(answer.headers.get("Location", "nowhere").partition("?")[0], self.headers))
            raise CannotAskError(
                where, f"sends on to {place!r}, where nothing was sent", "give that as --server if it is right"
            )
        read = _json(bytes(data))
        return Answer(answer.status_code, answer.headers, read, unread=read is None and bool(data.strip()))

    def _at(self, path: str) -> str:
        """Where a message says it happened: the base, and what was asked there."""
        before = path.partition("?")[0]
        return f"{self.base}/{before}" if before else self.base

    def _asked(self, answer: Answer) -> float | None:
        """Seconds that the server asks to wait (RFC 9110, Retry-After: seconds or a date)."""
        said = answer.headers.get("Retry-After", "").strip()
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            at = parsedate_to_datetime(said)
        except ValueError:
            return None
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - self.now()).total_seconds())


def is_address(text: str) -> bool:
    """Whether this is the base of a server; user and password belong in a header, where no message repeats them."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port  # a port that is none raises
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(host) and plain and text.isprintable()


def is_here(base: str) -> bool:
    """Whether a server runs on this machine, where no politeness is needed."""
    return urlsplit(base).hostname in ("localhost", "::1") or bool(
        re.fullmatch(r"127(\.\d+){3}", urlsplit(base).hostname or "")
    )


def first_issue(body: Any, secrets: Mapping[str, str]) -> str:
    """What the first issue of an OperationOutcome says, in one line; without one, that nothing was said."""
    issues = body.get("issue") if isinstance(body, dict) else None
    issue = issues[0] if isinstance(issues, list) and issues else None
    return (said(issue, secrets) if isinstance(issue, dict) else None) or "and gives no reason"


def said(issue: Mapping[str, Any], secrets: Mapping[str, str], longest: int = LONGEST) -> str | None:
    """What an issue says, in one line that is not too long, without what the headers hold."""
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    for each in (issue.get("diagnostics"), text, issue.get("code")):
        if isinstance(each, str) and each.strip():
            return masked(printable(masked(each, secrets)), secrets)[:longest]  # masked before it is cut
    return None


def printable(text: str) -> str:
    """A text of a server as part of one line."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def masked(text: str, headers: Mapping[str, str]) -> str:
    """The text without what any header holds, the part after a scheme such as Bearer, or a password in it."""
    for secret in sorted({part for value in headers.values() for part in _secrets(value)}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(value: str) -> list[str]:
    """What of a header is not to be repeated; words of three letters, as in Accept-Language, would only mar texts."""
    scheme, _, rest = value.partition(" ")
    parts = [value, rest.strip()]
    if scheme.lower() == "basic":
        with suppress(ValueError):
            parts.append(b64decode(rest.strip(), validate=True).decode("utf-8", "replace").partition(":")[2])
    return [part for part in parts if len(part) > 3]


def _was_sent(error: Exception) -> bool:
    """Whether a connection was there, so that the server may have got the request."""
    from urllib3.exceptions import NewConnectionError

    return not any(isinstance(getattr(each, "reason", None), NewConnectionError) for each in error.args)


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
