"""One resource of the package under check: whose it is, walked once, and how to read odd data safely."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..catalogue import Catalogue
from ..place import Place

Node = dict[str, Any]
Placed = tuple[Place, Node]

BASE = "https://w3id.org/cervical-options"
TAG_SYSTEM = f"{BASE}/CodeSystem/package"
TAG = "cervical-options"
EXAMPLE = "example"  # marks a resource made to show the package, which is not part of it
PREFIX = "cervical-"
ARTIFACT = "http://hl7.org/fhir/StructureDefinition/artifact-"  # extensions for types that lack the element

TYPES = frozenset(
    {
        *("ActivityDefinition", "CodeSystem", "ImplementationGuide", "Library"),
        *("Medication", "PlanDefinition", "Questionnaire", "ValueSet"),
    }
)


# `text` is a question's or a code's; the narrative is an object and holds its text in `div`.
TEXTS = frozenset({"title", "description", "purpose", "usage", "textEquivalent", "definition", "text", "div"})


class Text(NamedTuple):
    """A text for people, and the same in small letters, in which words are found faster."""

    node: Place
    key: str
    text: str
    lower: str

    @property
    def place(self) -> Place:
        return self.node.child(self.key)


class Subject:
    """A resource of ours with all that a rule may look at, gathered in one walk."""

    __slots__ = (
        *("by_name", "catalogue", "coded", "elements", "everything", "id", "nodes", "place", "resource"),
        *("texts", "type", "urls", "version"),
    )

    def __init__(self, resource: Node, place: Place, catalogue: Catalogue) -> None:
        self.resource = resource
        self.place = place
        self.catalogue = catalogue
        self.type = string(resource, "resourceType")
        self.id = string(resource, "id")
        self.version = string(resource, "version") or artifact(resource, "version", "valueString")
        self.nodes: list[Placed] = []  # every object, in the order of the file
        self.by_name: dict[str, list[Placed]] = defaultdict(list)  # the same by the element that they stand in
        self.elements: set[str] = set()  # names of all elements
        self.coded: list[Placed] = []  # what names a system: codings, identifiers, parts of a value set
        self.urls: list[tuple[Place, str, int | None, str]] = []  # each url of ours, with node, element and index
        self.texts: list[Text] = []
        self._walk()
        self.everything = "\n".join(said.lower for said in self.texts)

    def _walk(self) -> None:
        """Without recursion, for resources nested deeply."""
        waiting = [(self.place, self.resource)]
        while waiting:
            found = waiting.pop()
            place, node = found
            self.nodes.append(found)
            self.by_name[place.name].append(found)
            self.elements.update(node)
            if "system" in node:
                self.coded.append(found)
            below: list[Placed] = []
            for key, value in node.items():
                if isinstance(value, str):
                    if key in TEXTS:
                        self.texts.append(Text(place, key, value, value.lower()))
                    if value.startswith(BASE):
                        self.urls.append((place, key, None, value))
                elif isinstance(value, dict):
                    below.append((Place(place, key), value))
                elif isinstance(value, list):
                    for index, each in enumerate(value):
                        if isinstance(each, dict):
                            below.append((Place(place, key, index), each))
                        elif isinstance(each, str) and each.startswith(BASE):
                            self.urls.append((place, key, index, each))
            if below:
                below.reverse()
                waiting += below

    def named(self, *names: str) -> Iterator[Placed]:
        """The objects that stand in elements of these names."""
        for name in names:
            yield from self.by_name.get(name, ())

    def actions(self) -> Sequence[Placed]:
        """Every action of a plan, in the order of the file."""
        return self.by_name.get("action", ()) if self.type == "PlanDefinition" else ()

    def is_top(self, place: Place) -> bool:
        return place.parent is self.place


def string(node: Node, key: str) -> str:
    """The text under a key; empty where there is none, or something else."""
    value = node.get(key)
    return value if isinstance(value, str) else ""


def where(place: Place, node: Node, key: str) -> Place:
    """Where a key stands; where it is missing, what it is missing in."""
    return place.child(key) if key in node else place


def shown(value: object) -> str:
    """A value as a message quotes it; what is no single value would fill the message."""
    if value is None:
        return "missing"
    return repr(value) if isinstance(value, str | int | float) else "no single value"


def objects(place: Place, node: Node, key: str) -> Iterator[Placed]:
    """The objects under a key, be it one or a list; whatever else stands there is left out."""
    value = node.get(key)
    if isinstance(value, dict):
        yield place.child(key), value
    elif isinstance(value, list):
        yield from ((place.child(key, index), each) for index, each in enumerate(value) if isinstance(each, dict))


def only(node: Node, key: str) -> list[Node]:
    """The objects under a key, where their place is of no use."""
    value = node.get(key)
    if isinstance(value, list):
        return [each for each in value if isinstance(each, dict)]
    return [value] if isinstance(value, dict) else []


def artifact(resource: Node, name: str, value: str) -> str:
    """The text of an extension that says of a Medication what other types say in an element."""
    url = ARTIFACT + name
    return next((string(each, value) for each in only(resource, "extension") if each.get("url") == url), "")


def at_artifact(place: Place, resource: Node, name: str, value: str) -> Place:
    """Where such an extension says it; the resource where none does."""
    url = ARTIFACT + name
    found = (where(at, each, value) for at, each in objects(place, resource, "extension") if each.get("url") == url)
    return next(found, place)


def known_as(resource: Node) -> str:
    """The canonical url of a resource."""
    return string(resource, "url") or artifact(resource, "url", "valueUri")


def tags(resource: Node) -> set[str]:
    """The codes of our own system among the tags."""
    meta = resource.get("meta")
    found = only(meta, "tag") if isinstance(meta, dict) else []
    return {string(each, "code") for each in found if each.get("system") == TAG_SYSTEM}


def is_ours(resource: Node) -> bool:
    """Decided by url and tag (of a Medication, by identifier too), never by the id alone."""
    kind, marks = string(resource, "resourceType"), tags(resource)
    if not kind.isalpha() or EXAMPLE in marks:
        return False
    return (
        known_as(resource).startswith(f"{BASE}/")
        or (TAG in marks and kind in TYPES)
        or (
            kind == "Medication"
            and any(each.get("system") == f"{BASE}/medication" for each in only(resource, "identifier"))
        )
    )


def tail(canonical: str) -> str:
    """The last part of a canonical's url, which is the id of what it names."""
    return canonical.partition("|")[0].rpartition("/")[2]
