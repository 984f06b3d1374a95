"""What all resources share: names, metadata, artifacts they relate to, and the order of their elements."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..codes import NAMES
from ..model import ID_PREFIX, Content
from .words import reads

Resource = dict[str, Any]

LANGUAGE = "en"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/"
CRMI = "http://hl7.org/fhir/uv/crmi/StructureDefinition/"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
PACKAGE_TAG = "cervical-options"
EXAMPLE_TAG = "example"
LOGIC = "CervicalOptionsLogic"  # id, url tail, name and CQL name of the Library are one word: engines need that

# R4 4.0.1, the order of elements in each resource's definition; `assemble` sorts by it.
_METADATA = ("resourceType", "id", "meta", "language", "text", "extension", "url", "identifier", "version", "name")
_ABOUT = ("publisher", "description", "useContext", "jurisdiction")
ELEMENTS = {
    "PlanDefinition": (
        *_METADATA, "title", "type", "status", "experimental", "date", *_ABOUT, "purpose", "usage", "copyright",
        "topic", "relatedArtifact", "library", "action",
    ),
    "ActivityDefinition": (
        *_METADATA, "title", "status", "experimental", "date", *_ABOUT, "purpose", "usage", "copyright", "topic",
        "relatedArtifact", "kind", "profile", "code", "intent", "priority", "doNotPerform", "productCodeableConcept",
    ),
    "Library": (
        *_METADATA, "title", "status", "experimental", "type", "date", *_ABOUT, "purpose", "usage", "copyright",
        "topic", "relatedArtifact", "parameter", "dataRequirement", "content",
    ),
    "CodeSystem": (
        *_METADATA, "title", "status", "experimental", "date", *_ABOUT, "purpose", "copyright", "caseSensitive",
        "valueSet", "content", "count", "property", "concept",
    ),
    "ValueSet": (
        *_METADATA, "title", "status", "experimental", "date", *_ABOUT, "immutable", "purpose", "copyright",
        "compose", "expansion",
    ),
    "Questionnaire": (
        *_METADATA, "title", "status", "experimental", "subjectType", "date", *_ABOUT, "purpose", "copyright", "item",
    ),
    "ImplementationGuide": (
        *_METADATA, "title", "status", "experimental", "date", *_ABOUT, "copyright", "packageId", "license",
        "fhirVersion", "dependsOn", "definition",
    ),
    "Medication": (
        "resourceType", "id", "meta", "language", "text", "extension", "identifier", "code", "status", "ingredient",
    ),
}  # fmt: skip


def assemble(resource: Resource) -> Resource:
    """The resource with its elements in the order of the specification, and without those that are None."""
    order = ELEMENTS[resource["resourceType"]]
    strange = [key for key in resource if key not in order]
    if strange:
        raise ValueError(f"{resource['resourceType']} has elements of unknown place: {', '.join(strange)}")
    return {key: resource[key] for key in order if resource.get(key) is not None}


def resource_id(id: str) -> str:
    """The id of one of our resources. An EHR has its own `Medication/cisplatin`, so ours are prefixed."""
    return ID_PREFIX + id


def name(id: str) -> str:
    """The computer-friendly name of a resource: `cervical-pd-l1-test` -> `CervicalPdL1Test`."""
    return "".join(word.capitalize() for word in id.split("-"))


def url(content: Content, resource_type: str, id: str) -> str:
    """The canonical of one of our resources, given its resource id."""
    return f"{content.package.base}/{resource_type}/{id}"


def canonical(content: Content, resource_type: str, id: str) -> str:
    """The same, pinned to the content's version: no reference of ours floats."""
    return f"{url(content, resource_type, id)}|{content.version}"


def pinned_url(content: Content, resource: Resource) -> str:
    """The canonical of a resource that is built, with the version. A Medication has its url in an extension."""
    return f"{resource.get('url') or url(content, resource['resourceType'], resource['id'])}|{content.version}"


def logic_canonical(content: Content) -> str:
    return canonical(content, "Library", LOGIC)


def own_system(content: Content, id: str) -> str:
    """The url of one of our code systems."""
    return url(content, "CodeSystem", resource_id(id))


def system_name(system: str) -> str:
    """A code system as people call it."""
    return NAMES.get(system) or f"this package, {system.rpartition('-')[2]}"


def own_coding(content: Content, system: str, code: str, display: str) -> Resource:
    return {"system": own_system(content, system), "version": content.version, "code": code, "display": display}


def meta(content: Content, profiles: Iterable[str]) -> Resource:
    """Profiles, and the tag by which a server tells that a resource is ours."""
    tag = {"system": f"{content.package.base}/CodeSystem/package", "code": PACKAGE_TAG}
    return {"profile": list(profiles), "tag": [tag]}


def extension(url: str, **value: Any) -> Resource:
    """An extension with its value, or with extensions of its own: `extension=[...]`."""
    below = {"extension": value.pop("extension")} if "extension" in value else {}
    return {**below, "url": url, **value}


def capabilities(*codes: str) -> list[Resource]:
    return [extension(f"{EXTENSION}cqf-knowledgeCapability", valueCode=code) for code in codes]


def metadata(
    content: Content,
    resource_type: str,
    id: str,
    title: str,
    description: str,
    profiles: Sequence[str],
    capable: Sequence[str] = ("shareable", "publishable"),
) -> Resource:
    """What every canonical resource of ours says about itself. `id` is the resource id."""
    package = content.package
    focus, country = content.codes.only(package.focus), content.codes.only(package.jurisdiction)
    use = content.codes.only("usage-context-type-focus")
    return {
        "resourceType": resource_type,
        "id": id,
        "meta": meta(content, profiles),
        "language": LANGUAGE,
        "extension": capabilities(*capable),
        "url": url(content, resource_type, id),
        "version": content.version,
        "name": name(id),
        "title": title,
        "status": "draft",
        "experimental": True,
        "date": package.date,
        "publisher": package.publisher,
        "description": description,
        "useContext": [{"code": use.coding(), "valueCodeableConcept": {"coding": [focus.coding()]}}],
        "jurisdiction": [{"coding": [country.coding()]}],
    }


def topic(content: Content) -> list[Resource]:
    return [{"coding": [content.codes.only("definition-topic-treatment").coding()]}]


def in_order(statements: Iterable[str]) -> list[str]:
    """Statement ids, each once, in the page's order."""
    return sorted(set(statements))


def derived_from(content: Content, statements: Iterable[str]) -> Resource:
    """The page as the artifact that a resource is derived from; the label lists the statements it carries."""
    page = content.package.page
    return {
        "type": "derived-from",
        "label": ", ".join(in_order(statements)),
        "display": f"{page.publisher}: {page.title}",
        "url": page.url,
    }


def cited(content: Content, statements: Iterable[str]) -> list[Resource]:
    """The page's own references, as artifacts."""
    found = [content.citations[statement] for statement in in_order(statements)]
    return [{"type": "citation", "label": c.statement, "display": c.title, "citation": c.text} for c in found]


def depends_on(canonicals: Iterable[str]) -> list[Resource]:
    return [{"type": "depends-on", "resource": target} for target in sorted(set(canonicals))]


def artifact_extensions(content: Content, statements: Iterable[str]) -> list[Resource]:
    """The same relation where R4 gives a resource type no relatedArtifact: CodeSystem, ValueSet, Medication."""
    artifact = derived_from(content, statements)
    return (
        [extension(f"{EXTENSION}artifact-relatedArtifact", valueRelatedArtifact=artifact)] if artifact["label"] else []
    )


def documentation(content: Content, statements: Iterable[str]) -> list[Resource]:
    """The statements an action rests on, one artifact each."""
    page = content.package.page
    return [
        {
            "type": "documentation",
            "label": statement,
            "display": page.publisher,
            "citation": content.statements[statement].text,
            "url": page.url,
        }
        for statement in in_order(statements)
    ]


def usage(content: Content, readings: Iterable[str]) -> str:
    """How to use a resource, with the readings it rests on (markdown)."""
    lines = [content.package.disclaimer, content.package.unknown]
    chosen = list(reads(content, readings))
    if chosen:
        lines.append("Where the page leaves room, it is read so:")
    return "\n".join(["\n\n".join(lines), "", *(f"- {line}" for line in chosen)]).strip()


def copyright_notices(content: Content, resource: Resource) -> str | None:
    """The notices of the code systems whose codes stand in the resource or in its FHIRPath; None where it has none."""
    systems, texts = set(_systems(resource)), set(_fhirpath(resource))
    notices = [
        notice.text
        for notice in content.package.notice
        if notice.system in systems or any(f"'{notice.system}'" in text for text in texts)
    ]
    return "\n\n".join(notices) or None


def _fhirpath(node: Any) -> Iterable[str]:
    match node:
        case {"language": "text/fhirpath", "expression": str() as text}:
            yield text
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _fhirpath(child)


def _systems(node: Any) -> Iterable[str]:
    match node:
        case {"system": str() as system, "code": _}:
            yield system
        case {"system": str() as system, "concept": _}:  # ValueSet.compose.include
            yield system
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _systems(child)
