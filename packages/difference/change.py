"""One thing that is different, in words, and how much it matters."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Resource = dict[str, Any]


class Class(StrEnum):
    """How much a change matters, the most first. What is not known to matter less counts as clinical."""

    BREAKING = "breaking"  # what others rely on is gone or named otherwise: an id, url, code, define, hook, data wanted
    CLINICAL = "clinical"  # what may be offered, to whom, why, or by which code it is recognised
    EDITORIAL = "editorial"  # words, dates, narrative

    @property
    def rank(self) -> int:
        return list(Class).index(self)


@dataclass(frozen=True, slots=True)
class Change:
    """`subject`: what a reader calls the resource; `what`: what happened to it; `kind`: the same for machines."""

    severity: Class
    kind: str
    subject: str
    resource: str  # Type/id, or the url where there is no id
    path: str  # FHIRPath of the element; empty: the resource itself
    what: str
    old: Any = None
    new: Any = None


def dicts(value: Any) -> list[Resource]:
    """The members of a list that are objects; of anything else none. Others' resources may be odd."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def part(value: Any, name: str) -> Any:
    """An element of an object; None of anything else."""
    return value.get(name) if isinstance(value, dict) else None


def subject(resource: Resource) -> str:
    """The title as it stands within a sentence."""
    named = (resource.get("title"), part(resource.get("code"), "text"), resource.get("name"), resource.get("id"))
    title = next((each for each in named if isinstance(each, str) and each), str(resource["resourceType"]))
    return title[0].lower() + title[1:] if title[1:2].islower() else title  # not PD-L1


def place(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}" if "id" in resource else str(resource.get("url", "?"))


def worst(changes: list[Change]) -> Class | None:
    """The class of the whole; None where there is no change."""
    return min((each.severity for each in changes), key=lambda each: each.rank, default=None)
