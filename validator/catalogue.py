"""What is at hand in one run: every resource of the input by url and by type and id, for all layers to look up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
ARTIFACT_URL = "http://hl7.org/fhir/StructureDefinition/artifact-url"
ARTIFACT_VERSION = "http://hl7.org/fhir/StructureDefinition/artifact-version"


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource of the input: a file's own, or one in a Bundle. Contained resources are their container's."""

    file: str  # as it is named in issues
    steps: tuple[str | int, ...]  # where it stands in the file's JSON; empty for the file's own resource
    resource: Resource
    row: int | None = None  # the line in NDJSON, counted from 1

    @property
    def named(self) -> str:
        """Where it stands, for people."""
        return self.file if self.row is None else f"{self.file}:{self.row}"

    @property
    def type(self) -> str:
        return str(self.resource.get("resourceType"))

    @property
    def id(self) -> str | None:
        found = self.resource.get("id")
        return found if isinstance(found, str) else None

    @property
    def url(self) -> str | None:
        return self._said("url", ARTIFACT_URL, "valueUri")

    @property
    def version(self) -> str | None:
        return self._said("version", ARTIFACT_VERSION, "valueString")

    def _said(self, element: str, extension: str, value: str) -> str | None:
        """An element, or the extension that says the same where the type has no such element, as Medication."""
        found = self.resource.get(element)
        if isinstance(found, str):
            return found
        extensions = self.resource.get("extension")
        for each in extensions if isinstance(extensions, list) else ():
            if isinstance(each, dict) and each.get("url") == extension and isinstance(each.get(value), str):
                return str(each[value])
        return None


@dataclass(slots=True)
class Catalogue:
    """All resources of one run. A lookup that finds nothing means: not at hand."""

    whole: bool = False  # the input is a folder, package or Bundle: what it names of its own has to be in it
    entries: list[Entry] = field(default_factory=list)
    by_url: dict[str, list[Entry]] = field(default_factory=dict)
    by_key: dict[str, list[Entry]] = field(default_factory=dict)  # "Type/id"

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.url is not None:
            self.by_url.setdefault(entry.url, []).append(entry)
        if entry.id is not None:
            self.by_key.setdefault(f"{entry.type}/{entry.id}", []).append(entry)

    def canonical(self, canonical: str) -> list[Entry]:
        """The resources of a canonical: of its version, where it names one."""
        url, _, version = canonical.partition("#")[0].partition("|")
        return [entry for entry in self.by_url.get(url, []) if not version or entry.version == version]

    def of_type(self, type: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.type == type)
