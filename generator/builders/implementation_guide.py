"""The guide: every artifact with its version, grouped by what it is for."""

from collections.abc import Sequence

from ..model import Content
from .common import Resource, assemble, copyright_notices, metadata, resource_id
from .narrative import narrative, paragraph, section, table

GUIDE = "guide"
GROUPS = {
    "plans": ("Plans", "Strategy, recommendations, order sets and the plans behind the hooks", ("PlanDefinition",)),
    "activities": ("Activities", "What can be requested", ("ActivityDefinition",)),
    "drugs": ("Drugs", "The drugs the page names", ("Medication",)),
    "logic": ("Logic and facts", "The conditions, the questions and the manifest", ("Library", "Questionnaire")),
    "terms": ("Terminology", "Codes of our own, and value sets", ("CodeSystem", "ValueSet")),
}
DEPENDS_ON = (  # id, canonical, package, version
    ("cpg", "http://hl7.org/fhir/uv/cpg/ImplementationGuide/hl7.fhir.uv.cpg", "hl7.fhir.uv.cpg", "2.0.0"),
    ("crmi", "http://hl7.org/fhir/uv/crmi/ImplementationGuide/hl7.fhir.uv.crmi", "hl7.fhir.uv.crmi", "1.0.0"),
)


def implementation_guide(content: Content, resources: Sequence[Resource]) -> Resource:
    """The package as an ImplementationGuide that lists these resources."""
    package = content.package
    id = resource_id(GUIDE)
    description = f"What the page says may be offered, as FHIR R4 resources. {package.disclaimer}"
    base = metadata(content, "ImplementationGuide", id, package.title, description, profiles=())
    listed = [(group, resource) for group in GROUPS for resource in _of(group, resources)]
    if len(listed) != len(resources):
        raise ValueError("a resource type stands in no group of the guide")
    notices = copyright_notices(content, base) or ""
    licence = f"Content under {package.license}. Others' codes have their own terms: see each artifact."
    return assemble(
        {
            **base,
            "meta": {"tag": base["meta"]["tag"]},
            "text": narrative(
                package.title,
                paragraph(description),
                paragraph(f"Version {content.version} of {package.date}. {package.unknown}"),
                *(
                    section(title, table(("Artifact", "What it is"), map(_row, _of(group, resources))))
                    for group, (title, _, _) in GROUPS.items()
                ),
            ),
            "copyright": f"{licence}\n\n{notices}",
            "packageId": package.id,
            "license": package.license,
            "fhirVersion": ["4.0.1"],
            "dependsOn": [
                {"id": key, "uri": uri, "packageId": name, "version": version} for key, uri, name, version in DEPENDS_ON
            ],
            "definition": {
                "grouping": [{"id": key, "name": name, "description": text} for key, (name, text, _) in GROUPS.items()],
                "resource": [
                    {
                        "reference": {"reference": f"{resource['resourceType']}/{resource['id']}"},
                        "name": _title(resource),
                        "description": f"Version {content.version}. {_description(resource)}",
                        "exampleBoolean": False,
                        "groupingId": group,
                    }
                    for group, resource in listed
                ],
            },
        }
    )


def _of(group: str, resources: Sequence[Resource]) -> list[Resource]:
    return [resource for resource in resources if resource["resourceType"] in GROUPS[group][2]]


def _row(resource: Resource) -> tuple[str, str]:
    return f"{resource['resourceType']}/{resource['id']}", f"{_title(resource)}. {_description(resource)}"


def _title(resource: Resource) -> str:
    return str(resource.get("title") or resource["code"]["text"])


def _description(resource: Resource) -> str:
    return str(resource.get("description") or "A drug the page names, at ingredient level.")
