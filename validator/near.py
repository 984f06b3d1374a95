"""A word near to one that was not found: what the writer may have meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from heapq import nlargest

MANY = 300


def near(word: str, words: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The nearest of some words, or None. Comparing is slow, so of many only the likely ones are compared."""
    length = len(word)
    likely = [each for each in words if abs(len(each) - length) <= max(2, length // 4)]
    if len(likely) > MANY:
        likely = nlargest(MANY, likely, key=lambda each: _alike(word, each))
    found = get_close_matches(word, likely, n=1, cutoff=cutoff)
    return found[0] if found else None


def url_hint(url: str, urls: Iterable[str]) -> str:
    """`; did you mean https://…/Logic?`: a url with another end; what goes before is long, and alike in all of them."""
    base, _, end = url.rpartition("/")
    ends = [
        each.rpartition("/")[2] for each in urls if each.startswith(f"{base}/") and "/" not in each[len(base) + 1 :]
    ]
    found = near(end, ends, cutoff=0.75)
    return f"; did you mean {base}/{found}?" if found else ""


def _alike(one: str, other: str) -> int:
    """How many characters two words begin with alike."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def hint(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """`; did you mean 'final'?`, or nothing."""
    found = near(word, words, cutoff)
    return f"; did you mean {found!r}?" if found else ""
