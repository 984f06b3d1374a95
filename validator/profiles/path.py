"""Paths of the table: compiled once, then followed through a resource, whatever shape that has."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..place import Place

TYPES = re.compile(  # as the keys of a choice end
    "Address|Age|Annotation|Attachment|Base64Binary|Boolean|Canonical|Code|CodeableConcept|Coding|ContactDetail|"
    "ContactPoint|Contributor|Count|DataRequirement|Date|DateTime|Decimal|Distance|Dosage|Duration|Expression|"
    "HumanName|Id|Identifier|Instant|Integer|Markdown|Meta|Money|Oid|ParameterDefinition|Period|PositiveInt|Quantity|"
    "Range|Ratio|Reference|RelatedArtifact|SampledData|Signature|String|Time|Timing|TriggerDefinition|UnsignedInt|Uri|"
    "Url|UsageContext|Uuid"
)
EXTENSIONS = ("extension", "modifierExtension")
STEP = re.compile(r"(?P<name>\w+)(?P<choice>\[x])?(?P<nested>\*)?(?:\[(?P<among>[^]]+)])?(?:\.|$)")

Test = Callable[[Any], bool]


class Code(NamedTuple):
    """A code with its system."""

    system: str
    code: str

    @classmethod
    def read(cls, text: str, systems: Mapping[str, str]) -> "Code":
        """From "system#code", where the table may have a short name for the system."""
        system, _, code = text.rpartition("#")
        return cls(systems.get(system, system), code)

    def in_(self, value: Any) -> bool:
        """Whether a Coding, CodeableConcept, or a list of these has this code, beside others perhaps."""
        return self in codings(value)


class Found(NamedTuple):
    """An element that is there. A primitive that has nothing but an extension is there, with the value None."""

    key: str
    value: Any
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path: of a choice, nested in itself, or with a condition that its elements have to meet."""

    name: str
    choice: bool
    nested: bool
    among: Test | None
    words: str

    def under(self, owner: Any, place: Place) -> Iterator[Found]:
        """The elements of this name directly under an owner, in their order."""
        if not isinstance(owner, dict):
            return
        for key in self.keys(owner):
            value = owner.get(key)
            if value is None:
                yield Found(key, None, place.child(f"_{key}"))
            elif isinstance(value, list):
                yield from (
                    Found(key, each, place.child(key, index))
                    for index, each in enumerate(value)
                    if each is not None and (self.among is None or self.among(each))
                )
            elif self.among is None or self.among(value):
                yield Found(key, value, place.child(key))

    def keys(self, owner: dict[str, Any]) -> list[str]:
        if self.choice:
            return choices(self.name, owner)
        return [self.name] if owner.get(self.name) is not None or f"_{self.name}" in owner else []

    def all_under(self, owner: Any, place: Place) -> Iterator[Found]:
        """Those directly under an owner, and where they nest, those in them, each before what is in it."""
        waiting = [self.under(owner, place)]
        while waiting:
            found = next(waiting[-1], None)
            if found is None:
                waiting.pop()
                continue
            yield found
            if self.nested:
                waiting.append(self.under(found.value, found.place))


@dataclass(frozen=True, slots=True)
class Path:
    """From a resource to elements. Without a step it is the resource itself."""

    text: str
    steps: tuple[Step, ...]

    def owners(self, resource: Any, place: Place) -> list[Found]:
        """What the last name stands in: the elements that a minimum counts in, each for itself."""
        found = [Found("", resource, place)]
        for step in self.steps[:-1]:
            found = [under for owner in found for under in step.all_under(owner.value, owner.place)]
        return found

    def found(self, resource: Any, place: Place) -> list[Found]:
        owners = self.owners(resource, place)
        if not self.steps:
            return owners
        return [found for owner in owners for found in self.steps[-1].all_under(owner.value, owner.place)]

    @property
    def slug(self) -> str:
        """As a part of a rule's id: action*.extension[cpg-partOf] is action-extension-cpg-part-of."""
        words = re.sub(r"\[x]|(?<=\[)(\w+=)?([\w-]+#)?", "", self.text)
        return re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", words).lower()).strip("-")

    def __str__(self) -> str:
        return ".".join(step.words for step in self.steps)


class Names(NamedTuple):
    """What short names in a table stand for."""

    systems: Mapping[str, str]
    urls: Mapping[str, str]

    def url(self, name: str) -> str:
        return self.urls.get(name) or f"http://hl7.org/fhir/StructureDefinition/{name}"


def compiled(text: str, names: Names) -> Path:
    """Raises ValueError for what is no path."""
    steps: list[Step] = []
    at = 0
    while text != "." and at < len(text):
        match = STEP.match(text, at)
        if match is None:
            raise ValueError(f"{text!r} is no path: its part {text[at:]!r} is not understood")
        name, among = match["name"], match["among"]
        words = f"{name} {among.rpartition('#')[2].rpartition('=')[2]}" if among else name
        steps.append(Step(name, bool(match["choice"]), bool(match["nested"]), test(name, among, names), words))
        at = match.end()
    return Path(text, tuple(steps))


def test(name: str, among: str | None, names: Names) -> Test | None:
    """What is between brackets: an extension's name, a code, values, or key=code or key=value."""
    if among is None:
        return None
    if name in EXTENSIONS:
        url = names.url(among)
        return lambda value: isinstance(value, dict) and value.get("url") == url
    key, equals, wanted = among.rpartition("=")
    if "#" in wanted:
        code = Code.read(wanted, names.systems)
        return lambda value: code.in_(value.get(key) if equals and isinstance(value, dict) else value)
    values = wanted.split("|")
    return lambda value: (value.get(key) if equals and isinstance(value, dict) else value) in values


def choices(name: str, owner: dict[str, Any]) -> list[str]:
    """The keys of a choice, by the types R4 knows: valueCode of value. Other layers tell of any other key."""
    keys = {key.removeprefix("_") for key in owner}
    return sorted(key for key in keys if key.startswith(name) and TYPES.fullmatch(key, len(name)))


def choice(name: str, type: str) -> str:
    """The key of a choice of that type."""
    return f"{name}{type[0].upper()}{type[1:]}"


def codings(value: Any) -> list[Code]:
    """The codes of a Coding, a CodeableConcept, or a list of these."""
    found: list[Code] = []
    for concept in value if isinstance(value, list) else [value]:
        inner = concept.get("coding", [concept]) if isinstance(concept, dict) else None
        for coding in inner if isinstance(inner, list) else []:
            if isinstance(coding, dict):
                system, code = coding.get("system"), coding.get("code")
                if isinstance(system, str) and isinstance(code, str):
                    found.append(Code(system, code))
    return found
