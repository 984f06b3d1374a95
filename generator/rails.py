"""What is recorded about a fact or reason, on two rails: the records that say yes, and those that say no.

From the rails a fact's answer follows: true where only yes is said, false where only no is, else unknown. Each is a
two-valued expression over records, so that nothing rendered from it ever meets null.
"""

from .logic import And, Answer, Expression, Found, Neither, Or, Said, Same, Truth, simplify
from .model import Content


def yes(content: Content, about: str) -> Expression:
    """Some record says that it is so."""
    rows = content.evidence_of(about)
    return _any(Said(about, True), *(Found(row.id) for row in rows if row.says == "yes"))


def plain_no(content: Content, about: str) -> Expression:
    """Some record says that it is not so; what follows from the absence of records is left aside."""
    rows = content.evidence_of(about)
    return _any(Said(about, False), *(Found(row.id) for row in rows if row.says == "no"))


def no(content: Content, about: str) -> Expression:
    """It is said not to be so, by a record or by the absence of any that leaves it open."""
    open_ = leaves_open(content, about)
    if open_ is None:
        return plain_no(content, about)
    return Or((plain_no(content, about), Neither((yes(content, about), open_))))


def leaves_open(content: Content, about: str) -> Expression | None:
    """A record that keeps an absence from saying no; None where absence says nothing anyway (R-07)."""
    rows = [row for row in content.evidence_of(about) if row.says == "no-when-absent"]
    return _any(Said(about, None), *(Found(row.id) for row in rows)) if rows else None


def answer(content: Content, leaf: Answer) -> Expression:
    """A fact's answer, over its records alone."""
    said_yes, said_no = yes(content, leaf.fact), plain_no(content, leaf.fact)
    open_ = leaves_open(content, leaf.fact)
    match leaf.truth:
        case Truth.TRUE:
            return And((said_yes, Neither((said_no,))))
        case Truth.FALSE if open_ is None:
            return And((said_no, Neither((said_yes,))))
        case Truth.FALSE if open_ is not None:
            return And((Neither((said_yes,)), Or((said_no, Neither((open_,))))))
        case _:
            pass
    if open_ is None:
        return Same(said_yes, said_no)
    return Or((And((said_yes, said_no)), And((open_, Neither((said_yes, said_no))))))


def over_records(content: Content, expression: Expression) -> Expression:
    """The expression with each fact's answer replaced by what the records say."""
    return simplify(_replaced(content, expression))


def _replaced(content: Content, expression: Expression) -> Expression:
    match expression:
        case Answer():
            return answer(content, expression)
        case And(parts) | Or(parts) | Neither(parts):
            return type(expression)(tuple(_replaced(content, part) for part in parts))
        case Same(one, other):
            return Same(_replaced(content, one), _replaced(content, other))
        case _:
            return expression


def _any(*parts: Expression) -> Expression:
    return parts[0] if len(parts) == 1 else Or(parts)
