"""The logic as a Library: CQL text, the records it reads, what it depends on."""

from base64 import b64encode

from ..cql import Logic, cql
from ..model import Content
from .common import (
    CRMI,
    LOGIC,
    Resource,
    assemble,
    canonical,
    depends_on,
    derived_from,
    metadata,
    own_system,
    resource_id,
    topic,
    url,
    usage,
)
from .narrative import bullets, narrative, paragraph, section, table
from .value_set import FACT_CODES
from .words import sentence


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
    text = cql(
        content,
        logic,
        library=LOGIC,
        fact_system=own_system(content, "facts"),
        fact_value_set=url(content, "ValueSet", resource_id(FACT_CODES)),
    )
    return assemble(
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
                section("How it is read", bullets(f"{r}: {content.readings[r].text}" for r in sorted(readings))),
                paragraph(content.package.disclaimer),
            ),
            "type": {"coding": [content.codes.only("library-type-logic-library").coding()]},
            "purpose": "To let any CQL engine answer the page's conditions alike.",
            "usage": usage(content, readings),
            "topic": topic(content),
            "relatedArtifact": [derived_from(content, carried), *depends_on([fact_codes])],
            "dataRequirement": [
                {
                    "type": "Observation",
                    "mustSupport": ["code", "status", "subject", "value"],
                    "codeFilter": [{"path": "code", "valueSet": fact_codes}],
                }
            ],
            "content": [{"contentType": "text/cql", "data": b64encode(text.encode()).decode("ascii")}],
        }
    )
