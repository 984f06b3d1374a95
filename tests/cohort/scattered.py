"""Random patients: what is to be concluded is drawn first, then evidence that says so and nothing else."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Literal

from . import member as m
from .chart import Chart
from .evidence import NO, OPENERS, SILENT, YES, Kind
from .member import FACTS, RECURRENCE, Member, Truth

Plan = Literal["true", "false", "silent", "conflict", "absent", "open"]  # the last two: recurrence only
Weights = tuple[int, int, int, int]  # true, false, silent, conflict

MEANS: Mapping[Plan, Truth] = {
    "true": "true",
    "false": "false",
    "absent": "false",
    "silent": "unknown",
    "open": "unknown",
    "conflict": "unknown",
}
EVEN: Weights = (40, 35, 18, 7)
LIKELY: Weights = (82, 6, 9, 3)
UNLIKELY: Weights = (4, 84, 9, 3)
RARELY_SAID: Weights = (8, 8, 82, 2)
_outside = (m.ELSEWHERE_IN_PELVIS, m.DISTANT, m.SIDE_WALL)
_central = {
    m.SMALL: LIKELY,
    m.CERVIX: LIKELY,
    m.RADIATION: LIKELY,
    m.CHEMOTHERAPY: RARELY_SAID,
    **dict.fromkeys(_outside, UNLIKELY),
}
_spread = {m.DISTANT: LIKELY, m.CHEMOTHERAPY: LIKELY, m.NO_RESPONSE: EVEN, m.RETURN: EVEN, m.PD_L1: EVEN}
LEANINGS: tuple[tuple[Weights, Mapping[str, Weights]], ...] = (
    (EVEN, {}),
    (EVEN, _central),
    (EVEN, _spread),
    (UNLIKELY, {}),
    (RARELY_SAID, {}),
)


def scattered(count: int = 3000, seed: int = 1) -> Iterator[Member]:
    """Random patients, from those of whom all is said to those of whom little is."""
    rng = Random(seed)
    for number in range(count):
        plan = _plan(rng)
        chart = Chart(f"scattered/{seed}/{number}")
        for fact in rng.sample(FACTS, len(FACTS)):
            _write(chart, fact, plan)
        found = chart.member()
        wanted = {fact: MEANS[plan[fact]] for fact in FACTS}
        if found.facts != wanted:
            raise AssertionError(f"{chart.name} says {found.facts}, was to say {wanted}")
        yield found


def _plan(rng: Random) -> dict[str, Plan]:
    usual, special = rng.choice(LEANINGS)
    values: tuple[Plan, ...] = ("true", "false", "silent", "conflict")
    plan: dict[str, Plan] = {fact: rng.choices(values, special.get(fact, usual))[0] for fact in FACTS}
    recurrences: tuple[Plan, ...] = ("true", "false", "absent", "open", "conflict")
    plan[RECURRENCE] = rng.choices(recurrences, (70, 5, 7, 13, 5))[0]
    return plan


def _write(chart: Chart, fact: str, plan: Mapping[str, Plan]) -> None:
    """Evidence for what is planned, unless it has been given already; then perhaps some that must not count."""
    if plan[fact] in ("true", "conflict") and (fact not in chart.yes or chart.rng.random() < 0.3):
        _one_of(YES[fact], plan, chart.rng).add_to(chart)
    if plan[fact] in ("false", "conflict") and (fact not in chart.no or chart.rng.random() < 0.3):
        _one_of(NO[fact], plan, chart.rng).add_to(chart)
    if plan[fact] == "open" and not chart.opens:
        _one_of(OPENERS, plan, chart.rng).add_to(chart)
    if SILENT[fact] and chart.rng.random() < (0.1 if plan[fact] in ("true", "false") else 0.5):
        kind = chart.rng.choice(SILENT[fact])
        if _fits(kind, plan):
            kind.add_to(chart)


def _one_of(kinds: tuple[Kind, ...], plan: Mapping[str, Plan], rng: Random) -> Kind:
    """A random kind that says nothing against the plan; an explicit record always fits, and always comes first."""
    drawn = (rng.choice(kinds) for _ in range(6))
    return next((kind for kind in drawn if _fits(kind, plan)), kinds[0])


def _fits(kind: Kind, plan: Mapping[str, Plan]) -> bool:
    return (
        all(plan[fact] in ("true", "conflict") for fact in kind.yes)
        and all(plan[fact] in ("false", "conflict") for fact in kind.no)
        and not ((kind.opens or kind.unsure) and plan[RECURRENCE] == "absent")
    )
