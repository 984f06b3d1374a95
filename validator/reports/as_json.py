"""JSON for programs: the contract of `validate --format json`."""

from typing import TYPE_CHECKING, Any

from ..issue import Issue
from .words import Setting, dumps

if TYPE_CHECKING:
    from ..run import Report


def as_json(report: "Report", _: Setting) -> str:
    """Every issue with all its keys; a line or column that is not known is null."""
    return dumps({"issues": [_issue(issue) for issue in report.issues], "files": report.files})


def _issue(issue: Issue) -> dict[str, Any]:
    return {
        "file": issue.file,
        "line": issue.line,
        "column": issue.column,
        "path": issue.path,
        "severity": issue.severity,
        "rule": issue.rule,
        "message": issue.message,
        "source": issue.source,
        **({"confirmedBy": list(issue.confirmed_by)} if issue.confirmed_by else {}),
    }
