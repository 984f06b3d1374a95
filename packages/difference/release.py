"""A release as it is read, from a folder, a FHIR package or a Bundle, and what stays of it when it is compared.

The same content comes in many shapes: a Bundle may leave ids out and point at its own entries, a server adds a version,
and a new release pins every canonical anew. `normal` takes these away, so that only what is meant is left.
"""

import re
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ... import checksums
from ...folder import FolderError, read
from .change import Resource, dicts

VERSION, DATE = "{version}", "{date}"  # stand for the release's own
OF_A_SERVER = ("versionId", "lastUpdated", "source")


@dataclass(frozen=True, slots=True)
class Release:
    """Resources by what they are known under: url, for a Medication the url in its extension, else `Type/id`."""

    name: str
    package: str | None
    version: str | None
    date: str | None
    resources: Mapping[str, Resource]
    places: Mapping[str, str]  # what a reference may say -> what the resource is known under


def read_release(path: Path) -> Release:
    """Raises FolderError with every reason."""
    resources, names = _read(path)
    guides = [each for each in resources if each.get("resourceType") == "ImplementationGuide"]
    said = guides[0] if len(guides) == 1 else {}
    keyed = _keyed(resources)
    places = {f"{each['resourceType']}/{each['id']}": key for key, each in keyed.items() if "id" in each}
    known = places | {name: _key(each) for name, each in names.items()}
    version, date = said.get("version"), said.get("date")
    return Release(
        name=str(path),
        package=said.get("packageId"),
        version=version,
        date=date,
        resources=keyed,
        places=known,
    )


def normal(release: Release, key: str, other: Release) -> Resource:
    """A resource without what its release alone explains: its version, its date, the server it was on.

    `other` is the release that it is compared with: what both say of themselves stays as it is.
    """
    resource = _pointing(release.resources[key], {**other.places, **release.places})
    if isinstance(resource.get("meta"), dict):
        resource["meta"] = {name: each for name, each in resource["meta"].items() if name not in OF_A_SERVER}
    if resource["resourceType"] == "Library" and isinstance(resource.get("content"), list):
        resource["content"] = [_readable(each) for each in resource["content"]]
    steps: list[Callable[[str, str], str]] = []
    if release.version and release.version != other.version:
        own = re.compile(rf"(?<![\w.]){re.escape(release.version)}(?![\w.-]*\w)")
        steps.append(lambda _, text: own.sub(VERSION, text) if release.version in text else text)  # type: ignore[operator]
    if release.date and release.date != other.date:
        day = release.date[:10]
        steps.append(lambda name, text: DATE if name in ("date", "timestamp") and text.startswith(day) else text)
    result: Resource = _each_string(resource, "", steps)
    return result


def restored(node: Any, release: Release) -> Any:
    """What `normal` took away put back, for a reader."""
    if isinstance(node, dict):
        return {key: restored(value, release) for key, value in node.items()}
    if isinstance(node, list):
        return [restored(each, release) for each in node]
    if isinstance(node, str):
        return node.replace(VERSION, release.version or "").replace(DATE, release.date or "")
    return node


def _read(path: Path) -> tuple[list[Resource], dict[str, Resource]]:
    """The resources, and those that have a name of their own in a Bundle."""
    if path.is_dir():
        return read(_packed_in(path) or path), {}
    if path.suffix == ".json":
        return _of_bundle(path)
    return read(path), {}


def _packed_in(folder: Path) -> Path | None:
    """The FHIR package of a folder that `cervical-options package` wrote, once the folder is whole."""
    archives = sorted(folder.glob("*.tgz"))
    if not archives or not (folder / checksums.FILE).is_file():
        return None
    try:
        reasons = checksums.faults(folder)
    except ValueError as error:
        reasons = [str(error)]
    if len(archives) > 1:
        reasons.append(f"{folder}: holds {len(archives)} packages; name one of them")
    if reasons:
        raise FolderError(reasons)
    return archives[0]


def _of_bundle(path: Path) -> tuple[list[Resource], dict[str, Resource]]:
    try:
        bundle = orjson.loads(path.read_bytes())
    except OSError as error:
        raise FolderError([f"{path}: {error.strerror}; name a folder, a .tgz or a Bundle"]) from error
    except orjson.JSONDecodeError as error:
        raise FolderError([f"{path}:{error.lineno}:{error.colno}: not JSON ({error.msg}); mend it"]) from error
    entries = bundle.get("entry") if isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle" else None
    if not isinstance(entries, list):
        raise FolderError([f"{path}: no Bundle with entries; name a folder, a .tgz or a Bundle"])
    resources: list[Resource] = []
    names: dict[str, Resource] = {}
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            resources.append(resource)
            if isinstance(entry.get("fullUrl"), str):
                names[entry["fullUrl"]] = resource
    if not resources:
        raise FolderError([f"{path}: a Bundle without a resource; name one that loads something"])
    return resources, names


def _keyed(resources: Sequence[Resource]) -> dict[str, Resource]:
    keys = Counter(map(_key, resources))
    named = {}
    for number, each in enumerate(resources):
        key = _key(each)
        named[key if keys[key] == 1 else f"{each['resourceType']}/{each.get('id', number)}"] = each
    return named


def _key(resource: Resource) -> str:
    urls = [
        each.get("valueUri")
        for each in dicts(resource.get("extension"))
        if str(each.get("url", "")).endswith("/artifact-url")
    ]
    url = resource.get("url") or next(iter(urls), None)
    return url if isinstance(url, str) else f"{resource['resourceType']}/{resource.get('id', '')}"


def _pointing(node: Any, known: Mapping[str, str]) -> Any:
    """The same with each literal reference to a resource of the release by what that one is known under."""
    if isinstance(node, dict):
        return {
            key: known.get(value, value) if key == "reference" and isinstance(value, str) else _pointing(value, known)
            for key, value in node.items()
        }
    return [_pointing(each, known) for each in node] if isinstance(node, list) else node


def _readable(content: Any) -> Any:
    """An attachment of a Library as text or JSON, where it is that."""
    if not isinstance(content, dict) or not isinstance(content.get("data"), str):
        return content
    type = str(content.get("contentType", ""))
    try:
        data = b64decode(content["data"], validate=True)
        if type.startswith("text/"):
            return content | {"data": data.decode("utf-8")}
        return content | {"data": orjson.loads(data)} if type.endswith("json") else content
    except ValueError:  # not what it says; it is compared as it stands
        return content


def _each_string(node: Any, name: str, steps: Sequence[Callable[[str, str], str]]) -> Any:
    if isinstance(node, dict):
        return {key: _each_string(value, key, steps) for key, value in node.items()}
    if isinstance(node, list):
        return [_each_string(value, name, steps) for value in node]
    if isinstance(node, str):
        for step in steps:
            node = step(name, node)
    return node
