"""Where the page leaves room, and how it is read: from the usage of the resources that each reading touches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Resource = dict[str, Any]

READING = re.compile(r"^- (R-\d+), (.+?): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One question that the page leaves open, the answer chosen, and the resources that say so, as Type/id."""

    id: str
    question: str
    answer: str
    touches: tuple[str, ...]


def chosen(resources: Sequence[Resource]) -> list[Reading]:
    """All readings, by id."""
    found: dict[str, tuple[str, str]] = {}
    touches: dict[str, list[str]] = {}
    for resource in resources:
        for id, question, answer in READING.findall(resource.get("usage", "")):
            found[id] = (question[:1].upper() + question[1:], answer)
            touches.setdefault(id, []).append(f"{resource['resourceType']}/{resource['id']}")
    return [Reading(id, question, answer, tuple(touches[id])) for id, (question, answer) in sorted(found.items())]
