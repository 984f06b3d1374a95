"""An R4 OperationOutcome, as a server's `$validate` would answer.

File, line, column and layer stand in HL7's own extensions, and once more in `diagnostics` for readers that know none.
`location` is left out: R4 deprecates it, and means an XPath.
"""

from html import escape
from typing import TYPE_CHECKING, Any

from ..issue import Issue
from .words import Setting, count, dumps, place, shown, summary

if TYPE_CHECKING:
    from ..run import Report

RULES = "https://w3id.org/cervical-options/CodeSystem/validator-rules"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/operationoutcome"
# Layer -> code of http://hl7.org/fhir/issue-type
CODES = {
    "json": "structure",
    "structure": "structure",
    "schema": "invalid",
    "models": "invalid",
    "invariants": "invariant",
    "terminology": "code-invalid",
    "references": "not-found",
    "profiles": "invalid",
    "package": "business-rule",
    "server": "processing",
}


def fhir(report: "Report", _: Setting) -> str:
    """An issue for each; where there is none, one that says so, for R4 asks for one."""
    told = summary(report)
    return dumps(
        {
            "resourceType": "OperationOutcome",
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(told)}</p></div>',
            },
            "issue": [_issue(issue) for issue in report.issues] or [_nothing(report)],
        }
    )


def _issue(issue: Issue) -> dict[str, Any]:
    also = f"; also by {', '.join(issue.confirmed_by)}" if issue.confirmed_by else ""
    return {
        "extension": _extensions(issue),
        "severity": issue.severity,
        "code": "informational" if issue.severity == "information" else CODES.get(issue.source, "invalid"),
        "details": {"coding": [{"system": RULES, "code": issue.rule}], "text": _string(issue.message)},
        "diagnostics": f"{_string(place(issue))}, found by {issue.source}{also}",
        **({"expression": [_string(issue.path)]} if issue.path else {}),
    }


def _extensions(issue: Issue) -> list[dict[str, Any]]:
    """As the definitions have it, the line is an integer and the column a string."""
    made: list[dict[str, Any]] = [{"url": f"{EXTENSION}-file", "valueString": _string(issue.file)}]
    if issue.line is not None:
        made.append({"url": f"{EXTENSION}-issue-line", "valueInteger": issue.line})
    if issue.column is not None:
        made.append({"url": f"{EXTENSION}-issue-col", "valueString": str(issue.column)})
    return [*made, {"url": f"{EXTENSION}-issue-source", "valueString": issue.source}]


def _nothing(report: "Report") -> dict[str, Any]:
    return {
        "severity": "information",
        "code": "informational",
        "details": {"text": f"nothing found in {count(report.files, 'file')}, {count(report.resources, 'resource')}"},
    }


def _string(text: str) -> str:
    """As R4 allows it: not empty, no control character, no space around."""
    return shown(text).strip() or "(empty)"
