"""What the review pages show, read from the resources and the written patients: one object a thing that has a place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any

from ..service.conditions import fhirpath_of
from ..service.options import OUTCOMES
from ..service.package import ASK, ASKS, NOT_MET, OFFER, Package, PlanError, Recommendation, statements
from ..service.shape import ID
from .cards import Card, about, planned
from .choices import Choice, choices, leaves
from .evidence import Evidence, recorded
from .graph import CONDITION
from .logic import Logic, Row
from .readings import Reading, chosen
from .terms import Terms, terms
from .trace import Statement, trace
from .twins import Twins
from .written import Patient

Resource = dict[str, Any]

FACTS = "/CodeSystem/cervical-facts"
DRUGS = "/CodeSystem/cervical-drugs"
READING_ID = re.compile(r"\bR-\d+\b")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that decides, or a reason that decides nothing. `yes` and `no`: what says so; `sets`: the codes read."""

    id: str
    name: str
    question: str
    decides: bool
    begin: str  # of its defines
    statements: tuple[str, ...]
    readings: tuple[str, ...]
    yes: Evidence
    no: Evidence
    sets: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class Define:
    """One answer of an option as the logic has it: in CQL, and in FHIRPath, short and whole."""

    outcome: str
    name: str
    cql: str
    short: str
    whole: str


@dataclass(frozen=True, slots=True)
class Option:
    """One option, with everything that a reviewer needs beside each other. `id`: as its strategy names it."""

    id: str
    plan: Resource
    title: str
    text: str
    condition: str
    statements: tuple[str, ...]
    readings: tuple[str, ...]
    facts: tuple[str, ...]
    met: tuple[Row, ...]
    not_met: tuple[Row, ...]
    defines: tuple[Define, ...]
    asks: tuple[Resource, ...]
    closes: tuple[Resource, ...]
    reasons: tuple[str, ...]
    leads_to: Choice
    activities: tuple[Resource, ...]
    cards: tuple[Card, ...]

    @property
    def unconditional(self) -> bool:
        """Whether nothing but the recurrence decides."""
        return len(self.facts) == 1


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug that the page names, its codes, and where it is proposed."""

    id: str
    name: str
    brands: tuple[str, ...]
    statements: tuple[str, ...]
    codes: tuple[Resource, ...]
    activity: Resource
    options: tuple[str, ...]


class Content:
    """Everything that is shown.

    Raises LookupError or PlanError where the resources do not hold together, or an id is none that R4 allows.
    """

    def __init__(
        self, resources: Sequence[Resource], written: Sequence[Patient], service: dict[str, list[Card]] | None = None
    ) -> None:
        for each in resources:
            if not ID.fullmatch(str(each["id"])) or set(str(each["id"])) == {"."}:
                raise LookupError(f"{each['resourceType']}/{each['id']}: no id that R4 allows; mend it")
        self.resources = resources
        self.patients = list(written)
        self.service = service or {}
        self.package = Package(resources)
        self.logic = Logic(resources)
        self.twins = Twins(resources)
        self.readings: list[Reading] = chosen(resources)
        self.statements: list[Statement] = list(trace(resources).statements)
        self.carriers: dict[str, list[str]] = trace(resources).carriers
        self.terms: list[Terms] = terms(resources)
        self.facts: list[Fact] = list(self._facts())
        self.options: list[Option] = [self._option(each) for each in self.package.recommendations]
        self.drugs: list[Drug] = list(self._drugs())

    @cached_property
    def strategy(self) -> Resource:
        return self.package.strategy

    @cached_property
    def notice(self) -> str:
        """What is said on every page: the first paragraph of the strategy's usage."""
        return str(self.strategy.get("usage", "")).partition("\n")[0]

    @cached_property
    def value_sets(self) -> list[Resource]:
        return [each for each in self.resources if each["resourceType"] == "ValueSet"]

    @cached_property
    def fact(self) -> dict[str, Fact]:
        return {each.id: each for each in self.facts}

    @cached_property
    def option(self) -> dict[str, Option]:
        return {each.id: each for each in self.options}

    @cached_property
    def statement(self) -> dict[str, Statement]:
        return {each.id: each for each in self.statements}

    @cached_property
    def reading(self) -> dict[str, Reading]:
        return {each.id: each for each in self.readings}

    def tested_by(self, statement: str) -> list[Patient]:
        """The written patients whose answer hangs on a statement: an option offered, or a fact that holds it back."""
        resting = {each.id for each in self.facts if statement in each.statements}
        return [
            patient
            for patient in self.patients
            if any(
                statement in self.option[option].statements
                if outcome == OUTCOMES[OFFER]
                else resting.intersection(patient.facts[option])
                for option, outcome in patient.outcomes.items()
                if option in self.option
            )
        ]

    def deciding(self, fact: str) -> list[str]:
        """The options whose answer a fact decides."""
        return [each.id for each in self.options if fact in each.facts]

    def reading_by(self, reading: str) -> list[Patient]:
        """The written patients that show a reading."""
        return [each for each in self.patients if reading in each.readings]

    def _facts(self) -> Iterator[Fact]:
        catalogue = self._code_system(FACTS)
        evidence: dict[str, list[Evidence]] = {}
        for each in recorded(self.resources):
            evidence.setdefault(each.fact, []).append(each)
        for concept in catalogue["concept"]:
            id = concept["code"]
            if len(evidence.get(id, ())) != 2:
                raise LookupError(
                    f"CodeSystem/{catalogue['id']}: the logic does not say what proves {id} and what denies it"
                )
            yes, no = evidence[id]
            urls = dict.fromkeys(
                url for each in (yes, no) if each.define in self.logic for url in self.logic.value_sets(each.define)
            )
            yield Fact(
                id,
                concept["display"],
                concept["definition"],
                _property(concept, "kind") == ["fact"],
                self.logic.sides[id],
                tuple(coding["code"] for coding in _property(concept, "statement")),
                tuple(_property(concept, "reading")),
                yes,
                no,
                tuple(each for each in map(self.package.find, urls) if each),
            )

    def _option(self, recommendation: Recommendation) -> Option:
        plan, actions = recommendation.plan, recommendation.actions
        self.package.check(plan)
        names = {id: _expression(actions[id])["expression"] for id in OUTCOMES}
        asks = tuple(actions[ASK].get("action", ()))
        closes = tuple(actions[NOT_MET].get("action", ()))
        offer = actions[OFFER]
        tree = choices(self.package, offer, (plan["id"],))
        found = CONDITION.search(plan.get("text", {}).get("div", ""))
        if not found:
            raise LookupError(f"PlanDefinition/{plan['id']}: its narrative does not say when it may be offered")
        title = plan["title"]
        return Option(
            recommendation.option,
            plan,
            title,
            plan.get("description", ""),
            unescape(re.sub(r"<[^>]+>", "", found[1])),
            tuple(statements(offer)),
            tuple(each.id for each in chosen([plan])),
            tuple(each["id"].removeprefix(ASKS) for each in asks),
            tuple(self.logic.rows(names[OFFER])),
            tuple(self.logic.rows(names[NOT_MET])),
            tuple(self._define(id, actions[id]) for id in OUTCOMES),
            asks,
            closes,
            tuple(
                coding["code"]
                for reason in offer.get("reason", ())
                for coding in reason.get("coding", ())
                if "code" in coding
            ),
            tree,
            tuple(leaves(tree)),
            (*planned(self.package.plans, recommendation.option), *about(self.service, title)),
        )

    def _define(self, id: str, action: Resource) -> Define:
        expression = _expression(action)
        whole = fhirpath_of(expression, f"action {id}")
        name = expression["expression"]
        return Define(OUTCOMES[id], name, self.logic.cql(name), self.twins.short(whole), whole)

    def _drugs(self) -> Iterator[Drug]:
        catalogue = self._code_system(DRUGS)
        activities = [each for each in self.resources if each["resourceType"] == "ActivityDefinition"]
        for concept in catalogue["concept"]:
            id = concept["code"]
            own = [
                each
                for each in activities
                if any(c.get("code") == id and c["system"] == catalogue["url"] for c in _codes(each))
            ]
            if len(own) != 1:
                raise LookupError(f"CodeSystem/{catalogue['id']}: {len(own)} activities give {id}, not one")
            (activity,) = own
            ingredients = [
                coding
                for each in self.resources
                if each["resourceType"] == "Medication"
                and any(c.get("code") == id and c["system"] == catalogue["url"] for c in each["code"]["coding"])
                for ingredient in each.get("ingredient", ())
                for coding in ingredient.get("itemCodeableConcept", {}).get("coding", ())
            ]
            proposing = [o.id for o in self.options if any(a["id"] == activity["id"] for a in o.activities)]
            yield Drug(
                id,
                concept["display"],
                tuple(each["value"] for each in concept.get("designation", ())),
                tuple(coding["code"] for coding in _property(concept, "statement")),
                (*_codes(activity), *ingredients),
                activity,
                tuple(proposing),
            )

    def _code_system(self, url: str) -> Resource:
        for each in self.resources:
            if each["resourceType"] == "CodeSystem" and str(each.get("url", "")).endswith(url):
                return each
        raise LookupError(f"no CodeSystem with a url that ends in {url}")


def _expression(action: Resource) -> Resource:
    for condition in action.get("condition", ()):
        if condition.get("kind") == "applicability" and "expression" in condition.get("expression", {}):
            return dict(condition["expression"])
    raise PlanError(f"action {action['id']}: it has no condition in CQL; add it")


def _codes(activity: Resource) -> list[Resource]:
    """What an activity proposes, as codes."""
    concept = activity.get("productCodeableConcept") or activity.get("code", {})
    return list(concept.get("coding", ()))


def _property(concept: Resource, code: str) -> list[Any]:
    values = [each for each in concept.get("property", ()) if each["code"] == code]
    return [each.get("valueString", each.get("valueCoding")) for each in values]
