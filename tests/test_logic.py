"""Trees and their two rails against plain three-valued evaluation (Kleene), on random trees and facts."""

from collections.abc import Iterator
from itertools import product

from cervical_options.generator.logic import (
    All,
    And,
    Answer,
    AnyOf,
    Define,
    Expression,
    Fact,
    Neither,
    Not,
    Or,
    Tree,
    Truth,
    closes,
    facts,
    fails,
    holds,
    is_unknown,
    keeps_open,
    simplify,
)
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = "abcd"
Case = dict[str, Truth]

trees = st.recursive(
    st.sampled_from(NAMES).map(Fact),
    lambda below: st.one_of(
        below.map(Not),
        st.lists(below, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(below, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=8,
)
cases = st.fixed_dictionaries({name: st.sampled_from(list(Truth)) for name in NAMES})
RANK = {Truth.FALSE: 0, Truth.UNKNOWN: 1, Truth.TRUE: 2}


def kleene(tree: Tree, case: Case) -> Truth:
    """The truth of a tree by Kleene's tables: `all` is the least of its parts, `any` the greatest, `not` turns."""
    match tree:
        case Fact(id):
            return case[id]
        case Not(part):
            return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}[kleene(part, case)]
        case All(parts):
            return min((kleene(part, case) for part in parts), key=RANK.__getitem__)
        case AnyOf(parts):
            return max((kleene(part, case) for part in parts), key=RANK.__getitem__)


def evaluate(expression: Expression, case: Case) -> bool:
    match expression:
        case Answer(fact, truth):
            return case[fact] is truth
        case And(parts):
            return all(evaluate(part, case) for part in parts)
        case Or(parts):
            return any(evaluate(part, case) for part in parts)
        case Neither(parts):
            return not any(evaluate(part, case) for part in parts)
        case Define():
            return True  # stands for the outcome of the whole tree, which the test asserts apart
        case _:
            raise AssertionError(f"{expression} is of records, not of a tree")


def open_facts(tree: Tree, case: Case) -> Iterator[str]:
    """The unknown facts in the parts that are themselves unknown."""
    if kleene(tree, case) is Truth.UNKNOWN:
        match tree:
            case Fact(id):
                yield id
            case Not(part):
                yield from open_facts(part, case)
            case All(parts) | AnyOf(parts):
                for part in parts:
                    yield from open_facts(part, case)


def closing_facts(tree: Tree, case: Case, truth: Truth = Truth.FALSE) -> Iterator[str]:
    """The facts that make a false tree false, and under a `not` a true one true."""
    if kleene(tree, case) is truth:
        match tree:
            case Fact(id):
                yield id
            case Not(part):
                yield from closing_facts(part, case, Truth.TRUE if truth is Truth.FALSE else Truth.FALSE)
            case All(parts) | AnyOf(parts):
                for part in parts:
                    yield from closing_facts(part, case, truth)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees, cases)
def test_the_rails_say_what_kleene_says(tree: Tree, case: Case) -> None:
    outcome = kleene(tree, case)
    for expression, truth in ((holds(tree), Truth.TRUE), (fails(tree), Truth.FALSE), (is_unknown(tree), Truth.UNKNOWN)):
        assert evaluate(expression, case) is (outcome is truth)
        assert evaluate(simplify(expression), case) is (outcome is truth)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees, cases)
def test_the_facts_behind_an_answer_are_named(tree: Tree, case: Case) -> None:
    outcome, whole = kleene(tree, case), Define("whole")
    if outcome is Truth.UNKNOWN:
        named = {fact for fact in facts(tree) if evaluate(simplify(keeps_open(tree, fact, whole)), case)}
        assert named == set(open_facts(tree, case)) != set()
    if outcome is Truth.FALSE:
        named = {fact for fact in facts(tree) if evaluate(simplify(closes(tree, fact, whole)), case)}
        assert named == set(closing_facts(tree, case)) != set()


def test_a_missing_fact_never_closes_and_a_known_one_never_asks() -> None:
    tree = All((Fact("a"), AnyOf((Fact("b"), Fact("c"))), Not(Fact("d"))))
    outcomes = set()
    for answers in product(Truth, repeat=4):
        case = dict(zip(NAMES, answers, strict=True))
        outcomes.add(kleene(tree, case))
        for fact in NAMES:
            if evaluate(closes(tree, fact, Define("")), case):
                assert case[fact] is not Truth.UNKNOWN
            if evaluate(keeps_open(tree, fact, Define("")), case):
                assert case[fact] is Truth.UNKNOWN
    assert outcomes == set(Truth)
