"""The defines behind the CDS Hooks cards: derived from the options' own defines, so that the two can't differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..logic import And, Answer, Expression, Neither, Or, Truth, simplify
from ..logic import Define as Named
from ..model import Content, Order
from .defines import Define, OptionLogic, pascal


@dataclass(frozen=True, slots=True)
class PatientViewLogic:
    """When each of the four cards is shown."""

    offered: Define
    missing: Define
    beside_treatment: Define
    not_met: Define

    def __iter__(self) -> Iterator[Define]:
        yield from (self.offered, self.missing, self.beside_treatment, self.not_met)


@dataclass(frozen=True, slots=True)
class OrderLogic:
    """When a draft order is recognised, and which card it gets.

    `warns` is None where nothing warns, `not_met` where only what warns can close the option.
    """

    order: Order
    drafted: Define
    warns: Define | None
    asks: Define
    not_met: Define | None

    def __iter__(self) -> Iterator[Define]:
        yield from (define for define in (self.warns, self.asks, self.not_met) if define)


def patient_view(content: Content, options: Mapping[str, OptionLogic]) -> PatientViewLogic:
    """Cards are for patients whose recurrence is recorded; records that contradict each other still ask."""
    always = content.conditions.always
    applies: Expression = Answer(always, Truth.TRUE)
    conditional = [options[option.id] for option in content.option if content.conditional(option)]
    missing = And((_recorded(content), _any(each.needs_data for each in conditional)))
    not_met = And((applies, _any(each.not_met for each in conditional)))
    return PatientViewLogic(
        Define("PatientViewOffered", "The recurrence is recorded.", applies),
        Define("PatientViewMissing", "A fact is missing that decides an option.", simplify(missing)),
        Define("PatientViewBesideTreatment", "The recurrence is recorded.", applies),
        Define("PatientViewNotMet", "The page's condition for an option is not met.", simplify(not_met)),
    )


def order_sign(content: Content, options: Mapping[str, OptionLogic]) -> list[OrderLogic]:
    """A warning where a fact that the page words as an exclusion closes the option; otherwise information."""
    return [_order(content, order, options[order.option]) for order in content.order]


def _order(content: Content, order: Order, answers: OptionLogic) -> OrderLogic:
    name = pascal(order.id)
    title = order.title[0].lower() + order.title[1:]
    drafted = Define(f"Drafts{name}", f"Among the draft orders are {title}.", Named(f"Drafts{name}"))
    here = (Named(drafted.name), _recorded(content))
    warns = None
    if order.warns:
        closed = _any(answers.closed[fact] for fact in order.warns)
        words = f"An exclusion of the page is met by what is recorded, for {title}."
        warns = Define(f"OrderSignWarns{name}", words, simplify(And((*here, closed))))
    asks = Define(
        f"OrderSignAsks{name}",
        f"A fact is missing that decides, for {title}.",
        And((*here, Named(answers.needs_data.name))),
    )
    not_met = None
    # Where the recurrence is recorded it can't close the option, so what is left beside the exclusions does.
    if set(answers.facts) - {content.conditions.always, *order.warns}:
        told_already = (Neither((Named(warns.name),)),) if warns else ()
        expression = And((*here, Named(answers.not_met.name), *told_already))
        not_met = Define(f"OrderSignNotMet{name}", f"The page's condition is not met, for {title}.", expression)
    return OrderLogic(order, drafted, warns, asks, not_met)


def _recorded(content: Content) -> Expression:
    """Some record says yes to the fact every option rests on: it is true, or records contradict each other."""
    return Named(pascal(content.conditions.always) + "Yes")


def _any(defines: Iterable[Define]) -> Expression:
    parts = tuple(Named(define.name) for define in defines)
    return parts[0] if len(parts) == 1 else Or(parts)
