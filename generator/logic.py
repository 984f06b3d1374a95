"""Conditions as trees over three-valued facts (Kleene), and the two rails that render them without null.

A fact is true, false or unknown. Instead of three-valued operators, a tree is pushed down two rails: `holds(tree)` is a
two-valued expression that says "the tree is true", `fails(tree)` one that says "the tree is false"; neither is unknown.
Every expression is made of `Answer` leaves, so whatever it is rendered to never meets null.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Truth(StrEnum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


def opposite(truth: Truth) -> Truth:
    """The answer under a `not`: unknown stays unknown."""
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, truth)


@dataclass(frozen=True, slots=True)
class Fact:
    """A leaf of a condition: the fact of this id is true."""

    id: str


@dataclass(frozen=True, slots=True)
class Not:
    part: "Tree"


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple["Tree", ...]


Tree = Fact | Not | All | AnyOf


@dataclass(frozen=True, slots=True)
class Answer:
    """Two-valued: the fact's answer is this one."""

    fact: str
    truth: Truth


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Neither:
    """Two-valued: none of the parts."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Define:
    """Two-valued: a named expression that stands elsewhere."""

    name: str


@dataclass(frozen=True, slots=True)
class Said:
    """Two-valued: an explicit record of the fact or reason gives this answer; None: there is one, whatever it says."""

    about: str
    answer: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """Two-valued: there is a record of this kind of evidence."""

    evidence: str


@dataclass(frozen=True, slots=True)
class Drafted:
    """Two-valued: this order is among the drafts."""

    order: str


@dataclass(frozen=True, slots=True)
class Same:
    """Two-valued: both parts hold, or neither does."""

    one: "Expression"
    other: "Expression"


Leaf = Answer | Define | Said | Found | Drafted
Expression = Leaf | And | Or | Neither | Same


def holds(tree: Tree) -> Expression:
    """The tree is true."""
    match tree:
        case Fact(id):
            return Answer(id, Truth.TRUE)
        case Not(part):
            return fails(part)
        case All(parts):
            return And(tuple(map(holds, parts)))
        case AnyOf(parts):
            return Or(tuple(map(holds, parts)))


def fails(tree: Tree) -> Expression:
    """The tree is false."""
    match tree:
        case Fact(id):
            return Answer(id, Truth.FALSE)
        case Not(part):
            return holds(part)
        case All(parts):
            return Or(tuple(map(fails, parts)))
        case AnyOf(parts):
            return And(tuple(map(fails, parts)))


def is_unknown(tree: Tree) -> Expression:
    """The tree is neither true nor false."""
    match tree:
        case Fact(id):
            return Answer(id, Truth.UNKNOWN)
        case Not(part):
            return is_unknown(part)
        case All() | AnyOf():
            return Neither((holds(tree), fails(tree)))


def facts(tree: Tree) -> Iterator[str]:
    """The facts a tree reads, in its order, each once."""
    yield from dict.fromkeys(fact for fact, _ in literals(tree))


def literals(tree: Tree, truth: Truth = Truth.TRUE) -> Iterator[tuple[str, Truth]]:
    """Each leaf with the answer that helps the tree to be true."""
    match tree:
        case Fact(id):
            yield id, truth
        case Not(part):
            yield from literals(part, opposite(truth))
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from literals(part, truth)


def keeps_open(tree: Tree, fact: str, whole: Expression) -> Expression:
    """The fact is unknown, and so is every part of the tree that it stands in. `whole`: the tree itself is unknown."""
    return Or(tuple(And((whole, path)) for path in _open_paths(tree, fact)))


def keeps_open_alone(tree: All, fact: str) -> Expression:
    """`keeps_open` over leaves alone: no other part is false, and every part that the fact stands in is unknown."""
    ways = []
    for part in tree.parts:
        others = tuple(Neither((fails(other),)) for other in tree.parts if other is not part)
        ways += [And((*others, is_unknown(part), path)) for path in _open_paths(part, fact)]
    return Or(tuple(ways))


def _open_paths(tree: Tree, fact: str) -> Iterator[Expression]:
    match tree:
        case Fact(id):
            if id == fact:
                yield Answer(fact, Truth.UNKNOWN)
        case Not(part):
            yield from _open_paths(part, fact)
        case All(parts) | AnyOf(parts):
            for part in parts:
                for path in _open_paths(part, fact):
                    yield And((is_unknown(part), path))


def closes(tree: Tree, fact: str, whole: Expression) -> Expression:
    """The fact makes a part false that makes the tree false. `whole`: the tree itself is false."""
    return Or(tuple(And((whole, path)) for path in _closing_paths(tree, fact, Truth.FALSE)))


def _closing_paths(tree: Tree, fact: str, truth: Truth) -> Iterator[Expression]:
    match tree:
        case Fact(id):
            if id == fact:
                yield Answer(fact, truth)
        case Not(part):
            yield from _closing_paths(part, fact, opposite(truth))
        case All(parts) | AnyOf(parts):
            for part in parts:
                for path in _closing_paths(part, fact, truth):
                    yield And(((fails if truth is Truth.FALSE else holds)(part), path))


def truth_of(tree: Tree, case: Mapping[str, Truth]) -> Truth:
    """The truth of a tree for a patient's facts; a fact that is not given is unknown."""
    if _evaluate(holds(tree), case):
        return Truth.TRUE
    return Truth.FALSE if _evaluate(fails(tree), case) else Truth.UNKNOWN


def unknowns(tree: Tree, case: Mapping[str, Truth]) -> Iterator[str]:
    """The facts that hold an unknown tree open."""
    if truth_of(tree, case) is Truth.UNKNOWN:
        yield from (fact for fact in facts(tree) if _evaluate(keeps_open(tree, fact, And(())), case))


def closing(tree: Tree, case: Mapping[str, Truth]) -> Iterator[str]:
    """The facts that close a false tree."""
    if truth_of(tree, case) is Truth.FALSE:
        yield from (fact for fact in facts(tree) if _evaluate(closes(tree, fact, And(())), case))


def _evaluate(expression: Expression, case: Mapping[str, Truth]) -> bool:
    match expression:
        case Answer(fact, truth):
            return case.get(fact, Truth.UNKNOWN) is truth
        case And(parts):
            return all(_evaluate(part, case) for part in parts)
        case Or(parts):
            return any(_evaluate(part, case) for part in parts)
        case Neither(parts):
            return not any(_evaluate(part, case) for part in parts)
        case _:
            raise ValueError(f"{expression} does not hang on facts alone")


def simplify(expression: Expression) -> Expression:
    """The same expression without single-part or nested like groups, repeats, and what another part already says."""
    match expression:
        case And(parts) | Or(parts):
            kind = type(expression)
            flat: list[Expression] = []
            for part in map(simplify, parts):
                flat.extend(part.parts if isinstance(part, And | Or) and isinstance(part, kind) else (part,))
            kept = [part for part in dict.fromkeys(flat) if not _absorbed(part, flat, kind)]
            return kept[0] if len(kept) == 1 else kind(tuple(kept))
        case Neither(parts):
            flat = []
            for part in map(simplify, parts):
                flat.extend(part.parts if isinstance(part, Or) else (part,))  # none of (a or b) = none of a, b
            return Neither(tuple(dict.fromkeys(flat)))
        case Same(one, other):
            return Same(simplify(one), simplify(other))
        case _:
            return expression


def _absorbed(part: Expression, beside: list[Expression], kind: type[And] | type[Or]) -> bool:
    """Whether a sibling makes this part superfluous: a and (a or b) is a; a or (a and b) is a."""
    dual = Or if kind is And else And
    return isinstance(part, dual) and any(other in part.parts for other in beside if other is not part)
