"""Bundles: full urls, links, and requests that fit what they carry (R4 bundle.html, http.html#transaction)."""

from collections.abc import Iterator
from typing import Any

from .. import literal
from ..odd import Node, items, objects
from ..place import Place
from ..primitives import ABSOLUTE
from ..rule import Finding, Layer, Wording, rule

SINGLE = {"self", "first", "last", "next", "previous", "prev"}
CARRYING = {"POST": True, "PUT": True, "PATCH": True, "GET": False, "HEAD": False, "DELETE": False}


@rule(Layer.REFERENCES)
def full_url_absolute(url: str) -> Wording:
    """A fullUrl is absolute: a urn, or an address with its base."""
    return f"the fullUrl {url!r} is relative", "write the whole address, or urn:uuid: with a UUID"


@rule(Layer.REFERENCES)
def full_url_id(url: str, type: str, id: str) -> Wording:
    """A fullUrl that is an address on a server ends in the type and id of its resource."""
    return f"the fullUrl {url} is not that of {type}/{id}", "make them agree"


@rule(Layer.REFERENCES)
def bundle_link(relation: str) -> Wording:
    """A Bundle has one link of each relation."""
    return f"the relation {relation!r} is given twice", "keep one link of it"


@rule(Layer.REFERENCES)
def bundle_request(method: str, url: str, what: str, remedy: str) -> Wording:
    """The request of an entry fits its resource: method, type and id."""
    return f"{method} {url} does not fit: {what}", remedy


@rule(Layer.REFERENCES)
def bundle_entry_twice(key: str) -> Wording:
    """A resource stands once in a Bundle, unless as another version of itself."""
    return f"{key} is in this Bundle twice", "keep one of them"


def check(node: Node, place: Place) -> Iterator[Finding]:
    """What is wrong with a Bundle as a Bundle."""
    relations: set[str] = set()
    for index, link in enumerate(objects(node.get("link"))):
        relation = link.get("relation")
        if isinstance(relation, str):
            if relation in relations and relation in SINGLE:
                yield bundle_link(place.child("link", index).child("relation"), relation)
            relations.add(relation)
    keys: set[tuple[str, str, str]] = set()
    for index, entry in enumerate(items(node.get("entry"))):
        if not isinstance(entry, dict):
            continue
        at = place.child("entry", index)
        resource = entry.get("resource")
        held = resource if isinstance(resource, dict) else None
        yield from _full_url(entry.get("fullUrl"), held, at)
        request = entry.get("request")
        if isinstance(request, dict) and node.get("type") in ("transaction", "batch"):
            yield from _request(request, held, at)
        if held is not None and node.get("type") in ("collection", "transaction", "document", "message"):
            request = entry.get("request")
            if isinstance(request, dict) and request.get("method") == "POST":
                continue  # the server gives the id
            url = entry.get("fullUrl")
            base = url.removesuffix(f"/{held.get('id')}") if isinstance(url, str) and url.startswith("http") else ""
            key, meta = f"{held.get('resourceType')}/{held.get('id')}", held.get("meta")
            version = meta.get("versionId") if isinstance(meta, dict) else None
            if held.get("id") is not None and (base, key, str(version)) in keys:
                yield bundle_entry_twice(at.child("resource").child("id"), key)
            keys.add((base, key, str(version)))


def _full_url(url: Any, resource: Node | None, place: Place) -> Iterator[Finding]:
    if not isinstance(url, str) or not url:
        return
    at = place.child("fullUrl")
    if not ABSOLUTE.match(url):
        yield full_url_absolute(at, url)
        return
    if resource is None or url.startswith("urn:"):
        return
    type, id = resource.get("resourceType"), resource.get("id")
    parts = url.rstrip("/").split("/")
    named = len(parts) > 4 and parts[-2][:1].isupper() and parts[-2].isalpha()
    if named and isinstance(id, str) and (parts[-2], parts[-1]) != (type, id):
        yield full_url_id(at, url, str(type), id)


def _request(request: Node, resource: Node | None, place: Place) -> Iterator[Finding]:
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str) or method not in CARRYING:
        return
    at = place.child("request")
    if "$" in url:
        return  # an operation, whose parameters may stand in the url
    if CARRYING[method] != (resource is not None):
        if resource is None:
            yield bundle_request(at, method, url, "the entry has no resource", "add it")
        elif method != "DELETE":
            yield bundle_request(at, method, url, "the entry has a resource", "leave it out")
        return
    if resource is None or method == "PATCH" or url.startswith(literal.URN):
        return
    type, id = resource.get("resourceType"), resource.get("id")
    path, _, query = url.partition("?")
    parts = [part for part in path.split("/") if part]
    if ABSOLUTE.match(url) or not parts or "$" in path:
        return
    wanted = parts[0]
    if wanted != type:
        yield bundle_request(at.child("url"), method, url, f"the resource is a {type}", f"begin the url with {type}")
    elif method == "PUT" and not query:
        if len(parts) != 2 or (id is not None and parts[1] != id):
            yield bundle_request(at.child("url"), method, url, f"the resource is {type}/{id}", f"write {type}/{id}")
    elif method == "POST" and len(parts) > 1 and not parts[1].startswith(("$", "_")):
        yield bundle_request(at.child("url"), method, url, "POST takes no id", f"write {type}, or use PUT")
