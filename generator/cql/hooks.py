"""The defines behind the CDS Hooks cards: derived from the options' own defines, so that the two can't differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..logic import And, Answer, Drafted, Expression, Neither, Or, Truth, simplify
from ..logic import Define as Named
from ..model import Content, Order
from ..rails import yes
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
    applies = Answer(always, Truth.TRUE)
    conditional = [options[option.id] for option in content.option if content.conditional(option)]
    open_, closed = [each.needs_data for each in conditional], [each.not_met for each in conditional]
    return PatientViewLogic(
        Define("PatientViewOffered", "The recurrence is recorded.", applies, applies),
        Define(
            "PatientViewMissing",
            "A fact is missing that decides an option.",
            simplify(And((_recorded(content), _any(open_)))),
            simplify(And((yes(content, always), _any_alone(open_)))),
        ),
        Define("PatientViewBesideTreatment", "The recurrence is recorded.", applies, applies),
        Define(
            "PatientViewNotMet",
            "The page's condition for an option is not met.",
            simplify(And((applies, _any(closed)))),
            simplify(And((applies, _any_alone(closed)))),
        ),
    )


def order_sign(content: Content, options: Mapping[str, OptionLogic]) -> list[OrderLogic]:
    """A warning where a fact that the page words as an exclusion closes the option; otherwise information."""
    return [_order(content, order, options[order.option]) for order in content.order]


def _order(content: Content, order: Order, answers: OptionLogic) -> OrderLogic:
    name = pascal(order.id)
    title = order.title[0].lower() + order.title[1:]
    leaf = Drafted(order.id)
    drafted = Define(f"Drafts{name}", f"Among the draft orders are {title}.", leaf, leaf)
    here = (Named(drafted.name), _recorded(content))
    here_alone = (leaf, yes(content, content.conditions.always))
    warns = None
    if order.warns:
        closed = [answers.closed[fact] for fact in order.warns]
        warns = Define(
            f"OrderSignWarns{name}",
            f"An exclusion of the page is met by what is recorded, for {title}.",
            simplify(And((*here, _any(closed)))),
            simplify(And((*here_alone, _any_alone(closed)))),
        )
    asks = Define(
        f"OrderSignAsks{name}",
        f"A fact is missing that decides, for {title}.",
        And((*here, Named(answers.needs_data.name))),
        simplify(And((*here_alone, answers.needs_data.alone))),
    )
    not_met = None
    # Where the recurrence is recorded it can't close the option, so what is left beside the exclusions does.
    if set(answers.facts) - {content.conditions.always, *order.warns}:
        not_met = Define(
            f"OrderSignNotMet{name}",
            f"The page's condition is not met, for {title}.",
            And((*here, Named(answers.not_met.name), *((Neither((Named(warns.name),)),) if warns else ()))),
            simplify(And((*here_alone, answers.not_met.alone, *((Neither((warns.alone,)),) if warns else ())))),
        )
    return OrderLogic(order, drafted, warns, asks, not_met)


def _recorded(content: Content) -> Expression:
    """Some record says yes to the fact every option rests on: it is true, or records contradict each other."""
    return Named(pascal(content.conditions.always) + "Yes")


def _any(defines: Iterable[Define]) -> Expression:
    return _either(Named(define.name) for define in defines)


def _any_alone(defines: Iterable[Define]) -> Expression:
    return _either(define.alone for define in defines)


def _either(expressions: Iterable[Expression]) -> Expression:
    parts = tuple(expressions)
    return parts[0] if len(parts) == 1 else Or(parts)
