"""SARIF 2.1.0, as code scanning and editors read it.

Errors and warnings are results. What was not checked says something of the run, not of the file: it becomes a
notification of the tool, so that a code scanning page does not fill with alerts that nobody can mend.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..issue import Issue
from ..listing import sentence
from ..rule import Rule
from .words import Setting, dumps, shown

if TYPE_CHECKING:
    from ..run import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "information": "note"}


def sarif(report: "Report", setting: Setting) -> str:
    """One run, with every rule, whether it found anything or not."""
    places = {id: number for number, id in enumerate(sorted(setting.rules))}
    found = [issue for issue in report.issues if issue.severity != "information"]
    unchecked = [issue for issue in report.issues if issue.severity == "information"]
    run = {
        "tool": {
            "driver": {
                "name": "cervical-options",
                **({"version": setting.version} if setting.version else {}),
                "rules": [_rule(setting.rules[id]) for id in places],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(issue, places, setting.folder) for issue in unchecked],
            }
        ],
        "results": _results(found, places, setting.folder),
    }
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": sentence(rule)},
        "fullDescription": {"text": rule.text},
        "help": {"text": f"{rule.text}\n\nLayer: {rule.layer}. To leave it out: --ignore {rule.id}"},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": [str(rule.layer)]},
    }


def _results(issues: list[Issue], places: dict[str, int], folder: Path) -> list[dict[str, Any]]:
    """The results, each with a fingerprint that outlives moved lines; equal issues of a file are numbered."""
    seen: dict[tuple[str, str], int] = {}
    made = []
    for issue in issues:
        mark = _fingerprint(issue)
        nth = seen[issue.file, mark] = seen.get((issue.file, mark), 0) + 1
        made.append(
            {
                "ruleId": issue.rule,
                **({"ruleIndex": places[issue.rule]} if issue.rule in places else {}),
                "level": LEVELS[issue.severity],
                "message": _message(issue),
                "locations": [_location(issue, folder)],
                "partialFingerprints": {"primaryLocationLineHash": f"{mark}:{nth}"},
                "properties": {
                    "layer": issue.source,
                    **({"confirmedBy": list(issue.confirmed_by)} if issue.confirmed_by else {}),
                },
            }
        )
    return made


def _notification(issue: Issue, places: dict[str, int], folder: Path) -> dict[str, Any]:
    index = {"index": places[issue.rule]} if issue.rule in places else {}
    return {
        "level": LEVELS[issue.severity],
        "associatedRule": {"id": issue.rule, **index},
        "message": _message(issue),
        "locations": [_location(issue, folder)],
        "properties": {"layer": issue.source},
    }


def _message(issue: Issue) -> dict[str, str]:
    """With the path: in a file on one line, the line says little."""
    return {"text": f"{f'{issue.path}: ' if issue.path else ''}{issue.message}"}


def _location(issue: Issue, folder: Path) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(issue.file, folder)}}
    if issue.line is not None:
        column = {"startColumn": issue.column} if issue.column is not None else {}
        place["region"] = {"startLine": issue.line, **column}
    logical = {"logicalLocations": [{"fullyQualifiedName": issue.path}]} if issue.path else {}
    return {"physicalLocation": place, **logical}


def _uri(file: str, folder: Path) -> str:
    """Relative to the folder where that can be: code scanning knows files by their place in the repository."""
    path = Path(file)
    if path.is_absolute() and folder.is_absolute() and path.is_relative_to(folder):
        path = path.relative_to(folder)
    name = quote(path.as_posix(), safe="/", errors="surrogateescape" if _from_bytes(file) else "replace")
    return f"file://{name}" if path.is_absolute() else name


def _from_bytes(file: str) -> bool:
    """Whether every half surrogate of a file name stands for a byte that is no UTF-8."""
    return all("\udc80" <= each <= "\udcff" for each in file if "\ud800" <= each <= "\udfff")


def _fingerprint(issue: Issue) -> str:
    """The same after lines and elements before it have moved: of the path, only the names."""
    path = re.sub(r"\[\d+\]", "", issue.path)
    return sha256("\n".join(map(shown, (issue.rule, path, issue.message))).encode()).hexdigest()[:16]
