"""Kinds of evidence: how a record is written, and what it proves. For nothing but the random patients and their kin."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from . import member as m
from .chart import Chart, concept
from .codes import (
    ALL_BODY,
    ALL_SPREAD,
    ANY_SITE,
    BODY,
    CERVICAL_CANCER,
    CHEMOTHERAPY,
    DRUGS,
    ELSEWHERE,
    LOCAL_RECURRENCE,
    LOOK_ALIKES,
    PD_L1_ANSWER,
    PD_L1_TEST,
    RADIOTHERAPY,
    RADIOTHERAPY_HISTORY,
    REASONS,
    SPREAD,
    UNPLACED,
    Code,
    fact_code,
)
from .member import FACTS, RECURRENCE, Resource

CURRENT = (None, "active", "recurrence", "relapse")
ENDED = ("inactive", "remission", "resolved")
BELIEVED = (None, None, "confirmed", "unconfirmed", "provisional", "differential")
OBSERVED = ("final", "final", "amended", "corrected")
NOT_OBSERVED = ("registered", "preliminary", "cancelled", "entered-in-error", "unknown")
NOT_DONE = ("preparation", "not-done", "on-hold", "stopped", "entered-in-error", "unknown")
GIVEN = {"MedicationAdministration": ("completed", "in-progress"), "MedicationStatement": ("completed", "active")}
NOT_GIVEN = {
    "MedicationAdministration": ("not-done", "on-hold", "entered-in-error", "stopped", "unknown"),
    "MedicationStatement": ("entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"),
    "MedicationRequest": ("active", "completed"),
}
NO_BOOLEAN: tuple[Resource, ...] = (
    {"valueString": "true"},
    {"valueInteger": 1},
    {"valueCodeableConcept": concept(PD_L1_ANSWER["yes"][0])},
)
NO_VALUE: Resource = {"dataAbsentReason": {"text": "asked, not known"}}
NO_ANSWER: tuple[Resource, ...] = (
    {},
    {"valueQuantity": {"value": 12, "unit": "%"}},
    {"valueString": "positive"},
    *({"valueCodeableConcept": concept(code)} for code in ELSEWHERE["pd-l1-answer"]),
    *({"interpretation": [concept(code)]} for code in ELSEWHERE["pd-l1-answer"]),
)

PLACED_BY_BODY = {
    "cervix": (m.CERVIX,),
    "uterus": (m.UTERUS,),
    "other-pelvic-organ": (m.ELSEWHERE_IN_PELVIS,),
    "pelvic-wall": (m.SIDE_WALL, m.ELSEWHERE_IN_PELVIS),
    "no-place": (),
}
PLACED_BY_SPREAD = {
    "uterus": (m.UTERUS,),
    "other-pelvic-organ": (m.ELSEWHERE_IN_PELVIS,),
    "distant": (m.DISTANT,),
    "without-place": (),
    "taken-out": (),
}


@dataclass(frozen=True)
class Kind:
    """A kind of evidence. `opens`: recurrence can then not be denied by the absence of cervical cancer;
    `unsure`: not to be written where it is so denied, for it is not settled whether that stands against it."""

    write: Callable[[Chart], object]
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    opens: bool = False
    unsure: bool = False

    def add_to(self, chart: Chart) -> None:
        self.write(chart)
        chart.claim(self.yes, self.no, self.opens)


# Writers: each takes the chart last, so that the codes can be bound first.


def write_condition(codes: tuple[Code, ...], statuses: tuple[str | None, ...], chart: Chart) -> None:
    """A Condition whose bodySite, where it has one, places nothing."""
    body = (chart.coded(chart.rng.choice(ALL_BODY)),) if chart.rng.random() < 0.3 else ()
    _condition(chart, codes, statuses, body)


def write_bare_condition(codes: tuple[Code, ...], statuses: tuple[str | None, ...], chart: Chart) -> None:
    _condition(chart, codes, statuses, ())


def write_sited(
    codes: tuple[Code, ...], statuses: tuple[str | None, ...], sites: tuple[Code, ...], chart: Chart
) -> None:
    """A Condition at one of the sites, now and then beside one that is no place."""
    body = [chart.coded(chart.rng.choice(sites))]
    if chart.rng.random() < 0.2:
        body.insert(0, concept(chart.rng.choice(BODY["no-place"])))
    _condition(chart, codes, statuses, tuple(body))


def _condition(
    chart: Chart, codes: tuple[Code, ...], statuses: tuple[str | None, ...], body: tuple[Resource, ...]
) -> Resource:
    rng = chart.rng
    return chart.condition(chart.coded(rng.choice(codes)), rng.choice(statuses), rng.choice(BELIEVED), body)


def write_disbelieved(codes: tuple[Code, ...], chart: Chart) -> None:
    """Refuted, or entered in error (where R4 allows no clinicalStatus)."""
    code = chart.coded(chart.rng.choice(codes))
    body = (chart.coded(chart.rng.choice(ALL_BODY)),)
    if chart.rng.random() < 0.5:
        chart.condition(code, chart.rng.choice(CURRENT), "refuted", body)
    else:
        chart.condition(code, None, "entered-in-error", body)


def write_explicit(fact: str, value: bool, chart: Chart) -> None:
    chart.observation(chart.coded(fact_code(fact)), {"valueBoolean": value}, chart.rng.choice(OBSERVED))


def write_unusable_explicit(fact: str, chart: Chart) -> None:
    value: Resource = {"valueBoolean": chart.rng.random() < 0.5}
    chart.explicit(fact, value, chart.rng.choice(NOT_OBSERVED))


def write_valueless_explicit(fact: str, chart: Chart) -> None:
    chart.explicit(fact, chart.rng.choice((NO_VALUE, {}, *NO_BOOLEAN)), chart.rng.choice(OBSERVED))


def write_of_another_patient(fact: str, chart: Chart) -> None:
    other: Resource = {"reference": chart.rng.choice((f"Patient/x{chart.id}", f"Patient/{chart.id}x"))}
    chart.explicit(fact, {"valueBoolean": chart.rng.random() < 0.5}, subject=other)


def write_procedure(codes: tuple[Code, ...], statuses: tuple[str, ...], chart: Chart) -> None:
    chart.procedure(chart.coded(chart.rng.choice(codes)), chart.rng.choice(statuses))


def medication(chart: Chart, code: Code) -> Resource:
    """The drug as a concept, as a Medication of the Bundle, or as a contained one."""
    draw = chart.rng.random()
    if draw < 0.6:
        return {"medicationCodeableConcept": chart.coded(code)}
    if draw < 0.8:
        return {"medicationReference": chart.to(chart.medication(chart.coded(code)))}
    inside: Resource = {"resourceType": "Medication", "id": "drug", "code": chart.coded(code)}
    return {"contained": [inside], "medicationReference": {"reference": "#drug"}}


def reason_by_code(codes: tuple[Code, ...], chart: Chart) -> Resource:
    reasons = [chart.coded(chart.rng.choice(codes))]
    if chart.rng.random() < 0.2:
        reasons.insert(0, concept(chart.rng.choice(CERVICAL_CANCER)))
    return {"reasonCode": reasons}


def reason_by_reference(codes: tuple[Code, ...], statuses: tuple[str | None, ...], chart: Chart) -> Resource:
    return {"reasonReference": [chart.to(_condition(chart, codes, statuses, ()))]}


def no_reason(chart: Chart) -> Resource:
    draw = chart.rng.random()
    if draw < 0.3:
        return {}
    if draw < 0.6:
        return {"reasonReference": [{"reference": "Condition/not-here"}]}
    return {"reasonCode": [chart.coded(chart.rng.choice(CERVICAL_CANCER))]}


Reason = Callable[[Chart], Resource]


def write_drug(codes: tuple[Code, ...], statuses: Mapping[str, tuple[str, ...]], reason: Reason, chart: Chart) -> None:
    kind = chart.rng.choice(tuple(statuses))
    drug = medication(chart, chart.rng.choice(codes))
    chart.given(kind, drug, reason(chart), chart.rng.choice(statuses[kind]))


def write_chemotherapy(codes: tuple[Code, ...], statuses: tuple[str, ...], reason: Reason, chart: Chart) -> None:
    chart.procedure(chart.coded(chart.rng.choice(codes)), chart.rng.choice(statuses), reason(chart))


def write_pd_l1(answer: str, statuses: tuple[str, ...], chart: Chart) -> None:
    """The answer as value or as interpretation, perhaps beside a score."""
    code = chart.coded(chart.rng.choice(PD_L1_ANSWER[answer]))
    draw = chart.rng.random()
    value: Resource = {"valueCodeableConcept": code} if draw < 0.5 else {"interpretation": [code]}
    if draw > 0.7:
        value["valueQuantity"] = {"value": 12, "unit": "%"}
    _pd_l1(chart, value, statuses)


def write_pd_l1_at_odds(chart: Chart) -> None:
    said, meant = chart.rng.choice((("yes", "no"), ("no", "yes")))
    value: Resource = {"valueCodeableConcept": chart.coded(chart.rng.choice(PD_L1_ANSWER[said]))}
    value["interpretation"] = [chart.coded(chart.rng.choice(PD_L1_ANSWER[meant]))]
    _pd_l1(chart, value, OBSERVED)


def write_pd_l1_without_answer(chart: Chart) -> None:
    _pd_l1(chart, chart.rng.choice(NO_ANSWER), OBSERVED)


def _pd_l1(chart: Chart, value: Resource, statuses: tuple[str, ...]) -> None:
    chart.observation(chart.coded(chart.rng.choice(PD_L1_TEST)), value, chart.rng.choice(statuses))


# What there is, by what it is for.

_YES: defaultdict[str, list[Kind]] = defaultdict(list)
_NO: defaultdict[str, list[Kind]] = defaultdict(list)
_SILENT: defaultdict[str, list[Kind]] = defaultdict(list)


def _counts(write: Callable[[Chart], object], *yes: str, opens: bool = False) -> None:
    """Evidence that can be chosen for each fact that it proves."""
    for fact in yes:
        _YES[fact].append(Kind(write, frozenset(yes), opens=opens))


def _nothing(write: Callable[[Chart], object], *facts: str, opens: bool = False, unsure: bool = False) -> None:
    """Evidence that must not count for the facts that it seems to be about."""
    for fact in facts:
        _SILENT[fact].append(Kind(write, opens=opens, unsure=unsure))


LOCAL = (LOCAL_RECURRENCE,)
for _fact in FACTS:
    for _ in range(3 if _fact == RECURRENCE else 1):
        _YES[_fact].append(Kind(partial(write_explicit, _fact, True), frozenset({_fact})))
    _NO[_fact].append(Kind(partial(write_explicit, _fact, False), no=frozenset({_fact})))
    _nothing(partial(write_unusable_explicit, _fact), _fact, unsure=_fact == RECURRENCE)
    _nothing(partial(write_valueless_explicit, _fact), _fact, opens=_fact == RECURRENCE)
    _nothing(partial(write_of_another_patient, _fact), _fact)

_counts(partial(write_condition, CERVICAL_CANCER, ("recurrence", "relapse")), RECURRENCE)
_counts(partial(write_condition, CERVICAL_CANCER, ("recurrence",)), RECURRENCE)
_counts(partial(write_sited, LOCAL, CURRENT, BODY["no-place"]), RECURRENCE)
_counts(partial(write_bare_condition, LOCAL, CURRENT), RECURRENCE)
_counts(partial(write_sited, (ANY_SITE,), CURRENT, BODY["cervix"]), RECURRENCE)
for _name, _places in PLACED_BY_BODY.items():
    if _places:
        _counts(partial(write_sited, LOCAL, CURRENT, BODY[_name]), RECURRENCE, *_places)
        _nothing(partial(write_sited, LOCAL, ENDED, BODY[_name]), RECURRENCE, *_places)
        _nothing(partial(write_sited, CERVICAL_CANCER, ("active", None), BODY[_name]), *_places, opens=True)

_nothing(partial(write_disbelieved, (*CERVICAL_CANCER, *LOCAL, ANY_SITE)), RECURRENCE, m.CERVIX, m.SIDE_WALL)
_nothing(partial(write_disbelieved, ALL_SPREAD), m.UTERUS, m.ELSEWHERE_IN_PELVIS, m.DISTANT, m.CHEMOTHERAPY)
_nothing(partial(write_condition, CERVICAL_CANCER, ENDED), RECURRENCE)
_nothing(partial(write_condition, LOOK_ALIKES["cervix"], CURRENT), RECURRENCE)
_nothing(partial(write_bare_condition, (ANY_SITE,), CURRENT), RECURRENCE, opens=True)
_nothing(partial(write_sited, (ANY_SITE,), ENDED, BODY["cervix"]), RECURRENCE)

for _name, _places in PLACED_BY_SPREAD.items():
    for _origin in (False, True):
        _codes = tuple(code for code in SPREAD[_name] if code.names_origin == _origin)
        if not _codes:
            continue
        _reason = partial(reason_by_reference, tuple(code for code in _codes if code in REASONS), CURRENT)
        _counts(partial(write_drug, DRUGS, GIVEN, _reason), m.CHEMOTHERAPY, *_places, opens=_origin)
        if _places:
            _counts(partial(write_condition, _codes, CURRENT), *_places, opens=_origin)
        else:
            _nothing(partial(write_condition, _codes, CURRENT), m.DISTANT, m.ELSEWHERE_IN_PELVIS, opens=_origin)
        _nothing(partial(write_condition, _codes, ENDED), *(_places or (m.DISTANT,)))

_counts(partial(write_procedure, RADIOTHERAPY, ("completed",)), m.RADIATION)
_counts(partial(write_condition, (RADIOTHERAPY_HISTORY,), (*CURRENT, *ENDED)), m.RADIATION)
_nothing(partial(write_procedure, RADIOTHERAPY, ("in-progress", *NOT_DONE)), m.RADIATION)
_nothing(partial(write_procedure, LOOK_ALIKES["radiotherapy"], ("completed",)), m.RADIATION)
_nothing(partial(write_procedure, ELSEWHERE["radiotherapy"], ("completed",)), m.RADIATION)
_nothing(partial(write_disbelieved, (RADIOTHERAPY_HISTORY,)), m.RADIATION)

for _reason in (partial(reason_by_code, REASONS), partial(reason_by_reference, REASONS, ENDED)):
    _counts(partial(write_drug, DRUGS, GIVEN, _reason), m.CHEMOTHERAPY)
    _counts(partial(write_chemotherapy, CHEMOTHERAPY, ("completed", "in-progress"), _reason), m.CHEMOTHERAPY)
    _nothing(partial(write_drug, DRUGS, NOT_GIVEN, _reason), m.CHEMOTHERAPY)
    _nothing(partial(write_drug, LOOK_ALIKES["drug"], GIVEN, _reason), m.CHEMOTHERAPY)
    _nothing(partial(write_drug, ELSEWHERE["drug"], GIVEN, _reason), m.CHEMOTHERAPY)
    _nothing(partial(write_chemotherapy, CHEMOTHERAPY, NOT_DONE, _reason), m.CHEMOTHERAPY)
_nothing(partial(write_drug, DRUGS, GIVEN, no_reason), m.CHEMOTHERAPY)
_nothing(partial(write_chemotherapy, CHEMOTHERAPY, ("completed",), no_reason), m.CHEMOTHERAPY)
_not_chemotherapy = tuple(code for code in ELSEWHERE["chemotherapy"] if code.code not in {c.code for c in RADIOTHERAPY})
_spread = partial(reason_by_code, tuple(code for code in UNPLACED if code in REASONS))
_nothing(partial(write_chemotherapy, _not_chemotherapy, ("completed",), _spread), m.CHEMOTHERAPY)

_YES[m.PD_L1].extend([Kind(partial(write_pd_l1, "yes", OBSERVED), frozenset({m.PD_L1}))] * 3)
_NO[m.PD_L1].extend([Kind(partial(write_pd_l1, "no", OBSERVED), no=frozenset({m.PD_L1}))] * 3)
_YES[m.PD_L1].append(Kind(write_pd_l1_at_odds, frozenset({m.PD_L1}), frozenset({m.PD_L1})))
_nothing(write_pd_l1_without_answer, m.PD_L1)
_nothing(partial(write_pd_l1, "yes", NOT_OBSERVED), m.PD_L1)
_nothing(partial(write_pd_l1, "no", NOT_OBSERVED), m.PD_L1)

OPENERS: tuple[Kind, ...] = (
    Kind(partial(write_condition, CERVICAL_CANCER, ("active", None)), opens=True),
    Kind(partial(write_valueless_explicit, RECURRENCE), opens=True),
    Kind(
        partial(write_condition, tuple(code for code in UNPLACED if code.names_origin), CURRENT),
        opens=True,
    ),
)
YES = {fact: tuple(_YES[fact]) for fact in FACTS}
NO = {fact: tuple(_NO[fact]) for fact in FACTS}
SILENT = {fact: tuple(_SILENT[fact]) for fact in FACTS}
