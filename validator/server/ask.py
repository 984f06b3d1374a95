"""Asking a server, one request at a time: what it is, which profiles it has, then `$validate` for each document.

Whoever runs the server is not to notice: there is a pause between requests and a limit to their number, and the copy
that is sent holds what was given and no more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from cervical_options.client import Answer, CannotAskError, Client

from ..definitions import Definitions
from ..document import located
from ..inputs import Source, sources
from ..issue import Issue
from ..place import Place
from ..rule import Finding
from ..rules import definitions
from ..strict_json import parse
from .claims import claims, without
from .outcome import findings
from .rules import server_not_checked, server_profile_left_out

R4 = "4.0"
NO_OPERATION = frozenset({404, 405, 501})


class TooManyError(Exception):
    """More would be asked than is allowed: one line, with what to do."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a server said; `trouble` is why it could not be asked, or not to the end."""

    issues: list[Issue]
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class _Document:
    file: str
    line: int
    text: str
    value: dict[str, Any]
    claims: tuple[tuple[str, Place], ...]

    @property
    def type(self) -> str:
        return str(self.value["resourceType"])


def ask(
    paths: Sequence[str | Path],
    client: Client,
    *,
    stdin: bytes | None = None,
    ignore: frozenset[str] = frozenset(),
    keep_profiles: bool = False,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Opinion:
    """The server's issues with every document that is JSON of an R4 type; of others ours says enough.

    Raises InputError, or TooManyError before anything is asked.
    """
    known = definitions()
    documents = [each for source in sources(paths, stdin)[0] for each in _documents(source, known)]
    claimed = {} if keep_profiles else {each: None for document in documents for each, _ in document.claims}
    requests = len(documents) + len(claimed) + 1
    if most is not None and requests > most:
        raise TooManyError(f"{requests} requests would be made, and the limit is {most}; name fewer paths, or raise it")
    issues: list[Issue] = []
    checked = 0
    try:
        supported = _supported(client)
        missing = frozenset(each for each in claimed if not _has(client, each, supported))
        for number, document in enumerate(documents, start=1):
            found, was_checked = _opinion(client, document, missing)
            kept = [(each, ()) for each in found if each.rule.id not in ignore]
            issues += located(document.text, document.value, document.file, document.line, known, kept)
            checked += was_checked
            if progress is not None:
                progress(number, len(documents))
    except CannotAskError as trouble:
        return Opinion(issues, str(trouble))
    if documents and not checked:
        return Opinion(issues, f"{client.base}: has no $validate for any of this; name a server that has")
    return Opinion(issues)


def _documents(source: Source, known: Definitions) -> Iterator[_Document]:
    data = source.read()
    for row, text in enumerate(data.splitlines(), start=1) if source.ndjson else [(1, data)]:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        type = value.get("resourceType") if isinstance(value, dict) else None
        if isinstance(type, str) and known.type(type) is not None:
            try:
                claimed = tuple(claims(value, Place.root(type)))
            except RecursionError:  # which ours says
                continue
            yield _Document(source.name, row, parse(text).text, value, claimed)


def _supported(client: Client) -> frozenset[str]:
    """The profiles that the server says it supports. Raises CannotAskError where it is no R4 server."""
    answer = client.get("metadata")
    where = f"{client.base}/metadata"
    if not answer.ok or not answer.is_a("CapabilityStatement"):
        what = "answers something else than a CapabilityStatement" if answer.ok else client.told(answer)
        raise CannotAskError(where, what, "name the base of a FHIR server with --server")
    version = answer.body.get("fhirVersion")
    if isinstance(version, str) and not f"{version}.".startswith(f"{R4}."):
        raise CannotAskError(where, f"has FHIR {version[:20]!r}, and this is R4", "name a server or an endpoint for R4")
    return frozenset(_texts(answer.body))


def _texts(statement: Any) -> Iterator[str]:
    """`supportedProfile` of every type."""
    for rest in _dicts(statement.get("rest")):
        for resource in _dicts(rest.get("resource")):
            profiles = resource.get("supportedProfile")
            yield from (each for each in profiles if isinstance(each, str)) if isinstance(profiles, list) else ()


def _has(client: Client, profile: str, supported: frozenset[str]) -> bool:
    """Whether the server has a profile, in the version that is claimed if one is."""
    url, _, version = profile.partition("|")
    if profile in supported or (not version and any(each.partition("|")[0] == url for each in supported)):
        return True
    answer = client.get(f"StructureDefinition?url={quote(url, safe=':/')}")
    if not answer.ok or not answer.is_a("Bundle"):
        return False
    found = [each.get("resource") for each in _dicts(answer.body.get("entry"))]
    return any(
        isinstance(each, dict) and each.get("url") == url and (not version or each.get("version") == version)
        for each in found
    )


def _opinion(client: Client, document: _Document, missing: frozenset[str]) -> tuple[list[Finding], bool]:
    left_out = [(profile, at) for profile, at in document.claims if profile in missing]
    told = [server_profile_left_out(at, profile) for profile, at in left_out]
    copy = without(document.value, missing) if left_out else document.value
    answer = client.repeat("POST", f"{document.type}/$validate", copy)
    if _is_opinion(answer):
        return [*told, *findings(answer.body, document.value, client.headers)], True
    what = f"has no $validate for {document.type}" if answer.status in NO_OPERATION else client.told(answer)
    return [server_not_checked(Place.root(document.type), what)], False


def _is_opinion(answer: Answer) -> bool:
    """An OperationOutcome says what is wrong with the resource, whatever the status; a missing operation is none."""
    if not answer.is_a("OperationOutcome") or answer.status in NO_OPERATION:
        return False
    codes = [each.get("code") for each in _dicts(answer.body.get("issue"))]
    return answer.ok or (answer.status in (400, 412, 422) and "not-supported" not in codes)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
