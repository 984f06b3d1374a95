"""Every code system and code that we emit, each with the evidence it was verified by.

The rows are cut from a survey of published terminology files; a row says where its code was seen beside its name.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from .faults import Fault

SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"

NAMES = {
    SNOMED: "SNOMED CT",
    RXNORM: "RxNorm",
    ATC: "ATC",
    "http://hl7.org/fhir/NamingSystem/ca-hc-din": "Drug Identification Number (Canada)",
    "http://loinc.org": "LOINC",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://terminology.hl7.org/CodeSystem/icd-o-3": "ICD-O-3",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": "NCI Thesaurus",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation": "HL7 ObservationInterpretation",
}

VERIFIED = ("verified-1", "verified-2")
SEVERAL = ("brand-din", "marketed-din", "map-product")  # roles of which a concept may have several codes in one system
NEVER_EMITTED = ("exclusion", "exclusion-din", "doubtful")
COLUMNS = ("concept_id", "group", "label", "system", "code", "display", "role", "status", "evidence")


@dataclass(frozen=True, slots=True)
class Code:
    """One verified row: a code of a system, its display there, and the evidence for the pair."""

    concept: str
    system: str
    code: str
    display: str
    role: str
    evidence: str

    def coding(self) -> dict[str, Any]:
        """As a FHIR Coding (R4 datatypes, Coding)."""
        return {"system": self.system, "code": self.code, "display": self.display}


class CodeTable:
    """The verified rows, found by concept and system."""

    def __init__(self, rows: Iterable[Code]) -> None:
        self._rows = tuple(rows)

    def __iter__(self) -> Iterator[Code]:
        return iter(self._rows)

    def concepts(self, system: str | None = None) -> frozenset[str]:
        """The concepts that have a row, in one system or in any."""
        return frozenset(row.concept for row in self if system in (None, row.system))

    def of(self, concept: str) -> list[Code]:
        """All rows of a concept."""
        return [row for row in self if row.concept == concept]

    def find(self, concept: str, system: str) -> Code | None:
        """The first row of a concept in one system; None where no verified row exists."""
        return next((row for row in self if (row.concept, row.system) == (concept, system)), None)

    def only(self, concept: str) -> Code:
        """The row of a concept that has one row.

        Raises LookupError where it has none or several.
        """
        found = self.of(concept)
        if len(found) != 1:
            raise LookupError(f"{concept!r} has {len(found)} rows, not one")
        return found[0]


def read_codes(files: Mapping[str, str]) -> tuple[CodeTable, list[Fault]]:
    """Read code tables: file name -> CSV text with the columns of `COLUMNS`.

    Given back are the rows, and a fault for each that may not be emitted.
    """
    faults: list[Fault] = []
    rows: dict[tuple[str, str, str], Code] = {}
    for file, text in files.items():
        reader = csv.DictReader(StringIO(text))
        if tuple(reader.fieldnames or ()) != COLUMNS:
            faults.append(Fault(file, "header", "the columns differ", f"write {','.join(COLUMNS)}"))
            continue
        for line, raw in enumerate(reader, start=2):
            where = f"line {line} ({raw['concept_id']})"
            if None in raw or None in raw.values():
                faults.append(Fault(file, where, "it has more or fewer fields than the header", "mend the row"))
                continue
            faults.extend(Fault(file, where, what, remedy) for what, remedy in _objections(raw))
            key = raw["concept_id"], raw["system"], raw["code"] if raw["role"] in SEVERAL else ""
            if key in rows:
                faults.append(Fault(file, where, "a second row for this concept and system", "keep one of them"))
            rows[key] = Code(
                raw["concept_id"], raw["system"], raw["code"], raw["display"], raw["role"], raw["evidence"]
            )
    return CodeTable(rows.values()), faults


def _objections(raw: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if raw["status"] not in VERIFIED:
        yield f"status {raw['status']!r} is not verified", "take a verified row, or leave the code out"
    if raw["role"] in NEVER_EMITTED:
        yield f"role {raw['role']!r} is never emitted", "leave the row out"
    for column in ("concept_id", "system", "code", "display", "evidence"):
        if not raw[column].strip():
            yield f"{column} is empty", "take a row that has it, or leave the row out"
        elif raw[column] != raw[column].strip():
            yield f"{column} {raw[column]!r} has space around it", "mend the row"
