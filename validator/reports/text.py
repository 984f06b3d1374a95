"""Words for a terminal or a CI log: a line an error or warning; what was not checked is put together at the end."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..issue import Issue
from .words import Setting, count, place, shown

if TYPE_CHECKING:
    from ..run import Report

COLOURS = {"error": "red", "warning": "yellow"}
COUNTED = re.compile(r"not checked: (\d+) ([a-z]+?)s? (.*)", re.DOTALL)  # as rules word what they count
FEW = 12  # wordings of one rule that get a line each


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
    """A line for each wording of a rule, with what it counts added up; or one for the rule where it has many."""
    of_rule: dict[str, dict[str, list[Issue]]] = {}
    for issue in issues:
        of_rule.setdefault(issue.rule, {}).setdefault(COUNTED.sub(r"\2 \3", issue.message), []).append(issue)
    for rule, of_message in sorted(of_rule.items()):
        groups = list(of_message.values())
        if len(groups) > FEW:
            groups = [[issue for group in groups for issue in group]]
        for group in groups:
            yield f"not checked: {_where(group)}: {shown(_added_up(group))} [{rule}]"


def _added_up(group: list[Issue]) -> str:
    """The wording of a group, with the sum of what its issues count, as in `7 codes of …`."""
    counts = [COUNTED.match(issue.message) for issue in group]
    message = group[0].message.removeprefix("not checked: ")
    if len({COUNTED.sub(r"\2 \3", issue.message) for issue in group}) > 1:
        return message
    found = [each for each in counts if each]
    if len(found) < len(group):
        return message
    return f"{count(sum(int(each[1]) for each in found), found[0][2])} {found[0][3]}"


def _where(group: list[Issue]) -> str:
    if len(group) == 1:
        return place(group[0])
    files = len({issue.file for issue in group})
    return f"{count(len(group), 'place')} in {count(files, 'file')}, such as {place(group[0])}"
