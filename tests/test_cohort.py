"""The generated patients are what they say: named apart, complete, repeatable, and coded as the survey has it."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from .cohort import Member, each_code, everyone, factorial, noise, pairs, scattered
from .cohort.codes import COUNTS, ELSEWHERE, LOOK_ALIKES, Code
from .cohort.member import FACTS

VALUES = ("true", "false", "unknown")
SURVEY = "CERVICAL_OPTIONS_SURVEY"
Row = tuple[str, str, str]


@pytest.fixture(scope="module")
def cohort() -> list[Member]:
    return list(everyone())


@pytest.fixture(scope="module")
def carried(cohort: list[Member]) -> set[tuple[str, str]]:
    """Every system and code that some member carries."""
    return {pair for member in cohort for pair in codings(member.bundle)}


def codings(part: Any) -> Iterator[tuple[str, str]]:
    """Every system and code below this part of a resource."""
    if isinstance(part, dict):
        if "system" in part and "code" in part:
            yield part["system"], part["code"]
        for value in part.values():
            yield from codings(value)
    elif isinstance(part, list):
        for value in part:
            yield from codings(value)


def all_of(groups: dict[str, tuple[Code, ...]]) -> set[tuple[str, str]]:
    return {(code.system, code.code) for codes in groups.values() for code in codes}


def test_names_are_unique(cohort: list[Member]) -> None:
    assert [name for name, times in Counter(member.name for member in cohort).items() if times > 1] == []


def test_every_member_answers_every_fact(cohort: list[Member]) -> None:
    for member in cohort:
        assert set(member.facts) == set(FACTS), member.name
        assert set(member.facts.values()) <= set(VALUES), member.name
        assert {member.facts[fact] for fact in member.conflicting} <= {"unknown"}, member.name


def test_bundles_hold_one_patient_and_no_id_twice(cohort: list[Member]) -> None:
    for member in cohort:
        resources = [entry["resource"] for entry in member.bundle["entry"]]
        assert sum(resource["resourceType"] == "Patient" for resource in resources) == 1, member.name
        ids = Counter((resource["resourceType"], resource["id"]) for resource in resources)
        urls = Counter(entry["fullUrl"] for entry in member.bundle["entry"] if "fullUrl" in entry)
        assert max(ids.values()) == 1, member.name
        assert max(urls.values(), default=1) == 1, member.name


def test_bundles_come_in_every_shape(cohort: list[Member]) -> None:
    first = Counter(member.bundle["entry"][0]["resource"]["resourceType"] == "Patient" for member in cohort)
    addressed = Counter(entry.get("fullUrl", "none")[:4] for member in cohort for entry in member.bundle["entry"])
    assert min(first[True], first[False]) > 1000
    assert min(addressed[kind] for kind in ("none", "http", "urn:")) > 1000


def test_factorial_holds_every_combination() -> None:
    sizes = Counter(member.name.split("/")[1] for member in factorial())
    assert sizes == {
        "pelvic-exenteration": 3**6,
        "radical-hysterectomy": 3**8,
        "cemiplimab": 3**4,
        "pembrolizumab": 3**2,
        **dict.fromkeys(
            (
                "chemoradiation",
                "radiation-therapy",
                "palliative-radiation",
                "chemotherapy",
                "bevacizumab",
                "supportive-care",
                "clinical-trials",
            ),
            3,
        ),
    }
    assert len({(member.name.split("/")[1], *member.facts.values()) for member in factorial()}) == sizes.total()


def test_pairs_cover_every_pair_of_values_of_every_pair_of_facts() -> None:
    rows = [member.facts for member in pairs()]
    seen = {(one, row[one], two, row[two]) for row in rows for one, two in combinations(FACTS, 2)}
    assert seen == {(one, x, two, y) for one, two in combinations(FACTS, 2) for x, y in product(VALUES, repeat=2)}
    assert len(rows) < 40


def test_scattered_shows_every_answer_to_every_fact_often() -> None:
    answers = Counter(answer for member in scattered() for answer in member.facts.items())
    assert {answer: times for answer, times in answers.items() if times < 300} == {}
    assert len(answers) == len(FACTS) * len(VALUES)


@pytest.mark.parametrize("groups", [COUNTS, LOOK_ALIKES, ELSEWHERE], ids=["counts", "look-alikes", "elsewhere"])
def test_every_code_appears(groups: dict[str, tuple[Code, ...]], carried: set[tuple[str, str]]) -> None:
    assert all_of(groups) - carried == set()


def test_every_code_that_counts_decides_somewhere() -> None:
    assert all_of(COUNTS) - {pair for member in each_code() for pair in codings(member.bundle)} == set()


def test_no_look_alike_counts() -> None:
    assert all_of(COUNTS) & all_of(LOOK_ALIKES) == set()


def test_two_runs_are_equal(cohort: list[Member]) -> None:
    assert list(everyone()) == cohort


def test_another_seed_makes_other_patients() -> None:
    assert [member.bundle for member in scattered(20, seed=2)] != [member.bundle for member in scattered(20, seed=1)]
    assert [member.facts for member in noise(seed=2)] == [member.facts for member in noise(seed=1)]


def survey() -> Iterator[tuple[Row, str, str]]:
    """System, code and concept of each row, with its role and status."""
    value = os.environ.get(SURVEY)
    if not value:
        pytest.skip(f"{SURVEY} is not set: the survey of codes not at hand")
    with Path(value).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            yield (row["system"], row["code"], row["concept_id"]), row["role"], row["status"]


def rows_of(*tables: dict[str, tuple[Code, ...]]) -> set[Row]:
    return {(code.system, code.code, code.concept) for table in tables for codes in table.values() for code in codes}


def test_codes_stand_verified_in_the_survey() -> None:
    verified = {row for row, role, status in survey() if status.startswith("verified") and "exclusion" not in role}
    assert rows_of(COUNTS, ELSEWHERE) - verified == set()


def test_look_alikes_are_the_exclusions_of_the_survey() -> None:
    kept_apart = {
        row for row, role, status in survey() if role.startswith("exclusion") and status.startswith("verified")
    }
    assert rows_of(LOOK_ALIKES) == kept_apart
