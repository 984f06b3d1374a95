"""JUnit XML, in the part of it that Jenkins, GitLab and the readers for GitHub have in common.

A suite a file with issues, and in it a test case a rule: readers keep one failure of a case and take the file and rule
for its name, so each rule of each file has a history of its own. The failure's text lists every place. What was not
checked is skipped; a warning below --fail-on passes, with its words as output. An information about files without
issues is the last case, so that there always is one: Jenkins takes a report without cases for a fault.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..issue import SEVERITIES, Issue
from .words import FailOn, Setting, count, fails, shown

if TYPE_CHECKING:
    from ..run import Report

NAME = "cervical-options validate"
OUTCOMES = ("failure", "skipped")


def junit(report: "Report", setting: Setting) -> str:
    """The report as XML; characters that XML can't hold are spelled out."""
    of_file: dict[str, dict[str, list[Issue]]] = {}
    for issue in report.issues:
        of_file.setdefault(issue.file, {}).setdefault(issue.rule, []).append(issue)
    classes = _classes(of_file)
    root = Element("testsuites", {"name": NAME})
    for file, of_rule in of_file.items():
        suite = _suite(root, file, setting.fail_on)
        for rule, issues in of_rule.items():
            _case(suite, (classes[file], rule), issues, setting.fail_on)
    without = max(report.files - len(of_file), 0)
    if without or not of_file:
        case = SubElement(_suite(root, NAME, setting.fail_on), "testcase")
        case.attrib.update({"classname": NAME, "name": "files without issues", "time": "0"})
        _output(case, f"{without} of {count(report.files, 'file')}")
    for each in (*root, root):
        _counts(each)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, fail_on: FailOn) -> Element:
    suite = SubElement(root, "testsuite", {"name": shown(name), "time": "0"})
    SubElement(SubElement(suite, "properties"), "property", {"name": "fail-on", "value": fail_on})
    return suite


def _case(suite: Element, names: tuple[str, str], issues: Sequence[Issue], fail_on: FailOn) -> None:
    worst = min(issues, key=lambda issue: SEVERITIES.index(issue.severity))
    classname, name = map(shown, names)
    case = SubElement(suite, "testcase", {"classname": classname, "name": name})
    case.attrib.update({"file": shown(worst.file), "time": "0"})
    if worst.line is not None:
        case.set("line", str(worst.line))
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    message = f"{shown(worst.message)}{more}"
    lines = "\n".join(shown(str(issue)) for issue in issues)
    if fails(worst, fail_on):
        SubElement(case, "failure", {"type": worst.severity, "message": message}).text = lines
    elif worst.severity == "information":
        SubElement(case, "skipped", {"message": message}).text = lines
    else:
        _output(case, lines)


def _output(case: Element, lines: str) -> None:
    SubElement(case, "system-out").text = lines


def _counts(element: Element) -> None:
    """How many cases there are below, and how many of each outcome."""
    failures, skipped = (sum(1 for _ in element.iter(outcome)) for outcome in OUTCOMES)
    cases = sum(1 for _ in element.iter("testcase"))
    element.attrib.update(tests=str(cases), failures=str(failures), errors="0", skipped=str(skipped))


def _classes(files: Iterable[str]) -> dict[str, str]:
    """File -> its class: without its suffix, since Jenkins takes what precedes the last dot for a package's name."""
    short = {file: str(PurePath(file).with_suffix("")) if PurePath(file).suffix else file for file in files}
    of = Counter(short.values())
    return {file: name if of[name] == 1 else file for file, name in short.items()}
