"""Cards of CDS Hooks about an option, as a clinician sees them: from the hook plans, or as a service answered."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..service.package import statements

Resource = dict[str, Any]

# CDS Hooks 2.0, Card.indicator, by the priority of the action (R4 request-priority).
INDICATORS = {"routine": "info", "urgent": "warning", "asap": "warning", "stat": "critical"}
PARTS = ("offered", "missing", "not-met")  # what an action of a card is to an option, before its id
WHOLE = ("warn", "ask", "not-met")  # a card of its own about one option


@dataclass(frozen=True, slots=True)
class Card:
    """`when` it is shown, in words; `suggestions`: what one click takes over; `origin`: where it is from."""

    hook: str
    indicator: str
    summary: str
    detail: str
    source: str
    when: str
    suggestions: tuple[str, ...]
    statements: tuple[str, ...]
    origin: str


def planned(plans: Sequence[Resource], option: str) -> Iterator[Card]:
    """The cards of the plans with a trigger that speak of an option."""
    for plan in plans:
        for action in plan.get("action", ()):
            hooks = [each["name"] for each in action.get("trigger", ()) if each.get("type") == "named-event"]
            mine = [each for each in action.get("action", ()) if each["id"] in _ids(PARTS, option)]
            if hooks and (mine or action["id"] in _ids(WHOLE, option)):
                yield _card(plan, action, hooks[0], mine)


def _ids(kinds: Sequence[str], option: str) -> set[str]:
    return {f"{kind}-{option}" for kind in kinds}


def _card(plan: Resource, action: Resource, hook: str, mine: Sequence[Resource]) -> Card:
    shown = [below["title"] for each in mine for below in each.get("action", ())]
    documentation = [each for part in (mine or [action]) for each in part.get("documentation", ())]
    when = [each["expression"].get("description", "") for part in (action, *mine) for each in part.get("condition", ())]
    return Card(
        hook,
        INDICATORS.get(action.get("priority", "routine"), "info"),
        action["title"],
        action.get("description", ""),
        next((each["display"] for each in documentation if "display" in each), plan.get("publisher", "")),
        " ".join(filter(None, when)),
        tuple(shown),
        tuple(dict.fromkeys(label for part in (mine or [action]) for label in statements(part))),
        f"PlanDefinition/{plan['id']}#{action['id']}",
    )


class PairsError(Exception):
    """A folder of golden pairs can't be read; one line, with what to do."""


def answered(folder: Path) -> dict[str, list[Card]]:
    """What a service answered, from its golden pairs `<service>/<outcome>/response.json`: place -> its cards.

    Raises PairsError.
    """
    found: dict[str, list[Card]] = {}
    if not folder.is_dir():
        raise PairsError(f"{folder}: no such folder; name the service's golden pairs with --cards")
    for file in sorted(folder.glob("*/*/response.json")):
        try:
            answer = json.loads(file.read_bytes())
            if "errors" in answer and "cards" not in answer:  # a call that was refused shows nobody a card
                continue
            place = file.parent.relative_to(folder).as_posix()
            found[place] = [_told(card, place) for card in answer["cards"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PairsError(f"{file}: no answer of a CDS Hooks service ({error}); mend it") from error
    return found


def _told(card: Resource, place: str) -> Card:
    return Card(
        place.partition("/")[0],
        card["indicator"],
        card["summary"],
        card.get("detail", ""),
        card["source"]["label"],
        "",
        tuple(each["label"] for each in card.get("suggestions", ())),
        (),
        place,
    )


def about(cards: dict[str, list[Card]], title: str) -> list[Card]:
    """Those of a service's cards that name an option."""
    return [
        card
        for each in cards.values()
        for card in each
        if any(title in text for text in (card.summary, card.detail, *card.suggestions))
    ]
