"""Content in words: conditions, from their trees so that a sentence says what engines compute; statements; readings."""

from collections.abc import Iterable, Iterator

from ..logic import All, AnyOf, Fact, Not, Tree, Truth, opposite
from ..model import Content


def sentence(content: Content, tree: Tree) -> str:
    """The condition as one sentence."""
    text = clause(content, tree)
    return f"{text[0].upper()}{text[1:]}."


def clause(content: Content, tree: Tree, truth: Truth = Truth.TRUE) -> str:
    """The condition, or its opposite where `truth` is FALSE, as a clause."""
    match tree:
        case Fact(id):
            fact = content.facts[id]
            return fact.said(truth)
        case Not(part):
            return clause(content, part, opposite(truth))
        case All(parts) | AnyOf(parts):
            clauses = [clause(content, part, truth) for part in parts]
            if isinstance(tree, All) == (truth is Truth.TRUE):
                return ", and ".join(clauses)
            return clauses[0] if len(clauses) == 1 else f"either {' or '.join(clauses)}"


def says(content: Content, statements: Iterable[str]) -> Iterator[str]:
    """What the page says, statement by statement, in its order."""
    return (f"{id}: {content.statements[id].text}" for id in sorted(set(statements)))


def reads(content: Content, readings: Iterable[str]) -> Iterator[str]:
    """What the page leaves open, and how it is read."""
    chosen = (content.readings[id] for id in sorted(set(readings)))
    return (f"{r.id}, {r.open[0].lower()}{r.open[1:]}: {r.text}" for r in chosen)
