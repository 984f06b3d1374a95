"""What the picture shows, read from the resources: strategy -> options -> order sets -> combinations -> activities.

Only what the strategy leads to is read, so plans that serve something else (the hooks of CDS Hooks) stay out of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Literal

Resource = dict[str, Any]

SELECTION = {
    "any": "any of these",
    "all": "all of these",
    "exactly-one": "one of these",
    "at-most-one": "one of these at most",
    "one-or-more": "one or more of these",
    "all-or-none": "all of these or none",
}
OPTIONAL = "may be left out"
CONDITION = re.compile(r"<h3>(?:When it may be offered|The page's condition)</h3><p>(.*?)</p>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order set: an activity, a combination with its parts, a further order set, or something open."""

    kind: Literal["activity", "combination", "order-set", "open"]
    title: str
    target: str = ""  # id of the further order set
    parts: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together, and in words how many of them are chosen."""

    words: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class OrderSet:
    id: str
    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """What may be offered, the clauses of the page's condition for it, and what it leads to."""

    title: str
    condition: tuple[str, ...]
    leads_to: Item


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the strategy. `depth` is 0 for its first level."""

    title: str
    words: str
    depth: int
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """`common` are the clauses that every option's condition has; they are left out of the options."""

    title: str
    source: str
    notice: str
    common: tuple[str, ...]
    sections: tuple[Section, ...]
    order_sets: tuple[OrderSet, ...]
    asks: tuple[str, ...]  # activities by which a missing fact is learned


def graph(resources: Sequence[Resource]) -> Graph:
    """The graph below the strategy. Raises LookupError where something it points at is not there, or leads back."""
    return _Reader(resources).graph()


class _Reader:
    def __init__(self, resources: Sequence[Resource]) -> None:
        self.by_url = {resource["url"]: resource for resource in resources if "url" in resource}
        strategies = [r for r in self.by_url.values() if _type(r) == "workflow-definition"]
        if len(strategies) != 1:
            raise LookupError(f"{len(strategies)} strategies (PlanDefinition of type workflow-definition), not one")
        self.strategy = strategies[0]
        self.order_sets: dict[str, OrderSet] = {}
        self.asks: dict[str, None] = {}

    def graph(self) -> Graph:
        sections = tuple(self.sections(self.strategy["action"], 0))
        options = [option for section in sections for option in section.options]
        common = tuple(
            clause for clause in options[0].condition if all(clause in option.condition for option in options)
        )
        artifacts = self.strategy.get("relatedArtifact", ())
        sources = (artifact.get("display", "") for artifact in artifacts if artifact["type"] == "derived-from")
        return Graph(
            self.strategy["title"],
            next(sources, ""),
            self.strategy.get("usage", "").partition("\n")[0],
            common,
            tuple(_without(common, section) for section in sections),
            tuple(self.order_sets.values()),
            tuple(self.asks),
        )

    def sections(self, actions: Sequence[Resource], depth: int) -> Iterator[Section]:
        for action in actions:
            inner = action.get("action", ())
            options = tuple(self.option(each) for each in inner if "definitionCanonical" in each)
            yield Section(action["title"], SELECTION.get(action.get("selectionBehavior", ""), ""), depth, options)
            yield from self.sections([each for each in inner if "action" in each], depth + 1)

    def option(self, action: Resource) -> Option:
        plan = self.definition(action)
        [offer] = [each for each in plan["action"] if each["id"] == "offer"]
        asks = [each for top in plan["action"] if top["id"] == "ask" for each in top["action"]]
        for each in asks:
            if "definitionCanonical" in each:
                self.asks[self.definition(each)["title"]] = None
        return Option(plan["title"], _clauses(plan), self.item(offer, (plan["id"],)))

    def item(self, action: Resource, path: tuple[str, ...]) -> Item:
        note = OPTIONAL if action.get("requiredBehavior") == "could" else ""
        if "definitionCanonical" not in action:
            return Item("open", action["title"], note=note)
        definition = self.definition(action)
        if definition["resourceType"] != "PlanDefinition":
            return Item("activity", definition["title"], note=note)
        if definition["id"] in path:
            raise LookupError(f"PlanDefinition/{definition['id']} leads back to itself")
        order_set = self.order_set(definition, (*path, definition["id"]))
        parts = _parts(order_set)
        if parts:
            return Item("combination", order_set.title, parts=parts, note=note)
        self.order_sets.setdefault(order_set.id, order_set)
        return Item("order-set", action["title"], target=order_set.id, note=note)

    def order_set(self, plan: Resource, path: tuple[str, ...]) -> OrderSet:
        groups = []
        for action in plan["action"]:
            inner = action.get("action")
            words = SELECTION.get(action.get("selectionBehavior", ""), "") if inner else ""
            groups.append(Group(words, tuple(self.item(each, path) for each in inner or [action])))
        return OrderSet(plan["id"], plan["title"], tuple(groups))

    def definition(self, action: Resource) -> Resource:
        url = str(action["definitionCanonical"]).partition("|")[0]
        if url not in self.by_url:
            raise LookupError(f"no resource with the url {url}, where action '{action['id']}' leads")
        return self.by_url[url]


def _type(resource: Resource) -> str:
    if resource["resourceType"] != "PlanDefinition":
        return ""
    return str(resource["type"]["coding"][0]["code"])


def _parts(order_set: OrderSet) -> tuple[str, ...]:
    """The activities of a combination: all of one group. Anything else is a choice, and has no parts."""
    if len(order_set.groups) != 1 or order_set.groups[0].words != SELECTION["all"]:
        return ()
    [group] = order_set.groups
    return tuple(i.title for i in group.items) if all(i.kind == "activity" for i in group.items) else ()


def _clauses(plan: Resource) -> tuple[str, ...]:
    """The page's condition as the narrative has it, clause by clause: they all must hold."""
    found = CONDITION.search(plan.get("text", {}).get("div", ""))
    if not found:
        raise LookupError(f"PlanDefinition/{plan['id']}: its narrative does not say when it may be offered")
    sentence = unescape(re.sub(r"<[^>]+>", "", found[1])).partition(". ")[0].rstrip(".")
    first, *others = sentence.split(", and ")
    return tuple(map(_brief, (first[:1].lower() + first[1:], *others)))


def _brief(clause: str) -> str:
    """ "either the site is a or the site is b" as "the site is a or b": the words both begin with are said once."""
    if not clause.startswith("either "):
        return clause
    sides = [side.split() for side in clause.removeprefix("either ").split(" or ")]
    same = 0
    while all(len(side) > same + 1 for side in sides) and len({side[same] for side in sides}) == 1:
        same += 1
    if same < 2:
        return clause
    return " ".join([*sides[0][:same], " or ".join(" ".join(side[same:]) for side in sides)])


def _without(common: tuple[str, ...], section: Section) -> Section:
    options = tuple(
        Option(o.title, tuple(clause for clause in o.condition if clause not in common), o.leads_to)
        for o in section.options
    )
    return Section(section.title, section.words, section.depth, options)
