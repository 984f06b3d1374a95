"""Choices and combinations as order sets: what a care team chooses among once an option is offered."""

from collections.abc import Iterator, Sequence

from ..cql import Logic
from ..model import Choice as ChoiceTable
from ..model import ChoiceAction, Combination, Content, Drug
from .common import Resource
from .plan import action, applicability, definition, plan_definition, reasons

PROFILE = "cpg-ordersetdefinition"


def choice(content: Content, logic: Logic, table: ChoiceTable) -> Resource:
    """One choice of `choices.toml`."""
    return plan_definition(
        content,
        table.id,
        "order-set",
        table.title,
        table.description,
        _lines(content, logic, table.action),
        profile=PROFILE,
        statements=table.statements,
        readings=(*table.readings, *_readings_of_conditions(content, table.action)),
    )


def combination(content: Content, combination: Combination) -> Resource:
    """Drugs the page names together; all of them, without dose or order."""
    lines = [
        action(content, drug, content.drugs[drug].title, f"Part of this combination: {drug}.", combination.statements,
               definitionCanonical=definition(content, drug))
        for drug in combination.drugs
    ]  # fmt: skip
    together = action(
        content,
        "together",
        combination.title,
        "The drugs are given in combination; the page gives no dose, order or cycle.",
        combination.statements,
        groupingBehavior="logical-group",
        selectionBehavior="all",
        action=lines,
    )
    use = "for chemoradiation" if combination.use == "chemoradiation" else "of chemotherapy"
    return plan_definition(
        content,
        combination.id,
        "order-set",
        combination.title,
        f"A combination {use} that the page names.",
        [together],
        profile=PROFILE,
        readings=combination.readings,
    )


def _readings_of_conditions(content: Content, actions: Sequence[ChoiceAction]) -> Iterator[str]:
    for line in actions:
        if line.option:
            yield from content.readings_of(content.options[line.option])
        yield from _readings_of_conditions(content, line.action)


def _lines(content: Content, logic: Logic, actions: Sequence[ChoiceAction]) -> list[Resource]:
    return [_line(content, logic, each) for each in actions]


def _line(content: Content, logic: Logic, line: ChoiceAction) -> Resource:
    below = [
        *(_listed(content, part) for part in (content.listed(line.each) if line.each else ())),
        *_lines(content, logic, line.action),
    ]
    related = [{"actionId": line.concurrent, "relationship": "concurrent"}] if line.concurrent else None
    more: Resource = {
        "reason": reasons(content, line.reasons) or None,
        "condition": applicability(content, logic.options[line.option].offered) if line.option else None,
        "relatedAction": related,
        "groupingBehavior": line.grouping or ("visual-group" if below else None),
        "selectionBehavior": line.selection,
        "requiredBehavior": line.required,
        "precheckBehavior": line.precheck,
        "definitionCanonical": definition(content, line.offers) if line.offers else None,
        "action": below or None,
    }
    return action(content, line.id, line.title, line.description, line.statements, **more)


def _listed(content: Content, part: Drug | Combination) -> Resource:
    description = "A drug that the page names." if isinstance(part, Drug) else "A combination that the page names."
    return action(
        content, part.id, part.title, description, part.statements, definitionCanonical=definition(content, part.id)
    )
