"""The resources that services are made of: of a folder, a package (.tgz), or a FHIR server."""

from pathlib import Path
from urllib.parse import urljoin, urlsplit

from ... import resources
from ...client import Client, is_address
from ...folder import read
from ..shape import Resource

# What services need of a server: plans, what they lead to, their logic, and the codes of what they rest on.
TYPES = ("PlanDefinition", "ActivityDefinition", "Library", "CodeSystem", "ValueSet")
PAGES = 100


class ContentError(Exception):
    """The server's content can't be read: one line, with what to do."""


def content(place: str) -> list[Resource]:
    """The resources of a place; empty: those that come with this command.

    Raises FolderError, ContentError, or AskError where a server can't be asked.
    """
    if not place:
        return resources()
    if is_address(place):
        with Client(place) as client:
            return [each for kind in TYPES for each in _of_server(client, kind)]
    return read(Path(place))


def _of_server(client: Client, kind: str) -> list[Resource]:
    """All resources of a type, page by page."""
    found: list[Resource] = []
    path = f"{kind}?_count=200"
    for _ in range(PAGES):
        answer = client.get(path)
        if not answer.ok or not answer.is_a("Bundle"):
            raise ContentError(
                f"{client.base}/{kind}: {client.told(answer)}; name a FHIR R4 server that can be searched"
            )
        entries = answer.body.get("entry", [])
        found += [each["resource"] for each in entries if each.get("resource", {}).get("resourceType") == kind]
        following = _next(client, answer.body)
        if following is None:
            return found
        path = following
    raise ContentError(f"{client.base}/{kind}: more than {PAGES} pages; name a server that holds this content only")


def _next(client: Client, page: Resource) -> str | None:
    """The next page as a path below the server's base.

    Raises ContentError where it is elsewhere.
    """
    url = next((each.get("url") for each in page.get("link", ()) if each.get("relation") == "next"), None)
    if url is None:
        return None
    whole, base = urljoin(f"{client.base}/", str(url)), client.base
    if urlsplit(whole).netloc != urlsplit(base).netloc or not whole.startswith(base):
        raise ContentError(f"{client.base}: its next page is on another server; name that one, or a folder")
    return whole.removeprefix(base).lstrip("/")
