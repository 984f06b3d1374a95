"""What is wrong with content, said so that its author can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault of a content file: where it is, what is so, what to do."""

    file: str
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.what}; {self.remedy}"


class ContentError(Exception):
    """The content cannot become resources. `faults` holds every fault found, not only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(map(str, self.faults)))


SPELLING = 0.6  # how near a word must be to be taken for a misspelt one
NAME = 0.82  # the same for names of drugs and codes: cisplatin must not be offered for carboplatin


def did_you_mean(word: str, known: Iterable[str], otherwise: str, nearness: float = SPELLING) -> str:
    """The remedy for a word that is not known: the nearest known one, or `otherwise`."""
    near = get_close_matches(word, list(known), n=1, cutoff=nearness)
    return f"did you mean {near[0]!r}?" if near else otherwise
