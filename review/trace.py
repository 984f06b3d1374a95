"""Statements of the page <-> resources, actions and concepts that carry them, read from the resources alone.

A carrier is `Type/id` for a resource (label of its derived-from or citation artifact), `Type/id#action` for an action
(labels of its documentation), `Type/id#code` for a concept (property `statement`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

STATEMENTS = "/CodeSystem/cervical-statements"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the page, or (`left_out`) something that is not carried on purpose, and why."""

    id: str
    section: str
    text: str
    left_out: str | None
    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Both ways: statements with their carriers, and carriers with their statements."""

    statements: tuple[Statement, ...]

    @property
    def carriers(self) -> dict[str, list[str]]:
        pairs = sorted((carrier, statement.id) for statement in self.statements for carrier in statement.carriers)
        return {carrier: [s for c, s in pairs if c == carrier] for carrier in dict.fromkeys(c for c, _ in pairs)}


def trace(resources: Sequence[Resource]) -> Trace:
    """Who carries what. Raises LookupError where the resources have no code system of statements."""
    catalogue = next((r for r in resources if str(r.get("url", "")).endswith(STATEMENTS)), None)
    if catalogue is None:
        raise LookupError("no CodeSystem of statements among the resources")
    carried: dict[str, list[str]] = {}
    for resource in resources:
        for carrier, statement in _carried(resource):
            carried.setdefault(statement, []).append(carrier)
    return Trace(tuple(_statement(concept, carried) for concept in catalogue["concept"]))


def _statement(concept: Resource, carried: dict[str, list[str]]) -> Statement:
    properties = {p["code"]: p.get("valueString", "") for p in concept["property"]}
    left_out = concept.get("definition") if properties["kind"] == "left-out" else None
    carriers = tuple(sorted(set(carried.get(concept["code"], ()))))
    return Statement(concept["code"], properties["section"], concept["display"], left_out, carriers)


def _carried(resource: Resource) -> Iterator[tuple[str, str]]:
    place = f"{resource['resourceType']}/{resource['id']}"
    artifacts = [
        *resource.get("relatedArtifact", ()),
        *(e["valueRelatedArtifact"] for e in resource.get("extension", ()) if "valueRelatedArtifact" in e),
    ]
    for artifact in artifacts:
        for statement in filter(None, artifact.get("label", "").split(", ")):
            yield place, statement
    for action in _actions(resource.get("action", ())):
        for artifact in action.get("documentation", ()):
            yield f"{place}#{action['id']}", artifact["label"]
    for concept in resource.get("concept", ()):
        for item in concept.get("property", ()):
            if item["code"] == "statement":
                yield f"{place}#{concept['code']}", item["valueCoding"]["code"]


def _actions(actions: Sequence[Resource]) -> Iterator[Resource]:
    for action in actions:
        yield action
        yield from _actions(action.get("action", ()))
