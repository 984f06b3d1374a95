"""One recommendation an option: is it offered, is a fact missing, or is the page's condition not met, and why.

The answer is in the actions, so that every engine that can apply a plan tells the reasons too. Only one of `offer`,
`ask` and `not-met` is ever true.
"""

from ..cql import Logic, OptionLogic
from ..logic import Truth, opposite
from ..model import Content, Option
from .common import CPG, Resource, canonical, resource_id
from .narrative import Markup, bullets, paragraph, section, table
from .plan import action, applicability, definition, plan_definition, reasons
from .value_set import REASON_CODES
from .words import clause, sentence


def recommendation(content: Content, logic: Logic, option: Option) -> Resource:
    """The plan of one option."""
    answers = logic.options[option.id]
    strategy = canonical(content, "PlanDefinition", resource_id(content.strategy.id))
    beside = [definition(content, option.beside)] if option.beside else []
    beside += [_reason_codes(content)] if option.reasons else []
    return plan_definition(
        content,
        f"offer-{option.id}",
        "eca-rule",
        option.title,
        option.description,
        [_offer(content, option, answers), _ask(content, option, answers), _not_met(content, option, answers)],
        profile="cpg-recommendationdefinition",
        readings=content.readings_asked(option),
        citations=option.citations,
        beside=beside,
        extensions=[{"url": f"{CPG}cpg-partOf", "valueCanonical": strategy}],
        told=_told(content, option, answers),
    )


def _told(content: Content, option: Option, answers: OptionLogic) -> list[Markup]:
    """The recommendation as a clinician reads it: when it may be offered, what is asked, and what closes it."""
    condition = sentence(content, content.tree(option))
    if not content.conditional(option):
        condition += " The page sets no condition of its own."
    facts = [content.facts[fact] for fact in answers.facts]
    asked = ((f.question, content.activities[f.learn].title, ", ".join(f.statements)) for f in facts)
    closing = (f"It is recorded that {clause(content, part, Truth.FALSE)}." for part in content.tree(option).parts)
    return [
        section("When it may be offered", paragraph(condition)),
        section(
            "What is asked where it is not known",
            paragraph(content.package.unknown) + table(("Question", "How it is learned", "Rests on"), asked),
        ),
        section(
            "When the page's condition is not met" if content.conditional(option) else "When the page does not apply",
            paragraph("Any one of these:")
            + bullets(closing)
            + paragraph("That does not make the option contraindicated: the page says no such thing."),
        ),
        section("What it leads to", paragraph(_title(content, option.offers))),
        section("Why it may be chosen", bullets(content.reasons[reason].title for reason in option.reasons)),
    ]


def _title(content: Content, id: str) -> str:
    """The title of what an option leads to."""
    titles = {part.id: part.title for part in content.drug}
    titles |= {part.id: part.title for part in content.activity}
    titles |= {part.id: part.title for part in content.combination}
    titles |= {part.id: part.title for part in content.choice}
    return titles[id]


def _offer(content: Content, option: Option, answers: OptionLogic) -> Resource:
    given = [{"type": "Observation", "mustSupport": ["code", "value"], "codeFilter": [_reason_filter(content)]}]
    return action(
        content,
        "offer",
        f"{option.title} may be offered",
        option.description,
        option.statements,
        priority="routine",
        reason=reasons(content, option.reasons) or None,
        condition=applicability(content, answers.offered),
        input=given if option.reasons else None,
        definitionCanonical=definition(content, option.offers),
    )


def _reason_filter(content: Content) -> Resource:
    return {"path": "code", "valueSet": _reason_codes(content)}


def _reason_codes(content: Content) -> str:
    return canonical(content, "ValueSet", resource_id(REASON_CODES))


def _ask(content: Content, option: Option, answers: OptionLogic) -> Resource:
    children = [
        action(
            content,
            f"ask-{fact}",
            content.facts[fact].question,
            f"Not recorded, or recorded both ways: whether {content.facts[fact].yes}.",
            content.facts[fact].statements,
            condition=applicability(content, answers.asks[fact]),
            definitionCanonical=definition(content, content.facts[fact].learn),
        )
        for fact in answers.facts
    ]
    return action(
        content,
        "ask",
        f"{option.title}: facts are missing",
        "The page's condition can't be answered from what is recorded. Unknown is not no.",
        content.ruling(option),
        priority="routine",
        condition=applicability(content, answers.needs_data),
        groupingBehavior="visual-group",
        selectionBehavior="any",
        action=children,
    )


def _not_met(content: Content, option: Option, answers: OptionLogic) -> Resource:
    children = []
    for fact, helps in answers.literals:
        against = content.facts[fact].said(opposite(helps))
        children.append(
            action(
                content,
                f"closed-{fact}",
                f"{against[0].upper()}{against[1:]}",
                f"It is recorded that {against}.",
                content.facts[fact].statements,
                condition=applicability(content, answers.closed[fact]),
            )
        )
    if content.conditional(option):
        title, text = "the page's condition is not met", "The page's condition is not met."
    else:
        title, text = "the page does not apply", "The page is about recurrent cervical cancer only."
    return action(
        content,
        "not-met",
        f"{option.title}: {title}",
        f"{text} That does not make the option contraindicated: the page says no such thing.",
        content.ruling(option),
        priority="routine",
        condition=applicability(content, answers.not_met),
        groupingBehavior="visual-group",
        selectionBehavior="any",
        action=children,
    )
