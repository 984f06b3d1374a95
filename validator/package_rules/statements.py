"""Every clinical statement names the statement of the page that it rests on: S-01 to S-69."""

import re
from collections.abc import Iterator

from ..catalogue import Catalogue
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .subject import ARTIFACT, BASE, Node, Subject, objects, only, string, where

PAGE = "https://cancer.ca/en/cancer-information/cancer-types/cervical/treatment/recurrent"
STATEMENTS = f"{BASE}/CodeSystem/cervical-statements"
ID = re.compile(r"S-(?:0[1-9]|[1-6][0-9])")
LEFT_OUT = re.compile(r"L-[0-9]{2}")  # what the package leaves out on purpose; listed, and carried by nothing
MENTION = re.compile(r"S-(?<!\wS-)[0-9]+")
CARRIERS = frozenset({"ActivityDefinition", "Medication", "PlanDefinition", "Questionnaire", "ValueSet"})
ARTIFACTS = ("relatedArtifact", "documentation", "valueRelatedArtifact")


@rule(Layer.PACKAGE)
def package_statement_id(id: str) -> Wording:
    """A statement of the page is named as S-01 to S-69: so many there are."""
    return f"{id!r} is no statement of the page", "name one of S-01 to S-69"


@rule(Layer.PACKAGE)
def package_statement_known(id: str) -> Wording:
    """A statement that a resource rests on is one of the package's list of statements."""
    return f"{id} is not in CodeSystem cervical-statements", "name the right one, or add it there"


@rule(Layer.PACKAGE)
def package_statement_text(id: str, text: str) -> Wording:
    """What stands beside a statement's id is that statement, in the words of the package's list."""
    return f"beside {id} stands another text than in the list of statements", f"write {text!r}"


@rule(Layer.PACKAGE)
def package_statement(kind: str) -> Wording:
    """Whatever says something clinical names the page's statement, so that a reviewer can look it up."""
    element = (
        "extension artifact-relatedArtifact"
        if kind not in ("PlanDefinition", "ActivityDefinition")
        else "relatedArtifact"
    )
    return (
        f"the {kind} rests on no statement of the page",
        f"add {element} of type derived-from, with S-ids as its label",
    )


@rule(Layer.PACKAGE)
def package_action_statement(id: str) -> Wording:
    """Each action names the page's statement that it rests on: what the page does not say is not offered."""
    return f"the action {id!r} rests on no statement of the page", "add documentation with the S-id as its label"


@rule(Layer.PACKAGE)
def package_concept_statement(code: str) -> Wording:
    """Each concept names the page's statement that it rests on, where its code system says that concepts do."""
    return f"the concept {code!r} rests on no statement of the page", "add the property statement with its S-id"


@rule(Layer.PACKAGE)
def package_plan_statements(ids: str) -> Wording:
    """A plan names all statements that its actions rest on, so that its label tells all of them."""
    return f"actions rest on {ids}, which the plan does not name", "add what is missing to the label of derived-from"


@rule(Layer.PACKAGE)
def package_page(url: str) -> Wording:
    """What rests on a statement cites the page itself, and nothing else for it."""
    return (f"the source cited is {url}" if url else "no source is cited"), f"write {PAGE} as url"


def check(subject: Subject) -> Iterator[Finding]:
    known = _known(subject.catalogue)
    for place, node in subject.named(*ARTIFACTS):
        if "label" in node:
            for id in _ids(node):
                yield from _named(place.child("label"), id, known)
            if place.name == "documentation" and "citation" in node:
                text = known.get(string(node, "label"))
                if text and text != node["citation"]:
                    yield package_statement_text(place.child("citation"), string(node, "label"), text)
        if node.get("type") in ("derived-from", "documentation") and node.get("url") != PAGE:
            yield package_page(where(place, node, "url"), string(node, "url"))
    for place, node in subject.named("property"):
        if node.get("code") == "statement":
            for at, coding in objects(place, node, "valueCoding"):
                yield from _named(at.child("code"), string(coding, "code"), known)
    for said in subject.texts:
        for id in dict.fromkeys(MENTION.findall(said.text)):
            if not ID.fullmatch(id):
                yield package_statement_id(said.place, id)
    yield from _resource(subject)
    yield from _actions(subject)
    yield from _concepts(subject)


def _resource(subject: Subject) -> Iterator[Finding]:
    if subject.type in CARRIERS and not _sources(subject.resource):
        yield package_statement(subject.place, subject.type)


def _actions(subject: Subject) -> Iterator[Finding]:
    own = {id for each in _sources(subject.resource) for id in _ids(each)}
    carried: dict[str, None] = {}
    for place, action in subject.actions():
        documents = [each for each in only(action, "documentation") if "label" in each]
        if not documents:
            yield package_action_statement(place, string(action, "id"))
        carried |= dict.fromkeys(id for each in documents for id in _ids(each) if ID.fullmatch(id))
    missing = sorted(carried.keys() - own)
    if missing and own:
        yield package_plan_statements(subject.place, ", ".join(missing))


def _concepts(subject: Subject) -> Iterator[Finding]:
    """Concepts of a code system of ours; those of the list of statements are the statements themselves."""
    if subject.type != "CodeSystem":
        return
    listed = subject.resource.get("url") == STATEMENTS
    carry = any(each.get("code") == "statement" for each in only(subject.resource, "property"))
    for place, node in subject.named("concept"):
        code = string(node, "code")
        if listed and not ID.fullmatch(code) and not LEFT_OUT.fullmatch(code):
            yield package_statement_id(place.child("code"), code)
        if carry and not any(each.get("code") == "statement" for each in only(node, "property")):
            yield package_concept_statement(place, code)


def _named(place: Place, id: str, known: dict[str, str]) -> Iterator[Finding]:
    if id in known:
        return
    if not ID.fullmatch(id):
        yield package_statement_id(place, id)
    elif known:
        yield package_statement_known(place, id)


def _ids(node: Node) -> list[str]:
    """The ids in a label; a label that holds none, such as an empty one, gives one that is no id."""
    return [each.strip() for each in string(node, "label").split(",")]


def _sources(resource: Node) -> list[Node]:
    """What names the statements of a resource as a whole; in types without the element, an extension."""
    url = f"{ARTIFACT}relatedArtifact"
    extended = [each.get("valueRelatedArtifact") for each in only(resource, "extension") if each.get("url") == url]
    artifacts = [*only(resource, "relatedArtifact"), *(each for each in extended if isinstance(each, dict))]
    return [each for each in artifacts if "label" in each and each.get("type") != "citation"]


def _known(catalogue: Catalogue) -> dict[str, str]:
    """The list of statements, text by code; empty where the list is not at hand."""
    return {
        code: string(concept, "display")
        for entry in catalogue.by_url.get(STATEMENTS, ())
        for concept in only(entry.resource, "concept")
        if isinstance(code := concept.get("code"), str) and code[:2] == "S-"
    }
