"""What people read: a narrative everywhere, limits said, and no word that orders, ranks or rules out."""

import re
from collections.abc import Iterator

from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .subject import Subject, string, where

NARRATIVE = ("not medical advice", "not reviewed by a clinician")
USAGE = (*NARRATIVE, "contraindications are not checked", "unknown is never no")
WITH_USAGE = frozenset({"ActivityDefinition", "Library", "PlanDefinition"})

# All are looked for in small letters.
CONTRAINDICATED = re.compile(r"contra-?indicat\w*")
DENIED = re.compile(r"\bnot make (?:\w+ ){1,3}contraindicated\b|\bcontraindications are not checked\b")
AROUND = 60  # characters in which a denial stands

Patterns = dict[str, re.Pattern[str]]  # hint -> what it may be part of

ORDERING: Patterns = {
    "must": re.compile(r"\bmust\b"),
    "recommend": re.compile(r"\brecommend(?:ed|s)\b|\b(?:we|to) recommend\b"),
    "should": re.compile(r"\bshould (?:be|get|receive|start|undergo)\b"),
    "need to ": re.compile(r"\bneed to\b"),
    "needs to ": re.compile(r"\bneeds to\b"),
    "needed": re.compile(r"\b(?:is|are) needed\b"),
    "to be ": re.compile(r"\b(?:has|have|is|are) to be\b"),
    "required": re.compile(r"\b(?:is|are) required\b"),
    " indicated": re.compile(r"\b(?:is|are) indicated\b"),
    **{
        f"{verb} ": re.compile(rf"(?:^|[.!?:>]\s*|\n[-* ]*)\b{verb} (?!nothing\b)\w+")
        for verb in ("give", "administer", "prescribe", "start", "treat", "perform")
    },
}
RANKING: Patterns = {
    "prefer": re.compile(r"\bprefer(?:red|able|ably|s)?\b"),
    "-line": re.compile(r"\b(?:first|second|third)-line\b"),
    " line": re.compile(r"\b(?:first|second|third) line\b"),
    "best": re.compile(r"\bbest\b"),
    "superior to": re.compile(r"\bsuperior to\b"),
    "of choice": re.compile(r"\b(?:treatment|drug|therapy) of choice\b"),
    "standard": re.compile(r"\bstandard (?:of care|treatment|therapy)\b"),
}
MISREAD = re.compile(r"\brcc\b")


@rule(Layer.PACKAGE)
def package_narrative() -> Wording:
    """Every resource has a narrative, because some readers see nothing else."""
    return "no narrative", "add text with a div that says what the resource says"


@rule(Layer.PACKAGE)
def package_disclaimer(what: str, phrases: str) -> Wording:
    """What people read says that it is no medical advice, not reviewed, and what it leaves unchecked."""
    return f"the {what} does not say {phrases}", "add it"


@rule(Layer.PACKAGE)
def package_no_contraindication(word: str) -> Wording:
    """No text calls anything contraindicated: a condition of the page that is not met says no such thing."""
    return f"the text says {word!r}", "write that the page's condition is not met"


@rule(Layer.PACKAGE)
def package_no_ordering_word(word: str) -> Wording:
    """No text orders or recommends: the page says what may be offered."""
    return f"the text says {word!r}, which orders or recommends", "write what may be offered, and when"


@rule(Layer.PACKAGE)
def package_no_ranking_word(word: str) -> Wording:
    """No text ranks one option above another: the page ranks none."""
    return f"the text says {word!r}, which ranks", "leave it out"


@rule(Layer.PACKAGE)
def package_no_misread_name() -> Wording:
    """The package is never called by letters that mean renal cell carcinoma to an oncologist."""
    return "the text says 'rcc', which in oncology is renal cell carcinoma", "write it out"


def check(subject: Subject) -> Iterator[Finding]:
    yield from _limits(subject)
    everything = subject.everything
    ordering, ranking = _hinted(everything, ORDERING), _hinted(everything, RANKING)
    for said in subject.texts:
        lower = said.lower
        if "indicat" in lower:
            yield from (package_no_contraindication(said.place, word) for word in _contraindications(lower))
        if ordering:
            yield from (package_no_ordering_word(said.place, word) for word in _found(lower, ordering))
        if ranking:
            yield from (package_no_ranking_word(said.place, word) for word in _found(lower, ranking))
        if "rcc" in lower and MISREAD.search(lower):
            yield package_no_misread_name(said.place)


def _limits(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    narrative = resource.get("text")
    div = string(narrative, "div") if isinstance(narrative, dict) else ""
    if div:
        yield from _unsaid(place.child("text").child("div"), "narrative", div, NARRATIVE)
    else:
        yield package_narrative(where(place, resource, "text"))
    if subject.type in WITH_USAGE:
        at = where(place, resource, "usage")
        yield from _unsaid(at, "usage", string(resource, "usage"), USAGE)


def _unsaid(place: Place, what: str, text: str, phrases: tuple[str, ...]) -> Iterator[Finding]:
    lower = text.lower()
    missing = [repr(phrase) for phrase in phrases if phrase not in lower]
    if missing:
        yield package_disclaimer(place, what, " or ".join(missing))


def _contraindications(lower: str) -> list[str]:
    """Words for it, each once, that stand in no denial."""
    return list(dict.fromkeys(match[0] for match in CONTRAINDICATED.finditer(lower) if not _is_denied(match, lower)))


def _is_denied(match: re.Match[str], lower: str) -> bool:
    around = DENIED.finditer(lower, max(0, match.start() - AROUND), match.end() + AROUND)
    return any(denial.start() <= match.start() < denial.end() for denial in around)


def _hinted(lower: str, patterns: Patterns) -> Patterns:
    """The patterns whose hint stands in a text; of most there is none."""
    return {hint: pattern for hint, pattern in patterns.items() if hint in lower}


def _found(lower: str, patterns: Patterns) -> list[str]:
    """What the patterns find, each once and without the end of the sentence before it."""
    found: dict[str, None] = {}
    for hint, pattern in patterns.items():
        if hint in lower:
            found |= dict.fromkeys(match[0].lstrip(".!?:>-* \n") for match in pattern.finditer(lower))
    return list(found)
