"""Patients with explicit records only: every combination that an option reads, and every pair of facts."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from random import Random

from . import member as m
from .chart import Chart
from .codes import CERVICAL_CANCER
from .member import FACTS, RECURRENCE, Member, Truth

VALUES: tuple[Truth, ...] = ("true", "false", "unknown")
PLACES = (m.CERVIX, m.UTERUS, m.ELSEWHERE_IN_PELVIS)
READS: Mapping[str, tuple[str, ...]] = {
    "chemoradiation": (),
    "radiation-therapy": (),
    "palliative-radiation": (),
    "chemotherapy": (),
    "bevacizumab": (),
    "cemiplimab": (m.CHEMOTHERAPY, m.NO_RESPONSE, m.RETURN),
    "pembrolizumab": (m.PD_L1,),
    "pelvic-exenteration": (*PLACES, m.SIDE_WALL, m.DISTANT),
    "radical-hysterectomy": (m.SMALL, *PLACES, m.SIDE_WALL, m.DISTANT, m.RADIATION),
    "supportive-care": (),
    "clinical-trials": (),
}


def factorial() -> Iterator[Member]:
    """For each option, every combination in three values of the facts that it reads."""
    for option, reads in READS.items():
        facts = (RECURRENCE, *reads)
        for number, values in enumerate(product(VALUES, repeat=len(facts))):
            yield _explicit(f"factorial/{option}/{number}", dict(zip(facts, values, strict=True)))


def pairs(seed: int = 1) -> Iterator[Member]:
    """A small set of patients in which every pair of facts has every pair of values."""
    for number, row in enumerate(_covering_rows(Random(seed))):
        yield _explicit(f"pairs/{number}", row)


def _explicit(name: str, facts: Mapping[str, Truth]) -> Member:
    chart = Chart(name)
    for fact, value in facts.items():
        if value != "unknown":
            chart.answer(fact, value == "true")
        elif fact == RECURRENCE:
            _leave_recurrence_open(chart)
    return chart.member()


def _leave_recurrence_open(chart: Chart) -> None:
    """An empty record would say no."""
    if chart.rng.random() < 0.5:
        chart.explicit(RECURRENCE, {"dataAbsentReason": {"text": "asked, not known"}})
    else:
        chart.condition(chart.coded(chart.rng.choice(CERVICAL_CANCER)), chart.rng.choice(("active", None)))
    chart.claim(opens=True)


Pair = tuple[str, Truth, str, Truth]


def _pairs_of(row: Mapping[str, Truth]) -> set[Pair]:
    return {(one, row[one], two, row[two]) for one, two in combinations(FACTS, 2)}


def _covering_rows(rng: Random) -> Iterator[dict[str, Truth]]:
    """Greedy: of some random rows, each built around a pair still open, the one that closes most."""
    still_open = {(a, x, b, y) for a, b in combinations(FACTS, 2) for x, y in product(VALUES, repeat=2)}
    while still_open:
        a, x, b, y = min(still_open)
        candidates = [{**{fact: rng.choice(VALUES) for fact in FACTS}, a: x, b: y} for _ in range(60)]
        best = max(candidates, key=lambda row: len(_pairs_of(row) & still_open))
        still_open -= _pairs_of(best)
        yield best
