"""What the page does not say, and so no resource does: doses, times, sizes, grades."""

import re
from collections.abc import Container, Iterator
from functools import lru_cache

from ..place import Place
from ..rule import Finding, Layer, Rule, Wording, rule
from .subject import Subject, string

DOSE = re.compile(r"dosage\w*|dose\w*|maxDose\w*|rate[A-Z]\w*|strength\w*|amount|quantity")
TIMING = re.compile(r"timing\w*|\w*Timing|\w*Duration|occurrence\w*|validityPeriod")
QUANTITY = re.compile(r"\w+(?:Quantity|Range|Ratio)")
NUMBERS = frozenset({"quantity", "decimal", "integer"})  # kinds of questions that ask for a number
GRADE = re.compile(r"strengthOf|qualityOf|directionOf|certainty|(?:^|-)rating|grade|ranking", re.IGNORECASE)

# Texts are searched in small letters. Numbers in words are looked for only where a unit stands that they go with.
UNIT = (
    r"(?:mg|g/m2|g/m²|mcg|[µμ]g|c?gy|ml|mm|cm|hours?|days?|weeks?|months?|years?|cycles?|courses?|fractions?)(?![a-z])"
)
DIGITS = re.compile(rf"[0-9][0-9.,]*[\s-]*(?:{UNIT}|%)")
WORDS = re.compile(rf"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)[\s-]+{UNIT}")
PLACED = re.compile(r"\b(?:auc|day|week|cycle)[ -]*[0-9]+")
TIMES = ("hour", "day", "week", "month", "year", "cycles", "-cycle", "one cycle", "course", "fraction")
PLACES = ("auc", "day", "week", "cycle ", "cycle-")


@rule(Layer.PACKAGE)
def package_no_dose(element: str) -> Wording:
    """The page gives no dose, strength or amount, so no resource does."""
    return f"{element} says how much, and the page gives no dose", "remove it"


@rule(Layer.PACKAGE)
def package_no_timing(element: str) -> Wording:
    """The page says of no treatment when, how long or how often, so no resource does."""
    return f"{element} says when or how long, and the page does not", "remove it"


@rule(Layer.PACKAGE)
def package_no_quantity(element: str) -> Wording:
    """The page measures nothing: no resource sets a size or a limit, and no question asks for a number."""
    return f"{element} stands for a number, and the page sets no size or limit", "remove it"


@rule(Layer.PACKAGE)
def package_no_grade(element: str) -> Wording:
    """The page grades nothing: no strength, certainty or direction of a recommendation."""
    return f"{element} grades what the page only says may be offered", "remove it"


@rule(Layer.PACKAGE)
def package_no_measure_in_text(measure: str) -> Wording:
    """No text for people says a dose, a time or a size, as no element does; names of products in value sets may."""
    return f"the text says {measure!r}, and the page gives no dose, time or size", "remove it from the text"


@lru_cache(maxsize=4096)
def _of_element(name: str) -> Rule | None:
    """The rule against an element of that name, if there is one."""
    if DOSE.fullmatch(name):
        return package_no_dose
    if TIMING.fullmatch(name):
        return package_no_timing
    if QUANTITY.fullmatch(name):
        return package_no_quantity
    return None


@lru_cache(maxsize=1024)
def _of_extension(url: str) -> Rule | None:
    name = url.rpartition("/")[2]
    if name.startswith("timing"):
        return package_no_timing
    return package_no_grade if GRADE.search(name) else None


def check(subject: Subject) -> Iterator[Finding]:
    unsaid = {name: against for name in subject.elements if (against := _of_element(name))}
    if unsaid:
        for place, node in subject.nodes:
            if not _is_within(place, unsaid):
                yield from (unsaid[name](place.child(name), name) for name in node if name in unsaid)
    for place, node in subject.named("extension", "modifierExtension"):
        url = string(node, "url")
        against = _of_extension(url)
        if against:
            yield against(place, url.rpartition("/")[2])
    for place, node in subject.named("dynamicValue"):
        path = string(node, "path")
        against = next(filter(None, map(_of_element, reversed(re.findall(r"\w+", path)))), None)
        if against:
            yield against(place, f"a dynamic value of {path}")
    for place, node in subject.named("item"):
        if string(node, "type") in NUMBERS:
            yield package_no_quantity(place.child("type"), f"the type {node['type']}")
    # The texts of a value set are names of products, with their strength.
    if subject.type != "ValueSet" and _measures(subject.everything):
        for said in subject.texts:
            yield from (package_no_measure_in_text(said.place, measure) for measure in _measures(said.lower))


def _is_within(place: Place, names: Container[str]) -> bool:
    """Whether it stands in an element of those names, of which the outermost is told."""
    above: Place | None = place
    while above is not None and above.name not in names:
        above = above.parent
    return above is not None


def _measures(lower: str) -> list[str]:
    """Doses, times and sizes in a text, each once."""
    found = DIGITS.findall(lower)
    if any(hint in lower for hint in TIMES):
        found += WORDS.findall(lower)
    if any(hint in lower for hint in PLACES):
        found += PLACED.findall(lower)
    return list(dict.fromkeys(found))
