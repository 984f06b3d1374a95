"""Changes as text, JSON and Markdown."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

from .change import Change, Class, worst
from .release import Release

MEANING = {
    Class.BREAKING: "what others rely on is gone or named otherwise",
    Class.CLINICAL: "what may be offered, to whom, why, or by which code",
    Class.EDITORIAL: "words, dates, narrative",
}


def text(changes: Sequence[Change], old: Release, new: Release) -> str:
    """A line a change; nothing where there is none."""
    del old, new
    return "".join(f"{each.severity:<9}  {_line(each)}\n" for each in changes)


def markdown(changes: Sequence[Change], old: Release, new: Release) -> str:
    """For a changelog or a pull request: a heading for each class."""
    if not changes:
        return ""
    parts = [f"# {_title(old, new)}\n"]
    for severity in Class:
        of_class = [each for each in changes if each.severity == severity]
        if of_class:
            lines = "".join(f"- {_escaped(_line(each))}\n" for each in of_class)
            parts.append(f"## {severity.capitalize()}: {MEANING[severity]}\n\n{lines}")
    return "\n".join(parts)


def json(changes: Sequence[Change], old: Release, new: Release) -> str:
    """`{"equal", "class", "old", "new", "counts": {class: n}, "changes": [{"class", "kind", …}]}`."""
    counts = Counter(each.severity for each in changes)
    told: dict[str, Any] = {
        "equal": not changes,
        "class": worst(list(changes)),
        "old": _side(old),
        "new": _side(new),
        "counts": {severity.value: counts[severity] for severity in Class},
        "changes": [
            {
                "class": each.severity,
                "kind": each.kind,
                "subject": each.subject,
                "resource": each.resource or None,
                "path": each.path or None,
                "what": each.what,
                "old": each.old,
                "new": each.new,
            }
            for each in changes
        ],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


FORMATS = {"text": text, "json": json, "markdown": markdown}


def _line(change: Change) -> str:
    at = f" ({change.resource})" if change.resource else ""
    return f"{change.subject}{at}: {change.what}"


def _side(release: Release) -> dict[str, Any]:
    return {
        "name": release.name,
        "package": release.package,
        "version": release.version,
        "resources": len(release.resources),
    }


def _title(old: Release, new: Release) -> str:
    name = new.package or new.name
    return f"{name}: {old.version or old.name} to {new.version or new.name}"


def _escaped(line: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|" else each for each in line)
