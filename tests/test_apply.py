"""`apply`: what the records of one patient answer, as words, JSON and a CarePlan; from any package and any input."""

import io
import json
import os
import random
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st

from cervical_options.cli import app

from . import oracle
from .conftest import ROOT
from .patients import Case, cases
from .resources import BASE, OPTIONS, PACKAGE, Resource

FACTS = f"{BASE}/CodeSystem/cervical-facts"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
ALTERNATIVE = "http://hl7.org/fhir/StructureDefinition/cqf-alternativeExpression"
PLAN_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"

CASES = {case.name: case for case in cases()}
Format = Literal["text", "json", "fhir"]
FORMATS: tuple[Format, ...] = ("text", "json", "fhir")

every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


# ---- Records ----


def bundle(*resources: Any, **more: Any) -> Resource:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


def patient(id: str = "p1") -> Resource:
    return {"resourceType": "Patient", "id": id}


def concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def condition(id: str = "cancer", subject: str = "Patient/p1", status: str = "recurrence", **more: Any) -> Resource:
    """A squamous cell carcinoma of the cervix."""
    return {
        "resourceType": "Condition",
        "id": id,
        "clinicalStatus": concept(CLINICAL, status),
        "verificationStatus": concept(VERIFICATION, "confirmed"),
        "code": concept(SNOMED, "254886006"),
        "subject": {"reference": subject},
        **more,
    }


def fact(code: str, value: bool = True, subject: str = "Patient/p1", **more: Any) -> Resource:
    """An explicit record of a fact."""
    return {
        "resourceType": "Observation",
        "id": f"{code}-{'yes' if value else 'no'}",
        "status": "final",
        "code": concept(FACTS, code),
        "subject": {"reference": subject},
        "valueBoolean": value,
        **more,
    }


# A patient to whom the page applies and pembrolizumab may be offered: the one that the rows break in one place.
GOOD = bundle(patient(), condition(), fact("pd-l1-positive"))


def changed(resource: Any, path: str, value: Any) -> Any:
    """A copy with one value put, or with `...` taken away."""
    copy = deepcopy(resource)
    *parents, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    node = copy
    for step in parents:
        node = node[step]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return copy


# ---- Answers ----


def lines(*each: Any) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in each)


def run(records: Any, *arguments: str | Path) -> Result:
    data = records if isinstance(records, bytes) else json.dumps(records).encode()
    return CliRunner().invoke(app, ["apply", "-", *map(str, arguments)], input=data, catch_exceptions=False)


def run_path(path: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["apply", *map(str, (path, *arguments))], catch_exceptions=False)


def explain(format: Format) -> tuple[str, ...]:
    """Explanations are words or JSON; a CarePlan holds none."""
    return () if format == "fhir" else ("--explain",)


def output(result: Result) -> str:
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def answer(records: Any, *arguments: str | Path) -> Resource:
    told: Resource = json.loads(output(run(records, *arguments, "--format", "json")))
    return told


def words(records: Any, *arguments: str | Path) -> str:
    return output(run(records, *arguments))


def care_plan(records: Any, *arguments: str | Path) -> Resource:
    told: Resource = json.loads(output(run(records, *arguments, "--format", "fhir")))
    return told


def fault(result: Result) -> str:
    """The one line that says what is wrong."""
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert "Traceback" not in line
    assert len(line) < 1000
    return line


def outcomes(told: Resource) -> dict[str, str]:
    return {option["id"]: option["outcome"] for option in told["options"]}


def pembrolizumab(told: Resource) -> str:
    return outcomes(told)["pembrolizumab"]


def refused(result: Result) -> bool:
    """Whether the input was refused as it should be; otherwise it was answered in full."""
    if result.exit_code == 2:
        return bool(fault(result))
    assert [option["id"] for option in json.loads(output(result))["options"]] == list(OPTIONS)
    return False


def each_of(records: dict[str, Resource], *arguments: str, format: str = "json") -> dict[str, Resource]:
    """Many records in one run: by the same names, what each line says (`error` where it was refused)."""
    result = run(lines(GOOD, *records.values()), *arguments, "--format", format)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(told) == len(records) + 1
    assert result.stderr == ""
    assert result.exit_code == (2 if any("error" in each for each in told) else 0)
    for each in told:
        if "error" in each:
            assert list(each) == ["error"]
            assert "\n" not in each["error"]
            assert len(each["error"]) < 1000
        elif format == "json":
            assert [option["id"] for option in each["options"]] == list(OPTIONS)
    assert "error" not in told[0]
    return dict(zip(records, told[1:], strict=True))


def answered(records: dict[str, Resource], *arguments: str) -> dict[str, Resource]:
    """Those that were not refused."""
    return {name: told for name, told in each_of(records, *arguments).items() if "error" not in told}


@cache
def of_all_cases(format: str, *arguments: str) -> dict[str, Resource]:
    return each_of({name: case.bundle for name, case in CASES.items()}, *arguments, format=format)


# ---- The JSON contract ----


@every_case
def test_a_written_patient_is_answered_as_the_page_says(case: Case) -> None:
    told = of_all_cases("json")[case.name]
    got = {each["id"]: (each["outcome"], tuple(each["missing"]), tuple(each["closedBy"])) for each in told["options"]}
    assert told["patient"] == f"Patient/{case.name}"
    assert told["applies"] is case.applies
    assert list(got) == list(OPTIONS)
    assert got == case.expected
    assert frozenset(told.get("conflicting", [])) == case.conflicting
    assert ("conflicting" in told) is bool(case.conflicting)
    assert set(told) - {"conflicting"} == {"patient", "applies", "options"}
    for option in told["options"]:
        assert list(option) == ["id", "outcome", "missing", "closedBy", "statements"]
        assert option["statements"]
        assert all(re.fullmatch(r"S-\d\d", statement) for statement in option["statements"])


truths = st.sampled_from(["true", "false", "unknown", "conflict"])


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=6)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(oracle.FACTS, truths)), min_size=30, max_size=30))
def test_explicit_records_are_answered_as_the_oracle_says(patients: list[dict[str, str]]) -> None:
    records = {}
    for number, truth in enumerate(patients):
        yes = [fact(code) for code, value in truth.items() if value in ("true", "conflict")]
        no = [fact(code, False) for code, value in truth.items() if value in ("false", "conflict")]
        records[str(number)] = bundle(patient(), condition(status="active"), *yes, *no)
    for truth, told in zip(patients, each_of(records).values(), strict=True):
        facts: dict[str, oracle.Truth] = {
            code: "true" if value == "true" else "false" if value == "false" else "unknown"
            for code, value in truth.items()
        }
        assert told["applies"] is oracle.applies(facts)
        assert [
            (each["id"], each["outcome"], tuple(each["missing"]), tuple(each["closedBy"])) for each in told["options"]
        ] == [(each.id, each.outcome, each.missing, each.closed_by) for each in oracle.answers(facts)]
        assert set(told.get("conflicting", [])) == {code for code, value in truth.items() if value == "conflict"}


# ---- Where the records come from ----


def test_a_bundle_in_a_file_a_folder_and_stdin_are_answered_alike(tmp_path: Path) -> None:
    told = words(CASES["spread-lung"].bundle)
    (tmp_path / "bundle.json").write_text(json.dumps(CASES["spread-lung"].bundle, indent=2))
    assert output(run_path(tmp_path / "bundle.json")) == told
    assert output(run_path(ROOT / "patients" / "spread-lung")) == told


SEVERAL = ("spread-lung", "empty-record", "active-only")


@pytest.mark.parametrize("source", ["stdin", "file"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"], ids=["no-end", "lf", "crlf"])
def test_one_line_out_for_each_line_in(source: str, end: bytes, tmp_path: Path) -> None:
    data = (end or b"\n").join(json.dumps(CASES[name].bundle).encode() for name in SEVERAL) + end
    (tmp_path / "all.ndjson").write_bytes(data)
    result = (
        run(data, "--format", "json") if source == "stdin" else run_path(tmp_path / "all.ndjson", "--format", "json")
    )
    assert [json.loads(line) for line in output(result).splitlines()] == [
        answer(CASES[name].bundle) for name in SEVERAL
    ]


@pytest.mark.parametrize("format", ["json", "fhir"])
@pytest.mark.parametrize(
    "faulty",
    [
        pytest.param(b"{", id="broken"),
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'{"resourceType": "Bundle", "type": "collection"}', id="no-patient"),
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b"\xff\xfe", id="not-utf-8"),
        pytest.param(json.dumps(bundle(patient("p1"), patient("p2"))).encode(), id="two-patients"),
        pytest.param(b"[" * 100_000, id="too-deep"),
    ],
)
def test_a_faulty_line_costs_no_other_line_its_answer(format: Format, faulty: bytes) -> None:
    result = run(lines(GOOD, faulty, GOOD), "--format", format)
    first, second, third = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert first == third == json.loads(output(run(GOOD, "--format", format)))
    assert list(second) == ["error"]
    assert "2" in second["error"]
    assert "\n" not in second["error"]


def test_a_faulty_line_in_words_is_said_on_stderr() -> None:
    result = run(lines(GOOD, b"{", GOOD))
    assert result.exit_code == 2
    assert result.stdout.count("May be offered") == 2
    assert len(result.stderr.splitlines()) == 1
    assert "2" in result.stderr


def test_ndjson_of_one_line_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_bytes(lines(GOOD))
    [line] = output(run_path(tmp_path / "one.ndjson", "--format", "json")).splitlines()
    assert json.loads(line) == answer(GOOD)


def test_ndjson_of_one_faulty_line_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_bytes(b"{\n")
    result = run_path(tmp_path / "one.ndjson", "--format", "json")
    [line] = result.stdout.splitlines()
    assert (result.exit_code, list(json.loads(line))) == (2, ["error"])


def test_separators_inside_texts_end_no_line() -> None:
    record = condition(note=[{"text": "one\u2028two\u2029three\u0085four\x0bfive"}])
    data = json.dumps(bundle(patient(), record), ensure_ascii=False).encode() + b"\n"
    assert len(output(run(data * 3, "--format", "json")).splitlines()) == 3


@pytest.mark.parametrize("place", ["Condition/cancer.json", "Bundle.json"])
def test_records_in_a_folder_are_never_passed_over_in_silence(place: str, tmp_path: Path) -> None:
    """Read, or refused; but not 'the page does not apply' because a file was not looked at."""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / "Patient.json").write_text(json.dumps(patient()))
    record = bundle(condition()) if place == "Bundle.json" else condition()
    (tmp_path / place).write_text(json.dumps(record))
    result = run_path(tmp_path, "--format", "json")
    assert refused(result) or json.loads(result.stdout)["applies"] is True


def test_a_bundle_in_a_bundle_is_not_passed_over_in_silence() -> None:
    result = run(bundle(patient(), bundle(condition())), "--format", "json")
    assert refused(result) or json.loads(result.stdout)["applies"] is True


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("none.json", None, id="no-file"),
        pytest.param("empty/", None, id="empty-folder"),
        pytest.param("broken/a.json", b"{", id="broken-file-in-folder"),
        pytest.param("array/a.json", b"[]", id="array-in-folder"),
        pytest.param("latin/a.json", b'"\xe9"', id="latin-1-in-folder"),
        pytest.param("nobody/a.json", json.dumps(condition()).encode(), id="folder-without-patient"),
    ],
)
def test_a_path_that_holds_no_records(name: str, content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / name
    folder = path if name.endswith("/") else path.parent
    folder.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    given = folder if content is not None else path
    assert str(given) in fault(run_path(given, "--format", "json"))


# ---- In words ----


def test_words_say_what_is_offered_missing_and_not_met() -> None:
    told = words(CASES["spread-lung"].bundle)
    offered, missing, not_met = (
        told.index(head) for head in ("May be offered", "Facts are missing", "The page's condition is not met")
    )
    assert offered < missing < not_met
    assert offered < told.index("Immunotherapy with pembrolizumab") < missing
    assert missing < told.index("Immunotherapy with cemiplimab") < not_met
    assert not_met < told.index("Pelvic exenteration") < told.index("site-distant")
    for part in (
        "Patient/spread-lung",
        "metastatic-chemotherapy",
        "chemotherapy-no-response",
        "chemotherapy-then-return",
        "S-45",
        "S-46",
        "S-49",
        FACTS,
        "valueBoolean",
    ):
        assert part in told


@every_case
def test_words_name_each_option_fact_and_statement(case: Case) -> None:
    told = words(case.bundle)
    for option in of_all_cases("json")[case.name]["options"]:
        title = PACKAGE[f"PlanDefinition/cervical-offer-{option['id']}"]["title"]
        assert told.count(title) == 1
        for part in (*option["missing"], *option["closedBy"], *option["statements"]):
            assert part in told
    for part in ("Not medical advice", "fitness", "organ function", "earlier doses", "consent", "contraindications"):
        assert part in told
    assert "contraindicated" not in told
    assert ("recorded both ways" in told) is bool(case.conflicting)
    assert not any(line != line.rstrip() for line in told.splitlines())
    assert told.isprintable() or set(told) - {"\n"} <= {c for c in told if c.isprintable()}


def test_a_missing_pd_l1_names_the_test() -> None:
    assert PACKAGE["ActivityDefinition/cervical-pd-l1-test"]["title"] in words(bundle(patient(), condition()))


@pytest.mark.parametrize("fact_id", ["site-distant", "pd-l1-positive", "recurrent-cervical-cancer"])
def test_conflicting_facts_are_said(fact_id: str) -> None:
    records = bundle(patient(), condition(), fact(fact_id), fact(fact_id, False))
    [line, *_] = [line for line in words(records).splitlines() if line.strip().startswith(f"{fact_id}:")]
    assert "recorded both ways" in line
    assert answer(records)["conflicting"] == [fact_id]


def test_conflicting_facts_are_said_by_one_plan_too() -> None:
    plan = ("--plan", "cervical-offer-pelvic-exenteration")
    assert "recorded both ways" in words(CASES["site-conflict"].bundle, *plan)
    assert answer(CASES["site-conflict"].bundle, *plan)["conflicting"] == ["site-distant"]


def test_a_text_of_the_records_forges_no_line() -> None:
    forged = "carcinoma\n\nMay be offered\n  Pelvic exenteration\x1b[2J\u202e\r"
    other = condition(
        "other", code={"coding": [{"system": ICD10CM, "code": "C54.1", "display": forged}], "text": forged}
    )
    told = words(bundle(patient(), other), "--explain")
    assert "\nMay be offered" not in told
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", told)


# ---- Which record proved which fact ----


@pytest.mark.parametrize(
    ("name", "proof"),
    [
        pytest.param(
            "spread-lung",
            {
                "recurrent-cervical-cancer": ["Condition/spread-lung-cancer"],
                "site-distant": ["Condition/spread-lung-spread"],
                "pd-l1-positive": ["Observation/spread-lung-pd-l1"],
            },
            id="one-record-each",
        ),
        pytest.param(
            "site-conflict",
            {
                "recurrent-cervical-cancer": ["Condition/site-conflict-recurrence"],
                "site-cervix": ["Condition/site-conflict-recurrence"],
                "site-distant": ["Condition/site-conflict-spread", "Observation/site-conflict-site-distant"],
                "side-wall-involved": ["Observation/site-conflict-side-wall-involved"],
            },
            id="both-ways",
        ),
        pytest.param("empty-record", {"recurrent-cervical-cancer": []}, id="by-absence"),
    ],
)
def test_explain_names_the_records(name: str, proof: dict[str, list[str]]) -> None:
    told = answer(CASES[name].bundle, "--explain")
    got: dict[str, list[str]] = {}
    for each in told["facts"]:
        got.setdefault(each["fact"], []).extend(each["records"])
    assert got == proof
    text = words(CASES[name].bundle, "--explain")
    for record in (record for records in proof.values() for record in records):
        assert record in text
    assert {key: value for key, value in told.items() if key not in ("facts", "notRecognised")} == answer(
        CASES[name].bundle
    )


@every_case
def test_explain_proves_what_is_true_or_false_and_nothing_else(case: Case) -> None:
    told = of_all_cases("json", "--explain")[case.name]
    records = {f"{each['resource']['resourceType']}/{each['resource']['id']}" for each in case.bundle["entry"]}
    proven = {each["fact"] for each in told["facts"]}
    assert {record for each in told["facts"] for record in each["records"]} <= records
    closing = {each for option in told["options"] for each in option["closedBy"]}
    missing = {each for option in told["options"] for each in option["missing"]}
    assert closing <= proven
    assert proven & missing <= case.conflicting


@pytest.mark.parametrize(
    ("name", "not_recognised"),
    [
        pytest.param("look-alikes", ["cin", "endometrium", "oesophagus"], id="other-cancers"),
        pytest.param("lymphoma-of-cervix", ["lymphoma"], id="lymphoma"),
        pytest.param("spread-lung", [], id="all-recognised"),
        pytest.param("active-only", [], id="recognised-without-a-fact"),
        pytest.param("remission-only", [], id="recognised-and-ended"),
        pytest.param("other-patients-record", [], id="not-this-patients"),
    ],
)
def test_explain_names_the_cancers_that_were_not_recognised(name: str, not_recognised: list[str]) -> None:
    told = answer(CASES[name].bundle, "--explain")["notRecognised"]
    assert [each.split(" (")[0] for each in told] == [f"Condition/{name}-{each}" for each in not_recognised]
    text = words(CASES[name].bundle, "--explain")
    for each in not_recognised:
        assert f"Condition/{name}-{each}" in text


def test_an_absence_is_not_called_a_record() -> None:
    """DESIGN R-07: the records hold no cervical cancer; nobody wrote that it has not come back."""
    [line] = [line for line in words(bundle(patient()), "--explain").splitlines() if "no record" in line]
    assert "It is recorded" not in line


# ---- As a CarePlan ----


def walk(node: Any) -> Iterator[Resource]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def actions(resource: Resource) -> Iterator[Resource]:
    for action in resource.get("action", []):
        yield action
        yield from actions(action)


def check_r4(plan: Resource, subject: str) -> None:
    """Valid as a typed model, and by the invariants that the models do not hold."""
    get_fhir_model_class("CarePlan").model_validate(plan)
    assert plan["resourceType"] == "CarePlan"
    contained = plan.get("contained", [])
    ids = [each["id"] for each in contained]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", id) for id in (plan["id"], *ids))
    references = [node["reference"] for node in walk(plan) if isinstance(node.get("reference"), str)]
    local = {reference[1:] for reference in references if reference.startswith("#")}
    assert local == set(ids)
    for each in (plan, *contained):
        get_fhir_model_class(each["resourceType"]).model_validate(each)
        assert each["status"] == "draft"
        if each["resourceType"] == "CommunicationRequest":  # R4 has no intent for it
            assert "intent" not in each
        else:
            assert each["intent"] == "proposal"
        if each["resourceType"] == "Task":
            assert each["for"] == {"reference": subject}
        else:
            assert each["subject"] == {"reference": subject}
        assert not {"dosageInstruction", "dispenseRequest", "quantityQuantity"} & set(each)
        assert "contained" not in each or each is plan
        for action in actions(each):
            assert ("resource" in action) is not ("action" in action)  # rqg-1
    for node in walk(plan):
        assert all(value not in (None, [], {}, "") for value in node.values())


@every_case
def test_the_care_plan_is_valid_and_says_what_the_json_says(case: Case) -> None:
    plan = of_all_cases("fhir")[case.name]
    check_r4(plan, f"Patient/{case.name}")
    [strategy] = [each for each in plan["instantiatesCanonical"] if "/PlanDefinition/cervical-recurrence" in each]
    assert strategy.endswith("|0.1.0")
    inside = {each["id"]: each for each in plan["contained"]}
    branch = {"offered": "offer", "needs-data": "ask", "ruled-out": "not-met"}
    for option in of_all_cases("json")[case.name]["options"]:
        [group] = [
            each
            for each in plan["contained"]
            if any(f"/cervical-offer-{option['id']}|" in url for url in each.get("instantiatesCanonical", []))
        ]
        allowed = {branch[option["outcome"]]}
        assert {action["id"] for action in group.get("action", [])} <= allowed
        below = reached(group, inside)
        if option["outcome"] != "offered":
            assert not [each for each in below if each["resourceType"] == "MedicationRequest"]
        else:
            assert {action["id"] for action in group["action"]} == allowed
        drugs = {each["resourceType"] for each in below} & {"MedicationRequest"}
        leads_to_drugs = option["outcome"] == "offered" and option["id"] not in (
            "palliative-radiation",
            "pelvic-exenteration",
            "radical-hysterectomy",
            "supportive-care",
            "clinical-trials",
        )
        assert bool(drugs) is leads_to_drugs
        if option["outcome"] == "needs-data":
            asked = [action["id"] for action in actions(group) if action["id"].startswith("ask-")]
            assert asked == [f"ask-{each}" for each in option["missing"]]
        if option["outcome"] == "ruled-out":
            closed = [action["id"] for action in actions(group) if action["id"].startswith("closed-")]
            assert closed == [f"closed-{each}" for each in option["closedBy"]]


def reached(resource: Resource, inside: dict[str, Resource]) -> list[Resource]:
    """What a contained resource leads to, over every reference."""
    found: list[Resource] = []
    for node in walk(resource):
        reference = node.get("reference")
        if isinstance(reference, str) and reference.startswith("#"):
            target = inside[reference[1:]]
            found += [target, *reached(target, inside)]
    return found


PLANS = sorted(place.partition("/")[2] for place in PACKAGE if place.startswith("PlanDefinition/"))


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_of_the_package_gives_a_valid_care_plan(plan: str) -> None:
    names = ("spread-lung", "active-only", "every-fact-answered", "site-conflict", "pd-l1-negative", "empty-record")
    for name, told in each_of({name: CASES[name].bundle for name in names}, "--plan", plan, format="fhir").items():
        assert "error" not in told
        check_r4(told, f"Patient/{name}")
        assert any(url.startswith(f"{BASE}/PlanDefinition/{plan}|") for url in told["instantiatesCanonical"])
        if plan == "cervical-patient-view":
            assert not [each for each in told["contained"] if each["resourceType"] == "MedicationRequest"]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("name", "branch"),
    [("spread-lung", "offer"), ("site-conflict", "ask"), ("pd-l1-negative", "not-met")],
)
def test_one_plan_alone(format: Format, name: str, branch: str) -> None:
    told = output(run(CASES[name].bundle, "--plan", "cervical-offer-pembrolizumab", "--format", format))
    assert "pembrolizumab" in told
    assert "exenteration" not in told
    if format != "text":
        ids = [node["id"] for node in walk(json.loads(told)) if node.get("id") in ("offer", "ask", "not-met")]
        assert ids == [branch]


# ---- Packages of other subjects ----

FEVER = "https://example.org/PlanDefinition/fever"
CULTURE: Resource = {
    "resourceType": "ActivityDefinition",
    "id": "culture",
    "url": "https://example.org/ActivityDefinition/culture",
    "version": "2.1.0",
    "status": "active",
    "kind": "ServiceRequest",
    "intent": "proposal",
    "code": {"text": "Blood culture"},
}
SICK = bundle(
    {
        "resourceType": "Patient",
        "id": "p1",
        "gender": "female",
        "birthDate": "1960-02-03",
        "name": [{"family": "Foo", "given": ["Ann", "Bea"]}],
    },
    {
        "resourceType": "Observation",
        "id": "temperature",
        "status": "final",
        "code": concept("http://loinc.org", "8310-5"),
        "subject": {"reference": "Patient/p1"},
        "valueQuantity": {"value": 38.9, "unit": "Cel", "system": "http://unitsofmeasure.org", "code": "Cel"},
    },
)


def expression(text: str, language: str = "text/fhirpath", twin: str | None = None) -> Resource:
    made: Resource = {"language": language, "expression": text}
    if twin is not None:
        made["extension"] = [{"url": ALTERNATIVE, "valueExpression": {"language": "text/fhirpath", "expression": twin}}]
    return made


def step(id: str, when: Resource | None = None, **more: Any) -> Resource:
    held = {"condition": [{"kind": "applicability", "expression": when}]} if when else {}
    return {"id": id, "title": f"Do {id}", **held, **more}


def fever(*steps: Any, id: str = "fever", **more: Any) -> Resource:
    return {
        "resourceType": "PlanDefinition",
        "id": id,
        "url": f"https://example.org/PlanDefinition/{id}",
        "version": "1.0.0",
        "status": "active",
        "title": "Fever",
        "action": list(steps),
        **more,
    }


def package(folder: Path, *resources: Resource) -> Path:
    for resource in resources:
        file = folder / resource["resourceType"] / f"{resource['id']}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(resource))
    return folder


def archive(file: Path, resources: list[Resource]) -> Path:
    """A FHIR npm package."""
    members: dict[str, Resource] = {f"{each['resourceType']}-{each['id']}.json": each for each in resources}
    members["package.json"] = {"name": "org.example.fever", "version": "1.0.0", "fhirVersions": ["4.0.1"]}
    members[".index.json"] = {"index-version": 1, "files": []}
    with tarfile.open(file, "w:gz") as tar:
        for name, content in members.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file


def taken(folder: Path, *resources: Resource, records: Resource = SICK) -> set[str]:
    """The ids of the actions that a package's plan `fever` leaves, the same in all formats."""
    arguments = ("--fhir", package(folder, *resources), "--plan", "fever")
    known = {action["id"] for each in resources if each["resourceType"] == "PlanDefinition" for action in actions(each)}
    told = answer(records, *arguments)
    ids = {node["id"] for node in walk(told) if node.get("id") in known}
    plan = care_plan(records, *arguments)
    check_r4(plan, told["patient"])
    text = words(records, *arguments)
    assert {action["id"] for each in plan["contained"] for action in actions(each)} == ids
    assert {id for id in known if re.search(rf"\bDo {id}\b", text)} == ids
    return ids


PATIENT = "entry.resource.ofType(Patient)"
OBSERVATION = "entry.resource.ofType(Observation)"


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        pytest.param("true", "false", id="literal"),
        pytest.param("true and true", "true and {}", id="empty-is-not-true"),
        pytest.param(f"{PATIENT}.gender = 'female'", f"{PATIENT}.gender = 'male'", id="equals"),
        pytest.param(
            f"{PATIENT}.birthDate.substring(0, 4).toInteger() < 1970",
            f"{PATIENT}.birthDate.substring(0, 4).toInteger() < 1950",
            id="substring-to-integer",
        ),
        pytest.param(f"{PATIENT}.name.family.matches('^F.o$')", f"{PATIENT}.name.family.matches('^o')", id="matches"),
        pytest.param(f"{PATIENT}.name[0].given[1] = 'Bea'", f"{PATIENT}.name[0].given[0] = 'Bea'", id="indexer"),
        pytest.param("entry[0].resource.id = 'p1'", "entry[1].resource.id = 'p1'", id="indexer-of-entries"),
        pytest.param(f"{PATIENT}.name.given.last() = 'Bea'", f"{PATIENT}.name.given.first() = 'Bea'", id="last"),
        pytest.param(
            f"{PATIENT}.name.family.lower().startsWith('fo')",
            f"{PATIENT}.name.family.lower().startsWith('Fo')",
            id="lower-starts-with",
        ),
        pytest.param(f"{PATIENT}.name.given.count() = 2", f"{PATIENT}.name.given.count() > 2", id="count"),
        pytest.param(f"{OBSERVATION}.value.value > 38", f"{OBSERVATION}.value.value > 39", id="choice"),
        pytest.param(
            f"({OBSERVATION}.value as Quantity).value >= 38.9",
            f"({OBSERVATION}.value as Quantity).value < 38.9",
            id="as",
        ),
        pytest.param(
            f"{OBSERVATION}.where(code.coding.exists(system = 'http://loinc.org' and code = '8310-5')).exists()",
            f"{OBSERVATION}.where(code.coding.exists(system = 'http://loinc.org' and code = '8310')).exists()",
            id="where-exists",
        ),
        pytest.param(f"{OBSERVATION}.all(value.value > 38)", f"{OBSERVATION}.all(value.value > 39)", id="all"),
        pytest.param(f"{PATIENT}.birthDate <= @1960-02-03", f"{PATIENT}.birthDate < @1960-02-03", id="dates"),
        pytest.param(
            f"{PATIENT}.extension('http://x').empty()", f"{PATIENT}.extension('http://x').exists()", id="extension"
        ),
        pytest.param("iif(entry.exists(), 1 + 1 = 2, false)", "5 mod 2 = 0", id="arithmetic"),
        pytest.param("'it\\'s'.length() = 4", "'it\\'s'.length() = 5", id="escapes"),
    ],
)
def test_conditions_of_another_package(yes: str, no: str, tmp_path: Path) -> None:
    plan = fever(
        step("one", expression(yes), definitionCanonical=CULTURE["url"]),
        step("two", expression(no), definitionCanonical=CULTURE["url"]),
        step("three", expression("NoMatter", "text/cql", twin=yes)),
        step("four", expression("NoMatter", "text/cql", twin=no)),
        step("five"),
    )
    assert taken(tmp_path, plan, CULTURE) == {"one", "three", "five"}


def test_actions_inside_actions(tmp_path: Path) -> None:
    yes, no = expression("true"), expression("false")
    plan = fever(
        step("open", yes, action=[step("open-yes", yes), step("open-no", no), step("open-always")]),
        step("shut", no, action=[step("shut-yes", yes), step("shut-always", action=[step("shut-deep")])]),
        step("both", action=[step("both-yes", yes, action=[step("deep", yes, definitionCanonical=CULTURE["url"])])]),
    )
    assert taken(tmp_path, plan, CULTURE) == {"open", "open-yes", "open-always", "both", "both-yes", "deep"}


def test_all_conditions_of_an_action_have_to_hold(tmp_path: Path) -> None:
    both = [{"kind": "applicability", "expression": expression(each)} for each in ("true", "false")]
    assert taken(tmp_path, fever(step("one", condition=both), step("two", condition=both[:1]))) == {"two"}


def test_only_applicability_decides(tmp_path: Path) -> None:
    start = [{"kind": "start", "expression": expression("false")}]
    assert taken(tmp_path, fever(step("one", condition=start))) == {"one"}


def test_a_request_of_another_package(tmp_path: Path) -> None:
    plan = fever(step("one", definitionCanonical=f"{CULTURE['url']}|2.1.0"))
    told = care_plan(SICK, "--fhir", package(tmp_path, plan, CULTURE), "--plan", "fever")
    [request] = [each for each in told["contained"] if each["resourceType"] == "ServiceRequest"]
    assert request["code"] == {"text": "Blood culture"}
    assert request["instantiatesCanonical"] == [f"{CULTURE['url']}|2.1.0"]


def test_ids_of_another_package_stay_valid_and_unique(tmp_path: Path) -> None:
    long = {**CULTURE, "id": "c" * 64, "url": "https://example.org/ActivityDefinition/long"}
    plan = fever(*(step(f"{'a' * 61}-{n}", definitionCanonical=long["url"]) for n in range(12)))
    told = care_plan(SICK, "--fhir", package(tmp_path, plan, long), "--plan", "fever")
    check_r4(told, "Patient/p1")
    assert len([each for each in told["contained"] if each["resourceType"] == "ServiceRequest"]) == 12


WORKFLOW = concept(PLAN_TYPE, "workflow-definition")


def test_a_strategy_of_another_subject(tmp_path: Path) -> None:
    """What the strategy's recommendations say is read from their actions, not from a list of ours."""
    hot = f"{OBSERVATION}.value.value > 38"
    rule = fever(
        step("offer", expression(hot), definitionCanonical=CULTURE["url"]),
        step("ask", expression(f"{OBSERVATION}.empty()"), action=[step("ask-temperature", expression("true"))]),
        step(
            "not-met",
            expression(f"{OBSERVATION}.value.value <= 38"),
            action=[step("closed-temperature", expression("true"))],
        ),
        id="fever-rule",
        type=concept(PLAN_TYPE, "eca-rule"),
    )
    strategy = fever(step("culture", definitionCanonical=rule["url"]), type=WORKFLOW)
    folder = package(tmp_path, rule, strategy, CULTURE)
    cool = changed(SICK, "entry[1].resource.valueQuantity.value", 37)
    bare = changed(SICK, "entry[1]", ...)
    for records, outcome, missing, closed in (
        (SICK, "offered", [], []),
        (bare, "needs-data", ["temperature"], []),
        (cool, "ruled-out", [], ["temperature"]),
    ):
        [option] = answer(records, "--fhir", folder)["options"]
        got = (option["id"], option["outcome"], option["missing"], option["closedBy"])
        assert got == ("culture", outcome, missing, closed)
        text = words(records, "--fhir", folder)
        assert "Fever" in text
        assert "cervical" not in text
        assert "[]" not in text


def test_a_package_as_archive(tmp_path: Path) -> None:
    plan = fever(step("one", expression("true"), definitionCanonical=CULTURE["url"]))
    file = archive(tmp_path / "fever.tgz", [plan, CULTURE])
    assert [each["id"] for each in answer(SICK, "--fhir", file, "--plan", "fever")["actions"]] == ["one"]


def test_our_package_as_archive(tmp_path: Path) -> None:
    file = archive(tmp_path / "ours.tgz", list(PACKAGE.values()))
    assert words(GOOD, "--fhir", file) == words(GOOD)


def test_our_package_as_folder() -> None:
    for format in FORMATS:
        told = output(run(GOOD, "--fhir", ROOT / "fhir", "--format", format))
        assert told == output(run(GOOD, "--format", format))


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08\x00"], ids=["empty", "text", "cut-off"])
def test_a_broken_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken.tgz").write_bytes(content)
    told = fault(run(GOOD, "--fhir", tmp_path / "broken.tgz"))
    assert "broken.tgz" in told
    assert "no such folder" not in told


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    ("resources", "arguments", "names"),
    [
        pytest.param([fever(step("one", expression("Hot", "text/cql")))], ["--plan", "fever"], "one", id="no-twin"),
        pytest.param([fever(step("one", expression("((")))], ["--plan", "fever"], "((", id="broken-fhirpath"),
        pytest.param(
            [fever(step("one", expression("Hot", "text/cql", twin="a b")))],
            ["--plan", "fever"],
            "a b",
            id="broken-twin",
        ),
        pytest.param(
            [fever(step("one", expression("entry.nope()")))], ["--plan", "fever"], "nope", id="unknown-function"
        ),
        pytest.param(
            [fever(step("one", expression(f"{PATIENT}.name.given")))], ["--plan", "fever"], "given", id="no-boolean"
        ),
        pytest.param([fever(step("one", expression("%nope")))], ["--plan", "fever"], "nope", id="unknown-variable"),
        pytest.param([fever(step("one"))], ["--plan", "nope"], "nope", id="unknown-plan"),
        pytest.param([fever(step("one"))], [], "--plan", id="no-strategy"),
        pytest.param(
            [fever(step("one"), type=WORKFLOW), fever(step("one"), id="chill", type=WORKFLOW)],
            [],
            "--plan",
            id="two-strategies",
        ),
        pytest.param(
            [fever(step("one", definitionCanonical="https://example.org/none"))],
            ["--plan", "fever"],
            "https://example.org/none",
            id="missing-target",
        ),
        pytest.param(
            [fever(step("one", definitionCanonical=f"{CULTURE['url']}|9")), CULTURE],
            ["--plan", "fever"],
            f"{CULTURE['url']}|9",
            id="missing-version",
        ),
        pytest.param([CULTURE], [], "--plan", id="no-plan-at-all"),
        pytest.param([fever("one")], ["--plan", "fever"], "fever", id="action-as-text"),
        pytest.param([fever(step("one", action="x"))], ["--plan", "fever"], "one", id="nested-action-as-text"),
        pytest.param([fever(step("one", condition="x"))], ["--plan", "fever"], "one", id="condition-as-text"),
        pytest.param(
            [fever(step("one", condition=[{"kind": "applicability"}]))], ["--plan", "fever"], "one", id="no-expression"
        ),
        pytest.param([fever(step("one"), action={"id": "x"})], ["--plan", "fever"], "fever", id="actions-as-object"),
    ],
)
def test_a_package_that_can_not_be_applied(
    format: Format, resources: list[Resource], arguments: list[str], names: str, tmp_path: Path
) -> None:
    told = fault(run(SICK, "--fhir", package(tmp_path, *resources), *arguments, "--format", format))
    assert names in told


def test_a_plan_that_leads_back_to_itself(tmp_path: Path) -> None:
    folder = package(tmp_path, fever(step("one", definitionCanonical=FEVER)))
    assert "fever" in fault(run(SICK, "--fhir", folder, "--plan", "fever", "--format", "fhir"))


@pytest.mark.parametrize("given", ["nope", "", "cervical-offer-pembrolizuma", "../fhir", "Cervical-Recurrence"])
def test_an_unknown_plan(given: str) -> None:
    result = run(GOOD, "--plan", given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cervical-offer-pembrolizumab" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["nope", "empty"])
def test_a_folder_without_package(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert name in fault(run(GOOD, "--fhir", tmp_path / name))


# ---- Whose records count ----

URL, UUID = "https://ehr.example/fhir", "urn:uuid:6f1f9f5c-1f6b-4b0e-9a55-0d5b0e1a2b3c"


@pytest.mark.parametrize(
    ("full_url", "subject", "counts"),
    [
        pytest.param(None, "Patient/p1", True, id="relative"),
        pytest.param(None, "Patient/p1/_history/3", True, id="relative-with-version"),
        pytest.param(f"{URL}/Patient/p1", "Patient/p1", True, id="relative-beside-full-url"),
        pytest.param(f"{URL}/Patient/p1", f"{URL}/Patient/p1", True, id="absolute"),
        pytest.param(f"{URL}/Patient/p1", f"{URL}/Patient/p1/_history/2", True, id="absolute-with-version"),
        pytest.param(UUID, UUID, True, id="uuid"),
        pytest.param(UUID, f"{UUID}/_history/1", True, id="uuid-with-version"),
        pytest.param(UUID, "Patient/p1", True, id="relative-beside-uuid"),
        pytest.param(f"{URL}/Patient/p1", "https://other.example/fhir/Patient/p1", False, id="another-server"),
        pytest.param(None, "https://other.example/fhir/Patient/p1", False, id="absolute-without-full-url"),
        pytest.param(UUID, f"{UUID}0", False, id="longer-uuid"),
        pytest.param(None, "Patient/p2", False, id="another-patient"),
        pytest.param(None, "Patient/p11", False, id="longer-id"),
        pytest.param(None, "Patient/p", False, id="shorter-id"),
        pytest.param(None, "Patient/P1", False, id="other-case"),
        pytest.param(None, "Group/p1", False, id="a-group"),
        pytest.param(None, "XPatient/p1", False, id="ends-like-it"),
        pytest.param(None, "Patient/p1/x", False, id="goes-on"),
        pytest.param(None, "Patient/p1 ", False, id="space-behind"),
        pytest.param(None, "Patient/p1\n", False, id="line-end-behind"),
        pytest.param(None, "Patient/p1\u200b", False, id="zero-width-behind"),
        pytest.param(None, "Patient/.*", False, id="regex"),
        pytest.param(None, "Patient/p1' or 'a' = 'a", False, id="fhirpath"),
        pytest.param(None, "p1", False, id="id-alone"),
        pytest.param(None, "#p1", False, id="contained"),
    ],
)
def test_only_this_patients_records_count(full_url: str | None, subject: str, counts: bool) -> None:
    records = bundle(patient(), condition(), fact("pd-l1-positive", subject=subject))
    if full_url:
        records["entry"][0]["fullUrl"] = full_url
    result = run(records, "--format", "json")
    if counts or not refused(result):
        assert pembrolizumab(json.loads(output(result))) == ("offered" if counts else "needs-data")


HOSTILE = {
    "quote": "p'1",
    "double-quote": 'p"1',
    "backslash": "p\\1",
    "line-end": "p\n1",
    "escape": "p\x1b[31m1",
    "nul": "p\x001",
    "slash": "Patient/p1",
    "history": "p1/_history/1",
    "regex": ".*",
    "group": "(",
    "fhirpath": "p1' or true or 'a' = '",
    "backtick": "`p1`",
    "variable": "%resource",
    "space": "p 1",
    "non-ascii": "pé漢😀",
    "zero-width": "p\u200b1",
    "right-to-left": "p\u202e1",
    "long": "p" * 100_000,
    "format": "{0}%s$1",
    "hash": "#",
    "option": "--help",
}


def safe(result: Result) -> Resource | None:
    """The answer; None where the input was refused in one line."""
    return None if refused(result) else json.loads(result.stdout)


def with_texts(resource: Resource, path: str) -> dict[str, Resource]:
    return {name: changed(resource, path, text) for name, text in HOSTILE.items()}


def test_the_records_of_a_patient_with_a_hostile_id_count() -> None:
    """Or the id is refused."""
    records = {}
    for name, text in HOSTILE.items():
        mine = f"Patient/{text}"
        records[name] = bundle(patient(text), condition(subject=mine), fact("pd-l1-positive", subject=mine))
    told = answered(records)
    assert {name: (each["patient"], each["applies"], pembrolizumab(each)) for name, each in told.items()} == {
        name: (f"Patient/{HOSTILE[name]}", True, "offered") for name in told
    }


def test_nobody_elses_records_count_for_a_patient_with_a_hostile_id() -> None:
    told = answered({name: bundle(patient(text), condition()) for name, text in HOSTILE.items()})
    assert {name: each["applies"] for name, each in told.items()} == dict.fromkeys(told, False)


def test_a_hostile_id_gives_a_valid_care_plan() -> None:
    records = {name: bundle(patient(text), condition(subject=f"Patient/{text}")) for name, text in HOSTILE.items()}
    for name, told in each_of(records, format="fhir").items():
        if "error" not in told:
            check_r4(told, f"Patient/{HOSTILE[name]}")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_id_is_told_safely(text: str) -> None:
    """No sign that moves a cursor, ends a line or hides: the clinician sees whose answer it is."""
    result = run(bundle(patient(text), condition(subject=f"Patient/{text}")))
    if result.exit_code:
        fault(result)
    else:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b\u202e]", output(result))
        assert result.stdout.splitlines()[0].endswith(": the page applies")


@pytest.mark.parametrize("more", [(), ("--explain",)], ids=["plain", "explain"])
@pytest.mark.parametrize(
    "path",
    [
        "entry[1].resource.id",
        "entry[2].resource.id",
        "entry[1].fullUrl",
        "entry[2].fullUrl",
        "entry[1].resource.code.text",
        "entry[2].resource.code.coding[0].display",
    ],
)
def test_hostile_texts_beside_the_facts_change_nothing(path: str, more: tuple[str, ...]) -> None:
    told = answered(with_texts(GOOD, path), *more)
    assert {name: outcomes(each) for name, each in told.items()} == dict.fromkeys(told, outcomes(answer(GOOD)))


@pytest.mark.parametrize("path", ["code.coding[0].code", "code.coding[0].system", "status", "subject.reference"])
def test_hostile_texts_in_an_observation_prove_nothing(path: str) -> None:
    told = answered(with_texts(GOOD, f"entry[2].resource.{path}"))
    expected = "offered" if path == "subject.reference" else "needs-data"
    assert {name: pembrolizumab(each) for name, each in told.items()} == {
        name: expected if HOSTILE[name] == "Patient/p1" else "needs-data" for name in told
    }


@pytest.mark.parametrize("path", ["code.coding[0].code", "code.coding[0].system", "subject.reference"])
def test_hostile_texts_in_a_condition_prove_nothing(path: str) -> None:
    told = answered(with_texts(changed(GOOD, "entry[2]", ...), f"entry[1].resource.{path}"))
    assert {name: each["applies"] for name, each in told.items()} == {
        name: path == "subject.reference" and HOSTILE[name] == "Patient/p1" for name in told
    }


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "path",
    ["entry[0].resource.id", "entry[1].resource.id", "entry[1].resource.code.coding[0].display", "entry[1].fullUrl"],
)
def test_half_a_sign_is_refused_or_told(path: str, format: Format) -> None:
    """JSON can write one half of a surrogate pair; UTF-8 can't."""
    other = condition("other", code=concept(ICD10CM, "C54.1"))
    result = run(changed(bundle(patient(), other), path, "p\ud800"), "--format", format, *explain(format))
    if result.exit_code:
        fault(result)
    else:
        output(result)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        pytest.param(ICD10CM, "C53x9", id="any-sign-for-the-dot"),
        pytest.param(ICD10CM, "C5399", id="any-digit-for-the-dot"),
        pytest.param(ICD10CM, "C53.99", id="longer"),
        pytest.param(ICD10CM, "XC53.9", id="something-before"),
        pytest.param(ICD10CM, " C53.9", id="space-before"),
        pytest.param(ICD10CM, "C53.9\n", id="line-end-behind"),
        pytest.param(ICD10CM, "C53.9\u200b", id="zero-width-behind"),
        pytest.param(ICD10CM, "c53.9", id="small-letter"),
        pytest.param(ICD10CM, "С53.9", id="cyrillic-letter"),
        pytest.param(f"{ICD10CM}/", "C53.9", id="slash-behind-the-system"),
        pytest.param("http://hl7Xorg/fhir/sid/icd-10-cm", "C53.9", id="any-sign-in-the-system"),
        pytest.param(SNOMED, "C53.9", id="in-another-system"),
        pytest.param(ICD10CM, "254886006", id="of-another-system"),
        pytest.param(SNOMED, "02548860060", id="digits-around"),
    ],
)
def test_a_code_that_only_looks_like_one_is_none(system: str, code: str) -> None:
    told = safe(run(bundle(patient(), condition(code=concept(system, code))), "--format", "json"))
    if told:
        assert told["applies"] is False
    assert answer(bundle(patient(), condition(code=concept(ICD10CM, "C53.9"))))["applies"] is True


# ---- Input that is wrong ----


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"{", id="cut-off"),
        pytest.param(json.dumps(GOOD).encode() + b" x", id="trailing-garbage"),
        pytest.param(json.dumps(GOOD).encode() + b"]", id="trailing-bracket"),
        pytest.param(b'{"resourceType": "Bundle", "total": NaN}', id="nan"),
        pytest.param(b'{"resourceType": "Bundle", "total": -Infinity}', id="infinity"),
        pytest.param(b'{"resourceType": "Bundle", "total": 1e999}', id="number-too-large"),
        pytest.param(json.dumps(GOOD).encode()[:-1] + b', "type": "collection"}', id="duplicate-key"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), id="byte-order-mark"),
        pytest.param(json.dumps(GOOD).encode("utf-16"), id="utf-16"),
        pytest.param(json.dumps({**GOOD, "id": "é"}, ensure_ascii=False).encode("latin-1"), id="latin-1"),
        pytest.param(json.dumps(GOOD).encode() + b"\xff", id="not-utf-8"),
        pytest.param(b"\x00", id="nul"),
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b'{"a": ' * 100_000, id="too-deep-objects"),
        pytest.param(b"[]", id="array"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"Bundle"', id="text"),
        pytest.param(b"1", id="number"),
        pytest.param(json.dumps(patient()).encode(), id="a-patient"),
        pytest.param(json.dumps(condition()).encode(), id="a-condition"),
        pytest.param(json.dumps({**GOOD, "resourceType": "bundle"}).encode(), id="not-a-bundle"),
        pytest.param(json.dumps(bundle()).encode(), id="no-entry"),
        pytest.param(json.dumps(bundle(condition())).encode(), id="no-patient"),
        pytest.param(json.dumps(bundle(patient("p1"), patient("p2"))).encode(), id="two-patients"),
        pytest.param(json.dumps(bundle(patient(), patient())).encode(), id="one-patient-twice"),
        pytest.param(json.dumps(changed(GOOD, "entry[0].resource.id", ...)).encode(), id="patient-without-id"),
        pytest.param(json.dumps(changed(GOOD, "entry[0].resource.id", 1)).encode(), id="patient-with-number-as-id"),
        pytest.param(json.dumps({**GOOD, "entry": {"resource": patient()}}).encode(), id="entry-as-object"),
        pytest.param(json.dumps({**GOOD, "entry": "x"}).encode(), id="entry-as-text"),
        pytest.param(json.dumps({**GOOD, "entry": None}).encode(), id="entry-null"),
        pytest.param(json.dumps(changed(GOOD, "entry[1].resource.resourceType", 1)).encode(), id="type-as-number"),
        pytest.param(json.dumps(changed(GOOD, "entry[1].resource.resourceType", ...)).encode(), id="no-type"),
    ],
)
def test_input_that_can_not_be_answered(data: bytes, format: Format) -> None:
    assert "stdin" in fault(run(data, "--format", format))


@pytest.mark.parametrize("value", [None, "x", [], 1], ids=["null", "text", "array", "number"])
@pytest.mark.parametrize("path", ["entry[2]", "entry[2].resource"])
def test_an_entry_that_is_none(path: str, value: Any) -> None:
    told = safe(run(changed(GOOD, path, value), "--format", "json"))
    if told:
        assert (told["applies"], pembrolizumab(told)) == (True, "needs-data")


def test_numbers_that_python_reads_not() -> None:
    data = json.dumps(GOOD).encode()[:-1] + b', "total": ' + b"1" * 5000 + b"}"
    told = safe(run(data, "--format", "json"))
    if told:
        assert told == answer(GOOD)


OBJECT: Any = {"a": 1}


def with_values(resource: Resource, path: str, values: list[Any]) -> dict[str, Resource]:
    return {json.dumps(value): changed(resource, path, value) for value in values}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("valueBoolean", ["true", "false", 1, 0, None, OBJECT, [False], [], [True, False], 1.5]),
        ("code", [None, "pd-l1-positive", 5, [], OBJECT, True]),
        ("code.coding", [None, "pd-l1-positive", 5, [], [None], ["pd-l1-positive"], [[]], OBJECT]),
        ("code.coding[0].code", [None, 5, True, [], OBJECT]),
        ("code.coding[0].system", [None, 5, [], OBJECT]),
        ("status", [None, 5, True, [], OBJECT, "Final", "final ", "preliminary", "entered-in-error"]),
        ("subject", [None, "Patient/p1", 5, [], OBJECT]),
        ("subject.reference", [None, 5, [], OBJECT, True, ""]),
    ],
)
def test_an_observation_with_a_wrong_type_proves_nothing(path: str, values: list[Any]) -> None:
    told = answered(with_values(GOOD, f"entry[2].resource.{path}", values))
    assert {value: (each["applies"], pembrolizumab(each)) for value, each in told.items()} == dict.fromkeys(
        told, (True, "needs-data")
    )


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("code", ["254886006", 5, [concept(SNOMED, "254886006")], None]),
        ("code.coding", [concept(SNOMED, "254886006")["coding"][0], "254886006", [None]]),
        ("code.coding[0].code", [254886006, ["254886006"], None]),
        ("code.coding[0].system", [[SNOMED], None, {"value": SNOMED}]),
        ("subject", ["Patient/p1", [{"reference": "Patient/p1"}], None]),
        ("subject.reference", [["Patient/p1"], {"reference": "Patient/p1"}, None]),
        ("resourceType", [["Condition"], {"type": "Condition"}]),
    ],
)
def test_a_cancer_with_a_wrong_type_is_not_taken_for_none(path: str, values: list[Any]) -> None:
    """What can't be read is refused or unknown: never the ground for 'the page does not apply'."""
    told = answered(with_values(bundle(patient(), condition()), f"entry[1].resource.{path}", values))
    assert [value for value, each in told.items() if each["applies"] is False] == []


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("clinicalStatus", ["recurrence", "remission", ["recurrence"], 5, None, OBJECT]),
        ("clinicalStatus.coding", ["recurrence", [None], ["recurrence"], 5, None, OBJECT]),
        ("clinicalStatus.coding[0].code", [5, None, OBJECT, "Recurrence", "recurrence "]),
        ("verificationStatus", ["refuted", [], 5, ["entered-in-error"]]),
        ("verificationStatus.coding", ["refuted", [None], ["refuted"], 5]),
        ("verificationStatus.coding[0].code", [5, ["refuted"], OBJECT]),
    ],
)
def test_a_status_with_a_wrong_type_is_not_taken_for_a_recurrence(path: str, values: list[Any]) -> None:
    told = answered(with_values(bundle(patient(), condition()), f"entry[1].resource.{path}", values))
    assert [value for value, each in told.items() if each["applies"] is True] == []


@pytest.mark.parametrize(
    "reference",
    ["Condition/none", "Condition/", "", "#none", "#", "http://[", "urn:uuid:", "Condition/spread|1", "?x=1", "/"],
)
@pytest.mark.parametrize("element", ["reasonReference", "medicationReference"])
def test_a_reference_that_leads_nowhere_proves_nothing(reference: str, element: str) -> None:
    given: Resource = {
        "resourceType": "MedicationAdministration",
        "id": "given",
        "status": "completed",
        "medicationCodeableConcept": concept("http://www.whocc.no/atc", "L01XA01"),
        "reasonReference": [{"reference": "Condition/spread"}],
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2025-01-01",
    }
    spread = condition("spread", status="active", code=concept(SNOMED, "94391008"))
    assert needs(answer(bundle(patient(), condition(), spread, given))) is False
    if element == "reasonReference":
        given["reasonReference"] = [{"reference": reference}]
    else:
        del given["medicationCodeableConcept"]
        given["medicationReference"] = {"reference": reference}
    told = safe(run(bundle(patient(), condition(), spread, given), "--format", "json"))
    if told:
        assert needs(told) is True


def needs(told: Resource) -> bool:
    """Whether it is open if chemotherapy was given for spread disease."""
    [cemiplimab] = [option for option in told["options"] if option["id"] == "cemiplimab"]
    return "metastatic-chemotherapy" in cemiplimab["missing"]


@pytest.mark.slow
def test_ten_thousand_records() -> None:
    noise: list[Resource] = [
        each
        for n in range(3330)
        for each in (
            condition(f"c{n}", subject=f"Patient/q{n}"),
            condition(f"d{n}", status="active", code=concept(SNOMED, "38341003")),
            fact("pd-l1-positive", False, subject="Patient/q1", id=f"o{n}"),
        )
    ]
    records = [*noise[:5000], *(entry["resource"] for entry in GOOD["entry"]), *noise[5000:]]
    assert len(records) > 9990
    assert answer(bundle(*records)) == answer(GOOD)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["Patient/p1", "final", "recurrence", "254886006", "collection", "Bundle", *HOSTILE.values()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places(value, (*path, index))


@st.composite
def mutants(draw: st.DrawFn) -> Resource:
    """A written patient with one value replaced or taken away."""
    copy = deepcopy(CASES[draw(st.sampled_from(sorted(CASES)))].bundle)
    *parents, last = draw(st.sampled_from(list(places(copy))))
    node: Any = copy
    for each in parents:
        node = node[each]
    if draw(st.booleans()):
        del node[last]
    else:
        node[last] = draw(json_values)
    return copy


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(mutants(), min_size=1, max_size=20), st.sampled_from([(), ("--explain",)]))
def test_mutated_patients_are_answered_or_refused(patients: list[Resource], more: tuple[str, ...]) -> None:
    each_of({str(number): each for number, each in enumerate(patients)}, *more)


@pytest.mark.slow
@settings(deadline=None, derandomize=True, max_examples=40)
@given(mutants(), st.sampled_from(FORMATS))
def test_a_mutated_patient_is_told_or_refused(records: Resource, format: Format) -> None:
    result = run(records, "--format", format, *explain(format))
    if result.exit_code == 2:
        fault(result)
    elif format == "fhir":
        assert json.loads(output(result))["resourceType"] == "CarePlan"
    elif format == "json":
        assert [option["id"] for option in json.loads(output(result))["options"]] == list(OPTIONS)
    else:
        assert "Clinical trials" in output(result)


# ---- The same input, the same bytes ----


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", ["site-conflict", "every-fact-answered", "look-alikes"])
def test_the_order_of_entries_does_not_matter(name: str, format: Format) -> None:
    entries = CASES[name].bundle["entry"]
    more = ("--format", format, *explain(format))
    told = output(run(CASES[name].bundle, *more))
    for seed in range(2):
        shuffled = random.Random(seed).sample(entries, len(entries))
        assert output(run({**CASES[name].bundle, "entry": shuffled}, *more)) == told


def test_the_order_of_records_of_one_fact_does_not_matter() -> None:
    records = [fact("site-distant", id=id) for id in ("b", "a", "c10", "c9")]
    orders = list(permutations(records))[::5]
    told = {output(run(bundle(patient(), condition(), *order), "--explain")) for order in orders}
    assert len(told) == 1


def real(
    *arguments: str, data: bytes = b"", seed: str = "0", more: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cervical_options", "apply", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": seed, **(more or {})}
    return subprocess.run(command, input=data, capture_output=True, cwd=ROOT, env=environment, check=False, timeout=120)


@pytest.mark.parametrize("format", FORMATS)
def test_another_process_gives_the_same_bytes(format: Format) -> None:
    data = json.dumps(CASES["site-conflict"].bundle).encode()
    one, two = (
        real("-", "--format", format, *explain(format), data=data, seed=seed, more={"TERM": "xterm-256color", **locale})
        for seed, locale in (("1", {}), ("2", {"LC_ALL": "C", "PYTHONUTF8": "0", "TZ": "Asia/Tokyo"}))
    )
    assert (one.returncode, one.stderr) == (0, b"")
    assert one.stdout == two.stdout
    assert b"\x1b" not in one.stdout
    assert one.stdout.decode() == output(run(data, "--format", format, *explain(format)))


def test_a_real_fault_is_one_line_on_stderr() -> None:
    done = real("-", "--format", "json", data=b"{")
    assert (done.returncode, done.stdout) == (2, b"")
    assert len(done.stderr.splitlines()) == 1


# ---- Help ----


def test_help_shows_examples_and_exit_codes() -> None:
    told = output(CliRunner().invoke(app, ["apply", "--help"]))
    for part in ("RECORDS", "--plan", "--format", "text|json|fhir", "--explain", "--fhir", "Examples:", "Exit codes:"):
        assert part in told
    for example in (" apply bundle.json", "--format fhir --plan cervical-offer-pembrolizumab", ".ndjson", "--explain"):
        assert example in told
    codes = told[told.index("Exit codes:") :]
    assert "0" in codes
    assert "2" in codes


@pytest.mark.parametrize(
    "arguments",
    [["-", "--format", "xml"], ["-", "--nope"], [], ["-", "x"]],
    ids=["format", "option", "no-records", "too-many"],
)
def test_misuse(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, ["apply", *arguments], input=b"", catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "apply --help" in result.stderr
