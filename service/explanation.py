"""Why an answer is what it is: which records prove which fact, and which cancer diagnoses are not recognised.

The Library names what is recorded of each fact as an output parameter, with its expression (cqf-expression).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .fhirpath import Engine, Records
from .package import Package
from .patient_record import is_of
from .shape import Resource

EXPRESSION = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
# A diagnosis may be one of cancer: by its chapter in ICD-10 (C00 to D49), or by a word. Only to point out what was left
# aside; no answer hangs on it.
ICD = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm")
TUMOUR = re.compile(r"C\d\d|D[0-4]\d")
WORDS = re.compile(
    r"cancer|carcino|malignan|metasta|neopla|sarcoma|lymphoma|melanoma|leuk(a)?emia|tumou?r", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is recorded of a fact: `says` in words, and the records that say so; none where their absence does."""

    fact: str
    says: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Proofs in the order of the Library; facts recorded both ways; cancer diagnoses of unknown codes."""

    proofs: tuple[Proof, ...]
    conflicting: tuple[str, ...]
    not_recognised: tuple[str, ...]


def explain(package: Package, records: Records, engine: Engine) -> Explanation:
    """The explanation of a patient's answers; records are in the order of their names, whatever that of the Bundle.

    Raises FhirPathError where an expression can't be answered.
    """
    proofs = []
    for expression in _recorded(package):
        if engine.holds(expression["expression"], records):
            names = sorted(_name(record) for record in engine.found(expression["expression"], records))
            proofs.append(Proof(expression["name"], expression.get("description", ""), tuple(names)))
    return Explanation(
        tuple(proofs), tuple(conflicts(package, records, engine)), tuple(sorted(_left_aside(package, records)))
    )


def conflicts(package: Package, records: Records, engine: Engine) -> list[str]:
    """Facts that are recorded both ways."""
    held = [each["name"] for each in _recorded(package) if engine.holds(each["expression"], records)]
    return list(dict.fromkeys(fact for fact in held if held.count(fact) > 1))


def _recorded(package: Package) -> Iterator[Resource]:
    """The expressions of what is recorded, named by their facts."""
    for library in package.resources:
        for parameter in library.get("parameter", ()) if library["resourceType"] == "Library" else ():
            for each in parameter.get("extension", ()):
                expression = each.get("valueExpression", {})
                if each["url"] == EXPRESSION and {"name", "expression"} <= expression.keys():
                    yield expression


def _left_aside(package: Package, records: Records) -> Iterator[str]:
    """The patient's diagnoses that look like cancer, with no code that stands in a value set of the package."""
    known = _codes(package)
    for entry in records.bundle.get("entry", ()):
        resource = entry.get("resource", {})
        if resource.get("resourceType") != "Condition" or not is_of(resource, records.bundle):
            continue
        codings = resource.get("code", {}).get("coding", [])
        if not any((each.get("system"), each.get("code")) in known for each in codings) and _of_cancer(resource):
            yield f"{_name(resource)} ({_called(resource)})"


def _codes(package: Package) -> set[tuple[str, str]]:
    return {
        (include["system"], concept["code"])
        for each in package.resources
        if each["resourceType"] == "ValueSet"
        for include in each.get("compose", {}).get("include", ())
        if "system" in include
        for concept in include.get("concept", ())
    }


def _of_cancer(condition: Resource) -> bool:
    codings = condition.get("code", {}).get("coding", [])
    if any(coding.get("system") in ICD and TUMOUR.match(coding.get("code", "")) for coding in codings):
        return True
    texts = (str(condition.get("code", {}).get("text", "")), *(str(coding.get("display", "")) for coding in codings))
    return any(WORDS.search(text) for text in texts)


def _called(condition: Resource) -> str:
    """A diagnosis in words, or by its codes."""
    concept = condition.get("code", {})
    words = [concept.get("text"), *(coding.get("display") for coding in concept.get("coding", ()))]
    codes = [coding.get("code") for coding in concept.get("coding", ())]
    return next((str(each) for each in (*words, *codes) if each), "no code")


def _name(record: Resource) -> str:
    return f"{record['resourceType']}/{record.get('id', '?')}"
