"""Checks of one part of the content against another; a rule yields its faults and never stops at the first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import model
from .codes import RXNORM, CodeTable, unknown_concept
from .faults import Fault, did_you_mean
from .logic import facts as facts_of
from .logic import literals
from .references import (
    action_ids,
    grouped,
    lines,
    lists,
    mentions,
    offerable,
    parts,
    reached,
    references,
    sibling_groups,
)

LONGEST_ID = 40  # of a resource, so that it stays readable in a URL
LONGEST_LEAF = 63  # $apply joins action id, "-" and definition id into one id, which FHIR limits to 64


def check(content: model.Content) -> Iterator[Fault]:
    """Every fault of one part against another."""
    for rule in RULES:
        yield from rule(content)


def version_is_semantic(content: model.Content) -> Iterator[Fault]:
    numbers = content.version.split(".")
    if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
        yield Fault("VERSION", "text", f"{content.version!r} is not a version", "write three numbers, such as 0.1.0")


def ids_are_unique(content: model.Content) -> Iterator[Fault]:
    ids: dict[tuple[str, str], list[str]] = {}
    for file, kind, part in parts(content):
        ids.setdefault((file, kind), []).append(part.id)
    ids["citations.toml", "citation"] = [citation.statement for citation in content.citation]
    ids["conditions.toml", "condition"] = [condition.option for condition in content.conditions.condition]
    for (file, kind), given in ids.items():
        for id in repeated(given):
            yield Fault(file, f"{kind} {id!r}", "it is there twice", "rename or remove one of them")
    for what, shared in (
        ("drugs, activities, combinations and choices", offerable(content)),
        ("facts and reasons", [part.id for part in (*content.fact, *content.reason)]),
    ):
        for id in repeated(shared):
            yield Fault("source", f"id {id!r}", f"two of the {what} have it, so a name would mean both", "rename one")
    for file, where, given in action_ids(content):
        for id in repeated(given):
            yield Fault(file, f"{where}.action {id!r}.id", "the id is there twice in it", "rename one")


def names_resolve(content: model.Content) -> Iterator[Fault]:
    """Whatever one part names exists."""
    offered = offerable(content)
    known: dict[str, Iterable[str]] = {
        "statement": content.statements,
        "reading": content.readings,
        "citation": content.citations,
        "drug": content.drugs,
        "fact": content.facts,
        "reason": content.reasons,
        "option": content.options,
        "activity": content.activities,
        "choice": [choice.id for choice in content.choice],
        "drug, activity, combination or choice": offered,
    }
    for file, where, kind, name in (*references(content), *mentions(content)):
        names = set(known[kind])
        if name not in names:
            yield Fault(file, where, f"no {kind} {name!r}", did_you_mean(name, sorted(names), "add it or name another"))


def codes_are_verified(content: model.Content) -> Iterator[Fault]:
    table: CodeTable = content.codes
    for drug in content.drug:
        if table.find(drug.concept, RXNORM) is None:
            what, remedy = unknown_concept(drug.concept, table)
            yield Fault("drugs.toml", f"drug {drug.id!r}.concept", f"{what} in RxNorm", remedy)
    named = [
        *(("activities.toml", f"activity {a.id!r}.code", a.code) for a in content.activity if a.code),
        ("package.toml", "jurisdiction", content.package.jurisdiction),
        ("package.toml", "focus", content.package.focus),
    ]
    for file, key, concept in named:
        if concept not in table.concepts:
            yield Fault(file, key, *unknown_concept(concept, table))


def citations_cite_citations(content: model.Content) -> Iterator[Fault]:
    for citation in content.citation:
        statement = content.statements.get(citation.statement)
        if statement and statement.kind != "citation":
            yield Fault(
                "citations.toml",
                f"citation {citation.statement!r}.statement",
                f"the statement is a {statement.kind}",
                "name a statement of kind citation",
            )


def activities_rest_on_statements(content: model.Content) -> Iterator[Fault]:
    for activity in content.activity:
        if not content.rests_on(activity):
            yield Fault(
                "activities.toml",
                f"activity {activity.id!r}.statements",
                "it rests on no statement, and answers no fact that does",
                "name the statement, or remove the activity",
            )


def everything_is_used(content: model.Content) -> Iterator[Fault]:
    used: dict[str, set[str]] = {}
    for _, _, kind, name in references(content):
        used.setdefault(kind, set()).add(name)
    used["statement"] = used.get("statement", set()) | used.get("citation", set())
    led_to = set(reached(content)) | {part.id for name in lists(content) for part in content.listed(name)}
    for kind in ("drug", "combination", "choice", "activity"):
        used[kind] = led_to | (used.get(kind, set()) if kind == "activity" else set())
    used["fact"] = {fact for option in content.option for fact in facts_of(content.tree(option))}
    used["option"] = set(grouped(content.strategy))
    named = [
        *((file, kind, part.id) for file, kind, part in parts(content) if kind != "left-out"),
        *(("citations.toml", "citation", citation.statement) for citation in content.citation),
    ]
    for file, kind, id in named:
        if id not in used.get(kind, set()):
            what = "nobody carries it" if kind == "statement" else "nobody uses it"
            remedy = "name it where it belongs, or " + ("make it [[left-out]]" if kind == "statement" else "remove it")
            yield Fault(file, f"{kind} {id!r}", what, remedy)


def options_stand_once_in_the_strategy(content: model.Content) -> Iterator[Fault]:
    for id in repeated(grouped(content.strategy)):
        yield Fault("strategy.toml", f"options {id!r}", "the option stands in two groups", "keep one of them")


def choices_have_no_cycle(content: model.Content) -> Iterator[Fault]:
    leads = {choice.id: [line.offers for line in lines(choice.action) if line.offers] for choice in content.choice}
    for start in leads:
        path = path_back(leads, start)
        if path:
            yield Fault(
                "choices.toml", f"choice {start!r}", f"it leads back to itself ({' -> '.join(path)})", "cut one"
            )


def lines_make_sense(content: model.Content) -> Iterator[Fault]:
    for choice in content.choice:
        for siblings in sibling_groups(choice.action):
            for line in siblings:
                where = f"choice {choice.id!r}.action {line.id!r}"
                beside = [other.id for other in siblings if other is not line]
                if line.offers and (line.action or line.each):
                    yield Fault("choices.toml", f"{where}.offers", "it has lines of its own too", "keep one of the two")
                if line.selection and not (line.action or line.each):
                    yield Fault("choices.toml", f"{where}.selection", "there is nothing to select from", "remove it")
                if line.concurrent and line.concurrent not in beside:
                    remedy = did_you_mean(line.concurrent, beside, "name an action of the same level")
                    what = f"no action {line.concurrent!r} beside it"
                    yield Fault("choices.toml", f"{where}.concurrent", what, remedy)


def facts_have_one_side(content: model.Content) -> Iterator[Fault]:
    """A fact that helps an option both when true and when false would make two different `closed-` actions."""
    for option in content.option:
        sides = Counter(fact for fact, _ in set(literals(content.tree(option))))
        for fact in (fact for fact, count in sides.items() if count > 1):
            yield Fault(
                "conditions.toml",
                f"condition {option.id!r}.all",
                f"{fact!r} stands in it both plain and under `not`",
                "split the condition",
            )


def ids_fit(content: model.Content) -> Iterator[Fault]:
    for file, kind, part in parts(content):
        if kind in ("drug", "activity", "combination", "choice", "option"):
            id = f"{model.ID_PREFIX}{'offer-' if kind == 'option' else ''}{part.id}"
            if len(id) > LONGEST_ID:
                yield Fault(file, f"{kind} {part.id!r}.id", f"{id} has {len(id)} characters", f"keep to {LONGEST_ID}")
    definitions = {part.id for part in (*content.drug, *content.activity)}
    for file, where, action_id, offered in _leaves(content):
        length = len(action_id) + 1 + len(model.ID_PREFIX + offered)
        if offered in definitions and length > LONGEST_LEAF:
            what = f"{action_id} and {model.ID_PREFIX}{offered} have {length} characters together"
            yield Fault(file, where, what, f"keep to {LONGEST_LEAF}: shorten one of the two")


def _leaves(content: model.Content) -> Iterator[tuple[str, str, str, str]]:
    """File, key, action id and what it offers, of each action that leads somewhere."""
    for choice in content.choice:
        for line in lines(choice.action):
            where = f"choice {choice.id!r}.action {line.id!r}.id"
            if line.offers:
                yield "choices.toml", where, line.id, line.offers
            for part in content.listed(line.each) if line.each else ():
                yield "choices.toml", where, part.id, part.id
    for fact in content.fact:
        yield "facts.toml", f"fact {fact.id!r}.id", f"ask-{fact.id}", fact.learn
    for option in content.option:
        yield "options.toml", f"option {option.id!r}.offers", "offer", option.offers


RULES = (
    version_is_semantic,
    ids_are_unique,
    names_resolve,
    codes_are_verified,
    citations_cite_citations,
    activities_rest_on_statements,
    options_stand_once_in_the_strategy,
    choices_have_no_cycle,
    lines_make_sense,
    facts_have_one_side,
    ids_fit,
    everything_is_used,
)


def path_back(leads: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """The way from a choice back to itself; empty where there is none."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for name in leads.get(path[-1], ()):
            if name == start:
                return [*path, name]
            if name not in seen:
                seen.add(name)
                waiting.append([*path, name])
    return []


def repeated(ids: Iterable[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]
