"""The codes that the generated patients carry, grouped by what they count for."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "cohort_codes.toml"
FACTS_SYSTEM = "https://w3id.org/cervical-options/CodeSystem/cervical-facts"


@dataclass(frozen=True, slots=True)
class Code:
    """A code as the survey of terminologies names it."""

    system: str
    code: str
    concept: str

    @property
    def names_origin(self) -> bool:
        """A spread whose name says that it came from the cervix."""
        return self.concept.startswith("from-cervix-")


Groups = dict[str, tuple[Code, ...]]


def _groups(rows: dict[str, list[list[str]]], systems: dict[str, str]) -> Groups:
    return {name: tuple(Code(systems[system], code, concept) for system, code, concept in rows[name]) for name in rows}


_read: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
SYSTEMS: dict[str, str] = _read["systems"]
COUNTS = _groups(_read["counts"], SYSTEMS)
LOOK_ALIKES = _groups(_read["look-alikes"], SYSTEMS)
ELSEWHERE = _groups(_read["elsewhere"], SYSTEMS)

CERVICAL_CANCER = COUNTS["cervical-cancer"]
LOCAL_RECURRENCE = COUNTS["local-recurrence"][0]
ANY_SITE = COUNTS["recurrent-any-site"][0]
BODY = {name.removeprefix("body-"): COUNTS[name] for name in COUNTS if name.startswith("body-")}
ALL_BODY = tuple(code for codes in BODY.values() for code in codes)
SPREAD = {name.removeprefix("spread-"): COUNTS[name] for name in COUNTS if name.startswith("spread-")}
ALL_SPREAD = tuple(code for codes in SPREAD.values() for code in codes)
REASONS = tuple(code for code in ALL_SPREAD if not code.concept.endswith("-direct-extension"))  # growth is no spread
UNPLACED = (*SPREAD["without-place"], *SPREAD["taken-out"])
DRUGS = tuple(code for name in COUNTS if name.startswith("drug-") for code in COUNTS[name])
CHEMOTHERAPY = COUNTS["chemotherapy"]
RADIOTHERAPY = COUNTS["radiotherapy"]
RADIOTHERAPY_HISTORY = COUNTS["radiotherapy-history"][0]
PD_L1_TEST = COUNTS["pd-l1-test"]
PD_L1_ANSWER = {"yes": COUNTS["pd-l1-yes"], "no": COUNTS["pd-l1-no"]}


def fact_code(fact: str) -> Code:
    return Code(FACTS_SYSTEM, fact, fact)
