"""Checks of one part of the content against another; a rule yields its faults and never stops at the first."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from . import model
from .codes import RXNORM
from .faults import NAME, Fault, did_you_mean
from .logic import facts as facts_of
from .logic import literals
from .references import (
    Reference,
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

# resource -> what a row of evidence must say of it, and what it may say
EVIDENCE_OF = {
    "Condition": (("clinical",), ("sites",)),
    "Observation": (("status", "answers"), ()),
    "Procedure": (("status",), ("because",)),
    "MedicationAdministration": (("status", "because"), ()),
    "MedicationStatement": (("status", "because"), ()),
}
ADD_ROW = "add its verified row to {}"
LONGEST_ID = 40  # of a resource, so that it stays readable in a URL
LONGEST_LEAF = 63  # $apply joins action id, "-" and definition id into one id, which FHIR limits to 64


def check(content: model.Content) -> Iterator[Fault]:
    """Every fault of one part against another."""
    for rule in RULES:
        yield from rule(content)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Parts that did not parse. Who names one is not at fault: by its name, or by its kind where the name is lost."""

    names: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


NOTHING = Unfit()


def check_names(content: model.Content, unfit: Unfit) -> Iterator[Fault]:
    """What can be said while some parts did not parse."""
    yield from version_is_semantic(content.version)
    yield from ids_are_unique(content)
    yield from names_resolve(content, unfit)


def version_is_three_numbers(content: model.Content) -> Iterator[Fault]:
    yield from version_is_semantic(content.version)


def version_is_semantic(version: str) -> Iterator[Fault]:
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}", version):
        yield Fault("VERSION", "text", f"{version!r} is not a version", "write three numbers, such as 0.1.0")


def ids_are_unique(content: model.Content) -> Iterator[Fault]:
    ids: dict[tuple[str, str], list[str]] = {}
    for file, kind, part in parts(content):
        ids.setdefault((file, kind), []).append(part.id)
    ids["citations.toml", "citation"] = [citation.statement for citation in content.citation]
    ids["conditions.toml", "condition"] = [condition.option for condition in content.conditions.condition]
    for (file, kind), given in ids.items():
        for id in repeated(given):
            yield Fault(file, f"{kind} {id!r}", "it is there twice", "rename or remove one of them")
    for file, where, given in action_ids(content):
        for id in repeated(given):
            yield Fault(file, where(id), "the id is there twice in it", "rename one")


def ids_mean_one_thing(content: model.Content) -> Iterator[Fault]:
    """What can be offered is named without its kind, and so are facts and reasons, which are codes of one system."""
    for kinds in (("drug", "activity", "combination", "choice"), ("fact", "reason")):
        first: dict[str, tuple[str, str]] = {}
        for file, kind, part in parts(content):
            if kind in kinds:
                other_file, other = first.setdefault(part.id, (file, kind))
                if other != kind:
                    what = f"{_a(other)} of {other_file} has it too, so a name would mean both"
                    yield Fault(file, f"{kind} {part.id!r}.id", what, "rename one")


def plans_have_ids_of_their_own(content: model.Content) -> Iterator[Fault]:
    """Options, combinations, choices and the strategy all become PlanDefinitions."""
    plans = [("options.toml", "option", f"offer-{option.id}", "") for option in content.option]
    for file, kind, part in parts(content):
        if kind in ("combination", "choice"):
            plans.append((file, kind, part.id, f"{kind} {part.id!r}."))
    plans.append(("strategy.toml", "strategy", content.strategy.id, ""))
    first: dict[str, tuple[str, str]] = {}
    for file, kind, id, where in plans:
        other_file, other = first.setdefault(id, (file, kind))
        if other != kind and {other, kind} != {"combination", "choice"}:  # those two are told apart above
            what = f"{_a(other)} of {other_file} is PlanDefinition/{model.ID_PREFIX}{id} too"
            yield Fault(file, f"{where}id", what, "rename one")


def names_resolve(content: model.Content, unfit: Unfit = NOTHING) -> Iterator[Fault]:
    """Whatever one part names exists."""
    known = {kind: {*names, *unfit.names} for kind, names in _known(content).items()}
    for file, where, kind, name in (*references(content), *mentions(content)):
        names = known[kind]
        if name not in names and unfit.kinds.isdisjoint(_kinds(kind)):
            remedy = did_you_mean(name, sorted(names), "add it or name another", NAME)
            yield Fault(file, where, f"no {kind} {name!r}", remedy)


def _known(content: model.Content) -> Mapping[str, Iterable[str]]:
    """What each kind of name may be."""
    return {
        "statement": content.statements,
        "reading": content.readings,
        "citation": content.citations,
        "drug": content.drugs,
        "fact": content.facts,
        "reason": content.reasons,
        "option": content.options,
        "activity": content.activities,
        "choice": [choice.id for choice in content.choice],
        "drug, activity, combination or choice": offerable(content),
        "fact or reason": [*content.facts, *content.reasons],
        "value-set": content.code_lists,
        "group": [group.id for group in content.strategy.group],
    }


def codes_are_verified(content: model.Content) -> Iterator[Fault]:
    table = content.codes
    for drug in content.drug:
        if table.find(drug.concept, RXNORM) is None:
            what = f"no verified code for {drug.concept!r} in RxNorm"
            remedy = did_you_mean(drug.concept, table.concepts(RXNORM), ADD_ROW.format("terminology.csv"), NAME)
            yield Fault("drugs.toml", f"drug {drug.id!r}.concept", what, remedy)
    named = [
        *(
            ("activities.toml", f"activity {a.id!r}.code", a.code, "terminology.csv")
            for a in content.activity
            if a.code
        ),
        ("package.toml", "jurisdiction", content.package.jurisdiction, "profile-codes.csv"),
        ("package.toml", "focus", content.package.focus, "terminology.csv"),
    ]
    several = [
        *(("orders.toml", f"order {order.id!r}.concepts", order.concepts) for order in content.order),
        *(("value-sets.toml", f"value-set {each.id!r}.concepts", each.concepts) for each in content.value_set),
    ]
    for file, key, concepts in several:
        for concept in concepts:
            if not table.of(concept):
                remedy = did_you_mean(concept, table.concepts(), ADD_ROW.format("terminology.csv"), NAME)
                yield Fault(file, key, f"no verified code for {concept!r}", remedy)
    for file, key, concept, rows in named:
        found = table.of(concept)
        if not found:
            remedy = did_you_mean(concept, table.concepts(), ADD_ROW.format(rows), NAME)
            yield Fault(file, key, f"no verified code for {concept!r}", remedy)
        if len(found) > 1:
            yield Fault(file, key, f"{concept!r} has {len(found)} codes", "name a concept with one")


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
    used["reason"] = {reason for option in content.option for reason in option.reasons}
    used["reason"] |= {reason for line in _lines(content) for reason in line.reasons}
    used["evidence"] = {row.id for row in content.evidence}
    used["order"] = {order.id for order in content.order}
    for _, _, kind, name in _unresolved(content):  # the right one of a misspelt name is used, only not yet by name
        meant = get_close_matches(name, list(_known(content)[kind]), n=1, cutoff=NAME)
        for each in _kinds(kind):
            used.setdefault(each, set()).update(meant)
    named = [
        *((file, kind, part.id) for file, kind, part in parts(content) if kind != "left-out"),
        *(("citations.toml", "citation", citation.statement) for citation in content.citation),
    ]
    for file, kind, id in named:
        if id not in used.get(kind, set()):
            what = "nobody carries it" if kind == "statement" else "nobody uses it"
            remedy = "name it where it belongs, or " + ("make it [[left-out]]" if kind == "statement" else "remove it")
            yield Fault(file, f"{kind} {id!r}", what, remedy)


def _kinds(kind: str) -> list[str]:
    """The kinds that a name may be of: `drug, activity or choice` are three."""
    return kind.replace(" or ", ", ").split(", ")


def _lines(content: model.Content) -> Iterator[model.ChoiceAction]:
    return (line for choice in content.choice for line in lines(choice.action))


def _unresolved(content: model.Content) -> Iterator[Reference]:
    known = {kind: set(names) for kind, names in _known(content).items()}
    return (reference for reference in references(content) if reference[3] not in known[reference[2]])


def options_stand_once_in_the_strategy(content: model.Content) -> Iterator[Fault]:
    for id in repeated(grouped(content.strategy)):
        yield Fault("strategy.toml", f"options {id!r}", "the option stands in two groups", "keep one of them")


def combinations_combine(content: model.Content) -> Iterator[Fault]:
    for combination in content.combination:
        if len(combination.drugs) < 2:
            where = f"combination {combination.id!r}.drugs"
            yield Fault("combinations.toml", where, "one drug alone is no combination", "name two or more")


def choices_have_no_cycle(content: model.Content) -> Iterator[Fault]:
    leads = {choice.id: [line.offers for line in lines(choice.action) if line.offers] for choice in content.choice}
    told: set[str] = set()
    for start in leads:
        path = path_back(leads, start)
        if path and told.isdisjoint(path):
            told.update(path)
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


def everything_is_asked_once(content: model.Content) -> Iterator[Fault]:
    asked = [id for section in content.questions.section for id in section.ask]
    for id in repeated(asked):
        yield Fault("questions.toml", f"section.ask {id!r}", "it is asked twice", "keep one of them")
    for kind, parts_of_kind in (("fact", content.facts), ("reason", content.reasons)):
        for id in parts_of_kind:
            if id not in asked:
                yield Fault("questions.toml", "section.ask", f"nobody asks {kind} {id!r}", "ask it in a section")


def orders_warn_of_their_own_facts(content: model.Content) -> Iterator[Fault]:
    for order in content.order:
        if bool(order.warns) != bool(order.exclusions):
            what = "facts that warn and statements that word an exclusion go together"
            yield Fault("orders.toml", f"order {order.id!r}.exclusions", what, "give both, or neither")
        option = content.options.get(order.option)
        if option is None or not content.conditional(option):
            continue  # a condition that is not there, or whose option is misspelt, is told elsewhere
        read = set(facts_of(content.tree(option)))
        for fact in order.warns:
            if fact in content.facts and fact not in read:
                where = f"order {order.id!r}.warns"
                yield Fault("orders.toml", where, f"{fact!r} does not decide {order.option!r}", "name one that does")


def evidence_fits_its_record(content: model.Content) -> Iterator[Fault]:
    """Each kind of record is asked only for what it has, and for all that decides whether it counts."""
    for row in content.evidence:
        given = {
            "clinical": row.clinical is not None,
            "status": bool(row.status),
            "sites": row.sites is not None,
            "answers": row.answers is not None,
            "because": row.because is not None,
        }
        must, may = EVIDENCE_OF[row.resource]
        for key, there in given.items():
            where = f"evidence {row.id!r}.{key}"
            if there and key not in (*must, *may):
                yield Fault("evidence.toml", where, f"{_a(row.resource)} is not asked for it", "remove it")
            if not there and key in must:
                yield Fault("evidence.toml", where, f"missing, and {_a(row.resource)} counts by it", "add it")


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
        if kind in ("drug", "activity", "combination", "choice", "option", "value-set"):
            id = f"{model.ID_PREFIX}{'offer-' if kind == 'option' else ''}{part.id}"
            if len(id) > LONGEST_ID:
                yield Fault(file, f"{kind} {part.id!r}.id", f"{id} has {len(id)} characters", f"keep to {LONGEST_ID}")
    id = model.ID_PREFIX + content.strategy.id
    if len(id) > LONGEST_ID:
        yield Fault("strategy.toml", "id", f"{id} has {len(id)} characters", f"keep to {LONGEST_ID}")
    definitions = {part.id for part in (*content.drug, *content.activity)}
    for file, where, action_id, offered in _leaves(content):
        length = len(action_id) + 1 + len(model.ID_PREFIX + offered)
        if offered in definitions and length > LONGEST_LEAF:
            what = f"{action_id} and {model.ID_PREFIX}{offered} have {length} characters together"
            remedy = "shorten it" if action_id == offered else "shorten one of the two"
            yield Fault(file, where, what, f"keep to {LONGEST_LEAF}: {remedy}")


def _leaves(content: model.Content) -> Iterator[tuple[str, str, str, str]]:
    """File, key, action id and what it offers, of each action that leads somewhere."""
    for choice in content.choice:
        for line in lines(choice.action):
            where = f"choice {choice.id!r}.action {line.id!r}.id"
            if line.offers:
                yield "choices.toml", where, line.id, line.offers
    for drug in content.drug:  # in lists and combinations a drug's id is the action's
        yield "drugs.toml", f"drug {drug.id!r}.id", drug.id, drug.id
    for fact in content.fact:
        yield "facts.toml", f"fact {fact.id!r}.id", f"ask-{fact.id}", fact.learn
    for option in content.option:
        yield "options.toml", f"option {option.id!r}.offers", "offer", option.offers


RULES = (
    version_is_three_numbers,
    ids_are_unique,
    ids_mean_one_thing,
    plans_have_ids_of_their_own,
    combinations_combine,
    names_resolve,
    codes_are_verified,
    citations_cite_citations,
    activities_rest_on_statements,
    options_stand_once_in_the_strategy,
    choices_have_no_cycle,
    lines_make_sense,
    everything_is_asked_once,
    orders_warn_of_their_own_facts,
    evidence_fits_its_record,
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


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def repeated(ids: Iterable[str]) -> list[str]:
    return [id for id, count in Counter(ids).items() if count > 1]
