"""The logic as a Library: CQL text, the records it reads, what it depends on."""

from base64 import b64encode
from collections.abc import Iterator, Sequence

from ..cql import Logic
from ..cql.defines import pascal
from ..cql.text import Urls, cql
from ..fhirpath import twin
from ..logic import Truth
from ..model import CaseFact, Content, Reason
from ..rails import no, yes
from .common import (
    CRMI,
    EXTENSION,
    LOGIC,
    Resource,
    assemble,
    canonical,
    copyright_notices,
    depends_on,
    derived_from,
    extension,
    metadata,
    own_system,
    pinned_url,
    resource_id,
    topic,
    url,
    usage,
)
from .data_requirements import data_requirements
from .narrative import bullets, narrative, paragraph, section, table
from .value_set import FACT_CODES, REASON_CODES, order_codes
from .words import reads, sentence


def manifest(content: Content, resources: Sequence[Resource]) -> Resource:
    """The list of everything in the package, each pinned to its version (asset-collection)."""
    title, description = "Manifest", "Every artifact of the package, pinned to its version."
    profiles = [f"{CRMI}crmi-shareablelibrary", f"{CRMI}crmi-publishablelibrary"]
    parts = [(f"{resource['resourceType']}/{resource['id']}", pinned_url(content, resource)) for resource in resources]
    return _library(
        content,
        {
            **metadata(content, "Library", resource_id("manifest"), title, description, profiles),
            "text": narrative(
                title,
                paragraph(description),
                table(("Artifact", "Canonical url and version"), parts),
                paragraph(content.package.disclaimer),
            ),
            "type": {"coding": [content.codes.only("library-type-asset-collection").coding()]},
            "purpose": "To say what belongs together, and in which version.",
            "usage": usage(content, ()),
            "topic": topic(content),
            "relatedArtifact": [
                {"type": "composed-of", "display": place, "resource": target} for place, target in parts
            ],
        },
    )


def _library(content: Content, resource: Resource) -> Resource:
    return assemble({**resource, "copyright": copyright_notices(content, resource)})


def library(content: Content, logic: Logic) -> Resource:
    """The one logic Library of the package."""
    title = "Logic of the page's conditions"
    description = (
        "For each option: is it offered, is a fact missing, or is the page's condition not met, and by which fact."
    )
    profiles = [f"{CRMI}crmi-{capability}library" for capability in ("shareable", "publishable", "computable")]
    conditions = content.conditions
    carried = [
        *(s for fact in content.fact for s in fact.statements),
        *(s for condition in conditions.condition for s in condition.statements),
        *(s for reason in content.reason for s in reason.statements),
    ]
    readings = dict.fromkeys(
        (
            *conditions.readings,
            *(r for fact in content.fact for r in fact.readings),
            *(r for condition in conditions.condition for r in condition.readings),
        )
    )
    value_sets = [
        canonical(content, "ValueSet", resource_id(id))
        for id in (
            *(FACT_CODES, REASON_CODES),
            *(each.id for each in content.value_set),
            *(order_codes(order) for order in content.order),
        )
    ]
    text = cql(
        content,
        logic,
        Urls(
            library=LOGIC,
            fact_system=own_system(content, "facts"),
            fact_codes=url(content, "ValueSet", resource_id(FACT_CODES)),
            reason_codes=url(content, "ValueSet", resource_id(REASON_CODES)),
            evidence={each.id: url(content, "ValueSet", resource_id(each.id)) for each in content.value_set},
            orders={o.id: url(content, "ValueSet", resource_id(order_codes(o))) for o in content.order},
        ),
    )
    return _library(
        content,
        {
            **metadata(
                content,
                "Library",
                LOGIC,
                title,
                description,
                profiles,
                capable=("shareable", "publishable", "computable"),
            ),
            "name": LOGIC,
            "text": narrative(
                title,
                paragraph(description, " ", content.package.unknown),
                section(
                    "Conditions",
                    table(
                        ("Option", "Offered when"),
                        ((option.title, sentence(content, content.tree(option))) for option in content.option),
                    ),
                ),
                section(
                    "Facts",
                    table(("Fact", "Question"), ((fact.title, fact.question) for fact in content.fact)),
                ),
                section("How it is read", bullets(reads(content, readings))),
                paragraph(content.package.disclaimer),
            ),
            "type": {"coding": [content.codes.only("library-type-logic-library").coding()]},
            "purpose": "To let any CQL engine answer the page's conditions alike.",
            "usage": usage(content, readings),
            "topic": topic(content),
            "relatedArtifact": [derived_from(content, carried), *depends_on(value_sets)],
            "parameter": [_draft_orders(), *_recorded(content)],
            "dataRequirement": data_requirements(content),
            "content": _texts(text, content.elm.of(text) if content.elm else None),
        },
    )


def _draft_orders() -> Resource:
    return {
        "name": "draftOrders",
        "use": "in",
        "min": 0,
        "max": "*",
        "documentation": "The orders about to be signed, of the hook order-sign; none at other hooks.",
        "type": "Resource",
    }


def _recorded(content: Content) -> Iterator[Resource]:
    """What is recorded of each fact and reason, with its twin: so that an answer can be traced to records."""
    each: tuple[CaseFact | Reason, ...] = (*content.fact, *content.reason)
    for asked in each:
        for rail, expression in (("Yes", yes(content, asked.id)), ("No", no(content, asked.id))):
            what = asked.said(Truth.TRUE if rail == "Yes" else Truth.FALSE)
            twin_of = {
                "description": what,
                "name": asked.id,
                "language": "text/fhirpath",
                "expression": twin(content, expression, own_system(content, "facts")),
            }
            yield {
                "extension": [extension(f"{EXTENSION}cqf-expression", valueExpression=twin_of)],
                "name": f"{pascal(asked.id)}{rail}",
                "use": "out",
                "min": 1,
                "max": "1",
                "documentation": _proved_by(content, asked.id, rail.lower(), what),
                "type": "boolean",
            }


def _proved_by(content: Content, about: str, says: str, what: str) -> str:
    """What is recorded, and the kinds of record that prove it."""
    rows = [row.title for row in content.evidence_of(about) if row.says.startswith(says)]
    kinds = [f"An explicit record that says {says}", *rows]
    return f"{what[0].upper()}{what[1:]}. {'. '.join(kinds)}."


def _texts(cql_text: str, elm: bytes | None) -> list[Resource]:
    """The text, and the ELM where it is current."""
    forms = [("text/cql", cql_text.encode("utf-8")), *([("application/elm+json", elm)] if elm else [])]
    return [{"contentType": kind, "data": b64encode(data).decode("ascii")} for kind, data in forms]
