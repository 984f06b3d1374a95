"""The written patients: the records of each as a Bundle, and the answer that its `case.toml` expects."""

import json
import tomllib
from dataclasses import dataclass
from typing import Any

from .conftest import ROOT

FOLDER = ROOT / "patients"
Expected = tuple[str, tuple[str, ...], tuple[str, ...]]  # outcome, missing, closedBy
APPLIES = {"true": True, "false": False, "unknown": None}


@dataclass(frozen=True)
class Case:
    """A written patient. `expected`: option -> outcome, missing, closedBy."""

    name: str
    applies: bool | None
    conflicting: frozenset[str]
    expected: dict[str, Expected]
    readings: tuple[str, ...]
    bundle: dict[str, Any]


def cases() -> list[Case]:
    """All written patients, by name."""
    return [_case(folder.name) for folder in sorted(FOLDER.iterdir()) if folder.is_dir()]


def _case(name: str) -> Case:
    toml = tomllib.loads((FOLDER / name / "case.toml").read_text("utf-8"))
    resources = [json.loads(file.read_bytes()) for file in sorted((FOLDER / name).glob("*.json"))]
    expected: dict[str, Expected] = dict.fromkeys(toml["offered"], ("offered", (), ()))
    expected |= {option: ("needs-data", tuple(facts), ()) for option, facts in toml["needs-data"].items()}
    expected |= {option: ("ruled-out", (), tuple(facts)) for option, facts in toml["ruled-out"].items()}
    return Case(
        name,
        APPLIES[toml["applies"]],
        frozenset(toml["conflicting"]),
        expected,
        tuple(toml["readings"]),
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]},
    )
