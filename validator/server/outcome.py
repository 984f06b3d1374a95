"""A server's OperationOutcome, read with care: severities, words, and places as far as the document has them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cervical_options.client import said

from ..issue import Severity
from ..place import Place
from ..rule import Finding, Rule
from .rules import server_error, server_information, server_warning

SEVERITY: dict[str, Severity] = {"fatal": "error", "error": "error", "warning": "warning"}  # all else informs
RULES: dict[Severity, Rule] = {"error": server_error, "warning": server_warning, "information": server_information}
LONGEST = 1000  # characters of one issue
STEP = re.compile(r"([A-Za-z_]\w*)(?:\[(\d+)\])?|ofType\(([A-Za-z]+)\)|\(([A-Za-z]+) as ([A-Za-z]+)\)")
COMMENT = re.compile(r"/\*.*?\*/")


def findings(outcome: Mapping[str, Any], document: Any, secrets: Mapping[str, str]) -> Iterator[Finding]:
    """Each issue once. A lone information without a place says that there is none."""
    issues = outcome.get("issue")
    read = [each for each in issues if isinstance(each, dict)] if isinstance(issues, list) else []
    told: set[tuple[str, str, str]] = set()
    for issue in read:
        severity = SEVERITY.get(str(issue.get("severity")), "information")
        if severity == "information" and len(read) == 1 and not _places(issue):
            return
        words = said(issue, secrets, LONGEST) or "something, in no words"
        at = place(document, _places(issue))
        if (severity, words, str(at)) not in told:
            told.add((severity, words, str(at)))
            yield RULES[severity](at, words)


def place(document: Any, written: list[str]) -> Place:
    """The deepest place that the first path of this document leads to; the document itself where none does."""
    type = str(document.get("resourceType"))
    for each in written:
        path = COMMENT.sub("", each)
        if path == type or path.startswith(f"{type}."):
            return _found(document, Place.root(type), path[len(type) + 1 :])
    return Place.root(type)


def _places(issue: Mapping[str, Any]) -> list[str]:
    """`expression` before the deprecated `location`, which HAPI fills alike."""
    values = [issue.get("expression"), issue.get("location")]
    return [each for value in values if isinstance(value, list) for each in value if isinstance(each, str)]


def _found(node: Any, at: Place, path: str) -> Place:
    steps = path.split(".") if path else []
    for number, step in enumerate(steps):
        match = STEP.fullmatch(step)
        if match is None or not isinstance(node, dict):
            break
        if match[1] is None:  # ofType(X) is read with the step before it
            continue
        key = _key(node, match[1], steps[number + 1] if number + 1 < len(steps) else "")
        if key is None:
            break
        below, index = node[key], int(match[2]) if match[2] else None
        if isinstance(below, list):
            index = 0 if index is None and len(below) == 1 else index
            if index is None or index >= len(below):
                return at.child(key)
            below = below[index]
        else:
            index = None
        node, at = below, at.child(key, index)
    return at


def _key(node: Mapping[str, Any], name: str, following: str) -> str | None:
    """The member of an element: of a choice, that of the type which the path names, or the one that is there."""
    if name in node:
        return name
    typed = STEP.fullmatch(following)
    if typed and typed[3]:
        wanted = f"{name}{typed[3][0].upper()}{typed[3][1:]}"
        return wanted if wanted in node else None
    choices = [key for key in node if re.fullmatch(rf"{re.escape(name)}[A-Z]\w*", key)]
    return choices[0] if len(choices) == 1 else None
