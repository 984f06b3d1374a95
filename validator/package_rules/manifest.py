"""What belongs together: the manifest and the guide name all of the package, and a plan what it depends on."""

from collections.abc import Iterator

from ..catalogue import Entry
from ..rule import Finding, Layer, Wording, rule
from .subject import BASE, Node, Subject, is_ours, known_as, only, string, where

DEPENDING = frozenset({"ActivityDefinition", "Library", "PlanDefinition"})
LEADS = frozenset({"definitionCanonical", "library", "reference", "valueSet"})  # elements that need what they name


@rule(Layer.PACKAGE)
def package_manifest(missing: list[str]) -> Wording:
    """The manifest names every resource of the package, pinned, so that a receiver knows what belongs together."""
    return f"the manifest does not name {_first(missing)}", "add a relatedArtifact of type composed-of with its version"


@rule(Layer.PACKAGE)
def package_guide(missing: list[str]) -> Wording:
    """The guide names every resource of the package, because package tools take their list from it."""
    return f"the guide does not name {_first(missing)}", "add it to definition.resource"


@rule(Layer.PACKAGE)
def package_depends(url: str) -> Wording:
    """What a resource leads to is among what it depends on, by which tools gather all that it needs."""
    return f"it leads to {url}, and does not say that it depends on it", "add a relatedArtifact of type depends-on"


def check(subject: Subject) -> Iterator[Finding]:
    artifacts = only(subject.resource, "relatedArtifact")
    named = {string(each, "resource").partition("|")[0]: string(each, "type") for each in artifacts}
    if subject.type in DEPENDING:
        leads = (url.partition("|")[0] for _, key, _, url in subject.urls if key in LEADS)
        yield from (package_depends(subject.place, url) for url in dict.fromkeys(leads) if url not in named)
    if "composed-of" in named.values():
        named[known_as(subject.resource)] = "composed-of"
        urls = [entry.url or "" for entry in _of_package(subject)]
        missing = [url for url in urls if url.startswith(f"{BASE}/") and named.get(url) != "composed-of"]
        if missing:
            yield package_manifest(subject.place, missing)
    if subject.type == "ImplementationGuide":
        listed = _listed(subject.resource)
        keys = [f"{entry.type}/{entry.id}" for entry in _of_package(subject)]
        missing = [key for key in keys if key not in listed and key != f"{subject.type}/{subject.id}"]
        if missing:
            yield package_guide(where(subject.place, subject.resource, "definition"), missing)


def _of_package(subject: Subject) -> Iterator[Entry]:
    return (entry for entry in subject.catalogue.entries if is_ours(entry.resource))


def _listed(guide: Node) -> set[str]:
    definition = guide.get("definition")
    resources = only(definition, "resource") if isinstance(definition, dict) else []
    return {string(each, "reference") for listed in resources for each in only(listed, "reference")}


def _first(missing: list[str]) -> str:
    return f"{missing[0]} and {len(missing) - 1} more" if len(missing) > 1 else missing[0]
