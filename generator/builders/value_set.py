"""Value sets: enumerated, expanded, pinned to the version of their code system."""

from collections.abc import Sequence

from ..model import CaseFact, Content, Reason
from .common import (
    CRMI,
    EXTENSION,
    Resource,
    artifact_extensions,
    assemble,
    extension,
    metadata,
    own_system,
    resource_id,
    url,
)
from .narrative import narrative, paragraph, table

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
        _value_set(
            content, FACT_CODES, "Facts", "Codes of the facts that the page's conditions ask for.", content.fact
        ),
        _value_set(
            content, REASON_CODES, "Reasons", "Codes of the reasons that the page names; never gates.", content.reason
        ),
    ]


def _value_set(
    content: Content, id: str, title: str, description: str, members: Sequence[CaseFact | Reason]
) -> Resource:
    profiles = [
        f"{CRMI}crmi-shareablevalueset",
        f"{CRMI}crmi-publishablevalueset",
        f"{CRMI}crmi-computablevalueset",
        f"{CRMI}crmi-expandedvalueset",
    ]
    base = metadata(
        content,
        "ValueSet",
        resource_id(id),
        title,
        description,
        profiles,
        capable=("shareable", "publishable", "computable", "executable"),
    )
    system = own_system(content, "facts")
    concepts = [{"code": member.id, "display": member.title} for member in members]
    carried = [s for member in members for s in member.statements]
    return assemble(
        {
            **base,
            "text": narrative(
                title,
                paragraph(description),
                table(("Code", "Name"), ((concept["code"], concept["display"]) for concept in concepts)),
                paragraph(content.package.disclaimer),
            ),
            "extension": [
                *base["extension"],
                extension(f"{EXTENSION}valueset-warning", valueMarkdown=EXPANSION_WARNING),
                *artifact_extensions(content, carried),
            ],
            "compose": {"include": [{"system": system, "version": content.version, "concept": concepts}]},
            "expansion": {
                "identifier": f"{url(content, 'ValueSet', resource_id(id))}/expansion/{content.version}",
                "timestamp": content.package.date,
                "total": len(concepts),
                "contains": [{"system": system, "version": content.version, **concept} for concept in concepts],
            },
        }
    )
