"""Our own code systems: facts and reasons, drugs, activities, the page's statements, and the ownership tag."""

from collections.abc import Iterable, Sequence

from ..codes import ATC, RXNORM, SNOMED
from ..model import Content
from .common import (
    CRMI,
    EXAMPLE_TAG,
    PACKAGE_TAG,
    Resource,
    artifact_extensions,
    assemble,
    copyright_notices,
    in_order,
    metadata,
    own_system,
    resource_id,
    system_name,
    url,
)
from .narrative import narrative, paragraph, table

PROPERTY = "property"
YES, NO, NOT_KNOWN = "yes", "no", "not-known"
CODED = ("statement", "rxnorm", "atc", "snomed")  # properties whose value is a Coding


def code_systems(content: Content) -> list[Resource]:
    return [
        facts(content),
        drugs(content),
        activities(content),
        answers(content),
        statements(content),
        package(content),
    ]


def facts(content: Content) -> Resource:
    """What is known of a patient, and why an option may be chosen: the codes of explicit records."""
    concepts = [
        *(
            _concept(content, f.id, f.title, f.question, f.statements, kind="fact", reading=f.readings)
            for f in content.fact
        ),
        *(_concept(content, r.id, r.title, f"Reason: {r.title}.", r.statements, kind="reason") for r in content.reason),
    ]  # fmt: skip
    return _code_system(
        content,
        "facts",
        "Facts and reasons",
        "Facts that the page's conditions ask for, and reasons that it names. An explicit record is a final "
        "Observation with one of these codes and a Boolean value; without a record a fact is unknown.",
        concepts,
        {
            "statement": "Statement of the page that the concept rests on",
            "reading": "Reading chosen where the page leaves room",
            "kind": "fact (decides a condition) or reason (shown, never a gate)",
        },
        [s for parts in (content.fact, content.reason) for part in parts for s in part.statements],
    )


def drugs(content: Content) -> Resource:
    """The drugs under the page's names, with its brands as designations and the verified codes as properties."""
    concepts = []
    for drug in content.drug:
        codes = {
            key: row.coding()
            for key, system in (("rxnorm", RXNORM), ("atc", ATC), ("snomed", SNOMED))
            if (row := content.codes.find(drug.concept, system))
        }
        concept = _concept(content, drug.id, drug.id, f"{drug.title}, as the page names it.", drug.statements, **codes)
        names = [*drug.brands, *drug.synonyms]
        designations = [{"language": "en", "value": name} for name in names]
        concepts.append({**_upto(concept), **({"designation": designations} if names else {}), **_from(concept)})
    return _code_system(
        content,
        "drugs",
        "Drugs",
        "The drugs that the page names, at ingredient level. Designations are the page's brands and synonyms.",
        concepts,
        {
            "statement": "Statement of the page that names the drug",
            "rxnorm": "RxNorm ingredient",
            "atc": "ATC 5th level",
            "snomed": "SNOMED CT substance",
        },
        [s for drug in content.drug for s in drug.statements],
    )


def activities(content: Content) -> Resource:
    """What can be requested beside drugs, under the page's words."""
    return _code_system(
        content,
        "activities",
        "Activities",
        "What can be requested beside a drug. A concept stands beside a clinical code where a verified one says the "
        "same, and alone where the page names nothing more exact.",
        [_concept(content, a.id, a.title, a.description, content.rests_on(a)) for a in content.activity],
        {"statement": "Statement of the page that the activity rests on"},
        [s for activity in content.activity for s in content.rests_on(activity)],
    )


def answers(content: Content) -> Resource:
    """The answers to the questions about facts and reasons."""
    concepts = [
        _concept(content, code, display, definition, ())
        for code, display, definition in (
            (YES, "Yes", "It is so."),
            (NO, "No", "It is not so."),
            (NOT_KNOWN, "Not known", "It was asked, and nobody knows. Kept as unknown, never as no."),
        )
    ]
    description = "Answers to the questions of Questionnaire cervical-facts. A question left out says nothing."
    return _code_system(content, "answers", "Answers", description, concepts, {}, [])


def statements(content: Content) -> Resource:
    """The page's statements in our words, and what was left out on purpose."""
    concepts = [
        *(
            _concept(content, s.id, s.text, None, (), section=(s.section,), kind=s.kind)
            for s in content.statement
        ),
        *(
            _concept(content, o.id, o.text, f"Left out on purpose. {o.why}.", (), section=(o.section,), kind="left-out")
            for o in content.left_out
        ),
    ]  # fmt: skip
    return _code_system(
        content,
        "statements",
        "Statements of the page",
        "The page statement by statement, in our own words: S-ids. What was left out on purpose has L-ids.",
        concepts,
        {"section": "Section of the page", "kind": "Kind of statement; left-out: not carried on purpose"},
        [],
    )


def package(content: Content) -> Resource:
    """The tag by which a server tells that a resource is ours. Its url is the contract; its id is prefixed like all."""
    resource = _code_system(
        content,
        "package",
        "Package tag",
        "Marks resources that belong to this package, so that a loader never touches another's.",
        [
            _concept(content, PACKAGE_TAG, "Cervical Options", "The resource is part of this package.", ()),
            _concept(content, EXAMPLE_TAG, "Example", "An example of this package; no real person.", ()),
        ],
        {},
        [],
    )
    return {**resource, "url": url(content, "CodeSystem", "package")}


def _concept(
    content: Content,
    code: str,
    display: str,
    definition: str | None,
    statements: Iterable[str],
    **properties: Sequence[str] | str | Resource,
) -> Resource:
    system = own_system(content, "statements")
    items: list[Resource] = [
        {"code": "statement", "valueCoding": {"system": system, "version": content.version, "code": statement}}
        for statement in in_order(statements)
    ]
    for key, value in properties.items():
        if isinstance(value, dict):
            items.append({"code": key, "valueCoding": value})
        else:
            items.extend({"code": key, "valueString": one} for one in ([value] if isinstance(value, str) else value))
    return {
        "code": code,
        "display": display,
        **({"definition": definition} if definition else {}),
        **({PROPERTY: items} if items else {}),
    }


def _upto(concept: Resource) -> Resource:
    return {key: value for key, value in concept.items() if key != PROPERTY}


def _from(concept: Resource) -> Resource:
    return {key: value for key, value in concept.items() if key == PROPERTY}


def _code_system(
    content: Content,
    id: str,
    title: str,
    description: str,
    concepts: Sequence[Resource],
    properties: dict[str, str],
    carried: Iterable[str],
) -> Resource:
    declared = [
        {"code": key, "description": text, "type": "Coding" if key in CODED else "string"}
        for key, text in properties.items()
    ]
    profiles = [f"{CRMI}crmi-shareablecodesystem", f"{CRMI}crmi-publishablecodesystem"]
    base = metadata(content, "CodeSystem", resource_id(id), title, description, profiles)
    resource = {
        **base,
        "text": _narrative(content, title, description, concepts),
        "extension": [*base["extension"], *artifact_extensions(content, carried)],
        "caseSensitive": True,
        "content": "complete",
        "count": len(concepts),
        "property": declared or None,
        "concept": list(concepts),
    }
    return assemble({**resource, "copyright": copyright_notices(content, resource)})


def _narrative(content: Content, title: str, description: str, concepts: Sequence[Resource]) -> Resource:
    rows = [
        (
            concept["code"],
            "; ".join([concept["display"], *(d["value"] for d in concept.get("designation", ()))]),
            concept.get("definition", ""),
            ", ".join(map(_property_text, concept.get(PROPERTY, ()))),
        )
        for concept in concepts
    ]
    return narrative(
        title,
        paragraph(description),
        table(("Code", "Name", "Meaning", "Rests on, and further codes"), rows),
        paragraph(content.package.disclaimer),
    )


def _property_text(item: Resource) -> str:
    if item["code"] == "statement":
        return str(item["valueCoding"]["code"])
    if "valueCoding" in item:
        return f"{system_name(item['valueCoding']['system'])} {item['valueCoding']['code']}"
    return str(item["valueString"])
