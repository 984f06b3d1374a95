"""The server's opinion: what is sent to it, how its answers are read, and what is said where there is none."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator import cli
from cervical_options.validator.place import Place
from cervical_options.validator.rule import RULES, Layer
from cervical_options.validator.rules import all_rules
from cervical_options.validator.server import outcome as reading
from cervical_options.validator.server.claims import claims, without
from click.testing import CliRunner, Result

from cervical_options import client as talk

from ..misbehaving import Fault, Resource, Store, outcome, served

CRMI = "http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-shareablevalueset"
CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-computablevalueset"
OWN = "http://hl7.org/fhir/StructureDefinition/shareablevalueset"
CANARY = "s3cret-canary"
SEE = "mend it, or see why that server says so"

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">p</div>'},
    "extension": [{"url": "http://example.org/x", "valueQuantity": {"value": 1}}],
    "name": [{"family": "One"}, {"family": "Two", "given": ["A", "B"]}],
    "deceasedBoolean": False,
}
OBSERVATION: Resource = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueString": "y"}


def issue(severity: str, said: str, *places: str, **more: Any) -> Resource:
    return {"severity": severity, "code": "processing", "diagnostics": said, "location": list(places), **more}


FINE = outcome(issue("information", "No issues detected during validation"))


def says(*issues: Resource, status: int = 200) -> Callable[[Resource], Any]:
    return lambda _: (status, outcome(*issues), {})


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("CERVICAL_OPTIONS_TOKEN", raising=False)
    monkeypatch.setattr(talk, "FIRST_PAUSE", 0.0)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store() -> Store:
    return Store(types=(*Store.types, "Bundle", "Observation", "Patient"), validates=lambda _: (200, FINE, {}))


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    with served(store) as url:
        yield url


def validate(url: str, *arguments: str, resource: Any = PATIENT) -> Result:
    text = resource if isinstance(resource, bytes) else json.dumps(resource, indent=1).encode()
    arguments = (*(arguments or ("-",)), "--server", url)
    return CliRunner().invoke(cli.validate, arguments, input=text, catch_exceptions=False)


def servers(result: Result) -> list[Resource]:
    """The server's issues of a report in JSON."""
    return [each for each in json.loads(result.stdout)["issues"] if each["source"] == "server"]


def line_of(resource: Resource, text: str) -> int:
    return json.dumps(resource, indent=1).split("\n").index(text) + 1


# ---- How it is read ----


def test_a_server_that_finds_nothing_adds_nothing(store: Store, url: str) -> None:
    result = validate(url, "-", "--format", "json")
    assert (servers(result), result.exit_code) == ([], 0)
    assert store.requests == [("GET", "metadata"), ("POST", "Patient/$validate")]


def test_an_error_stands_at_its_place_and_is_the_servers(store: Store, url: str) -> None:
    """HAPI answers 200 to faulty resources: the severity counts."""
    store.validates = says(issue("error", "Bad name", "Patient.name[1].given[0]", "Line[1] Col[2]"))
    result = validate(url, "-", "--format", "json")
    assert result.exit_code == 1
    assert servers(result) == [
        {
            "file": "<stdin>",
            "line": line_of(PATIENT, '    "A",'),
            "column": 5,
            "path": "Patient.name[1].given[0]",
            "severity": "error",
            "rule": "server-error",
            "message": f"Bad name; {SEE}",
            "source": "server",
        }
    ]


def test_in_words(store: Store, url: str) -> None:
    store.validates = says(
        issue("fatal", "Bad\n name", "Patient.name[0]"),
        issue("warning", "Odd name", "Patient.name[0]"),
        issue("information", "Unknown extension", "Patient.extension[0]"),
    )
    lines = validate(url).stdout.splitlines()
    at, column = line_of(PATIENT, "  {"), 3
    assert [line for line in lines if "server" in line] == [
        f"<stdin>:{at + 8}:{column}: error: Patient.name[0]: Bad name; {SEE} [server-error]",
        f"<stdin>:{at + 8}:{column}: warning: Patient.name[0]: Odd name; {SEE} [server-warning]",
        f"not checked: <stdin>:{at}:{column}: the server says: Unknown extension; see whether that matters to you "
        "[server-information]",
    ]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("Patient", "Patient"),
        ("Patient.name[1].given[1]", "Patient.name[1].given[1]"),
        ("Patient.name[1].given", "Patient.name[1].given"),
        ("Patient.name[9].given", "Patient.name"),
        ("Patient.extension[0].value.ofType(Quantity).value", "Patient.extension[0].valueQuantity.value"),
        ("Patient.extension[0].value.ofType(String)", "Patient.extension[0]"),
        ("Patient.extension.value", "Patient.extension[0].valueQuantity"),
        ("Patient.deceased", "Patient.deceasedBoolean"),
        ("Patient.contact[0].name", "Patient"),
        ("Patient.name[0]/*One*/.family", "Patient.name[0].family"),
        ("Patient.name.where(use='x')", "Patient.name"),
        ("Line[1] Col[2]", "Patient"),
        ("/f:Patient/f:name", "Patient"),
        ("Bundle.entry[0]", "Patient"),
    ],
)
def test_places_lead_as_far_as_the_document_goes(written: str, place: str) -> None:
    assert str(reading.place(PATIENT, [written])) == place


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        pytest.param(FINE, [], id="nothing"),
        pytest.param(outcome(), [], id="no-issue"),
        pytest.param({"resourceType": "OperationOutcome"}, [], id="no-issues"),
        pytest.param(outcome(*[issue("error", "x", "Patient")] * 2), [("server-error", "x")], id="twice"),
        pytest.param(
            outcome({"severity": "error", "details": {"text": "in details"}}),
            [("server-error", "in details")],
            id="details",
        ),
        pytest.param(outcome({"severity": "error"}), [("server-error", "something, in no words")], id="no-words"),
        pytest.param(
            {"issue": [7, None, {"severity": 3, "expression": 4}, issue("error", "x")]},
            [("server-information", "the server says: something, in no words"), ("server-error", "x")],
            id="odd",
        ),
    ],
)
def test_outcomes_are_read_with_care(answered: Resource, told: list[tuple[str, str]]) -> None:
    assert [(each.rule.id, each.what) for each in reading.findings(answered, PATIENT, {})] == told


def test_ndjson_and_several_files(store: Store, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text("\n".join(map(json.dumps, (PATIENT, OBSERVATION))))
    (tmp_path / "b.json").write_text("{no JSON")
    (tmp_path / "c.json").write_text(json.dumps({"resourceType": "Nothing"}))
    store.validates = says(issue("error", "x"))
    found = servers(validate(url, ".", "--format", "json"))
    assert [(each["file"], each["line"], each["path"]) for each in found] == [
        ("a.ndjson", 1, "Patient"),
        ("a.ndjson", 2, "Observation"),
    ]
    assert [path for method, path in store.requests if method == "POST"] == [
        "Patient/$validate",
        "Observation/$validate",
    ]


def test_a_rule_of_the_server_can_be_left_out(store: Store, url: str) -> None:
    store.validates = says(issue("error", "x"), issue("warning", "y"))
    result = validate(url, "-", "--format", "json", "--ignore", "server-error")
    assert ([each["rule"] for each in servers(result)], result.exit_code) == (["server-warning"], 0)


def test_what_can_not_be_parsed_there_is_an_issue(store: Store, url: str) -> None:
    """HAPI answers 400 to a code that R4's enumerations do not have, before it validates."""
    store.validates = says(issue("error", "Unknown status", "Patient"), status=400)
    result = validate(url, "-", "--format", "json")
    assert ([each["message"] for each in servers(result)], result.exit_code) == ([f"Unknown status; {SEE}"], 1)


@pytest.mark.parametrize("format", ["text", "json", "fhir", "junit", "sarif"])
def test_every_format_has_the_servers_issues(store: Store, url: str, format: str) -> None:
    store.validates = says(issue("error", "Bad name", "Patient.name[0]"))
    result = validate(url, "-", "--format", format)
    assert "server-error" in result.stdout
    assert result.exit_code == 1


# ---- Profiles ----


def value_set(*profiles: str) -> Resource:
    meta = {"meta": {"profile": list(profiles)}} if profiles else {}
    return {"resourceType": "ValueSet", "id": "v", **meta, "url": "http://example.org/v", "status": "draft"}


def sent(store: Store, *arguments: str, resource: Resource) -> tuple[Resource, Result]:
    got: list[Resource] = []

    def keep(body: Resource) -> Any:
        got.append(body)
        return 200, FINE, {}

    store.validates = keep
    with served(store) as url:
        result = validate(url, "-", "--format", "json", *arguments, resource=resource)
    return got[0], result


def left_out(profile: str) -> str:
    return (
        f"not checked: the server has no profile {profile}, so it was sent a copy without this claim; load the profile "
        "there, or send the claim with --keep-profiles"
    )


def test_claims_that_the_server_lacks_are_left_out_and_said(store: Store) -> None:
    store.put({"resourceType": "StructureDefinition", "id": "s", "url": CRMI, "version": "1.0.0"})
    body, result = sent(store, resource=value_set(CRMI, CPG, OWN))
    assert body == value_set(CRMI, OWN)
    assert [(each["path"], each["severity"], each["message"]) for each in servers(result)] == [
        ("ValueSet.meta.profile[1]", "information", left_out(CPG))
    ]
    assert [path for method, path in store.requests if path.startswith("Struc")] == [
        f"StructureDefinition?url={each}" for each in (CRMI, CPG)
    ]


def test_a_copy_without_any_claim_has_no_empty_array(store: Store) -> None:
    body, result = sent(store, resource=value_set(CPG))
    assert body == value_set()
    assert len(servers(result)) == 1


def test_profiles_can_be_kept(store: Store) -> None:
    body, result = sent(store, "--keep-profiles", resource=value_set(CPG))
    assert (body, servers(result)) == (value_set(CPG), [])
    assert not [path for _, path in store.requests if path.startswith("Struc")]


def test_a_profile_is_also_had_where_the_statement_names_it(store: Store) -> None:
    store.says = {"rest": [{"mode": "server", "resource": [{"type": "ValueSet", "supportedProfile": [CPG]}]}]}
    body, _ = sent(store, resource=value_set(CPG))
    assert body == value_set(CPG)


@pytest.mark.parametrize(("version", "kept"), [("1.0.0", True), ("2.0.0", False)])
def test_a_version_that_is_claimed_has_to_be_there(store: Store, version: str, kept: bool) -> None:
    store.put({"resourceType": "StructureDefinition", "id": "s", "url": CRMI, "version": "1.0.0"})
    body, _ = sent(store, resource=value_set(f"{CRMI}|{version}"))
    assert ("meta" in body) is kept


def test_claims_of_entries_and_contained_resources(store: Store) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {**value_set(CPG), "contained": [{**value_set(CRMI), "id": "c"}]}}],
    }
    body, result = sent(store, resource=bundle)
    assert "profile" not in json.dumps(body)
    assert [each["path"] for each in servers(result)] == [
        "Bundle.entry[0].resource.meta.profile[0]",
        "Bundle.entry[0].resource.contained[0].meta.profile[0]",
    ]


def test_a_copy_changes_claims_only() -> None:
    odd: Resource = {
        "resourceType": "Basic",
        "meta": {"profile": [7, CPG], "tag": [{"code": "x"}]},
        "code": {"meta": 1},
    }
    assert without(odd, {CPG}) == {**odd, "meta": {"profile": [7], "tag": [{"code": "x"}]}}
    assert without(odd, set()) == odd
    assert [profile for profile, _ in claims(odd, Place.root("Basic"))] == [CPG]


# ---- Where it can't be asked ----


def test_a_fault_on_the_way_is_overcome(store: Store, url: str) -> None:
    post = ("POST", "Patient/$validate")
    store.faults = [
        Fault("status", *post, status=500),
        Fault("drop", *post),
        Fault("cut", *post),
        Fault("status", *post, status=429, headers={"Retry-After": "0"}),
        Fault("html", "GET", "metadata"),
    ]
    result = validate(url, "-", "--format", "json")
    assert (servers(result), result.exit_code) == ([], 0)
    at = f"{url}/Patient/$validate"
    assert [line for line in result.stderr.splitlines() if line.startswith("http")] == [
        f"{url}/metadata: answers 200 with text/html that is no JSON; trying again in 0 s",
        f"{at}: answers 500 and gives no reason; trying again in 0 s",
        f"{at}: hangs up before it has answered; trying again in 0 s",
        f"{at}: the connection broke in the middle of the answer; trying again in 0 s",
        f"{at}: answers 429 and gives no reason; trying again in 0 s",
    ]


@pytest.mark.parametrize(
    ("fault", "times", "told"),
    [
        pytest.param(
            Fault("status", "POST", "$validate", status=503),
            5,
            "/Patient/$validate: answers 503 and gives no reason, 5 times; see the server's log, and try again later",
            id="503",
        ),
        pytest.param(
            Fault("status", "GET", "metadata", status=401),
            1,
            "/metadata: answers 401 and gives no reason; give credentials with --header that may do this",
            id="401",
        ),
        pytest.param(
            Fault("html", "GET", "metadata"),
            5,
            "/metadata: answers 200 with text/html that is no JSON, 5 times; is it a FHIR base, without a page "
            "before it?",
            id="html",
        ),
        pytest.param(
            Fault("redirect", "POST", "$validate", status=307, headers={"Location": "http://other.example/x"}),
            1,
            "/Patient/$validate: sends on to 'http://other.example/x', where nothing was sent; give that as --server "
            "if it is right",
            id="redirect",
        ),
    ],
)
def test_a_server_that_can_not_be_asked_is_exit_code_3_with_our_report(
    store: Store, url: str, fault: Fault, times: int, told: str
) -> None:
    store.faults = [fault] * times
    result = validate(url, "-", "--format", "json", resource={**PATIENT, "nmae": 1})
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == f"{url}{told}"
    assert "unknown-element" in result.stdout


@pytest.mark.parametrize(
    ("says_", "told"),
    [
        pytest.param(
            {"fhirVersion": "5.0.0"},
            "/metadata: has FHIR '5.0.0', and this is R4; name a server or an endpoint for R4",
            id="r5",
        ),
        pytest.param(
            {"resourceType": "Patient"},
            "/metadata: answers something else than a CapabilityStatement; name the base of a FHIR server with "
            "--server",
            id="no-statement",
        ),
    ],
)
def test_another_server_than_meant(store: Store, url: str, says_: Resource, told: str) -> None:
    store.says = says_
    result = validate(url)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (3, f"{url}{told}")


def test_a_server_without_validate_is_exit_code_3_and_said(store: Store, url: str) -> None:
    store.validates = None
    result = validate(url, "-", "--format", "json")
    assert [each["message"] for each in servers(result)] == [
        "not checked: the server has no $validate for Patient; ask another server, or have it allowed there"
    ]
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == f"{url}: has no $validate for any of this; name a server that has"


def test_too_large_for_the_server_is_not_checked(store: Store, url: str) -> None:
    store.faults = [Fault("status", "POST", "Patient/$validate", status=413)]
    (path := Path("in")).mkdir()
    (path / "a.json").write_text(json.dumps(PATIENT))
    (path / "b.json").write_text(json.dumps(OBSERVATION))
    result = validate(url, "in", "--format", "json")
    assert [(each["rule"], each["message"]) for each in servers(result)] == [
        (
            "server-not-checked",
            "not checked: the server answers 413 and gives no reason; ask another server, or have it allowed there",
        )
    ]
    assert result.exit_code == 0


# ---- Politeness and misuse ----


def test_one_request_at_a_time_with_a_pause(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("cervical_options.validator.cli.Client", partial(talk.Client, sleep=slept.append))
    (path := Path("in")).mkdir()
    for number in range(3):
        (path / f"{number}.json").write_text(json.dumps(PATIENT))
    validate(url, "in")
    assert slept == []  # nobody else uses this machine's server
    monkeypatch.setattr(cli, "is_here", lambda _: False)
    validate(url, "in")
    assert slept == [0.5] * 3
    validate(url, "in", "--pause", "2")
    assert slept[3:] == [2.0] * 3


def test_a_cap_holds_before_anything_is_asked(store: Store, url: str) -> None:
    result = validate(url, "-", "--max-requests", "2", resource=value_set(CPG))
    told = "--max-requests: 3 requests would be made, and the limit is 2; name fewer paths, or raise it\n"
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", told)
    assert store.requests == []


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (["--keep-profiles"], ["--keep-profiles: is for a server; name it with --server"]),
        (["--pause", "1"], ["--pause: is for a server; name it with --server"]),
        (["--max-requests", "1"], ["--max-requests: is for a server; name it with --server"]),
        (["--header", "a=b"], ["--header: is for a server; name it with --server"]),
        (
            ["--server", "http://u:p@h"],
            ["--server: no address of a FHIR base; write it like https://ehr.example/fhir, without a password"],
        ),
    ],
)
def test_misuse(arguments: list[str], reasons: list[str]) -> None:
    result = CliRunner().invoke(cli.validate, ["-", *arguments], input="{}", catch_exceptions=False)
    assert (result.exit_code, result.stdout, result.stderr.splitlines()) == (2, "", reasons)


def test_no_token_is_told(store: Store, url: str) -> None:
    store.validates = says(issue("error", f"{'x' * 990} Bearer {CANARY} is old"), issue("warning", CANARY))
    token = ("--header", f"Authorization=Bearer {CANARY}")
    results = [validate(url, "-", *token, "--format", format) for format in ("text", "json", "fhir", "junit", "sarif")]
    store.faults = [Fault("status", "GET", "metadata", status=403, body=outcome(issue("error", f"{CANARY} is bad")))]
    results.append(validate(url, "-", *token))
    assert {headers["authorization"] for headers in store.headers} == {f"Bearer {CANARY}"}
    said = "".join(result.output + result.stderr for result in results)
    assert "***" in said
    assert CANARY[:9] not in said


def test_the_rules_of_the_server_are_listed() -> None:
    all_rules()
    own = {id for id, rule in RULES.items() if rule.layer is Layer.SERVER}
    assert own == {
        "server-error",
        "server-warning",
        "server-information",
        "server-profile-left-out",
        "server-not-checked",
    }
