"""The logic as FHIRPath over a Bundle of one patient's records: the twin of each CQL define, for engines without CQL.

An expression stands alone: FHIRPath has no definitions to refer to, so each fact is written out where it is asked. Only
what fhirpath.js and fhirpathpy (with a model of R4) and fhirpathrs (without) read alike is used: a choice of complex
types is named both as the specification has it (`value.ofType(CodeableConcept)`) and as JSON (`valueCodeableConcept`).
The Bundle is `%resource`.
"""

from collections.abc import Iterable, Sequence

from .codes import Code
from .logic import And, Drafted, Expression, Found, Neither, Or, Said, Same
from .model import Content, Evidence, Order
from .rails import over_records
from .statuses import BACK, ENDED, RECORDED, VOID

# A reference may name a version; what it points to is the same record.
_UNVERSIONED = "replaceMatches('/_history/.*$', '')"
_PATIENT = "%resource.entry.where(resource.ofType(Patient).exists()).select(fullUrl | ('Patient/' & resource.id))"
OF_PATIENT = f"subject.reference.{_UNVERSIONED} in {_PATIENT}"


def twin(content: Content, expression: Expression, fact_system: str) -> str:
    """A Boolean expression over the Bundle of records; true or false, never empty."""
    return _Writer(content, fact_system).text(over_records(content, expression))


class _Writer:
    def __init__(self, content: Content, fact_system: str) -> None:
        self.content = content
        self.fact_system = fact_system

    def text(self, expression: Expression) -> str:
        match expression:
            case And(parts):
                return " and ".join(self.part(part) for part in parts)
            case Or(parts):
                return self.any(parts)
            case Neither(parts):
                return f"({self.any(parts)}).not()"
            case Same(one, other):
                return f"{self.part(one)} = {self.part(other)}"
            case Said(about, answer):
                return said(self.fact_system, about, answer)
            case Found():
                return self.any([expression])
            case Drafted(id):
                return self.drafted(next(order for order in self.content.order if order.id == id))
            case _:
                raise ValueError(f"{expression} has no FHIRPath of its own")

    def part(self, expression: Expression) -> str:
        text = self.text(expression)
        return f"({text})" if isinstance(expression, And | Or | Same) else text

    def any(self, parts: Sequence[Expression]) -> str:
        """One of the parts. Evidence of drugs that differs in nothing but the resource is written as one."""
        written: dict[tuple[object, ...], list[Evidence]] = {}
        texts: list[str | list[Evidence]] = []
        for part in parts:
            if not isinstance(part, Found):
                texts.append(self.part(part))
                continue
            row = next(row for row in self.content.evidence if row.id == part.evidence)
            like = (row.codes, row.because) if row.of_drug else (row.id,)
            if like not in written:
                texts.append(written.setdefault(like, []))
            written[like].append(row)
        return " or ".join(text if isinstance(text, str) else self.found(text) for text in texts)

    def found(self, rows: Sequence[Evidence]) -> str:
        """There is a record of this kind."""
        row = rows[0]
        records = f"entry.resource.ofType({row.resource})"
        coded = self.coded([code for each in row.codes for code in self.content.codes_in(each)])
        tests = [OF_PATIENT]
        match row.resource:
            case "Condition":
                tests += [stands(), *_clinical(row.clinical), coding("code", coded)]
                tests += [coding("bodySite", self.codes_of(row.sites))] if row.sites else []
            case "Observation":
                answers = self.codes_of(row.answers)
                given = "(value.ofType(CodeableConcept) | valueCodeableConcept | interpretation)"
                tests += [is_one_of("status", row.status), coding("code", coded), coding(given, answers)]
            case "Procedure":
                tests += [is_one_of("status", row.status), coding("code", coded)]
                tests += [f"({self.by_code(row)} or {self.by_diagnosis(row)})"] if row.because else []
            case _:
                named = coding("(medication.ofType(CodeableConcept) | medicationCodeableConcept)", coded)
                each = (f"entry.resource.ofType({r.resource}).where({is_one_of('status', r.status)})" for r in rows)
                records = f"({' | '.join(each)})" if len(rows) > 1 else "".join(each)
                tests += [f"({named} or {pointed(coded)})", f"({self.by_code(row)} or {self.by_diagnosis(row)})"]
        return f"{records}.where({' and '.join(tests)}).exists()"

    def drafted(self, order: Order) -> str:
        """A draft among the records is one that is about to be signed."""
        coded = self.coded([code for concept in order.concepts for code in self.content.codes.of(concept)])
        if order.kind == "ServiceRequest":
            what = coding("code", coded)
        else:
            named = coding("(medication.ofType(CodeableConcept) | medicationCodeableConcept)", coded)
            what = f"({named} or {pointed(coded)})"
        return f"entry.resource.ofType({order.kind}).where(status = 'draft' and {OF_PATIENT} and {what}).exists()"

    def by_code(self, row: Evidence) -> str:
        """The reason is one of the codes."""
        return coding("reasonCode", self.codes_of(row.because))

    def by_diagnosis(self, row: Evidence) -> str:
        """The reason is a diagnosis with one of the codes, of the same patient."""
        meant = f"{OF_PATIENT} and {stands()} and {coding('code', self.codes_of(row.because))}"
        diagnoses = f"%resource.entry.where(resource.ofType(Condition).where({meant}).exists())"
        places = f"{diagnoses}.select(fullUrl | ('Condition/' & resource.id))"
        return f"reasonReference.where(reference.{_UNVERSIONED} in {places}).exists()"

    def codes_of(self, value_set: str | None) -> str:
        return self.coded(self.content.codes_in(value_set)) if value_set else ""

    def coded(self, codes: Sequence[Code]) -> str:
        """A coding is one of these codes."""
        systems = dict.fromkeys(code.system for code in codes)
        tests = []
        for system in systems:
            listed = dict.fromkeys(code.code for code in codes if code.system == system)
            tests.append(f"system = {quoted(system)} and {is_one_of('code', listed)}")
        return tests[0] if len(tests) == 1 else " or ".join(f"({test})" for test in tests)


def said(fact_system: str, about: str, answer: bool | None) -> str:
    """There is an explicit record: with this answer, or with any."""
    tests = [
        OF_PATIENT,
        is_one_of("status", RECORDED),
        coding("code", f"system = {quoted(fact_system)} and code = {quoted(about)}"),
    ]
    if answer is not None:
        tests.append(f"value = {str(answer).lower()}")
    return f"entry.resource.ofType(Observation).where({' and '.join(tests)}).exists()"


def stands() -> str:
    """A diagnosis that is neither refuted nor a mistake."""
    return f"verificationStatus.coding.where({is_one_of('code', VOID)}).exists().not()"


def _clinical(kind: str | None) -> list[str]:
    if kind == "recurrence":
        return [f"clinicalStatus.coding.where({is_one_of('code', BACK)}).exists()"]
    if kind == "current":
        return [f"clinicalStatus.coding.where({is_one_of('code', ENDED)}).exists().not()"]
    return []


def pointed(coded: str) -> str:
    """The drug stands in another resource, of the Bundle or contained."""
    medication = f"ofType(Medication).where({coding('code', coded)})"
    places = f"%resource.entry.where(resource.{medication}.exists()).select(fullUrl | ('Medication/' & resource.id))"
    contained = f"contained.{medication}.select('#' & id)"
    return f"medicationReference.reference.{_UNVERSIONED} in ({places} | {contained})"


def coding(path: str, test: str) -> str:
    """A coding of the concept passes the test."""
    return f"{path}.coding.where({test}).exists()"


def is_one_of(path: str, texts: Iterable[str]) -> str:
    listed = [quoted(text) for text in texts]
    return f"{path} = {listed[0]}" if len(listed) == 1 else f"{path} in ({' | '.join(listed)})"


def quoted(text: str) -> str:
    """A string literal (FHIRPath N1, 4.1.2)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
