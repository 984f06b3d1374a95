"""All options beside each other: the plan that a care team and a patient look at. It ranks nothing."""

from ..model import Content, Group, Option
from .common import Resource, canonical, resource_id
from .plan import action, plan_definition, reasons


def strategy(content: Content) -> Resource:
    """The one strategy of the package."""
    table = content.strategy
    return plan_definition(
        content,
        table.id,
        "workflow-definition",
        table.title,
        table.description,
        [_group(content, group, top=True) for group in table.group],
        profile="cpg-strategydefinition",
        statements=table.statements,
        readings=content.conditions.readings,
        citations=table.citations,
    )


def _group(content: Content, group: Group, *, top: bool = False) -> Resource:
    participants = [{"type": "practitioner"}, {"type": "patient"}]  # S-02: the plan is made together
    return action(
        content,
        group.id,
        group.title,
        group.description,
        group.statements,
        code=_process(content),
        participant=participants if top else None,
        selectionBehavior=group.selection,
        action=[
            *(_option(content, content.options[id]) for id in group.options),
            *(_group(content, below) for below in group.group),
        ],
    )


def _option(content: Content, option: Option) -> Resource:
    plan = canonical(content, "PlanDefinition", resource_id(f"offer-{option.id}"))
    return action(
        content,
        option.id,
        option.title,
        option.description,
        option.statements,
        code=_process(content),
        reason=reasons(content, option.reasons) or None,
        definitionCanonical=plan,
    )


def _process(content: Content) -> list[Resource]:
    return [{"coding": [content.codes.only("guideline-based-care").coding()]}]
