"""Pins: each canonical of ours names the version it was made with."""

import re
from collections.abc import Iterator

from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .subject import BASE, TAG_SYSTEM, Subject, at_artifact, known_as, only, string

OURS = re.compile(re.escape(BASE) + r"/[A-Z][A-Za-z]+/[^|\s]+(?:\|\S*)?")
MANIFEST = f"{BASE}/Library/cervical-manifest"
SYSTEMS = f"{BASE}/CodeSystem/"
NAMES = frozenset({"system", "url", "valueUri", "uri", "fullUrl", "identifier"})  # these name a thing and pin nothing


@rule(Layer.PACKAGE)
def package_pinned(canonical: str, version: str) -> Wording:
    """Every canonical of the package is pinned to the version of the resource that holds it: releases don't mix."""
    url, _, pinned = canonical.partition("|")
    said = f"pinned to {pinned}, and the resource has version {version}" if pinned else "pinned to no version"
    return f"{url} is {said}", f"write {url}|{version or '<version>'}"


@rule(Layer.PACKAGE)
def package_one_version(version: str, release: str) -> Wording:
    """All resources of a release have one version."""
    return f"the version is {version}, and that of the release is {release}", f"write {release}, or a new one for all"


@rule(Layer.PACKAGE)
def package_code_version(system: str, found: str, version: str) -> Wording:
    """A code of the package's own code systems names their version, which is the version of the package."""
    return f"a code of {system} names {f'version {found}' if found else 'no version'}", f"write version {version}"


def check(subject: Subject) -> Iterator[Finding]:
    pins = [each for each in subject.urls if each[1] not in NAMES and OURS.fullmatch(each[3])]
    codes = [(place, node) for place, node in subject.coded if _is_versioned(string(node, "system"))]
    found = {*(_pin(url) for *_, url in pins), *(string(node, "version") for _, node in codes)}
    version = _listed(subject) or (found.pop() if len(found) == 1 else "") or subject.version
    if subject.version and subject.version != version:
        yield package_one_version(_place(subject), subject.version, version)
    for place, key, index, url in pins:
        if not _pin(url) or (version and _pin(url) != version):
            yield package_pinned(place.child(key, index), url, version)
    for place, node in codes:
        if version and string(node, "version") != version:
            yield package_code_version(place, string(node, "system"), string(node, "version"), version)


def _listed(subject: Subject) -> str:
    """The version under which the package's manifest lists the resource; empty where it is not at hand."""
    url = known_as(subject.resource)
    for entry in subject.catalogue.by_url.get(MANIFEST, ()):
        for artifact in only(entry.resource, "relatedArtifact"):
            listed = string(artifact, "resource")
            if listed.startswith(url) and listed.partition("|")[0] == url:
                return _pin(listed)
    return ""


def _place(subject: Subject) -> Place:
    if "version" in subject.resource:
        return subject.place.child("version")
    return at_artifact(subject.place, subject.resource, "version", "valueString")


def _is_versioned(system: str) -> bool:
    return system.startswith(SYSTEMS) and system != TAG_SYSTEM


def _pin(canonical: str) -> str:
    return canonical.partition("|")[2].partition("#")[0]
