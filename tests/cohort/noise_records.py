"""Noise in what a record says about itself: status, verification, kind, value; and several records side by side."""

from collections.abc import Iterator
from functools import partial

from . import member as m
from .chart import WHEN, Chart, concept
from .codes import BODY, RADIOTHERAPY_HISTORY, SPREAD, fact_code
from .each_code import BUT_CHEMOTHERAPY, BUT_RADIATION
from .evidence import CURRENT, ENDED, GIVEN, NO_BOOLEAN, NO_VALUE, NOT_DONE, NOT_GIVEN, NOT_OBSERVED
from .member import FACTS, RECURRENCE, Resource
from .noisy import (
    ANYWHERE,
    AT,
    BEAM,
    BLADDER_FROM_CERVIX,
    BUT_DISTANT,
    BUT_PLACE,
    BUT_SMALL,
    CANCER,
    CISPLATIN,
    FALSE,
    FOR_LUNG,
    INFUSION,
    IRRADIATED_ONCE,
    LOCALLY,
    LUNG,
    NEGATIVE,
    NOTHING,
    PD_L1_BY_22C3,
    PELVIC_NODES,
    POSITIVE,
    RECURRENT,
    SPREAD_SOMEWHERE,
    THE_DRUG,
    TRUE,
    Noise,
    Said,
)

OTHER_FACTS = tuple(fact for fact in FACTS if fact != RECURRENCE)
CERVIX = (AT["cervix"],)
CONDITIONS: tuple[tuple[str, Said, Resource, tuple[Resource, ...], tuple[str, ...]], ...] = (
    ("local-recurrence", NOTHING, LOCALLY, CERVIX, (RECURRENCE, m.CERVIX)),
    ("recurrence-at-cervix", NOTHING, ANYWHERE, CERVIX, (RECURRENCE,)),
    ("distant", BUT_DISTANT, LUNG, (), (m.DISTANT,)),
    ("pelvic-nodes", BUT_PLACE, PELVIC_NODES, (), (m.ELSEWHERE_IN_PELVIS,)),
)


def noises() -> Iterator[Noise]:
    yield from _condition_statuses()
    yield from _other_statuses()
    yield from _other_resources()
    yield from _explicit_values()
    yield from _several_conditions()
    yield from _places()
    yield from _contradictions()


def _condition(
    code: Resource, clinical: str | None, verification: str | None, body: tuple[Resource, ...]
) -> partial[None]:
    return partial(_write_condition, code, clinical, verification, body)


def _write_condition(
    code: Resource, clinical: str | None, verification: str | None, body: tuple[Resource, ...], chart: Chart
) -> None:
    chart.condition(code, clinical, verification, body)


def _condition_statuses() -> Iterator[Noise]:
    for name, said, code, body, yes in CONDITIONS:
        for ended in ENDED:
            yield Noise(f"ended/{name}", said, _condition(code, ended, "confirmed", body))
        for current in CURRENT:
            yield Noise(f"current/{name}", said, _condition(code, current, None, body), yes)
        yield Noise(f"refuted/{name}", said, _condition(code, "recurrence", "refuted", body))
        yield Noise(f"entered-in-error/{name}", said, _condition(code, None, "entered-in-error", body))
        for believed in ("unconfirmed", "provisional", "differential"):
            yield Noise(f"{believed}/{name}", said, _condition(code, "active", believed, body), yes)
    yield Noise("refuted/recurrence", NOTHING, _condition(CANCER, "recurrence", "refuted", ()))
    yield Noise("refuted/cancer", NOTHING, _condition(CANCER, "active", "refuted", ()))
    yield Noise("entered-in-error/cancer", NOTHING, _condition(CANCER, None, "entered-in-error", ()))
    yield Noise("refuted/radiation-history", BUT_RADIATION, _condition(IRRADIATED_ONCE, "active", "refuted", ()))
    for verification in ("unconfirmed", "provisional", "differential", "confirmed"):
        yield Noise(
            f"{verification}/recurrence", NOTHING, _condition(CANCER, "relapse", verification, ()), (RECURRENCE,)
        )
        yield Noise(f"{verification}/cancer", NOTHING, _condition(CANCER, "active", verification, ()), opens=True)
    for ended in ENDED:
        yield Noise("ended/cancer", NOTHING, _condition(CANCER, ended, None, ()))
        yield Noise("ended/from-cervix", NOTHING, _condition(BLADDER_FROM_CERVIX, ended, None, ()))
        yield Noise(
            "ended/radiation-history", BUT_RADIATION, _condition(IRRADIATED_ONCE, ended, None, ()), (m.RADIATION,)
        )
    for current in CURRENT:
        places = (m.ELSEWHERE_IN_PELVIS,)
        yield Noise(
            "current/from-cervix", NOTHING, _condition(BLADDER_FROM_CERVIX, current, None, ()), places, opens=True
        )
    for status in ("recurrence", "relapse"):
        yield Noise("spread-alone-is-no-cervical-cancer", NOTHING, _condition(LUNG, status, None, ()), (m.DISTANT,))


def _write_procedure(code: Resource, status: str, reason: Resource | None, chart: Chart) -> None:
    chart.procedure(code, status, reason)


def _write_given(kind: str, status: str, reason: Resource, chart: Chart) -> None:
    chart.given(kind, THE_DRUG, reason, status)


def _write_pd_l1(status: str, value: Resource, chart: Chart) -> None:
    chart.observation(PD_L1_BY_22C3, value, status)


def _write_explicit(fact: str, value: Resource, status: str, chart: Chart) -> None:
    chart.explicit(fact, value, status)


def _other_statuses() -> Iterator[Noise]:
    for status in ("in-progress", *NOT_DONE):
        yield Noise(f"status-{status}/radiation", BUT_RADIATION, partial(_write_procedure, BEAM, status, None))
    for status in NOT_DONE:
        write = partial(_write_procedure, INFUSION, status, FOR_LUNG)
        yield Noise(f"status-{status}/chemotherapy", BUT_CHEMOTHERAPY, write)
    for kind, statuses in NOT_GIVEN.items():
        for status in statuses:
            yield Noise(f"status-{status}/{kind}", BUT_CHEMOTHERAPY, partial(_write_given, kind, status, FOR_LUNG))
    for kind, statuses in GIVEN.items():
        for status in statuses:
            write_given = partial(_write_given, kind, status, FOR_LUNG)
            yield Noise(f"status-{status}/{kind}", BUT_CHEMOTHERAPY, write_given, (m.CHEMOTHERAPY,))
    positive: Resource = {"valueCodeableConcept": POSITIVE}
    for status in NOT_OBSERVED:
        yield Noise(f"status-{status}/pd-l1", RECURRENT, partial(_write_pd_l1, status, positive))
        yield Noise(f"status-{status}/explicit", BUT_SMALL, partial(_write_explicit, m.SMALL, TRUE, status))
        yield Noise(f"status-{status}/explicit-no", BUT_PLACE, partial(_write_explicit, m.CERVIX, FALSE, status))
        beside = partial(_explicit_beside_cancer, status)
        yield Noise(f"status-{status}/explicit-recurrence-beside-cancer", NOTHING, beside, opens=True)
    for status in ("amended", "corrected"):
        yield Noise(f"status-{status}/pd-l1", RECURRENT, partial(_write_pd_l1, status, positive), (m.PD_L1,))
        yield Noise(f"status-{status}/explicit", BUT_SMALL, partial(_write_explicit, m.SMALL, TRUE, status), (m.SMALL,))


def _explicit_beside_cancer(status: str, chart: Chart) -> None:
    chart.condition(CANCER, "active")
    chart.explicit(RECURRENCE, TRUE, status)


def _other_resources() -> Iterator[Noise]:
    """Records that name the right codes, but are of a kind that proves nothing."""

    def write(kind: str, elements: Resource) -> partial[Resource]:
        return partial(_record, kind, elements)

    planned: Resource = {"status": "active", "intent": "order"}
    yield Noise("other-kind/ServiceRequest", BUT_RADIATION, write("ServiceRequest", {**planned, "code": BEAM}))
    reasons: Resource = {**planned, "code": INFUSION, **FOR_LUNG}
    yield Noise("other-kind/ServiceRequest", BUT_CHEMOTHERAPY, write("ServiceRequest", reasons))
    yield Noise("other-kind/ServiceRequest", RECURRENT, write("ServiceRequest", {**planned, "code": PD_L1_BY_22C3}))
    suspected: Resource = {"status": "final", "code": CANCER, "valueBoolean": True}
    yield Noise("other-kind/Observation", NOTHING, write("Observation", suspected))
    irradiated: Resource = {"status": "final", "code": BEAM, "valueBoolean": True}
    yield Noise("other-kind/Observation", BUT_RADIATION, write("Observation", irradiated))
    dispensed: Resource = {"status": "completed", **THE_DRUG}
    yield Noise("other-kind/MedicationDispense", BUT_CHEMOTHERAPY, write("MedicationDispense", dispensed))
    yield Noise("other-kind/AllergyIntolerance", BUT_CHEMOTHERAPY, _allergy)
    yield Noise("other-kind/FamilyMemberHistory", NOTHING, _mother)
    yield Noise("other-kind/cancer-as-procedure", NOTHING, write("Procedure", {"status": "completed", "code": LOCALLY}))
    yield Noise("other-kind/radiation-as-condition", BUT_RADIATION, write("Condition", {"code": BEAM}))
    panel: Resource = {"status": "final", "code": {"text": "panel"}}
    component: Resource = {"code": concept(fact_code(m.SMALL)), "valueBoolean": True}
    yield Noise("other-kind/component", BUT_SMALL, write("Observation", {**panel, "component": [component]}))


def _record(kind: str, elements: Resource, chart: Chart) -> Resource:
    return chart.record(kind, dict(elements))


def _allergy(chart: Chart) -> None:
    chart.record("AllergyIntolerance", {"code": CISPLATIN, "patient": chart.subject()}, None)


def _mother(chart: Chart) -> None:
    mother: Resource = {"text": "mother"}
    elements: Resource = {"status": "completed", "patient": chart.subject(), "relationship": mother}
    chart.record("FamilyMemberHistory", {**elements, "condition": [{"code": CANCER}]}, None)


def _explicit_values() -> Iterator[Noise]:
    coded: Resource = {"valueCodeableConcept": concept(fact_code(m.SMALL))}
    for number, value in enumerate((*NO_BOOLEAN, coded, NO_VALUE, {})):
        yield Noise("explicit-without-boolean", BUT_SMALL, partial(_write_explicit, m.SMALL, value, "final"))
        fact = OTHER_FACTS[number % len(OTHER_FACTS)]
        yield Noise("explicit-without-boolean", NOTHING, partial(_write_explicit, fact, value, "final"))
        ask = partial(_write_explicit, RECURRENCE, value, "final")
        yield Noise("explicit-recurrence-without-boolean", NOTHING, ask, opens=True)
    for fact in OTHER_FACTS:
        yield Noise(f"explicit-unanswered/{fact}", RECURRENT, partial(_write_explicit, fact, NO_VALUE, "final"))
    for value in ({"valueQuantity": {"value": 60, "unit": "%"}}, {"valueString": "positive"}, {"valueInteger": 5}):
        yield Noise("pd-l1-score-alone", RECURRENT, partial(_write_pd_l1, "final", value))
        told: Resource = {**value, "interpretation": [POSITIVE]}
        yield Noise("pd-l1-score-interpreted", RECURRENT, partial(_write_pd_l1, "final", told), (m.PD_L1,))
    asked: Resource = {"valueBoolean": True}
    yield Noise("pd-l1-as-boolean", RECURRENT, partial(_write_pd_l1, "final", asked))


def _several_conditions() -> Iterator[Noise]:
    cases: tuple[tuple[str, tuple[tuple[Resource, str | None], ...], bool, bool], ...] = (
        ("resolved-beside-recurrence", ((CANCER, "resolved"), (CANCER, "recurrence")), True, False),
        ("resolved-beside-local-recurrence", ((CANCER, "resolved"), (LOCALLY, "active")), True, False),
        ("active-beside-recurrence", ((CANCER, "active"), (CANCER, "relapse")), True, False),
        ("active-beside-ended", ((CANCER, "active"), (CANCER, "remission")), False, True),
        ("no-status-beside-ended", ((CANCER, "inactive"), (CANCER, None)), False, True),
        ("all-ended", ((CANCER, "resolved"), (CANCER, "remission"), (LOCALLY, "inactive")), False, False),
        ("ended-twice", ((LOCALLY, "resolved"), (LOCALLY, "inactive")), False, False),
        ("recurrence-twice", ((CANCER, "recurrence"), (CANCER, "recurrence")), True, False),
        ("ended-recurrence-beside-active", ((LOCALLY, "resolved"), (CANCER, "active")), False, True),
        ("any-site-unsited-beside-active", ((ANYWHERE, "recurrence"), (CANCER, "active")), False, True),
    )
    for name, conditions, recurs, opens in cases:
        yes = (RECURRENCE,) if recurs else ()
        yield Noise(f"several-conditions/{name}", NOTHING, partial(_conditions, conditions), yes, opens=opens)
    for status in ENDED:
        yield Noise("explicit-yes-beside-ended", RECURRENT, partial(_conditions, ((CANCER, status),)))
        yield Noise("explicit-no-beside-ended", {RECURRENCE: False}, partial(_conditions, ((CANCER, status),)))
    yield Noise("explicit-no-beside-active", {RECURRENCE: False}, partial(_conditions, ((CANCER, "active"),)))
    yield Noise("explicit-yes-beside-active", RECURRENT, partial(_conditions, ((CANCER, "active"),)))
    yield Noise("refuted-beside-active", NOTHING, _refuted_beside_active, opens=True)
    two = ((LUNG, "active"), (LUNG, "resolved"))
    yield Noise("spread-current-and-ended", BUT_DISTANT, partial(_conditions, two), (m.DISTANT,))


def _conditions(conditions: tuple[tuple[Resource, str | None], ...], chart: Chart) -> None:
    for code, status in conditions:
        chart.condition(code, status)


def _refuted_beside_active(chart: Chart) -> None:
    chart.condition(CANCER, "recurrence", "refuted")
    chart.condition(CANCER, "active", "confirmed")


def _places() -> Iterator[Noise]:
    for codes in BODY.values():
        for code in codes:
            body = (concept(code),)
            yield Noise("site-of-primary", BUT_SMALL, _condition(CANCER, "active", None, body))
            yield Noise(
                "site-of-recurring-primary", NOTHING, _condition(CANCER, "recurrence", None, body), (RECURRENCE,)
            )
            yield Noise("site-of-spread", BUT_DISTANT, _condition(SPREAD_SOMEWHERE, "active", None, body))
    yield Noise("site-of-recurrence-anywhere", NOTHING, _condition(ANYWHERE, "active", None, CERVIX), (RECURRENCE,))
    for code in SPREAD["taken-out"]:
        write = _condition(concept(code), "active", None, ())
        yield Noise("place-taken-out", BUT_DISTANT, write, opens=code.names_origin)


def _contradictions() -> Iterator[Noise]:
    """Things recorded both ways."""
    for fact in FACTS:
        for first in (True, False):
            yield Noise(
                f"explicit-both-ways/{fact}",
                {**RECURRENT, fact: first},
                partial(_write_explicit, fact, FALSE if first else TRUE, "final"),
                () if first else (fact,),
                (fact,) if first else (),
            )
    no: Said = {RECURRENCE: False}
    yield Noise("explicit-no-beside-recurrence", no, _condition(CANCER, "recurrence", None, ()), (RECURRENCE,))
    yield Noise("explicit-no-beside-recurrence", no, _condition(LOCALLY, "active", None, ()), (RECURRENCE,))
    yield Noise("explicit-no-beside-recurrence", no, _condition(ANYWHERE, None, None, CERVIX), (RECURRENCE,))
    placed: tuple[tuple[str, Resource], ...] = ((m.DISTANT, LUNG), (m.ELSEWHERE_IN_PELVIS, PELVIC_NODES))
    for fact, code in placed:
        yield Noise(
            f"explicit-no-beside-{fact}", {**RECURRENT, fact: False}, _condition(code, "active", None, ()), (fact,)
        )
    wall: Said = {**RECURRENT, m.SIDE_WALL: False}
    at_wall = _condition(LOCALLY, "active", None, (AT["pelvic-wall"],))
    both = (RECURRENCE, m.SIDE_WALL, m.ELSEWHERE_IN_PELVIS)
    yield Noise("explicit-no-beside-side-wall", wall, at_wall, both)
    once: Said = {**RECURRENT, m.RADIATION: False}
    yield Noise(
        "explicit-no-beside-radiation", once, partial(_write_procedure, BEAM, "completed", None), (m.RADIATION,)
    )
    history = _condition(concept(RADIOTHERAPY_HISTORY), None, None, ())
    yield Noise("explicit-no-beside-radiation", once, history, (m.RADIATION,))
    given: Said = {**RECURRENT, m.CHEMOTHERAPY: False}
    for kind, statuses in GIVEN.items():
        write = partial(_write_given, kind, statuses[0], FOR_LUNG)
        yield Noise("explicit-no-beside-chemotherapy", given, write, (m.CHEMOTHERAPY,))
    values: tuple[Resource, ...] = (
        {"valueCodeableConcept": POSITIVE, "interpretation": [NEGATIVE]},
        {"valueCodeableConcept": NEGATIVE, "interpretation": [POSITIVE]},
        {"interpretation": [POSITIVE, NEGATIVE]},
    )
    for value in values:
        yield Noise("pd-l1-both-ways", RECURRENT, partial(_write_pd_l1, "final", value), (m.PD_L1,), (m.PD_L1,))
    yield Noise("pd-l1-both-ways", RECURRENT, _two_tests, (m.PD_L1,), (m.PD_L1,))
    dated: Resource = {"valueCodeableConcept": POSITIVE, "effectiveDateTime": WHEN}
    said: Said = {**RECURRENT, m.PD_L1: False}
    yield Noise("pd-l1-both-ways", said, partial(_write_pd_l1, "final", dated), (m.PD_L1,))


def _two_tests(chart: Chart) -> None:
    """Two years apart: the later does not win."""
    for when, answer in (("2022-01-10", POSITIVE), ("2024-01-10", NEGATIVE)):
        chart.observation(PD_L1_BY_22C3, {"effectiveDateTime": when, "valueCodeableConcept": answer})
