"""How a resource of the package is known: tag, id, url, version."""

import re
from collections.abc import Iterator

from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .subject import (
    ARTIFACT,
    BASE,
    PREFIX,
    TAG,
    TAG_SYSTEM,
    TYPES,
    Node,
    Subject,
    at_artifact,
    known_as,
    objects,
    only,
    shown,
    string,
    tags,
    where,
)

KEBAB = re.compile(r"cervical(?:-[a-z0-9]+)+")
LONGEST_ID = 40
FHIR_VERSION = "4.0.1"


@rule(Layer.PACKAGE)
def package_tag() -> Wording:
    """A resource of the package carries its tag, by which a server knows what to update and what to unload."""
    return "the package's tag is missing", f"add {TAG_SYSTEM}|{TAG} to meta.tag"


@rule(Layer.PACKAGE, "warning")
def package_owner(kind: str) -> Wording:
    """An id is nobody's property: a resource with an id like ours says by tag and url whose it is."""
    return (
        f"the id is like this package's, and nothing says whose the {kind} is",
        f"add {TAG_SYSTEM}|{TAG} to meta.tag, or take another id",
    )


@rule(Layer.PACKAGE)
def package_id(id: str) -> Wording:
    """An id is 'cervical-' and the page's words in kebab-case, at most 40 characters."""
    if len(id) > LONGEST_ID:
        return f"the id {id!r} has {len(id)} characters", f"shorten it to {LONGEST_ID}, in file name and url too"
    said = f"the id {id!r}" if id else "no id"
    return f"{said} is not {PREFIX} and words in kebab-case", "rename it, in file name and url too"


@rule(Layer.PACKAGE)
def package_url(url: str, expected: str) -> Wording:
    """The canonical url is the package's base, the type and the id, so that each can be told from the other."""
    return (f"the url is {url}" if url else "no url of this package"), f"write {expected}"


@rule(Layer.PACKAGE)
def package_version(element: str) -> Wording:
    """Every resource says its version: canonicals are pinned to it, and an integrator compares by it."""
    return "no version", f"add {element}"


@rule(Layer.PACKAGE)
def package_library_name(name: str, id: str) -> Wording:
    """A Library of logic has one name, in CQL, id, url and name alike: engines look for any of them."""
    return f"the name is {name!r} and the id {id!r}", "write the name of the CQL library for both"


@rule(Layer.PACKAGE)
def package_medication_identifier(expected: str) -> Wording:
    """A Medication has no url in R4, so it is known by an identifier of the package, and loaded by it."""
    return "no identifier of this package", f"add {BASE}/medication|{expected}"


@rule(Layer.PACKAGE)
def package_fhir_version(found: str) -> Wording:
    """The package is made for FHIR R4 alone."""
    return f"fhirVersion is {found}", f"write {FHIR_VERSION}"


def unowned(resource: Node, place: Place) -> Iterator[Finding]:
    """An id like ours on a resource of which nothing says whose it is."""
    kind = string(resource, "resourceType")
    said = known_as(resource) or only(resource, "identifier") or tags(resource)
    if kind in TYPES and string(resource, "id").startswith(PREFIX) and not said:
        yield package_owner(place, kind)


def check(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    if TAG not in tags(resource):
        yield package_tag(where(place, resource, "meta"))
    yield from _id(subject)
    if not subject.version:
        medication = subject.type == "Medication"
        yield package_version(place, f"extension {ARTIFACT}version" if medication else "version, such as 0.1.0")
    if subject.type == "Medication":
        yield from _medication(subject)
    if "fhirVersion" in resource:
        found = resource["fhirVersion"]
        versions = found if isinstance(found, list) else [found]
        if versions != [FHIR_VERSION]:
            yield package_fhir_version(place.child("fhirVersion"), ", ".join(map(shown, versions)))


def _id(subject: Subject) -> Iterator[Finding]:
    resource, place, id = subject.resource, subject.place, subject.id
    if subject.type == "Library" and _holds_logic(resource):
        name = string(resource, "name")
        if name != id:
            yield package_library_name(where(place, resource, "name"), name, id)
    elif len(id) > LONGEST_ID or not KEBAB.fullmatch(id):
        yield package_id(where(place, resource, "id"), id)
        return
    expected = f"{BASE}/{subject.type}/{id}"
    # The tag's code system has the shorter url that stands in every tag.
    allowed = {expected, TAG_SYSTEM} if (subject.type, id) == ("CodeSystem", "cervical-package") else {expected}
    if known_as(resource) not in allowed:
        yield package_url(_place_of_url(subject), known_as(resource), expected)


def _place_of_url(subject: Subject) -> Place:
    if "url" in subject.resource:
        return subject.place.child("url")
    return at_artifact(subject.place, subject.resource, "url", "valueUri")


def _holds_logic(library: Node) -> bool:
    return any(each.get("contentType") == "text/cql" for each in only(library, "content"))


def _medication(subject: Subject) -> Iterator[Finding]:
    expected = subject.id.removeprefix(PREFIX)
    found = {
        string(each, "value"): at.child("value")
        for at, each in objects(subject.place, subject.resource, "identifier")
        if each.get("system") == f"{BASE}/medication"
    }
    if expected not in found:
        yield package_medication_identifier(next(iter(found.values()), subject.place), expected)
