"""What all plans are made of: the PlanDefinition around the actions, conditions, definitions, and the narrative."""

from collections.abc import Iterable, Iterator, Sequence

from ..cql import Define
from ..fhirpath import twin
from ..model import Content
from .common import (
    CPG,
    CRMI,
    EXTENSION,
    Resource,
    assemble,
    canonical,
    cited,
    copyright_notices,
    depends_on,
    derived_from,
    documentation,
    extension,
    logic_canonical,
    metadata,
    own_coding,
    own_system,
    resource_id,
    topic,
    usage,
)
from .narrative import Markup, bullets, element, narrative, paragraph, section, table
from .words import reads, says

PURPOSE = {
    "workflow-definition": "To show beside each other what the page says may be offered; it orders nothing.",
    "eca-rule": "To say of one option whether the page's condition is met, not met, or open, and why.",
    "order-set": "To let a care team choose once an option is offered; nothing is chosen for them.",
}


def action(
    content: Content, id: str, title: str, description: str, statements: Iterable[str], **more: object
) -> Resource:
    """One action with what it rests on. `more`: further elements, in the order of the specification."""
    head: Resource = {"id": id, "title": title, "description": description}
    head |= {key: more.pop(key) for key in ("priority", "code", "reason") if more.get(key) is not None}
    told = {"documentation": documentation(content, statements)}
    return head | told | {key: value for key, value in more.items() if value is not None}


def reasons(content: Content, ids: Iterable[str]) -> list[Resource]:
    """Reasons as `action.reason`: why the action may be chosen."""
    found = [content.reasons[id] for id in ids]
    return [
        {"coding": [own_coding(content, "facts", reason.id, reason.title)], "text": reason.title} for reason in found
    ]


def applicability(content: Content, define: Define) -> list[Resource]:
    """A condition that names a define of the logic: the form that HAPI executes and R4 validates.

    Its twin says the same in FHIRPath over the Bundle of records, for engines without CQL.
    """
    other = {
        "description": "The same in FHIRPath, over a Bundle of the patient's records as %resource.",
        "language": "text/fhirpath",
        "expression": twin(content, define.alone, own_system(content, "facts")),
    }
    expression = {
        "extension": [extension(f"{EXTENSION}cqf-alternativeExpression", valueExpression=other)],
        "description": define.words,
        "language": "text/cql",
        "expression": define.name,
        "reference": logic_canonical(content),
    }
    return [{"kind": "applicability", "expression": expression}]


def definition(content: Content, id: str) -> str:
    """The canonical of what an `offers` names: a drug's or activity's definition, or a plan."""
    is_activity = id in content.drugs or id in content.activities
    return canonical(content, "ActivityDefinition" if is_activity else "PlanDefinition", resource_id(id))


def plan_definition(
    content: Content,
    id: str,
    kind: str,
    title: str,
    description: str,
    actions: Sequence[Resource],
    *,
    profile: str,
    statements: Iterable[str] = (),
    readings: Iterable[str] = (),
    citations: Iterable[str] = (),
    beside: Iterable[str] = (),
    extensions: Sequence[Resource] = (),
    told: Sequence[Markup] = (),
    purpose: str | None = None,
) -> Resource:
    """A PlanDefinition of ours. `told`: what its narrative says in place of the table of its steps."""
    profiles = [f"{CPG}{profile}", f"{CRMI}crmi-shareableplandefinition", f"{CRMI}crmi-publishableplandefinition"]
    base = metadata(content, "PlanDefinition", resource_id(id), title, description, profiles)
    carried = [*statements, *(artifact["label"] for _, each in walk(actions) for artifact in each["documentation"])]
    readings = tuple(dict.fromkeys(readings))
    has_logic = any("condition" in each for _, each in walk(actions))
    targets = [each["definitionCanonical"] for _, each in walk(actions) if "definitionCanonical" in each]
    library = [logic_canonical(content)] if has_logic else []
    resource = {
        **base,
        "extension": [*base["extension"], *extensions],
        "text": _narrative(content, title, description, actions, readings, told),
        "type": {"coding": [content.codes.only(f"plan-definition-type-{kind}").coding()]},
        "purpose": purpose or PURPOSE[kind],
        "usage": usage(content, readings),
        "topic": topic(content),
        "relatedArtifact": [
            derived_from(content, carried),
            *cited(content, citations),
            *depends_on([*targets, *beside, *library]),
        ],
        "library": library or None,
        "action": list(actions),
    }
    return assemble({**resource, "copyright": copyright_notices(content, resource)})


def walk(actions: Sequence[Resource], depth: int = 0) -> Iterator[tuple[int, Resource]]:
    """Each action with its depth, parents first."""
    for each in actions:
        yield depth, each
        yield from walk(each.get("action", ()), depth + 1)


def _narrative(
    content: Content,
    title: str,
    description: str,
    actions: Sequence[Resource],
    readings: Sequence[str],
    told: Sequence[Markup],
) -> Resource:
    carried = dict.fromkeys(a["label"] for _, each in walk(actions) for a in each["documentation"])
    return narrative(
        title,
        paragraph(description),
        *(told or [section("What it holds", _steps(actions))]),
        section("The page says", bullets(says(content, carried))),
        section("How it is read", bullets(reads(content, readings))),
        paragraph(content.package.disclaimer),
    )


CHOOSE = {
    "any": "any of these",
    "all": "all of these",
    "exactly-one": "one of these",
    "at-most-one": "one of these at most",
    "one-or-more": "one or more of these",
}


def _steps(actions: Sequence[Resource]) -> Markup:
    """The actions as a table; a column for conditions only where there are some."""
    steps = list(walk(actions))
    conditional = any("condition" in each for _, each in steps)
    head = ("", "Meaning", *(["When"] if conditional else []), "Rests on")
    return table(head, (_row(depth, each, conditional) for depth, each in steps))


def _row(depth: int, each: Resource, conditional: bool) -> list[str]:
    several = len(each.get("action", ())) > 1
    choose = CHOOSE.get(each.get("selectionBehavior", "")) if several else None
    meaning = f"{each['description']} Choose {choose}." if choose else each["description"]
    when = " ".join(condition["expression"]["description"] for condition in each.get("condition", ()))
    title = element("b", each["title"]) if depth == 0 else f"{'– ' * depth}{each['title']}"
    rests_on = ", ".join(artifact["label"] for artifact in each["documentation"])
    return [title, meaning, *([when] if conditional else []), rests_on]
