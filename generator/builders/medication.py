"""Drugs as Medication resources, at ingredient level: no brand, strength or form is prescribed by the page."""

from ..codes import ATC, RXNORM, SNOMED
from ..model import Content, Drug
from .common import (
    CRMI,
    EXTENSION,
    LANGUAGE,
    Resource,
    artifact_extensions,
    assemble,
    copyright_notices,
    extension,
    meta,
    own_coding,
    resource_id,
    system_name,
    url,
)
from .narrative import bullets, narrative, paragraph, section, table
from .words import says


def medication(content: Content, drug: Drug) -> Resource:
    """One drug."""
    id = resource_id(drug.id)
    code = drug_concept(content, drug)
    substance = content.codes.find(drug.concept, SNOMED)
    item: Resource = {**({"coding": [substance.coding()]} if substance else {}), "text": drug.id}
    notices = copyright_notices(content, {"code": code, "ingredient": item})
    return assemble(
        {
            "resourceType": "Medication",
            "id": id,
            "meta": meta(content, [f"{CRMI}crmi-medicationdefinition"]),
            "language": LANGUAGE,
            "text": _narrative(content, drug, [*code["coding"], *item.get("coding", [])]),
            "extension": [
                extension(f"{EXTENSION}artifact-url", valueUri=url(content, "Medication", id)),
                extension(f"{EXTENSION}artifact-version", valueString=content.version),
                extension(f"{EXTENSION}artifact-experimental", valueBoolean=True),
                *([extension(f"{EXTENSION}artifact-copyright", valueMarkdown=notices)] if notices else []),
                *artifact_extensions(content, drug.statements),
            ],
            "identifier": [{"system": f"{content.package.base}/medication", "value": drug.id}],
            "code": code,
            "status": "active",
            "ingredient": [{"itemCodeableConcept": item, "isActive": True}],
        }
    )


def drug_concept(content: Content, drug: Drug) -> Resource:
    """The drug as a CodeableConcept: RxNorm, then ATC that the world shares, then our own code for the page's word.

    `Medication.code` and every `ActivityDefinition.productCodeableConcept` are this one concept. SNOMED CT substances
    are not products, so they stand in the ingredient.
    """
    codings = [row.coding() for system in (RXNORM, ATC) if (row := content.codes.find(drug.concept, system))]
    return {"coding": [*codings, own_coding(content, "drugs", drug.id, drug.id)], "text": drug.id}


def _narrative(content: Content, drug: Drug, codings: list[Resource]) -> Resource:
    names = [*(f"{brand} (brand)" for brand in drug.brands), *(f"{synonym} (also called)" for synonym in drug.synonyms)]
    return narrative(
        drug.title,
        paragraph("A drug the page names. Ingredient only: no brand, strength, form or dose is meant."),
        section("Other names on the page", bullets(names)),
        table(
            ("Code system", "Code", "Display"), ((system_name(c["system"]), c["code"], c["display"]) for c in codings)
        ),
        section("The page says", bullets(says(content, drug.statements))),
        paragraph(content.package.disclaimer),
    )
