"""Generated patients that hold every engine to one answer: their records, and what must be concluded from them."""

from collections.abc import Iterator

from .each_code import each_code
from .member import Member, Truth
from .noise import noise
from .scattered import scattered
from .sweeps import factorial, pairs

__all__ = ["Member", "Truth", "each_code", "everyone", "factorial", "noise", "pairs", "scattered"]


def everyone() -> Iterator[Member]:
    """The whole cohort."""
    yield from factorial()
    yield from pairs()
    yield from scattered()
    yield from noise()
    yield from each_code()
