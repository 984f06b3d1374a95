"""What is recorded of each fact and reason: the output parameters of the logic, each with its expression."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

EXPRESSION = "/cqf-expression"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One side of a fact: `says` in words, by one of these `kinds` of records; its define, and its twin in FHIRPath."""

    fact: str
    define: str
    says: str
    kinds: tuple[str, ...]
    expression: str


def recorded(resources: Sequence[Resource]) -> Iterator[Evidence]:
    """Both sides of every fact and reason, in the order of the logic."""
    for library in resources:
        for parameter in library.get("parameter", ()) if library["resourceType"] == "Library" else ():
            for extension in parameter.get("extension", ()):
                if extension["url"].endswith(EXPRESSION):
                    twin = extension["valueExpression"]
                    says, _, kinds = parameter["documentation"].partition(". ")
                    yield Evidence(twin["name"], parameter["name"], says, tuple(kinds.split(". ")), twin["expression"])
