"""The logic as a Library: CQL text, the records it reads, what it depends on."""

from base64 import b64encode
from collections.abc import Sequence

from ..cql import Logic
from ..cql.text import Urls, cql
from ..model import Content
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
from .narrative import bullets, narrative, paragraph, section, table
from .value_set import FACT_CODES, order_codes
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


def _fact_query(content: Content) -> str:
    """One short search for all explicit records: any code of our system."""
    return f"Observation?patient={{{{context.patientId}}}}&code={own_system(content, 'facts')}|"


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
    ]
    readings = dict.fromkeys(
        (
            *conditions.readings,
            *(r for fact in content.fact for r in fact.readings),
            *(r for condition in conditions.condition for r in condition.readings),
        )
    )
    fact_codes = canonical(content, "ValueSet", resource_id(FACT_CODES))
    value_sets = [fact_codes, *(canonical(content, "ValueSet", resource_id(order_codes(o))) for o in content.order)]
    text = cql(
        content,
        logic,
        Urls(
            library=LOGIC,
            fact_system=own_system(content, "facts"),
            fact_codes=url(content, "ValueSet", resource_id(FACT_CODES)),
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
            "parameter": [
                {
                    "name": "draftOrders",
                    "use": "in",
                    "min": 0,
                    "max": "*",
                    "documentation": "The orders about to be signed, of the hook order-sign; none at other hooks.",
                    "type": "Resource",
                }
            ],
            "dataRequirement": [
                {
                    "extension": [extension(f"{EXTENSION}cqf-fhirQueryPattern", valueString=_fact_query(content))],
                    "type": "Observation",
                    "mustSupport": ["code", "status", "subject", "value"],
                    "codeFilter": [{"path": "code", "valueSet": fact_codes}],
                }
            ],
            "content": [{"contentType": "text/cql", "data": b64encode(text.encode()).decode("ascii")}],
        },
    )
