"""The plans behind the CDS Hooks patient-view and order-sign: card > suggestion > create action, written inline.

They say what the recommendations say, from the same defines. A card's leaves create a consultation, a test, a talk or
the questions' Task, never a drug order: drugs without a dose are no one-click suggestion. Drugs are chosen in the order
sets that the plan depends on.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..cql import Define, Logic, OptionLogic, OrderLogic
from ..logic import Truth, opposite
from ..model import Card, Content, Option
from .common import EXTENSION, Resource, canonical, extension, resource_id
from .plan import action, applicability, definition, plan_definition, reasons

CONSULTATION = "consultation"
RULED = ("missing", "not-met")  # cards about a condition, which rest on what the condition rests on


def patient_view(content: Content, logic: Logic) -> Resource:
    """At most four cards: offered, facts missing, beside treatment, condition not met."""
    cards, words = logic.patient_view, content.hooks.patient_view
    beside = _beside(content)
    treatments = [option for option in content.option if option.id not in beside]
    conditional = [option for option in content.option if content.conditional(option)]
    answers = logic.options
    actions = [
        _card(content, "patient-view", "offered", words.offered, cards.offered,
              [_offered(content, option, answers[option.id]) for option in treatments], treatments),
        _card(content, "patient-view", "missing", words.missing, cards.missing,
              [_missing(content, option, answers[option.id]) for option in conditional], conditional),
        _card(content, "patient-view", "beside-treatment", words.beside_treatment, cards.beside_treatment,
              [_offered(content, content.options[id], answers[id]) for id in beside],
              [content.options[id] for id in beside]),
        _card(content, "patient-view", "not-met", words.not_met, cards.not_met,
              [_not_met(content, option, answers[option.id]) for option in conditional], conditional),
    ]  # fmt: skip
    readings = [reading for option in content.option for reading in content.readings_asked(option)]
    return _plan(content, "patient-view", words, actions, content.option, readings)


def order_sign(content: Content, logic: Logic) -> Resource:
    """For each draft order that is looked at: a warning where an exclusion of the page is met, else information."""
    actions = [card for each in logic.order_sign for card in _order_cards(content, each, logic)]
    options = [content.options[each.order.option] for each in logic.order_sign]
    readings = [reading for option in options for reading in content.readings_of(option)]
    return _plan(content, "order-sign", content.hooks.order_sign, actions, options, readings)


def _order_cards(content: Content, each: OrderLogic, logic: Logic) -> Iterator[Resource]:
    """The cards of one order. Each names the facts that it can be about."""
    order, words = each.order, content.hooks.order_sign
    answers = logic.options[order.option]
    beside = [f for f in answers.literals if f[0] not in (content.conditions.always, *order.warns)]
    exclusions = [f for f in answers.literals if f[0] in order.warns]
    cards = (
        ("warn", each.warns, "urgent", order.exclusions, words.warn, _against(content, exclusions)),
        ("ask", each.asks, "routine", order.statements, words.ask, _questions(content, answers)),
        ("not-met", each.not_met, "routine", order.statements, words.not_met, _against(content, beside)),
    )
    for kind, define, priority, statements, card, about in cards:
        if define:
            yield action(
                content,
                f"{kind}-{order.id}",
                f"{content.options[order.option].title}: {card.title}",
                f"{card.description} {about} {content.package.disclaimer}",
                statements,
                priority=priority,
                trigger=_trigger("order-sign"),
                condition=applicability(content, define),
            )


def _against(content: Content, literals: Iterable[tuple[str, Truth]]) -> str:
    """What may be recorded against an option: one of these, or where places are meant, all of them."""
    said = (content.facts[fact].said(opposite(helps)) for fact, helps in literals)
    return f"Recorded facts that lead here: {'; '.join(said)}."


def _questions(content: Content, answers: OptionLogic) -> str:
    """The questions that an option can be waiting for."""
    return f"The questions: {' '.join(content.facts[fact].question for fact in answers.facts)}"


def _plan(
    content: Content,
    id: str,
    words: Card,
    actions: Sequence[Resource],
    options: Sequence[Option],
    readings: Sequence[str],
) -> Resource:
    endpoint = content.package.cds_hooks_endpoint
    return plan_definition(
        content,
        id,
        "eca-rule",
        words.title,
        words.description,
        actions,
        profile="cpg-recommendationdefinition",
        purpose=f"To show cards at the hook {id}, from the same logic as the recommendations; it orders nothing.",
        readings=readings,
        beside=[definition(content, option.offers) for option in options]
        + [canonical(content, "PlanDefinition", resource_id(f"offer-{option.id}")) for option in options],
        extensions=[extension(f"{EXTENSION}cqf-cdsHooksEndpoint", valueUri=endpoint)] if endpoint else [],
    )


def _beside(content: Content) -> list[str]:
    """Options that are no treatment of the cancer, and have a card of their own."""
    group = content.hooks.patient_view.beside_group
    return [option for each in content.strategy.group if each.id == group for option in each.options]


def _card(
    content: Content,
    hook: str,
    id: str,
    words: Card,
    define: Define,
    suggestions: Sequence[Resource],
    options: Sequence[Option],
) -> Resource:
    return action(
        content,
        id,
        words.title,
        f"{words.description} {content.package.disclaimer}",
        [s for option in options for s in (content.ruling(option) if id in RULED else option.statements)],
        priority="routine",
        trigger=_trigger(hook),
        condition=applicability(content, define),
        groupingBehavior="visual-group",
        selectionBehavior="any",
        action=list(suggestions),
    )


def _trigger(hook: str) -> list[Resource]:
    return [{"type": "named-event", "name": hook}]


def _offered(content: Content, option: Option, answers: OptionLogic) -> Resource:
    """A suggestion to talk about an option that is offered."""
    talk = option.offers if option.offers in content.activities and option.id in _beside(content) else CONSULTATION
    leaf = _create(
        content, f"talk-{option.id}", talk, f"{content.activities[talk].title}: {option.title}", option.statements
    )
    return _suggestion(content, f"offered-{option.id}", option, answers.offered, [leaf], option.statements)


def _missing(content: Content, option: Option, answers: OptionLogic) -> Resource:
    """A suggestion to learn what holds an option open: one create action for each way to learn it."""
    ways: dict[str, list[str]] = {}
    for fact in answers.facts:
        ways.setdefault(content.facts[fact].learn, []).append(fact)
    leaves = []
    for way, learned in ways.items():
        # A way that learns one fact is offered where that fact is missing; one that learns several always helps.
        asks = answers.asks[learned[0]] if len(learned) == 1 and len(ways) > 1 else None
        title = f"{content.activities[way].title}: {option.title}"
        leaves.append(_create(content, f"{way}-{option.id}", way, title, content.ruling(option), asks))
    return _suggestion(content, f"missing-{option.id}", option, answers.needs_data, leaves, content.ruling(option))


def _not_met(content: Content, option: Option, answers: OptionLogic) -> Resource:
    return _suggestion(content, f"not-met-{option.id}", option, answers.not_met, [], content.ruling(option))


def _suggestion(
    content: Content,
    id: str,
    option: Option,
    define: Define,
    leaves: Sequence[Resource],
    statements: Sequence[str],
) -> Resource:
    return action(
        content,
        id,
        option.title,
        option.description,
        statements,
        reason=reasons(content, option.reasons) or None,
        condition=applicability(content, define),
        selectionBehavior="all" if leaves else None,
        action=list(leaves) or None,
    )


def _create(
    content: Content, id: str, activity: str, title: str, statements: Sequence[str], define: Define | None = None
) -> Resource:
    return action(
        content,
        id,
        title,
        content.activities[activity].description,
        statements,
        condition=applicability(content, define) if define else None,
        type={"coding": [content.codes.only("action-type-create").coding()]},
        definitionCanonical=definition(content, activity),
    )
