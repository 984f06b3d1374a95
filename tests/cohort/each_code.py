"""For every code that counts, a patient in whose records that code alone decides."""

from collections.abc import Iterator, Mapping

from . import member as m
from .chart import Chart, Shape, concept
from .codes import (
    ANY_SITE,
    BODY,
    CERVICAL_CANCER,
    CHEMOTHERAPY,
    DRUGS,
    LOCAL_RECURRENCE,
    PD_L1_ANSWER,
    PD_L1_TEST,
    RADIOTHERAPY,
    RADIOTHERAPY_HISTORY,
    REASONS,
    SPREAD,
    UNPLACED,
    Code,
)
from .evidence import CURRENT, GIVEN, PLACED_BY_BODY, PLACED_BY_SPREAD, medication
from .member import FACTS, RECURRENCE, Member, Resource

NOWHERE_ELSE = {m.ELSEWHERE_IN_PELVIS: False, m.SIDE_WALL: False, m.DISTANT: False}
BUT_RADIATION = {RECURRENCE: True, m.SMALL: True, m.CERVIX: True, **NOWHERE_ELSE}
BUT_CHEMOTHERAPY = {RECURRENCE: True, m.NO_RESPONSE: True}


def each_code() -> Iterator[Member]:
    """One member per code and use."""
    for chart in _charts():
        yield chart.member()


def chart_of(name: str, said: Mapping[str, bool], shape: Shape | None = None, seed: int = 1) -> Chart:
    """A chart with explicit records of these facts."""
    chart = Chart(name, shape, seed)
    for fact in FACTS:
        if fact in said:
            chart.answer(fact, said[fact])
    return chart


def _named(use: str, code: Code, said: Mapping[str, bool]) -> Chart:
    return chart_of(f"each-code/{use}/{code.concept}/{code.code}", said)


def _charts() -> Iterator[Chart]:
    yield from _recurrences()
    yield from _sites()
    yield from _spreads()
    yield from _radiations()
    yield from _chemotherapies()
    yield from _pd_l1()


def _recurrences() -> Iterator[Chart]:
    for number, code in enumerate(CERVICAL_CANCER):
        chart = _named("recurrence", code, {})
        chart.condition(concept(code), ("recurrence", "relapse")[number % 2])
        chart.claim((RECURRENCE,))
        yield chart
        chart = _named("cancer-left-open", code, {})
        chart.condition(concept(code), ("active", None)[number % 2])
        chart.claim(opens=True)
        yield chart
    for status in CURRENT:
        chart = _named(f"recurrence-by-code/{status}", LOCAL_RECURRENCE, {})
        chart.condition(concept(LOCAL_RECURRENCE), status)
        chart.claim((RECURRENCE,))
        yield chart
    for code in BODY["cervix"]:
        chart = _named("recurrence-any-site", code, {})
        chart.condition(concept(ANY_SITE), "active", body=(concept(code),))
        chart.claim((RECURRENCE,))
        yield chart


def _sites() -> Iterator[Chart]:
    for name, codes in BODY.items():
        places = PLACED_BY_BODY[name]
        for code in codes:
            chart = _named(
                "local-recurrence", code, {fact: NOWHERE_ELSE[fact] for fact in NOWHERE_ELSE if fact not in places}
            )
            chart.condition(concept(LOCAL_RECURRENCE), "active", body=(concept(code),))
            chart.claim((RECURRENCE, *places))
            yield chart


def _spreads() -> Iterator[Chart]:
    for name, codes in SPREAD.items():
        places = PLACED_BY_SPREAD[name]
        said = {RECURRENCE: True, **{fact: NOWHERE_ELSE[fact] for fact in NOWHERE_ELSE if fact not in places}}
        if m.DISTANT in places:
            said[m.CERVIX] = True
        for code in codes if places else ():
            chart = _named("spread", code, said)
            chart.condition(concept(code), "active")
            chart.claim(places, opens=code.names_origin)
            yield chart
    for code in UNPLACED:
        chart = _named("spread-without-place", code, {RECURRENCE: True})
        chart.condition(concept(code), "active")
        chart.claim(opens=code.names_origin)
        yield chart
    for name, codes in SPREAD.items():
        for code in codes:
            chart = _named("origin" if code.names_origin else "no-origin", code, {})
            chart.condition(concept(code), "active")
            chart.claim(PLACED_BY_SPREAD[name], opens=code.names_origin)
            yield chart


def _radiations() -> Iterator[Chart]:
    for code in RADIOTHERAPY:
        chart = _named("radiation", code, BUT_RADIATION)
        chart.procedure(concept(code))
        chart.claim((m.RADIATION,))
        yield chart
    for status in (None, "active", "inactive", "resolved"):
        chart = _named(f"radiation-history/{status}", RADIOTHERAPY_HISTORY, BUT_RADIATION)
        chart.condition(concept(RADIOTHERAPY_HISTORY), status)
        chart.claim((m.RADIATION,))
        yield chart


def _chemotherapies() -> Iterator[Chart]:
    lung: Resource = {"reasonCode": [concept(SPREAD["distant"][0])]}
    ways = tuple((kind, status) for kind, statuses in GIVEN.items() for status in statuses)
    for number, code in enumerate(DRUGS):
        kind, status = ways[number % len(ways)]
        chart = _named("drug", code, BUT_CHEMOTHERAPY)
        chart.given(kind, medication(chart, code), lung, status)
        yield _given(chart)
    for code in CHEMOTHERAPY:
        for status in ("completed", "in-progress"):
            chart = _named(f"chemotherapy/{status}", code, BUT_CHEMOTHERAPY)
            chart.procedure(concept(code), status, lung)
            yield _given(chart)
    for number, code in enumerate(REASONS):
        chart = _named("reason", code, BUT_CHEMOTHERAPY)
        if number % 2:
            reason: Resource = {"reasonCode": [concept(code)]}
        else:
            reason = {"reasonReference": [chart.to(chart.condition(concept(code), "resolved"))]}
        chart.given("MedicationStatement", medication(chart, DRUGS[number % len(DRUGS)]), reason)
        yield _given(chart)


def _given(chart: Chart) -> Chart:
    chart.claim((m.CHEMOTHERAPY,))
    return chart


def _pd_l1() -> Iterator[Chart]:
    for test in PD_L1_TEST:
        chart = _named("pd-l1-test", test, {RECURRENCE: True})
        chart.observation(concept(test), {"valueCodeableConcept": concept(PD_L1_ANSWER["yes"][0])})
        chart.claim((m.PD_L1,))
        yield chart
    for answer, codes in PD_L1_ANSWER.items():
        for code in codes:
            ways: dict[str, Resource] = {
                "pd-l1-value": {"valueCodeableConcept": concept(code)},
                "pd-l1-interpretation": {"interpretation": [concept(code)]},
            }
            for use, value in ways.items():
                chart = _named(use, code, {RECURRENCE: True})
                chart.observation(concept(PD_L1_TEST[0]), value)
                (chart.yes if answer == "yes" else chart.no).add(m.PD_L1)
                yield chart
