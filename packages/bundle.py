"""Resources as Bundles: transactions that load by id or by url and unload, and a collection. Pure: same in, same out.

By id (`PUT Type/id`) keeps our ids; by url (conditional update) lets the server choose ids and updates what it has
under the same canonical url. Ownership is the url (Medication: the identifier) with the package's tag, never the id.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

Resource = dict[str, Any]


def by_id(resources: Sequence[Resource]) -> Resource:
    """A transaction that puts each resource under its id (R4 http.html, update as create)."""
    return _transaction("cervical-options-by-id", [put_by_id(resource) for resource in resources])


def by_url(resources: Sequence[Resource]) -> Resource:
    """A transaction that updates each resource where the server has its url, and creates it otherwise."""
    urns = {f"{resource['resourceType']}/{resource['id']}": urn(resource) for resource in resources}
    return _transaction("cervical-options-by-url", [_put_by_url(resource, urns) for resource in resources])


def unload(resources: Sequence[Resource]) -> Resource:
    """A transaction that deletes each resource, however it was loaded, and nothing without our tag."""
    deletes = [
        {"request": {"method": "DELETE", "url": where(resource, tagged=True)}} for resource in reversed(resources)
    ]
    return _transaction("cervical-options-unload", deletes)


def collection(resources: Sequence[Resource]) -> Resource:
    """All resources in one Bundle, to read; it asks nothing of a server."""
    entries = [{"fullUrl": put_by_id(each)["fullUrl"], "resource": each} for each in resources]
    return {"resourceType": "Bundle", "id": "cervical-options-collection", "type": "collection", "entry": entries}


def closure(id: str, resources: Sequence[Resource]) -> Resource:
    """A transaction that puts a recommendation and what it needs under their ids."""
    return _transaction(id, [put_by_id(resource) for resource in resources])


def canonical_url(resource: Resource) -> str:
    """The url by which a resource is known everywhere; a Medication has it in an extension."""
    return str(_urls(resource)[0])


def nameless(resources: Sequence[Resource]) -> list[str]:
    """Why resources could not be found again on a server, one line each."""
    remedy = "so a server could not find it; give it a url (a Medication: CRMI's extension artifact-url)"
    return [f"{each['resourceType']}/{each['id']}: has no url, {remedy}" for each in resources if not _urls(each)]


def _urls(resource: Resource) -> list[Any]:
    if "url" in resource:
        return [resource["url"]]
    return [each["valueUri"] for each in resource.get("extension", ()) if each["url"].endswith("/artifact-url")]


def _transaction(id: str, entries: list[Resource]) -> Resource:
    return {"resourceType": "Bundle", "id": id, "type": "transaction", "entry": entries}


def put_by_id(resource: Resource) -> Resource:
    place = f"{resource['resourceType']}/{resource['id']}"
    base = canonical_url(resource).rpartition(f"/{resource['resourceType']}/")[0]
    return {"fullUrl": f"{base}/{place}", "resource": resource, "request": {"method": "PUT", "url": place}}


def _put_by_url(resource: Resource, urns: Mapping[str, str]) -> Resource:
    without_id = {key: value for key, value in resource.items() if key != "id"}
    return {
        "fullUrl": urn(resource),
        "resource": pointing(without_id, urns),
        "request": {"method": "PUT", "url": where(resource)},
    }


def urn(resource: Resource) -> str:
    """A name for a resource within the transaction; the server puts the id it chooses in its place."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, canonical_url(resource))}"


def pointing(node: Any, urns: Mapping[str, str]) -> Any:
    """The same with literal references to resources of the transaction turned to their names in it."""
    if isinstance(node, dict):
        return {
            key: urns.get(value, value) if key == "reference" and isinstance(value, str) else pointing(value, urns)
            for key, value in node.items()
        }
    return [pointing(value, urns) for value in node] if isinstance(node, list) else node


def where(resource: Resource, *, tagged: bool = False) -> str:
    """The search that finds this resource on a server."""
    if "url" in resource:
        criteria = [f"url={_escape(resource['url'])}"]
    else:
        identifier = resource["identifier"][0]
        criteria = [f"identifier={_escape(identifier['system'])}%7C{_escape(identifier['value'])}"]
    if tagged:
        tag = resource["meta"]["tag"][0]
        criteria.append(f"_tag={_escape(tag['system'])}%7C{_escape(tag['code'])}")
    return f"{resource['resourceType']}?{'&'.join(criteria)}"


def _escape(text: str) -> str:
    return quote(text, safe=":/")
