"""A plan and a patient's records -> cards, by the mapping of the CDS Hooks clinical reasoning guide. Pure.

A top-level action that applies is a card; the actions below it that apply are its suggestions, with all that they lead
to as create actions; those that lead to nothing are told in the card's text. Where records were not read, one card says
which conditions hang on them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..conditions import Applied, Conditions, expressions
from ..fhirpath import Records
from ..package import Package, PlanError, statements
from ..shape import Resource
from .prefetch import Gathered
from .request import Call
from .services import Service, led_to
from .suggestions import creates, statement_codings

INDICATORS = {"routine": "info", "urgent": "warning", "asap": "warning", "stat": "critical"}
SELECTIONS = ("any", "at-most-one")
LONGEST = 139  # characters of a summary: fewer than 140
MOST = 4  # cards of patient-view; one more is joined to the last
EXTENSION = "org.w3id.cervical-options"

# Why a card is set aside: about the card, never about the patient's fitness, of which this content says nothing.
REASONS = "https://w3id.org/cervical-options/CodeSystem/override-reasons"
OVERRIDES = [
    {"system": REASONS, "code": "decided-already", "display": "Already decided with the care team"},
    {"system": REASONS, "code": "record-wrong", "display": "A record that this rests on is wrong or out of date"},
    {"system": REASONS, "code": "does-not-fit", "display": "Does not fit this patient"},
    {"system": REASONS, "code": "not-now", "display": "Not what this visit is about"},
]
UNREAD = "Some records could not be read, so some conditions are not answered"

Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """Actions that apply, and those of which nobody can tell because records were not read."""

    applied: tuple[Applied, ...]
    open: tuple[Resource, ...]


class Cards:
    """The cards of a package's plans. What does not hang on a patient is found once."""

    def __init__(self, package: Package, conditions: Conditions) -> None:
        self.package, self.conditions = package, conditions
        self._codings = statement_codings(package)
        self._explained = dict(_explanations(package))

    def of(self, call: Call, gathered: Gathered) -> list[Card]:
        """The cards of a call.

        Raises PlanError, or FhirPathError where a condition can't be answered.
        """
        service, records, unread = call.service, Records(gathered.records), frozenset(gathered.unread)
        judged = self.judged(service.actions, records, unread)
        writing = _Writing(self, call, records, unread)
        cards = [writing.card(each) for each in judged.applied]
        if judged.open:
            extra = writing.unread(judged.open, gathered.unread)
            if service.hook == "patient-view" and len(cards) >= MOST:
                cards[-1] = _joined(cards[-1], extra)
            else:
                cards.append(extra)
        return cards

    def judged(
        self, actions: Sequence[Resource], records: Records, unread: frozenset[str], above: tuple[str, ...] = ()
    ) -> Judged:
        """Which cards apply, each with its options; and which options nobody can tell."""
        applied: list[Applied] = []
        open_: list[Resource] = []
        for action in actions:
            answer = self.conditions.decided(action, records, unread)
            if answer is False:
                continue
            children, through = led_to(self.package, action, above)
            options, untold = self._options(children, records, unread, through)
            open_ += untold
            if answer is None:
                conditional = [each.action for each in options if each.action.get("condition")]
                open_ += conditional or ([] if untold else [action])
            elif options or not untold:
                applied.append(Applied(action, tuple(options)))
        return Judged(tuple(applied), tuple(open_))

    def _options(
        self, actions: Sequence[Resource], records: Records, unread: frozenset[str], above: tuple[str, ...]
    ) -> tuple[list[Applied], list[Resource]]:
        """The actions that apply, with all below them that do; and those that hang on what was not read."""
        applied: list[Applied] = []
        open_: list[Resource] = []
        for action in actions:
            answer = self.conditions.decided(action, records, unread)
            if answer is False:
                continue
            children, through = led_to(self.package, action, above)
            below, untold = self._options(children, records, unread, through)
            if answer is None or (untold and not below):
                open_.append(action)
            else:
                applied.append(Applied(action, tuple(below)))
        return applied, open_

    def why(self, action: Resource, records: Records, unread: frozenset[str]) -> list[Resource]:
        """The facts behind an action: what a plan of the package has below an action of the same condition."""
        below = self._explained.get(_condition(action), ())
        return [each for each in below if self.conditions.decided(each, records, unread)]

    @property
    def codings(self) -> dict[str, Resource]:
        return self._codings


@dataclass(frozen=True, slots=True)
class _Writing:
    """The cards of one call being written."""

    cards: Cards
    call: Call
    records: Records
    not_read: frozenset[str]

    def card(self, each: Applied) -> Card:
        action = each.action
        suggestions, told = [], []
        for below in each.below:
            made = creates(self.cards.package, [below], self.call.patient, self.cards.codings)
            told.append(self.line(below.action))
            if made:
                label = below.action.get("title") or made[0]["description"]
                suggestions.append({"label": label, "uuid": self.uuid(below.action), "actions": made})
        own = creates(self.cards.package, [Applied(action, ())], self.call.patient, self.cards.codings)
        if own:
            label = action.get("title") or own[0]["description"]
            suggestions.append({"label": label, "uuid": self.uuid(action, "own"), "actions": own})
        selection = action.get("selectionBehavior")
        behaviour = {"selectionBehavior": selection if selection in SELECTIONS else "any"} if suggestions else {}
        shown = [below.action for below in each.below]
        return {
            "uuid": self.uuid(action),
            "summary": shortened(action.get("title") or self.plan.get("title") or self.plan["id"]),
            "detail": "\n\n".join(each for each in (action.get("description", ""), "\n".join(told)) if each),
            "indicator": INDICATORS.get(action.get("priority", "routine"), "info"),
            "source": self.source(action, shown or [action]),
            **({"suggestions": suggestions} if suggestions else {}),
            **behaviour,
            "overrideReasons": OVERRIDES,
            **self.links(),
            "extension": {EXTENSION: self.about(action.get("id"), shown)},
        }

    @property
    def plan(self) -> Resource:
        return self.call.service.plan

    def about(self, action: str | None, shown: Sequence[Resource]) -> Resource:
        """What a program wants to know of a card: whose answer it is, and which options are on it."""
        version = f"|{self.plan['version']}" if "version" in self.plan else ""
        return {
            "plan": f"{self.plan.get('url', self.plan['id'])}{version}",
            **({"action": action} if action else {}),
            "actions": [each["id"] for each in shown if "id" in each],
        }

    def line(self, action: Resource) -> str:
        """An option in one line of Markdown, with its statements, and the facts behind it below."""
        why = self.cards.why(action, self.records, self.not_read)
        facts = [f"  - {_named(each)}{_rests_on([each])}" for each in why]
        return "\n".join([f"- **{_named(action)}**{_rests_on([action])}", *facts])

    def source(self, action: Resource, shown: Sequence[Resource]) -> Resource:
        """The page, with the statements that the card rests on."""
        documents = [each for each in action.get("documentation", ()) if each.get("display")]
        label = documents[0]["display"] if documents else self.plan.get("publisher") or self.plan["id"]
        url = next((each["url"] for each in documents if _is_url(each.get("url"))), None)
        return {"label": f"{label}{_rests_on(shown)}", **({"url": url} if url else {})}

    def links(self) -> Resource:
        found = [
            {"label": each["display"], "url": each["url"], "type": "absolute"}
            for each in self.plan.get("relatedArtifact", ())
            if each.get("display") and _is_url(each.get("url"))
        ]
        return {"links": found} if found else {}

    def unread(self, open_: Sequence[Resource], why: Mapping[str, str]) -> Card:
        """What is not answered, because records were not read: unknown, never no."""
        titles = dict.fromkeys(map(_named, open_))
        lines = [
            "Unknown is not no. Of these neither can be said: that the condition is met, or that it is not.",
            "\n".join(f"- **{title}**" for title in titles),
            "Not read in full: " + "; ".join(f"{kind} ({reason})" for kind, reason in why.items()) + ". "
            "Call the service again when these records can be read.",
            *_usage(self.plan),
        ]
        first = self.call.service.actions[0]
        return {
            "uuid": self.uuid({"id": "unread"}, "service"),
            "summary": UNREAD,
            "detail": "\n\n".join(lines),
            "indicator": "info",
            "source": self.source(first, open_),
            "overrideReasons": OVERRIDES,
            **self.links(),
            "extension": {EXTENSION: self.about("unread", open_)},
        }

    def uuid(self, action: Resource, more: str = "") -> str:
        """The same for the same call, so that feedback finds its card whichever process answered."""
        name = "/".join((self.call.instance.lower(), self.plan["id"], str(action.get("id", action.get("title"))), more))
        return str(uuid5(NAMESPACE_URL, name))


def _explanations(package: Package) -> Iterator[tuple[tuple[str, ...], list[Resource]]]:
    """The actions below an action that has conditions, as its reasons; of plans that are no service themselves."""
    for plan in package.plans:
        actions = plan.get("action", [])
        for action in actions if isinstance(actions, list) else ():
            if (
                isinstance(action, dict)
                and not action.get("trigger")
                and action.get("action")
                and action.get("condition")
            ):
                try:
                    yield _condition(action), [each for each in action["action"] if each.get("condition")]
                except PlanError:  # a plan that is not for this engine; what is served is checked elsewhere
                    continue


def _condition(action: Resource) -> tuple[str, ...]:
    return tuple(expressions(action))


def _joined(card: Card, extra: Card) -> Card:
    """A card with another's text behind its own."""
    return {**card, "detail": f"{card['detail']}\n\n**{extra['summary']}**\n\n{extra['detail']}"}


def shortened(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST else f"{one_line[: LONGEST - 1]}…"


def _usage(plan: Resource) -> list[str]:
    """What the plan says of its own use, before anything else."""
    return [plan["usage"].split("\n\n")[0]] if plan.get("usage") else []


def _rests_on(actions: Sequence[Resource]) -> str:
    labels = sorted({label for each in actions for label in statements(each)}, key=_in_order)
    return f" ({', '.join(_runs(labels))})" if labels else ""


def _in_order(label: str) -> tuple[str, int, str]:
    match = _NUMBERED.fullmatch(label)
    return (match[1], int(match[2]), label) if match else (label, 0, label)


_NUMBERED = re.compile(r"(\D*)(\d+)", re.ASCII)


def _runs(labels: Sequence[str]) -> Iterator[str]:
    """Labels, three and more that follow each other as `S-16 to S-22`."""
    run: list[str] = []
    for label in [*labels, ""]:
        if run and label and _follows(run[-1], label):
            run.append(label)
            continue
        yield from run if len(run) < 3 else [f"{run[0]} to {run[-1]}"]
        run = [label]


def _follows(one: str, other: str) -> bool:
    (before, number, _), (after, following, _) = _in_order(one), _in_order(other)
    return before == after and following == number + 1


def _named(action: Resource) -> str:
    """An action's title as part of a line of Markdown."""
    text = str(action.get("title", action.get("id", "?")))
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def _is_url(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))


def service_named(services: Sequence[Service], id: str) -> list[Service]:
    """The services under an id, one for each hook."""
    return [each for each in services if each.id == id]
