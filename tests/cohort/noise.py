"""Patients to whom one thing was added or changed that must not change the conclusion, or changes it as claimed."""

from collections import Counter
from collections.abc import Iterable, Iterator

from . import noise_codes, noise_records, noise_references
from .each_code import chart_of
from .member import Member
from .noisy import Noise


def noise(seed: int = 1) -> Iterator[Member]:
    """One member for each noise, named by its kind and its number within the kind."""
    numbers: Counter[str] = Counter()
    for one in _all():
        numbers[one.kind] += 1
        chart = chart_of(f"noise/{one.kind}/{numbers[one.kind]}", one.said, shape=one.shape, seed=seed)
        one.write(chart)
        chart.claim(one.yes, one.no, one.opens)
        yield chart.member()


def _all() -> Iterable[Noise]:
    yield from noise_codes.noises()
    yield from noise_records.noises()
    yield from noise_references.noises()
