"""One patient's records while they are written. What they prove is stated by who writes them, never read from them."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Final, Literal
from uuid import UUID

from .codes import Code, fact_code
from .member import FACTS, RECURRENCE, Member, Resource, Truth

Shape = Literal["bare", "url", "uuid", "mixed"]
Form = Literal["relative", "full", "relative-versioned", "full-versioned"]

SHAPES: tuple[Shape, ...] = ("bare", "url", "uuid", "mixed")
BASES = ("https://ehr.example/fhir", "http://hospital.example:8080/r4")
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
LOCAL = "https://ehr.example/local-codes"
WHEN = "2024-03-05"
OWN: Final[Resource] = {"reference": "the patient of the chart"}  # stands for a form of reference yet to be drawn


def coding(code: Code) -> Resource:
    return {"system": code.system, "code": code.code}


def concept(*codes: Code) -> Resource:
    return {"coding": [coding(code) for code in codes]}


def _status(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


class Chart:
    """A patient, the records written so far, and what their writers say that they prove."""

    def __init__(self, name: str, shape: Shape | None = None, seed: int = 1) -> None:
        self.name = name
        self.rng = Random(f"{seed} {name}")
        self.shape: Shape = self.rng.choice(SHAPES) if shape is None else shape
        self.base = self.rng.choice(BASES)
        self.id = f"p{self.rng.randrange(1, 100)}"
        self.yes: set[str] = set()
        self.no: set[str] = set()
        self.opens = False
        self._counts: dict[str, int] = {}
        self._urls: dict[tuple[str, str], str] = {}
        self._resources: list[Resource] = []
        self._add({"resourceType": "Patient", "id": self.id})

    # what is proved

    def claim(self, yes: Iterable[str] = (), no: Iterable[str] = (), opens: bool = False) -> None:
        """State what records prove. `opens`: recurrence can no longer be denied by the absence of cervical cancer."""
        self.yes.update(yes)
        self.no.update(no)
        self.opens = self.opens or opens

    def facts(self) -> dict[str, Truth]:
        said = {fact: self._said(fact) for fact in FACTS}
        if not (RECURRENCE in self.yes or RECURRENCE in self.no or self.opens):
            said[RECURRENCE] = "false"
        return said

    def _said(self, fact: str) -> Truth:
        if (fact in self.yes) == (fact in self.no):
            return "unknown"
        return "true" if fact in self.yes else "false"

    def member(self) -> Member:
        return Member(self.name, self.facts(), frozenset(self.yes & self.no), self.bundle())

    def bundle(self) -> Resource:
        entries: list[Resource] = []
        for resource in self._resources:
            url = self._urls.get((resource["resourceType"], resource["id"]))
            entries.append({"fullUrl": url, "resource": resource} if url else {"resource": resource})
        if self.rng.random() < 0.5:
            self.rng.shuffle(entries)
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    # references

    @property
    def full_url(self) -> str | None:
        """The address of the Patient entry, where it has one."""
        return self._urls.get(("Patient", self.id))

    def subject(self) -> Resource:
        """This patient, in one of the forms that a record may use."""
        return self.pointer("Patient", self.id)

    def pointer(self, kind: str, id: str, form: Form | None = None) -> Resource:
        """A reference to an entry; without `form`, drawn from those that the entry allows."""
        url = self._urls.get((kind, id))
        if form is None:
            draw = self.rng.random()
            versioned = draw < 0.1
            form = "full" if url and draw > 0.6 else "relative"
            if versioned:
                form = "full-versioned" if url and url.startswith("http") else "relative-versioned"
        if form.startswith("full"):
            if url is None:
                raise ValueError(f"{kind}/{id} of {self.name} has no full url")
            return {"reference": url + ("/_history/2" if form == "full-versioned" else "")}
        return {"reference": f"{kind}/{id}" + ("/_history/2" if form == "relative-versioned" else "")}

    def to(self, resource: Resource, form: Form | None = None) -> Resource:
        return self.pointer(resource["resourceType"], resource["id"], form)

    # records

    def _add(self, resource: Resource) -> Resource:
        kind, id = resource["resourceType"], resource["id"]
        shape = self.rng.choice(("bare", "url")) if self.shape == "mixed" else self.shape
        if shape == "url":
            self._urls[kind, id] = f"{self.base}/{kind}/{id}"
        elif shape == "uuid":
            self._urls[kind, id] = f"urn:uuid:{UUID(int=self.rng.getrandbits(128), version=4)}"
        self._resources.append(resource)
        return resource

    def record(self, kind: str, elements: Resource, subject: Resource | None = OWN) -> Resource:
        """Write one resource. Ids count within a type, so that two types may share one."""
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        resource: Resource = {"resourceType": kind, "id": f"r{number}", **elements}
        if subject is not None:
            resource["subject"] = self.subject() if subject is OWN else subject
        return self._add(resource)

    def coded(self, code: Code) -> Resource:
        """The code, now and then beside a local coding, a text, a display or a version that must not matter."""
        draw = self.rng.random()
        if draw > 0.3:
            return concept(code)
        if draw > 0.2:
            return {"coding": [{"system": LOCAL, "code": "A1"}, coding(code)]}
        if draw > 0.1:
            return {"coding": [coding(code), {"system": LOCAL, "code": "B2"}], "text": "as entered"}
        return {"coding": [{**coding(code), "version": "2024", "display": code.concept, "userSelected": True}]}

    def condition(
        self,
        code: Resource | None,
        clinical: str | None = None,
        verification: str | None = None,
        body: Sequence[Resource] = (),
        subject: Resource | None = OWN,
    ) -> Resource:
        elements: Resource = {}
        if clinical:
            elements["clinicalStatus"] = _status(CLINICAL, clinical)
        if verification:
            elements["verificationStatus"] = _status(VERIFICATION, verification)
        if code:
            elements["code"] = code
        if body:
            elements["bodySite"] = list(body)
        return self.record("Condition", elements, subject)

    def observation(
        self, code: Resource, value: Resource, status: str = "final", subject: Resource | None = OWN
    ) -> Resource:
        return self.record("Observation", {"status": status, "code": code, **value}, subject)

    def explicit(self, fact: str, value: Resource, status: str = "final", subject: Resource | None = OWN) -> Resource:
        return self.observation(concept(fact_code(fact)), value, status, subject)

    def procedure(
        self,
        code: Resource | None,
        status: str = "completed",
        reason: Resource | None = None,
        subject: Resource | None = OWN,
    ) -> Resource:
        elements: Resource = {"status": status, **({"code": code} if code else {}), **(reason or {})}
        return self.record("Procedure", elements, subject)

    def given(
        self,
        kind: str,
        medication: Resource,
        reason: Resource | None = None,
        status: str = "completed",
        subject: Resource | None = OWN,
    ) -> Resource:
        """A MedicationAdministration, MedicationStatement or MedicationRequest with what R4 asks of each."""
        elements: Resource = {"status": status, **medication, **(reason or {})}
        if kind == "MedicationAdministration":
            elements["effectiveDateTime"] = WHEN
        elif kind == "MedicationRequest":
            elements["intent"] = "order"
        return self.record(kind, elements, subject)

    def medication(self, code: Resource | None, **elements: object) -> Resource:
        return self.record("Medication", {**({"code": code} if code else {}), **elements}, None)

    def answer(self, fact: str, value: bool) -> None:
        """Write an explicit record and claim what it says."""
        self.explicit(fact, {"valueBoolean": value})
        (self.yes if value else self.no).add(fact)
