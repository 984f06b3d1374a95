"""Every rule says in a sentence what it asks, trips on the one change that breaks it, and on nothing near that."""

import json
import re
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator import models
from cervical_options.validator.catalogue import Catalogue
from cervical_options.validator.document import Layers
from cervical_options.validator.issue import SEVERITIES, Issue
from cervical_options.validator.listing import explained, listed, sentence
from cervical_options.validator.rule import RULES, Finding, Layer
from cervical_options.validator.rules import all_rules, definitions
from cervical_options.validator.run import Options, entries, run
from cervical_options.validator.schema import Schemas
from cervical_options.validator.structure import Walk
from hypothesis import given, settings
from hypothesis import strategies as st

from ..resources import PACKAGE, Resource
from .rule_cases import (
    ALONE,
    CASES,
    CONTAINING,
    GONE,
    HL7,
    LOGIC,
    LOINC,
    MARK,
    SUBJECT,
    TWO_PATIENTS,
    UCUM,
    Case,
    Change,
    Document,
    bundle,
    concept,
    entry,
    library,
    nested,
    observation,
    patient,
    plan,
    text,
)

# Rules that no change of a document trips in a whole run, with the test that shows them tripped and kept.
ELSEWHERE = {
    "depth-not-checked": "test_however_deep_it_is_told_or_read",
    "json-schema": "test_the_schema_has_an_opinion_of_its_own",
    "layer-failed": "test_a_layer_that_breaks_says_so",
    "not-in-r4": "test_what_r4b_added_is_not_in_r4",
    "typed-model": "test_the_typed_model_has_an_opinion_of_its_own",
}
STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
# Information of what is not at hand, and R4's own advice to have a narrative, say nothing against a good document.
QUIET = frozenset({"dom-6"})


def put(document: Document, at: str, value: Any) -> Document:
    """A copy with something at a path: in a list, at an index that may be the next."""
    changed: Resource = json.loads(json.dumps(document))  # no part stands in it twice
    steps = [int(step[1:-1]) if step[0] == "[" else step for step in STEP.findall(at)]
    owner: Any = changed
    for step in steps[:-1]:
        owner = owner[step]
    if value is GONE:
        del owner[steps[-1]]
    elif isinstance(owner, list) and steps[-1] == len(owner):
        owner.append(value)
    else:
        owner[steps[-1]] = deepcopy(value)
    return changed


def changed(case: Case, change: Change) -> dict[str, Document]:
    files = dict(case.files)
    for at, value in change.items():
        if isinstance(at, bytes):
            [name] = files
            text = files[name]
            assert isinstance(text, bytes)
            assert text.count(at) == 1
            files[name] = text.replace(at, value)
        else:
            name, _, path = at.rpartition(":") if len(files) > 1 else ("x.json", "", at)
            if path:
                files[name] = put(files[name], path, value)
            elif value is GONE:
                del files[name]
            else:
                files[name] = value
    return files


def told(folder: Path, files: dict[str, Document], **options: Any) -> list[Issue]:
    """The issues of files in a folder, which is validated as a whole where they are several."""
    for name, document in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    paths = [folder] if len(files) > 1 else [folder / name for name in files]
    found = run(paths, Options(ignore=QUIET, **options)).issues
    here = f"{folder}/"
    return [replace(each, file=each.file.removeprefix(here), message=each.message.replace(here, "")) for each in found]


TABLE = [
    pytest.param(rule, case, id=f"{rule}-{number}")
    for rule, cases in CASES.items()
    for number, case in enumerate(cases, 1)
]
NEAR = [
    pytest.param(rule, case, near, id=f"{rule}-{number}-{which}")
    for rule, cases in CASES.items()
    for number, case in enumerate(cases, 1)
    for which, near in enumerate(case.near, 1)
]


# ---- The rules as people read them ----


def test_every_rule_says_what_it_asks() -> None:
    rules = all_rules()
    assert {id: rule.id for id, rule in rules.items()} == {id: id for id in rules}
    assert len({id.casefold() for id in rules}) == len(rules)
    assert [id for id in rules if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", id)] == []
    assert [id for id, rule in rules.items() if not sentence(rule)] == []
    keys = {constraint.key for constraint in definitions().constraints}
    ours = [rule for id, rule in rules.items() if id not in keys]
    assert [rule.id for rule in ours if not re.fullmatch(r"[A-Z`].+[.)]", sentence(rule))] == []
    assert {rule.severity for rule in rules.values()} == set(SEVERITIES)


def test_the_sentence_is_what_is_printed() -> None:
    rules = all_rules()
    lines = listed(rules).splitlines()
    for id, rule in rules.items():
        [line] = [line for line in lines if line.startswith(f"  {id} ")]
        assert line.endswith(sentence(rule))
        assert rule.text in explained(rule)


def test_the_command_lists_every_rule_that_there_is() -> None:
    """In a process of its own, where only the command has registered rules."""
    command = [sys.executable, "-m", "cervical_options.validator", "--rules", "--format", "json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert {each["id"] for each in told} == {*RULES, *all_rules()}


def test_every_rule_has_a_case() -> None:
    """Those of R4's constraints, the profiles, the package and a server have theirs in files of their own."""
    keys = {constraint.key for constraint in definitions().constraints}
    elsewhere = (Layer.PROFILES, Layer.PACKAGE, Layer.SERVER)
    asked = {id for id, rule in {**RULES, **all_rules()}.items() if rule.layer not in elsewhere and id not in keys}
    assert {*CASES, *ELSEWHERE} == asked
    assert not CASES.keys() & ELSEWHERE.keys()
    assert all(case.message and case.near for cases in CASES.values() for case in cases)
    assert all(cases for cases in CASES.values())
    assert all(name in globals() for name in ELSEWHERE.values())


# ---- Each rule by its cases ----


@pytest.mark.parametrize(("rule", "case"), TABLE)
def test_the_change_trips_the_rule(tmp_path: Path, rule: str, case: Case) -> None:
    issues = [issue for issue in told(tmp_path, changed(case, case.trips)) if issue.file == case.file]
    assert "layer-failed" not in {issue.rule for issue in issues}
    assert [(issue.path, issue.severity, issue.message, issue.source) for issue in issues if issue.rule == rule] == [
        (case.path, case.severity, case.message, all_rules()[rule].layer)
    ]


@pytest.mark.parametrize(("rule", "case"), TABLE)
def test_the_good_documents_are_good(tmp_path: Path, rule: str, case: Case) -> None:
    issues = told(tmp_path, case.files)
    assert [str(issue) for issue in issues if issue.severity != "information" or issue.rule == rule] == []


@pytest.mark.parametrize(("rule", "case", "near"), NEAR)
def test_what_is_near_does_not(tmp_path: Path, rule: str, case: Case, near: Change) -> None:
    issues = told(tmp_path, changed(case, near))
    assert [str(issue) for issue in issues if issue.rule in (rule, "layer-failed")] == []


def words(findings: list[Finding]) -> list[str]:
    return [f"{each.place}: {each.what}; {each.remedy} [{each.rule.id}]" for each in findings]


def walked(document: Resource) -> Walk:
    walk = Walk(definitions())
    assert list(walk.document(document)) is not None
    return walk


def test_the_schema_has_an_opinion_of_its_own() -> None:
    def asked(document: Resource) -> list[str]:
        return words([found for seen in walked(document).visit.resources for found in Schemas().check(seen)])

    assert asked(patient(gender="woman")) == [
        "Patient.gender: HL7's JSON schema refuses this: "
        "'woman' is not one of ['male', 'female', 'other', 'unknown']; mend the element [json-schema]"
    ]
    assert asked(patient(gender="unknown", name=[{"text": "no-break\u00a0space"}])) == []


def test_the_typed_model_has_an_opinion_of_its_own() -> None:
    def asked(document: Resource) -> list[str]:
        return words(list(models.check(walked(document).visit)))

    assert asked(patient(birthDate="1970-13")) == [
        "Patient.birthDate: the typed model refuses this: "
        "Value error, Date value string does not match spec regex; mend the element [typed-model]"
    ]
    assert asked(patient(birthDate="1970-12")) == []


@pytest.mark.parametrize("type", ["PlanDefinition", "ActivityDefinition"])
def test_what_r4b_added_is_not_in_r4(type: str) -> None:
    def asked(document: Resource) -> list[str]:
        found = models.check(walked(document).visit)
        return words([each for each in found if each.rule.id == "not-in-r4"])

    document = {"resourceType": type, "status": "draft", "subjectCanonical": "https://example.org/x"}
    assert asked(document) == [
        f"{type}.subjectCanonical: subjectCanonical came with R4B; R4 has no such element; remove it [not-in-r4]"
    ]
    del document["subjectCanonical"]
    assert asked({**document, "subjectCodeableConcept": {"text": "subjectCanonical"}}) == []


# ---- A layer that breaks, and second opinions ----


def test_a_layer_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    files: dict[str, Document] = {"a.json": patient(gender="woman"), "b.json": observation(code=concept(LOINC, "1"))}
    monkeypatch.setattr(models, "check", broken)
    assert [(each.file, each.rule) for each in told(tmp_path, files)] == [
        ("a.json", "layer-failed"),
        ("a.json", "required-binding"),
        ("b.json", "layer-failed"),
        ("b.json", "loinc-check-digit"),
    ]
    failed = [each for each in told(tmp_path, files) if each.rule == "layer-failed"]
    assert [(each.path, each.severity, each.message, each.confirmed_by) for each in failed] == [
        (
            type,
            "error",
            "the layer models broke on this document (RuntimeError: out of order); report it, with the document",
            (),
        )
        for type in ("Patient", "Observation")
    ]
    assert (failed[0].line, failed[0].column) == (1, 1)
    monkeypatch.undo()
    assert not [each for each in told(tmp_path, files) if each.rule == "layer-failed"]


def test_a_walk_that_breaks_says_so_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(Walk, "document", broken)
    assert [each.rule for each in told(tmp_path, {ALONE: patient()})] == ["layer-failed"]


def test_second_opinions_confirm_the_first(tmp_path: Path) -> None:
    [issue] = told(tmp_path, {ALONE: patient(gender=5)})
    assert (issue.rule, issue.source, issue.confirmed_by) == ("primitive-format", "structure", ("schema", "models"))
    [issue] = told(tmp_path, {ALONE: patient(gender="woman")})  # the model has no list of codes
    assert (issue.rule, issue.source, issue.confirmed_by) == ("required-binding", "structure", ("schema",))


def test_an_opinion_confirms_only_what_it_says(tmp_path: Path) -> None:
    """Which types of resources a reference may point at, neither the schema nor the model knows."""
    broken = SUBJECT | {"subject": {"reference": "Practitioner/p"}, "nmae": "x"}
    confirmed = {each.rule: each.confirmed_by for each in told(tmp_path, {ALONE: broken}) if each.severity == "error"}
    assert confirmed == {"unknown-element": ("schema", "models"), "reference-target": ()}


def test_an_element_with_a_type_is_told_once(tmp_path: Path) -> None:
    """The schema says the same at its place."""
    issues = told(tmp_path, {ALONE: patient(maritalStatus={"resourceType": "CodeableConcept", "text": "x"})})
    assert [(each.rule, each.confirmed_by) for each in issues] == [("resource-type-in-element", ("schema",))]


def test_what_is_no_number_is_told_once(tmp_path: Path) -> None:
    body = b'{"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": NaN}}'
    assert [each.rule for each in told(tmp_path, {ALONE: body})] == ["json-number"]


@pytest.mark.parametrize("levels", [80, 150, 250, 350, 420, 470, 600, 2_000])
def test_however_deep_it_is_told_or_read(tmp_path: Path, levels: int) -> None:
    issues = told(tmp_path, {ALONE: nested(levels)})
    assert {each.rule for each in issues} <= {"json-depth", "depth-not-checked", "extension-not-checked"}
    assert issues


# ---- Places ----

HERE = '"nmae"'
TEXTS = {
    "first-line": ('{"resourceType": "Patient", "nmae": 1}', 1, 29),
    "own-line": ('{\n  "resourceType": "Patient",\n  "nmae": 1\n}', 3, 3),
    "tabs": ('{\n\t"resourceType": "Patient",\n\t\t"nmae": 1\n}', 3, 3),
    "carriage-returns": ('{\r\n  "resourceType": "Patient",\r\n  "nmae": 1\r\n}', 3, 3),
    "space-before": ('\n\n {"resourceType": "Patient", "nmae": 1}', 3, 30),
    "other-letters": ('{"resourceType": "Patient", "id": "é", "nmae": 1}', 1, 40),
    "beyond-the-plane": ('{"resourceType": "Patient", "id": "😀", "nmae": 1}', 1, 40),
    "separators": ('{"resourceType": "Patient", "id": "\u2028\u0085", "nmae": 1}', 1, 41),
    "escaped-text": ('{"resourceType": "Patient", "id": "\\"\\\\", "nmae": 1}', 1, 43),
    "escaped-key": ('{"resourceType": "Patient", "n\\u006dae": 1}', 1, 29),
    "as-a-value-before": ('{"resourceType": "Patient", "id": "nmae", "nmae": 1}', 1, 43),
    "in-a-sibling-before": ('{"resourceType": "Patient", "_gender": {"id": "nmae"},\n"nmae": 1}', 2, 1),
    "brackets-in-texts": ('{"resourceType": "Patient", "id": "]}{[,:", "nmae": 1}', 1, 45),
    "between": ('{"nmae": 1, "resourceType": "Patient"}', 1, 2),
}


@pytest.mark.parametrize(("document", "line", "column"), [pytest.param(*row, id=id) for id, row in TEXTS.items()])
def test_an_issue_points_at_the_key(tmp_path: Path, document: str, line: int, column: int) -> None:
    [issue] = [each for each in told(tmp_path, {ALONE: document.encode()}) if each.rule == "unknown-element"]
    assert (issue.line, issue.column, issue.path) == (line, column, "Patient.nmae")


def test_a_mark_before_the_text_has_no_column(tmp_path: Path) -> None:
    document = '\ufeff{"resourceType": "Patient", "nmae": 1}'
    [issue] = [each for each in told(tmp_path, {ALONE: document.encode()}) if each.rule == "unknown-element"]
    assert (issue.line, issue.column) == (1, 29)


def at(document: Document, issue: Issue) -> str:
    """What stands in a text where an issue points."""
    lines = (document if isinstance(document, bytes) else json.dumps(document).encode()).decode().split("\n")
    assert issue.line is not None
    assert issue.column is not None
    return lines[issue.line - 1][issue.column - 1 :]


PLACES: dict[str, tuple[Resource, str, str, str]] = {
    "a-choice": (
        observation(valueQuantity={"value": "5"}),
        "primitive-format",
        "Observation.value.value",
        '"value": "5"',
    ),
    "a-choice-without-value": (
        observation(_valueString={"extension": [{"url": "https://example.org/e"}]}),
        "ext-1",
        "Observation.value.extension[0]",
        '{"url": "https://example.org/e"}',
    ),
    "beside-a-primitive": (
        patient(_birthDate={"extension": [{"url": "a b", "valueCode": "x"}]}),
        "primitive-format",
        "Patient.birthDate.extension[0].url",
        '"url": "a b"',
    ),
    "beside-a-list": (
        patient(name=[{"given": ["x", "y"], "_given": [None, {"id": "i", "nmae": 1}]}]),
        "unknown-element",
        "Patient.name[0].given[1].nmae",
        '"nmae": 1',
    ),
    "in-a-list": (patient(name=[{"given": ["x", " y"]}]), "text-edges", "Patient.name[0].given[1]", '" y"]'),
    "an-object-in-a-list": (patient(name=[{"text": "x"}, {}]), "json-empty", "Patient.name[1]", "{}]"),
    "what-is-not-there": (
        patient(communication=[{"preferred": True}]),
        "required-element",
        "Patient.communication[0].language",
        '{"preferred": true}',
    ),
    "contained": (
        CONTAINING | {"contained": [patient(nmae="x")]},
        "unknown-element",
        "Observation.contained[0].nmae",
        '"nmae": "x"',
    ),
    "in-an-entry": (
        bundle("collection", entry(patient(nmae=0)), entry(observation(nmae=1, valueQuantity={"nmae": 2}))),
        "unknown-element",
        "Bundle.entry[1].resource.value.nmae",
        '"nmae": 2',
    ),
    "in-an-entry-of-an-entry": (
        bundle("collection", entry(bundle("collection", entry(observation(_valueString={"nmae": 1}))))),
        "unknown-element",
        "Bundle.entry[0].resource.entry[0].resource.value.nmae",
        '"nmae": 1',
    ),
    "in-parameters": (
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "x", "part": [{"name": "y", "resource": patient(deceasedBoolean="yes")}]}],
        },
        "primitive-format",
        "Parameters.parameter[0].part[0].resource.deceased",
        '"deceasedBoolean": "yes"',
    ),
    "below-what-is-not-known": (
        plan(
            {"condition": [{"kind": "applicability", "expression": {"language": "text/fhirpath", "expression": "("}}]}
        ),
        "fhirpath-syntax",
        "PlanDefinition.action[0].condition[0].expression.expression",
        '"expression": "("',
    ),
}


@pytest.mark.parametrize(
    ("document", "rule", "path", "there"), [pytest.param(*row, id=id) for id, row in PLACES.items()]
)
def test_path_and_place_name_the_same(tmp_path: Path, document: Resource, rule: str, path: str, there: str) -> None:
    """The path is FHIRPath, where a choice and what stands beside a primitive have the element's name."""
    for indent in (None, "\t"):
        body = json.dumps(document, indent=indent).encode()
        found = [each for each in told(tmp_path, {ALONE: body}) if (each.rule, each.path) == (rule, path)]
        assert len(found) == 1
        assert at(body, found[0]).startswith(there if indent is None else there[:1])


def test_rows_have_their_lines(tmp_path: Path) -> None:
    rows = [patient(), patient(id="q", nmae=1), observation(), patient(id="r", name=[{"nmae": 2}])]
    lines = text(*rows).replace(b"\n", b"\n\n", 1)
    for body in (lines, lines.replace(b"\n", b"\r\n")):
        found = [each for each in told(tmp_path, {"x.ndjson": body}) if each.rule == "unknown-element"]
        assert [(each.line, each.path) for each in found] == [(3, "Patient.nmae"), (5, "Patient.name[0].nmae")]
        assert [at(body, each)[:8] for each in found] == ['"nmae": ', '"nmae": ']


# ---- Runs ----

FAULTY: dict[str, Document] = {
    "a.json": patient(nmae=1, gender="Female", name=[{"text": " x"}]),
    "b/c.json": observation(code=concept(LOINC, "1"), extension=[{"url": "https://example.org/e", "valueCode": "x"}]),
    "b/d.json": TWO_PATIENTS.replace(b'"p"', b'"q"').replace(b'"B"', b'"B", "family": "C"'),
    "e.json": bundle("collection", entry(patient(gender="x")), entry(SUBJECT, link=[{"relation": "x"}])),
    "f.ndjson": text(patient(id="s"), patient(id="q"), patient(id="t", nmae=1)),
    "g.json": b"{",
    **{f"many/{number}.json": patient(id=f"n{number}", nmae=number) for number in range(20)},
}


def test_what_is_ignored_is_left_out(tmp_path: Path) -> None:
    whole = told(tmp_path, FAULTY)
    names = {each.rule for each in whole}
    assert len(names) > 8
    for name in names:
        left = [replace(each) for each in run([tmp_path], Options(ignore=QUIET | {name})).issues]
        assert [each.rule for each in left] == [each.rule for each in whole if each.rule != name]
    assert run([tmp_path], Options(ignore=QUIET | names)).issues == []


TITLE = b'"name": "Logic",'


@pytest.mark.parametrize(
    "logic",
    [
        pytest.param(MARK + text(library()), id="byte-order-mark"),
        pytest.param(text(library()).replace(TITLE, TITLE + b'"approvalDate": NaN,'), id="no-number"),
        pytest.param(text(library()).replace(TITLE, TITLE + b'"title": "\\ud83d",'), id="half-a-character"),
        pytest.param(text(library()).replace(TITLE, TITLE + b'"title": "x", "title": "x",'), id="key-twice"),
    ],
)
def test_what_can_be_read_is_at_hand_for_others(tmp_path: Path, logic: bytes) -> None:
    """What is wrong in the text of one file is not told of what points at it."""
    issues = told(tmp_path, {"logic.json": logic, ALONE: plan(library=[LOGIC])})
    assert [str(each) for each in issues if each.file == ALONE] == []
    assert [each for each in issues if each.source == "json"]


def test_processes_find_the_same(tmp_path: Path) -> None:
    told(tmp_path, FAULTY)
    one, two = (run([tmp_path], Options(jobs=jobs)) for jobs in (1, 2))
    assert len(one.issues) > 40
    assert two == one


# ---- Odd data ----

ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["#", "x|1", "Patient/p"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "url", "system", "code", "coding", "extension", "resourceType", "reference", "item"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
SHORT = sorted(place for place, resource in PACKAGE.items() if len(json.dumps(resource)) < 12_000)


@pytest.fixture(scope="module")
def layers() -> Layers:
    all_rules()
    catalogue = Catalogue(whole=True)
    for place, resource in PACKAGE.items():
        for each in entries(f"{place}.json", None, resource):
            catalogue.add(each)
    return Layers(definitions(), catalogue)


def way(value: Any, data: st.DataObject) -> list[str | int]:
    """A way down to some node, not the root."""
    steps: list[str | int] = []
    while isinstance(value, dict | list) and value:
        step = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        steps.append(step)
        value = value[step]
        if data.draw(st.integers(0, 3)) == 0:
            break
    return steps


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_odd_data_breaks_no_layer(layers: Layers, data: st.DataObject) -> None:
    resource = deepcopy(PACKAGE[data.draw(st.sampled_from(SHORT))])
    *parents, last = way(resource, data)
    node: Any = resource
    for step in parents:
        node = node[step]
    node[last] = data.draw(ODD)
    assert [
        str(each) for each in layers.issues(json.dumps(resource).encode(), ALONE) if each.rule == "layer-failed"
    ] == []


@pytest.mark.parametrize(
    "change",
    [
        {"clinicalStatus": {"coding": [{"system": ["x"], "code": "active"}]}},
        {"clinicalStatus": {"coding": [{"system": "x", "code": {"x": 1}}]}},
        {"code": {"coding": [{"system": [], "code": {}, "version": [], "display": {}}]}},
        {"subject": {"reference": {"x": 1}, "type": []}},
        {"onsetAge": {"value": 5, "system": {}, "code": []}},
        {"onsetAge": {"value": 5, "system": UCUM, "code": ["a"]}},
        {"clinicalStatus": {"coding": [{"system": f"{HL7}/condition-clinical", "code": {"x": 1}}]}},
        {"contained": [{"resourceType": {}, "id": []}, 5, None]},
        {"extension": [{"url": {}}, {"url": ["x"]}, 5]},
        {"meta": {"profile": 5, "tag": [5, {"system": {}}]}},
    ],
)
def test_odd_codes_break_no_layer(layers: Layers, change: Resource) -> None:
    resource: Resource = {"resourceType": "Condition", "subject": {"reference": "Patient/p"}, **change}
    assert "layer-failed" not in {each.rule for each in layers.issues(json.dumps(resource).encode(), ALONE)}


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": {"x": 1}},
        {
            "resourceType": "ImplementationGuide",
            "definition": {"grouping": [{"id": {}}], "resource": [{"groupingId": {}}]},
        },
        {"resourceType": "Bundle", "type": "collection", "entry": True},
        {"resourceType": "Patient", "maritalStatus": {"coding": [{"system": f"{HL7}/v3-MaritalStatus", "code": {}}]}},
        {"resourceType": "Bundle", "type": [], "entry": [{"fullUrl": [], "resource": 5, "request": 5}], "link": 5},
        {
            "resourceType": "Questionnaire",
            "status": "draft",
            "item": [{"linkId": {}, "enableWhen": [{"question": []}]}],
        },
        {
            "resourceType": "PlanDefinition",
            "url": [],
            "action": [{"id": {}, "goalId": 5, "relatedAction": 5}],
            "goal": 5,
        },
        {"resourceType": "ValueSet", "url": "x", "compose": {"include": [{"valueSet": 5, "concept": [{"code": {}}]}]}},
        {"resourceType": "ValueSet", "compose": {"include": 5}, "expansion": {"contains": [{"code": []}], "total": []}},
        {
            "resourceType": "CodeSystem",
            "url": [],
            "property": [{"code": []}],
            "concept": [{"property": [{"code": {}}]}],
        },
        {"resourceType": "Library", "url": {}, "content": [{"contentType": [], "data": "x"}], "parameter": [5]},
        {"resourceType": "ConceptMap", "group": [{"source": [], "element": [{"code": {}, "target": [{"code": []}]}]}]},
    ],
)
def test_odd_elements_break_no_layer(tmp_path: Path, resource: Resource) -> None:
    assert "layer-failed" not in {each.rule for each in told(tmp_path, {ALONE: resource})}


@pytest.mark.parametrize("escape", [r"\ud83d", r"\udc00x", r"\ud83d\ud83d"])
def test_half_a_character_breaks_no_layer(tmp_path: Path, escape: str) -> None:
    for document in (TWO_PATIENTS.replace(b'"A"', f'"{escape}"'.encode()), f'{{"resourceType": "{escape}"}}'.encode()):
        issues = told(tmp_path, {ALONE: document})
        assert "json-surrogate" in {each.rule for each in issues}
        assert "layer-failed" not in {each.rule for each in issues}
        assert [str(each).encode() for each in issues]  # what is told can be written


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u0d8 e1-.\n\ufeff', max_size=40).map(str.encode))
def test_no_bytes_raise(layers: Layers, data: bytes) -> None:
    assert "layer-failed" not in {each.rule for each in layers.issues(data, ALONE)}


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_no_damage_of_a_good_text_raises(layers: Layers, data: st.DataObject) -> None:
    good = json.dumps(observation(valueQuantity={"value": 5.0}, subject={"reference": "Patient/é"})).encode()
    begin = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(begin, min(begin + 6, len(good))))
    damaged = good[:begin] + data.draw(st.binary(max_size=4)) + good[end:]
    issues = layers.issues(damaged, ALONE)
    assert "layer-failed" not in {each.rule for each in issues}
    assert all((each.line or 0) > 0 and (each.column or 0) > 0 and each.message for each in issues)
