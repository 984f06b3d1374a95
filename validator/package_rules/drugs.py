"""A drug is ordered under the codes of the package's Medication, and never by reference to it."""

from collections.abc import Iterator

from ..rule import Finding, Layer, Wording, rule
from .subject import BASE, Subject, only, string, tail, where

MEDICATION = f"{BASE}/Medication/"


@rule(Layer.PACKAGE)
def package_drug_link(id: str) -> Wording:
    """An activity for a drug names the package's Medication that it stands for, so that one finds the other."""
    return f"{id} depends on no Medication of this package", "add a relatedArtifact of type depends-on"


@rule(Layer.PACKAGE)
def package_drug_concept() -> Wording:
    """A drug is named by codes, because a reference to our Medication leads to nothing in another EHR."""
    return "the drug is not named by codes", "write productCodeableConcept, as Medication.code"


@rule(Layer.PACKAGE)
def package_drug_codes(medication: str) -> Wording:
    """The codes that a drug is ordered under are those of the Medication, all of them."""
    return f"the codes differ from those of {medication}", "write the same as in its code"


def check(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    if subject.type != "ActivityDefinition" or resource.get("kind") != "MedicationRequest":
        return
    product = resource.get("productCodeableConcept")
    if not isinstance(product, dict):
        yield package_drug_concept(where(place, resource, "productReference"))
    links = [
        string(each, "resource")
        for each in only(resource, "relatedArtifact")
        if each.get("type") == "depends-on" and string(each, "resource").startswith(MEDICATION)
    ]
    if not links:
        yield package_drug_link(place, subject.id)
    for link in links:
        for entry in subject.catalogue.by_url.get(link.partition("|")[0], ()):
            if isinstance(product, dict) and product != entry.resource.get("code"):
                yield package_drug_codes(place.child("productCodeableConcept"), f"Medication/{tail(link)}")
