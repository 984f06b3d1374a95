"""A condition in words, from its tree: the reviewer's sentence says what the engines compute."""

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
            return fact.yes if truth is Truth.TRUE else fact.no
        case Not(part):
            return clause(content, part, opposite(truth))
        case All(parts) | AnyOf(parts):
            clauses = [clause(content, part, truth) for part in parts]
            if isinstance(tree, All) == (truth is Truth.TRUE):
                return ", and ".join(clauses)
            return clauses[0] if len(clauses) == 1 else f"either {' or '.join(clauses)}"
