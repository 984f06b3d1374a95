"""Who names whom in the content: what the checks walk along."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from . import model
from .logic import facts as facts_of

# One name that a part has of another: file, key, kind of the part named, its id.
Reference = tuple[str, str, str, str]


def parts(content: model.Content) -> Iterator[tuple[str, str, model.Identified]]:
    """Every part that has an id, with its file and what it is called there."""
    tables: tuple[tuple[str, str, Sequence[model.Identified]], ...] = (
        ("statements.toml", "statement", content.statement),
        ("statements.toml", "left-out", content.left_out),
        ("readings.toml", "reading", content.reading),
        ("drugs.toml", "drug", content.drug),
        ("combinations.toml", "combination", content.combination),
        ("facts.toml", "fact", content.fact),
        ("reasons.toml", "reason", content.reason),
        ("activities.toml", "activity", content.activity),
        ("choices.toml", "choice", content.choice),
        ("options.toml", "option", content.option),
        ("value-sets.toml", "value-set", content.value_set),
        ("evidence.toml", "evidence", content.evidence),
        ("orders.toml", "order", content.order),
    )
    for file, kind, table in tables:
        yield from ((file, kind, part) for part in table)


def references(content: model.Content) -> Iterator[Reference]:
    """Every name that one part has of another, but for those that are no use of it: a reading's, a citation's own."""
    for file, kind, part in parts(content):
        if kind in ("statement", "left-out", "reading"):
            continue
        where = f"{kind} {part.id!r}"
        yield from _each(file, f"{where}.statements", "statement", getattr(part, "statements", ()))
        yield from _each(file, f"{where}.readings", "reading", getattr(part, "readings", ()))
        yield from _each(file, f"{where}.citations", "citation", getattr(part, "citations", ()))
        yield from _each(file, f"{where}.reasons", "reason", getattr(part, "reasons", ()))
    for combination in content.combination:
        yield from _each("combinations.toml", f"combination {combination.id!r}.drugs", "drug", combination.drugs)
    for fact in content.fact:
        yield "facts.toml", f"fact {fact.id!r}.learn", "activity", fact.learn
    for row in content.evidence:
        yield "evidence.toml", f"evidence {row.id!r}.about", "fact or reason", row.about
        for key, names in (
            ("codes", row.codes),
            ("sites", (row.sites,)),
            ("answers", (row.answers,)),
            ("because", (row.because,)),
        ):
            yield from _each("evidence.toml", f"evidence {row.id!r}.{key}", "value-set", filter(None, names))
    for order in content.order:
        yield "orders.toml", f"order {order.id!r}.option", "option", order.option
        yield from _each("orders.toml", f"order {order.id!r}.warns", "fact", order.warns)
        yield from _each("orders.toml", f"order {order.id!r}.exclusions", "statement", order.exclusions)
    for section in content.questions.section:
        yield from _each("questions.toml", f"section {section.id!r}.ask", "fact or reason", section.ask)
    yield "hooks.toml", "patient-view.beside-group", "group", content.hooks.patient_view.beside_group
    yield from _of_options(content)
    yield from _of_choices(content)
    yield from _of_conditions(content.conditions)
    yield from _of_strategy(content.strategy)


def mentions(content: model.Content) -> Iterator[Reference]:
    """Names that must resolve but use nothing: which statements a reading is about, and which one a citation is."""
    for reading in content.reading:
        yield from _each("readings.toml", f"reading {reading.id!r}.statements", "statement", reading.statements)
    for citation in content.citation:
        name = citation.statement
        yield "citations.toml", f"citation {name!r}.statement", "statement", name


def _each(file: str, where: str, kind: str, names: Iterable[str]) -> Iterator[Reference]:
    return ((file, where, kind, name) for name in names)


def _of_options(content: model.Content) -> Iterator[Reference]:
    for option in content.option:
        yield "options.toml", f"option {option.id!r}.offers", "drug, activity, combination or choice", option.offers
        if option.beside:
            yield "options.toml", f"option {option.id!r}.beside", "choice", option.beside


def _of_choices(content: model.Content) -> Iterator[Reference]:
    for choice in content.choice:
        for line in lines(choice.action):
            where = f"choice {choice.id!r}.action {line.id!r}"
            yield from _each("choices.toml", f"{where}.statements", "statement", line.statements)
            yield from _each("choices.toml", f"{where}.reasons", "reason", line.reasons)
            if line.offers:
                yield "choices.toml", f"{where}.offers", "drug, activity, combination or choice", line.offers
            if line.option:
                yield "choices.toml", f"{where}.option", "option", line.option


def _of_conditions(conditions: model.Conditions) -> Iterator[Reference]:
    yield "conditions.toml", "always", "fact", conditions.always
    yield from _each("conditions.toml", "readings", "reading", conditions.readings)
    for condition in conditions.condition:
        where = f"condition {condition.option!r}"
        yield "conditions.toml", f"{where}.option", "option", condition.option
        yield from _each("conditions.toml", f"{where}.statements", "statement", condition.statements)
        yield from _each("conditions.toml", f"{where}.readings", "reading", condition.readings)
        for tree in condition.all:
            yield from _each("conditions.toml", f"{where}.all", "fact", facts_of(tree))


def _of_strategy(strategy: model.Strategy) -> Iterator[Reference]:
    yield from _each("strategy.toml", "statements", "statement", strategy.statements)
    yield from _each("strategy.toml", "citations", "citation", strategy.citations)
    for group in groups(strategy.group):
        yield from _each("strategy.toml", f"group {group.id!r}.statements", "statement", group.statements)
        yield from _each("strategy.toml", f"group {group.id!r}.options", "option", group.options)


def lines(top: Sequence[model.ChoiceAction]) -> Iterator[model.ChoiceAction]:
    """The actions of a choice, each before what is below it."""
    for line in top:
        yield line
        yield from lines(line.action)


def sibling_groups(top: Sequence[model.ChoiceAction]) -> Iterator[Sequence[model.ChoiceAction]]:
    """The actions of a choice, those of one level together."""
    yield top
    for line in top:
        if line.action:
            yield from sibling_groups(line.action)


def lists(content: model.Content) -> Iterator[str]:
    """The lists that choices fill in."""
    return (line.each for choice in content.choice for line in lines(choice.action) if line.each)


def groups(top: Sequence[model.Group]) -> Iterator[model.Group]:
    """The groups of the strategy, each before what is below it."""
    for group in top:
        yield group
        yield from groups(group.group)


def grouped(strategy: model.Strategy) -> Iterator[str]:
    """The options as the strategy lists them."""
    return (option for group in groups(strategy.group) for option in group.options)


def action_ids(content: model.Content) -> Iterator[tuple[str, Callable[[str], str], list[str]]]:
    """For each plan that content writes out: file, key of an action, all action ids."""
    for choice in content.choice:
        listed = {part.id for line in lines(choice.action) if line.each for part in content.listed(line.each)}
        ids = [*(line.id for line in lines(choice.action)), *sorted(listed)]
        yield "choices.toml", _action_key(choice.id), ids
    strategy = content.strategy
    ids = [*(group.id for group in groups(strategy.group)), *sorted(set(grouped(strategy)))]
    yield "strategy.toml", "group {!r}.id".format, ids


def _action_key(choice: str) -> Callable[[str], str]:
    return lambda action: f"choice {choice!r}.action {action!r}.id"


def offerable(content: model.Content) -> list[str]:
    """What an `offers` may name."""
    return [part.id for part in (*content.drug, *content.activity, *content.combination, *content.choice)]


def reached(content: model.Content) -> Iterator[str]:
    """Whatever an option leads to, directly or through choices."""
    choices = {choice.id: choice for choice in content.choice}
    combinations = {combination.id: combination for combination in content.combination}
    waiting = [name for option in content.option for name in (option.offers, option.beside) if name]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        yield name
        if name in choices:
            for line in lines(choices[name].action):
                waiting.extend(part.id for part in (content.listed(line.each) if line.each else ()))
                waiting.extend([line.offers] if line.offers else [])
        if name in combinations:
            waiting.extend(combinations[name].drugs)
