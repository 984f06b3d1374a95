"""A rule: its name, its sentence, and how it words what it found. Layers find; rules say.

    @rule(Layer.STRUCTURE)
    def unknown_element(type: str, name: str) -> Wording:
        "Every element is one that R4 defines for its type."
        return f"{type} has no element {name!r}", "remove it"

makes the rule `unknown-element`; `unknown_element(place, "Patient", "nmae")` is then a Finding at that place. The
docstring is the sentence that `--rules` prints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from inspect import cleandoc
from typing import Any

from .issue import Severity
from .place import Place

Wording = tuple[str, str]  # what is so; what to do


class Layer(StrEnum):
    """Who finds: each layer sees one kind of fault, and knows nothing of the others."""

    JSON = "json"
    STRUCTURE = "structure"
    SCHEMA = "schema"
    MODELS = "models"
    INVARIANTS = "invariants"
    TERMINOLOGY = "terminology"
    REFERENCES = "references"
    PROFILES = "profiles"
    PACKAGE = "package"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found at a place of a resource, before the file and line are known."""

    rule: "Rule"
    place: Place
    what: str
    remedy: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be listed, explained and ignored by its id."""

    id: str
    layer: Layer
    severity: Severity
    text: str  # one sentence, then anything more; for people
    words: Callable[..., Wording]

    def __call__(self, place: Place, *arguments: Any) -> Finding:
        what, remedy = self.words(*arguments)
        return Finding(self, place, what, remedy, self.severity)


RULES: dict[str, Rule] = {}


def rule(layer: Layer, severity: Severity = "error") -> Callable[[Callable[..., Wording]], Rule]:
    """Make a rule of a function that words its finding: its name in kebab-case is the id, its docstring is told."""

    def made(words: Callable[..., Wording]) -> Rule:
        return register(Rule(words.__name__.replace("_", "-"), layer, severity, cleandoc(words.__doc__ or ""), words))

    return made


def register(made: Rule) -> Rule:
    """Raises ValueError where a rule of that id exists or the rule has no sentence."""
    if made.id in RULES or not made.text:
        raise ValueError(f"rule {made.id!r} exists already, or has no sentence")
    RULES[made.id] = made
    return made
