"""The defines of the logic: for each fact its answers, for each option its outcome and the facts behind it.

One tree a condition gives all of them; CQL, and whatever else the logic is rendered to, is derived from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .. import logic as tree_logic
from ..logic import And, Answer, Expression, Neither, Truth, opposite, simplify
from ..model import Content, Option


@dataclass(frozen=True, slots=True)
class Define:
    """A named Boolean that is never null. `words` says what it means, `expression` how it comes about.

    `alone` says the same without the name of any other define.
    """

    name: str
    words: str
    expression: Expression
    alone: Expression


@dataclass(frozen=True, slots=True)
class OptionLogic:
    """The answers about one option. `literals`: each fact with the answer that helps the option to be offered."""

    option: Option
    offered: Define
    needs_data: Define
    not_met: Define
    asks: dict[str, Define]
    closed: dict[str, Define]
    literals: tuple[tuple[str, Truth], ...]

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(fact for fact, _ in self.literals)

    def __iter__(self) -> Iterator[Define]:
        yield from (self.offered, self.not_met, self.needs_data, *self.asks.values(), *self.closed.values())


def option_logic(content: Content) -> dict[str, OptionLogic]:
    """The answers about every option, by its id."""
    return {option.id: _option_logic(content, option) for option in content.option}


def pascal(id: str) -> str:
    """`pd-l1-positive` -> `PdL1Positive`: a plain CQL identifier, so the bare name is valid CQL too."""
    return "".join(word.capitalize() for word in id.split("-"))


def answer_name(answer: Answer) -> str:
    """The define that says a fact's answer."""
    return pascal(answer.fact) + answer.truth.value.capitalize()


def _option_logic(content: Content, option: Option) -> OptionLogic:
    tree = content.tree(option)
    name, title = pascal(option.id), option.title
    literals = tuple(dict.fromkeys(tree_logic.literals(tree)))
    holds, fails = simplify(tree_logic.holds(tree)), simplify(tree_logic.fails(tree))
    offered = Define(f"{name}Offered", f"{title}: the page's condition is met.", holds, holds)
    not_met = Define(f"{name}NotMet", f"{title}: the page's condition is not met.", fails, fails)
    needs_data = Define(
        f"{name}NeedsData",
        f"{title}: a fact is missing that decides.",
        Neither((tree_logic.Define(offered.name), tree_logic.Define(not_met.name))),
        Neither((holds, fails)),
    )
    asks, closed = {}, {}
    for fact, helps in literals:
        asked = tree_logic.keeps_open(tree, fact, tree_logic.Define(needs_data.name))
        asks[fact] = Define(
            f"{name}Asks{pascal(fact)}",
            f"{title}: it is not known whether {content.facts[fact].yes}, and that holds the answer open.",
            simplify(asked),
            simplify(tree_logic.keeps_open_alone(tree, fact)),
        )
        against = content.facts[fact].said(opposite(helps))
        # Where the page does not apply, that alone closes everything: the other facts are of no interest.
        applies = (
            () if fact == content.conditions.always else (Neither((Answer(content.conditions.always, Truth.FALSE),)),)
        )
        closed[fact] = Define(
            f"{name}ClosedBy{pascal(fact)}",
            f"{title}: not met because {against}.",
            simplify(And((tree_logic.closes(tree, fact, tree_logic.Define(not_met.name)), *applies))),
            simplify(And((tree_logic.closes(tree, fact, fails), *applies))),
        )
    return OptionLogic(option, offered, needs_data, not_met, asks, closed, literals)
