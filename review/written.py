"""The written patients: a folder each, with its records and the answer that was worked out by hand."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

CASE = "case.toml"
OUTCOMES = ("offered", "needs-data", "ruled-out")


class PatientsError(Exception):
    """The folder holds something that is no written patient. `reasons` has one line a fault, with what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True)
class Patient:
    """A written patient. `outcomes`: option -> outcome; `facts`: option -> the facts that are missing or close it."""

    name: str
    title: str
    shows: str
    readings: tuple[str, ...]
    outcomes: dict[str, str]
    facts: dict[str, tuple[str, ...]]
    bundle: Resource


def patients(folder: Path) -> list[Patient]:
    """All written patients, by name. Raises PatientsError with every fault, or where there is no such folder."""
    try:
        folders = sorted(each for each in folder.iterdir() if (each / CASE).is_file())
    except OSError as error:
        raise PatientsError([f"{folder}: {error.strerror}; name the written patients with --patients"]) from error
    found, reasons = [], []
    for each in folders:
        try:
            found.append(_patient(each))
        except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
            reasons.append(f"{each}: can't be read ({error}); mend it")
        except KeyError as error:
            reasons.append(f"{each / CASE}: has no {error}; add it")
        except OSError as error:
            reasons.append(f"{error.filename}: {error.strerror}; make it readable")
    if reasons:
        raise PatientsError(reasons)
    return found


def _patient(folder: Path) -> Patient:
    case = tomllib.loads((folder / CASE).read_text("utf-8"))
    outcomes, facts = dict.fromkeys(case["offered"], OUTCOMES[0]), {}
    for outcome in OUTCOMES[1:]:
        for option, why in case[outcome].items():
            outcomes[option], facts[option] = outcome, tuple(why)
    records = [json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in records]}
    return Patient(folder.name, case["title"], case["shows"], tuple(case["readings"]), outcomes, facts, bundle)
