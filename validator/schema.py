"""JSON schema: HL7's schema of R4 as a second opinion, by a library, one schema a resource type.

Known false alarms, which are kept back:

- The schema has extensions of a repeating canonical (`_profile`) as one object, or not at all, where FHIR's JSON has a
  list.
- It has no null in a list of primitives, which keeps places beside the other list, and no Meta among open types.
- It closes the list of languages of an Expression, whose binding is extensible.
- Its pattern for texts takes a no-break space for a space that is not allowed; FHIR allows every character there.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from .place import Place
from .rule import Finding, Layer, Wording, rule
from .visit import Seen

CLOSED = "additionalProperties"
SCHEMA = Path(__file__).parent / "definitions" / "schema.json"


@rule(Layer.SCHEMA)
def json_schema(what: str) -> Wording:
    """A resource satisfies HL7's JSON schema of R4."""
    return f"HL7's JSON schema refuses this: {what}", "mend the element"


class Schemas:
    """A compiled validator for each resource type, made when first asked for."""

    def __init__(self) -> None:
        self._compiled: dict[str, Any] = {}
        self._schemas: dict[str, dict[str, Any]] = {}

    @cached_property
    def _table(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(SCHEMA.read_bytes())
        return found

    def prepare(self, name: str) -> None:
        """Compile the schema of a type, if R4 has it and it is not compiled yet."""
        if name not in self._compiled and name in self._table["definitions"]:
            from jsonschema_rs import Draft6Validator

            self._schemas[name] = self._of(name)
            self._compiled[name] = Draft6Validator(self._schemas[name])

    def check(self, seen: Seen) -> Iterator[Finding]:
        """What the schema has against a resource; contained resources and entries are judged by themselves."""
        name = seen.type.name
        self.prepare(name)
        if not self._compiled[name].is_valid(seen.node):
            yield from self._explained(name, seen)

    def _explained(self, name: str, seen: Seen) -> Iterator[Finding]:
        """The slow library, which can say which of several failures is the one that matters."""
        from jsonschema import Draft6Validator
        from jsonschema.exceptions import best_match

        for error in Draft6Validator(self._schemas[name]).iter_errors(seen.node):
            best = best_match([error])
            steps = list(best.absolute_path)
            if _is_false_alarm(steps, best):
                continue
            yield json_schema(_place(seen.place, steps), _shortened(best.message))

    def _of(self, name: str) -> dict[str, Any]:
        definitions = self._table["definitions"]
        kept: dict[str, Any] = {}
        waiting = [name]
        while waiting:
            at = waiting.pop()
            if at not in kept:
                kept[at] = definitions[at]
                waiting.extend(_references(definitions[at]))
        return {"$schema": self._table["$schema"], "$ref": f"#/definitions/{name}", "definitions": kept}


def _is_false_alarm(steps: list[str | int], error: Any) -> bool:
    last = steps[-1] if steps else None
    if isinstance(last, str) and last.startswith("_") and isinstance(error.instance, list):
        return True
    if last == "language" and error.validator == "enum" and "text/cql" in error.validator_value:
        return True
    unknown = set(error.instance) - set(error.schema.get("properties", {})) if error.validator == CLOSED else ()
    if unknown and all(key.startswith("_") or key.endswith("Meta") for key in unknown):
        return True
    if error.instance is None and isinstance(last, int):
        return True
    wide = isinstance(error.instance, str) and any(each.isspace() and not each.isascii() for each in error.instance)
    return bool(error.validator == "pattern" and wide)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _place(root: Place, steps: list[str | int]) -> Place:
    at = root
    for index, step in enumerate(steps):
        if isinstance(step, str):
            following = steps[index + 1] if index + 1 < len(steps) else None
            at = at.child(step, following if isinstance(following, int) else None)
    return at


def _shortened(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:157]}..."
