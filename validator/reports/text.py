"""Words for a terminal or a CI log: a line an error or warning; what was not checked is put together at the end."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..issue import Issue
from .words import Setting, count, place, shown

if TYPE_CHECKING:
    from ..run import Report

COLOURS = {"error": "red", "warning": "yellow"}
FEW = 5  # wordings of one rule that get a line each


def text(report: "Report", setting: Setting) -> str:
    """The issues as `str(Issue)` has them, then a few lines on what was not checked."""
    found = [_line(issue, setting.colour) for issue in report.issues if issue.severity != "information"]
    unchecked = (issue for issue in report.issues if issue.severity == "information")
    return "".join(f"{line}\n" for line in (*found, *_not_checked(unchecked)))


def _line(issue: Issue, colour: bool) -> str:
    if not colour:
        return shown(str(issue))
    from click import style

    path = f"{shown(issue.path)}: " if issue.path else ""
    severity = style(issue.severity, fg=COLOURS[issue.severity], bold=True)
    rule = style(f"[{issue.rule}]", dim=True)
    return f"{style(place(issue), bold=True)}: {severity}: {path}{shown(issue.message)} {rule}"


def _not_checked(issues: Iterable[Issue]) -> Iterator[str]:
    """A line for each wording of a rule, or one for the rule where it words each place differently."""
    of_rule: dict[str, dict[str, list[Issue]]] = {}
    for issue in issues:
        of_rule.setdefault(issue.rule, {}).setdefault(issue.message, []).append(issue)
    for rule, of_message in sorted(of_rule.items()):
        groups = list(of_message.values())
        if len(groups) > FEW:
            groups = [[issue for group in groups for issue in group]]
        for group in groups:
            yield f"not checked: {_where(group)}: {shown(group[0].message)} [{rule}]"


def _where(group: list[Issue]) -> str:
    if len(group) == 1:
        return place(group[0])
    files = len({issue.file for issue in group})
    return f"{count(len(group), 'place')} in {count(files, 'file')}, such as {place(group[0])}"
