"""Value sets: enumerated, expanded, pinned to the version of their code system."""

from collections.abc import Iterable, Sequence

from ..codes import Code
from ..model import CaseFact, CodeList, Content, Order, Reason
from .common import (
    CRMI,
    EXTENSION,
    Resource,
    artifact_extensions,
    assemble,
    copyright_notices,
    extension,
    metadata,
    own_system,
    resource_id,
    system_name,
    url,
)
from .narrative import bullets, narrative, paragraph, section, table
from .words import reads

FACT_CODES = "fact-codes"
REASON_CODES = "reason-codes"

# The text that crmi-expandedvalueset fixes, word for word.
EXPANSION_WARNING = (
    "This value set contains a point-in-time expansion enumerating the codes that meet the value set intent. As new "
    "versions of the code systems used by the value set are released, the contents of this expansion will need to be "
    "updated to incorporate newly defined codes that meet the value set intent. Before, and periodically during "
    "production use, the value set expansion contents SHOULD be updated."
)


def value_sets(content: Content) -> list[Resource]:
    return [
        _own(content, FACT_CODES, "Facts", "Codes of the facts that the page's conditions ask for.", content.fact),
        _own(
            content, REASON_CODES, "Reasons", "Codes of the reasons that the page names; never gates.", content.reason
        ),
        *(_evidence(content, each) for each in content.value_set),
        *(_order(content, order) for order in content.order),
    ]


def order_codes(order: Order) -> str:
    """The id of the value set by which a draft order is recognised, without prefix."""
    return f"order-{order.id}"


def _own(content: Content, id: str, title: str, description: str, members: Sequence[CaseFact | Reason]) -> Resource:
    concepts = [{"code": member.id, "display": member.title} for member in members]
    include = [{"system": own_system(content, "facts"), "version": content.version, "concept": concepts}]
    carried = [s for member in members for s in member.statements]
    return _value_set(content, id, title, description, include, carried)


def _included(rows: Sequence[Code]) -> list[Resource]:
    """Verified codes, by code system."""
    return [
        {
            "system": system,
            "concept": [{"code": row.code, "display": row.display} for row in rows if row.system == system],
        }
        for system in dict.fromkeys(row.system for row in rows)
    ]


def _evidence(content: Content, each: CodeList) -> Resource:
    """Codes by which a record is recognised; what rests on them is what the facts and reasons rest on."""
    proved = dict.fromkeys(row.about for row in content.rows_reading(each.id))
    carried = [s for about in proved for s in content.asked(about).statements]
    lines = [*reads(content, each.readings)]
    return _value_set(
        content, each.id, each.title, each.description, _included(content.codes_in(each.id)), carried, lines
    )


def _order(content: Content, order: Order) -> Resource:
    include = _included([row for concept in order.concepts for row in content.codes.of(concept)])
    description = "The verified codes by which a draft order is recognised. An order with other codes is not seen."
    return _value_set(content, order_codes(order), order.title, description, include, order.statements)


def _value_set(
    content: Content,
    id: str,
    title: str,
    description: str,
    include: Sequence[Resource],
    carried: Iterable[str],
    readings: Sequence[str] = (),
) -> Resource:
    # crmi-expandedvalueset wants a version for each code; of others' code systems the survey names none.
    pinned = all("version" in part for part in include)
    claims = ("shareable", "publishable", "computable", *(["expanded"] if pinned else []))
    profiles = [f"{CRMI}crmi-{claim}valueset" for claim in claims]
    capable = ("shareable", "publishable", "computable", *(["executable"] if pinned else []))
    base = metadata(content, "ValueSet", resource_id(id), title, description, profiles, capable)
    contains = [
        {**{key: part[key] for key in ("system", "version") if key in part}, **concept}
        for part in include
        for concept in part["concept"]
    ]
    resource = {
        **base,
        "text": narrative(
            title,
            paragraph(description),
            table(
                ("Code system", "Code", "Name"), ((system_name(c["system"]), c["code"], c["display"]) for c in contains)
            ),
            section("How it is read", bullets(readings)),
            paragraph(content.package.disclaimer),
        ),
        "extension": [
            *base["extension"],
            *([extension(f"{EXTENSION}valueset-warning", valueMarkdown=EXPANSION_WARNING)] if pinned else []),
            *artifact_extensions(content, carried),
        ],
        "compose": {"include": list(include)},
        "expansion": {
            "identifier": f"{url(content, 'ValueSet', resource_id(id))}/expansion/{content.version}",
            "timestamp": content.package.date,
            "total": len(contains),
            "contains": contains,
        },
    }
    return assemble({**resource, "copyright": copyright_notices(content, resource)})
