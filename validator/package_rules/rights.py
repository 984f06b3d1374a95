"""Owners of the codes that a resource carries, named in its copyright."""

from collections.abc import Iterator

from ..rule import Finding, Layer, Wording, rule
from .subject import Subject, artifact, at_artifact, string, where

# Code system -> what a notice names. Those that ask for no notice are not here.
OWNERS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.whocc.no/atc": "ATC",
    "http://loinc.org": "LOINC",
    "http://unitsofmeasure.org": "UCUM",
    "http://hl7.org/fhir/NamingSystem/ca-hc-din": "Health Canada",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://terminology.hl7.org/CodeSystem/icd-o-3": "ICD-O",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": "NCI Thesaurus",
}


def _in_fhirpath(subject: Subject) -> Iterator[str]:
    """Systems whose codes stand in a condition's FHIRPath."""
    texts = {string(node, "expression") for _, node in subject.nodes if node.get("language") == "text/fhirpath"}
    return (system for system in OWNERS if any(f"'{system}'" in text for text in texts))


@rule(Layer.PACKAGE)
def package_copyright(owners: str) -> Wording:
    """A resource that carries codes of SNOMED CT, LOINC, RxNorm, ATC and the like names them in its copyright."""
    return f"codes of {owners} are used, and no copyright names them", "add the notice of each"


def check(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    used = dict.fromkeys([*(string(node, "system") for _, node in subject.coded), *_in_fhirpath(subject)])
    if subject.type == "Medication":
        notice = artifact(resource, "copyright", "valueMarkdown")
        at = at_artifact(place, resource, "copyright", "valueMarkdown")
    else:
        notice, at = string(resource, "copyright"), where(place, resource, "copyright")
    owners = [owner for system in used if (owner := OWNERS.get(system)) and owner not in notice]
    if owners:
        yield package_copyright(at, ", ".join(owners))
