"""What all formats share: what they may know beside the report, counting in words, and text made safe to show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from ..issue import SEVERITIES, Issue

if TYPE_CHECKING:
    from ..rule import Rule
    from ..run import Report

FailOn = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a format may need beside the report; most need little of it."""

    rules: "Mapping[str, Rule]" = field(default_factory=dict)
    fail_on: FailOn = "error"
    version: str | None = None  # of the package, where that is known
    folder: Path = Path()  # where relative file names begin; absolute where a format shall shorten absolute ones
    colour: bool = False


def fails(issue: Issue, fail_on: FailOn) -> bool:
    """Whether an issue of this severity makes the command exit with 1."""
    return SEVERITIES.index(issue.severity) <= SEVERITIES.index(fail_on)


def shown(text: str) -> str:
    """A text from a file as part of one line: what would break the line, or hide, is spelled out."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def place(issue: Issue) -> str:
    """file:line:column, or as much of it as is known."""
    return shown(":".join(str(part) for part in (issue.file, issue.line, issue.column) if part is not None))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def summary(report: "Report") -> str:
    """The run in one line."""
    of = Counter(issue.severity for issue in report.issues)
    return (
        f"{count(report.files, 'file')}: {count(of['error'], 'error')}, {count(of['warning'], 'warning')}, "
        f"{of['information']} not checked"
    )


def dumps(data: Any) -> str:
    """Indented JSON. Half a surrogate pair, as a file name can hold, has no UTF-8 and becomes U+FFFD."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        return orjson.dumps(data, option=options).decode()
    except orjson.JSONEncodeError:
        return orjson.dumps(_encodable(data), option=options).decode()


def _encodable(data: Any) -> Any:
    if isinstance(data, str):
        return "".join("\ufffd" if "\ud800" <= each <= "\udfff" else each for each in data)
    if isinstance(data, Mapping):
        return {_encodable(key): _encodable(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [_encodable(each) for each in data]
    return data
