"""Answers become records: one a patient and fact, changed and taken back by later answers, read as they were meant."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fhirpathpy
import pytest
from cervical_options.generator.cql.defines import pascal
from cervical_options.service import server as talk
from cervical_options.service.cli import record
from cervical_options.service.form import QuestionnaireError
from cervical_options.service.record import AnswersError, observations
from click.testing import CliRunner, Result
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhirpathpy.models import models
from hypothesis import given, settings
from hypothesis import strategies as st

from . import test_cql
from .certificates import certificate
from .conftest import ROOT
from .engines import defines
from .misbehaving import Store
from .misbehaving import served as misbehaving
from .resources import BASE, PACKAGE, VERSION, Resource

QUESTIONNAIRE = PACKAGE["Questionnaire/cervical-facts"]
QUESTIONS = {item["linkId"]: item for group in QUESTIONNAIRE["item"] for item in group["item"]}
FACTS = [concept["code"] for concept in PACKAGE["CodeSystem/cervical-facts"]["concept"]]
ANSWERS = ("yes", "no", "not-known")
GIVE = "give one of yes, no, not-known as the questionnaire codes it"
UNKNOWN = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "unknown",
    "display": "Unknown",
}
VALUES: dict[str, Resource] = {
    "yes": {"valueBoolean": True},
    "no": {"valueBoolean": False},
    "not-known": {"dataAbsentReason": {"coding": [UNKNOWN]}},
}

bounded = settings(deadline=None, derandomize=True, max_examples=150)
elm = test_cql.elm


def answer(code: str) -> Resource:
    return {"valueCoding": {"system": f"{BASE}/CodeSystem/cervical-answers", "version": VERSION, "code": code}}


def response(answers: dict[str, str], patient: str = "p1", **more: Any) -> Resource:
    """The answers as a form filler writes them: in the groups of the Questionnaire."""
    groups = []
    for group in QUESTIONNAIRE["item"]:
        links = [item["linkId"] for item in group["item"] if item["linkId"] in answers]
        items = [{"linkId": link, "answer": [answer(answers[link])]} for link in links]
        groups.append({"linkId": group["linkId"], **({"item": items} if items else {})})
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{BASE}/Questionnaire/cervical-facts|{VERSION}",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "authored": "2026-11-24T10:00:00Z",
        **more,
        "item": groups,
    }


# The good response that the rows break in one place.
GOOD = response({"recurrent-cervical-cancer": "yes", "site-cervix": "no"})
FIRST, SECOND = "QuestionnaireResponse.item[0].item[0]", "QuestionnaireResponse.item[0].item[1]"


def records(answers: dict[str, str], patient: str = "p1", **more: Any) -> list[Resource]:
    transaction = observations(response(answers, patient, **more), QUESTIONNAIRE)
    return [entry["resource"] for entry in transaction.get("entry", [])]


def changed(resource: Resource, path: str, value: Any) -> Resource:
    """A copy with one value put, added at the end of an array, or with `...` taken away."""
    copy = deepcopy(resource)
    *parents, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    node: Any = copy
    for step in parents:
        node = node[step]
    if value is ...:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value
    return copy


def run(answers: Any, *arguments: str) -> Result:
    text = answers if isinstance(answers, bytes) else json.dumps(answers).encode()
    return CliRunner().invoke(record, ["-", *arguments], input=text, catch_exceptions=False)


# ---- What is recorded ----


def test_a_record_says_what_was_answered_by_whom_and_when() -> None:
    more: Resource = {"id": "r1", "author": {"reference": "Practitioner/dr", "display": "Dr Who"}}
    assert observations(response({"site-cervix": "yes"}, **more), QUESTIONNAIRE) == {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:7357e247-b199-59cf-81d4-1606c9d72349",
                "resource": {
                    "resourceType": "Observation",
                    "identifier": [{"system": "https://w3id.org/cervical-options/fact", "value": "site-cervix"}],
                    "status": "final",
                    "code": {
                        "coding": [
                            {
                                "system": "https://w3id.org/cervical-options/CodeSystem/cervical-facts",
                                "code": "site-cervix",
                                "display": "Recurrence in the cervix",
                            }
                        ],
                        "text": "Does the recurrence lie in the cervix?",
                    },
                    "subject": {"reference": "Patient/p1"},
                    "effectiveDateTime": "2026-11-24T10:00:00Z",
                    "performer": [{"reference": "Practitioner/dr", "display": "Dr Who"}],
                    "valueBoolean": True,
                    "derivedFrom": [{"reference": "QuestionnaireResponse/r1"}],
                },
                "request": {
                    "method": "PUT",
                    "url": "Observation?identifier=https://w3id.org/cervical-options/fact%7Csite-cervix"
                    "&patient=Patient/p1",
                },
            }
        ],
    }


def test_the_questionnaire_asks_for_every_fact_and_reason() -> None:
    assert sorted(QUESTIONS) == sorted(FACTS)


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_and_reason_is_recorded_in_every_answer(fact: str, code: str) -> None:
    [made] = records({fact: code})
    [coding] = made["code"]["coding"]
    assert (coding["system"], coding["code"]) == (f"{BASE}/CodeSystem/cervical-facts", fact)
    assert {key: made[key] for key in made if key in ("valueBoolean", "dataAbsentReason")} == VALUES[code]


@pytest.mark.parametrize(
    "author", [{"reference": "Practitioner/d"}, {"reference": "Device/form"}, {"identifier": {"value": "7"}}]
)
def test_elements_stand_in_the_order_of_the_specification(author: Resource) -> None:
    order = Observation.elements_sequence()
    for code in ANSWERS:
        [made] = records({"pain": code}, author=author, id="r1")
        keys = [re.sub(r"^(value|effective)[A-Z]\w+", r"\1", key) for key in made if key != "resourceType"]
        places = [next(n for n, name in enumerate(order) if name.startswith(key)) for key in keys]
        assert places == sorted(places)


def test_the_order_is_the_questionnaires_and_the_bytes_are_stable() -> None:
    everything = response(dict.fromkeys(FACTS, "no"))
    backwards = deepcopy(everything)
    backwards["item"].reverse()
    for group in backwards["item"]:
        group["item"].reverse()
    assert [each["identifier"][0]["value"] for each in records(dict.fromkeys(FACTS, "no"))] == list(QUESTIONS)
    assert run(backwards).stdout_bytes == run(everything).stdout_bytes


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("status", "amended", id="amended"),
        pytest.param("questionnaire", f"{BASE}/Questionnaire/cervical-facts", id="no-version-of-the-questionnaire"),
        pytest.param("item.0.item.0.answer.0.valueCoding.version", ..., id="no-version-of-the-answer"),
        pytest.param("item.0.item.0.answer.0.valueCoding.display", "Oui", id="display-in-another-language"),
        pytest.param("item.0.item.0.answer.1", answer("yes"), id="the-same-answer-twice-in-an-item"),
        pytest.param("item.1", GOOD["item"][0], id="the-same-item-twice"),
        pytest.param("item.0.item.0.item", [{"linkId": "site-cervix-why", "text": "S-03"}], id="text-on-display"),
        pytest.param("item.0.item.0.answer.0.item", [{"linkId": "site-cervix-why"}], id="text-below-an-answer"),
        pytest.param("item", GOOD["item"][0]["item"], id="no-groups"),
        pytest.param("item.0.item.2", {"linkId": "pain"}, id="a-question-left-out"),
        pytest.param("item.0.item.2", {"linkId": "pain", "answer": []}, id="no-answer-in-an-item"),
        pytest.param("subject.type", "Patient", id="type-of-the-subject"),
    ],
)
def test_the_same_answers_in_other_words_say_the_same(path: str, value: Any) -> None:
    def core(resource: Resource) -> list[tuple[str, bool]]:
        entries = observations(resource, QUESTIONNAIRE)["entry"]
        return [(entry["request"]["url"], entry["resource"]["valueBoolean"]) for entry in entries]

    assert core(changed(GOOD, path, value)) == core(GOOD)


def test_questions_below_answers_are_read() -> None:
    nested = changed(GOOD, "item.0.item.0.answer.0.item", [{"linkId": "pain", "answer": [answer("yes")]}])
    facts = [entry["resource"]["identifier"][0]["value"] for entry in observations(nested, QUESTIONNAIRE)["entry"]]
    assert facts == ["recurrent-cervical-cancer", "site-cervix", "pain"]


def test_a_patient_elsewhere_is_named_by_url() -> None:
    subject = {"reference": "https://ehr.example/fhir/Patient/a.b-1"}
    [entry] = observations(response({"pain": "no"}, subject=subject), QUESTIONNAIRE)["entry"]
    assert entry["request"]["url"].endswith("&patient=https://ehr.example/fhir/Patient/a.b-1")


def test_a_device_that_answered_is_no_performer() -> None:
    [made] = records({"pain": "no"}, author={"reference": "Device/form"})
    assert "performer" not in made
    assert made["device"] == {"reference": "Device/form"}


def test_of_references_the_records_take_over_what_finds_the_one_meant() -> None:
    identifier = {"use": "official", "system": "urn:oid:1.2", "value": "7", "period": {"start": "2020"}}
    author = {
        "extension": [{"url": "x:y", "valueCode": "z"}],
        "identifier": identifier,
        "display": "Dr Who",
        "type": "Practitioner",
    }
    [made] = records({"pain": "no"}, author=author)
    assert made["performer"] == [
        {"type": "Practitioner", "identifier": {"system": "urn:oid:1.2", "value": "7"}, "display": "Dr Who"}
    ]


def test_nothing_answered_is_nothing_to_record() -> None:
    result = run(response({}), "--server", "http://127.0.0.1:9")
    said = "no question is answered, so there is nothing to record\n"
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", said)
    printed = run(response({}))
    assert (printed.exit_code, json.loads(printed.stdout)) == (0, {"resourceType": "Bundle", "type": "transaction"})


# ---- What is refused ----

PATIENT = "name one patient as Patient/id, or by a URL that ends so"
AUTHOR = "name the author as Type/id, or by a URL that ends so, or leave it out"
FORM = f"{BASE}/Questionnaire/cervical-facts"
COMPLETE = "record the answers when they are complete"
MEND = "mend it, or leave it out"
SYSTEM = f"{BASE}/CodeSystem/cervical-answers"

ROWS: list[Any] = [
    pytest.param(
        "resourceType",
        "Questionnaire",
        "QuestionnaireResponse: this is something else; give one QuestionnaireResponse as JSON",
        id="a-questionnaire",
    ),
    pytest.param(
        "questionnaire",
        ...,
        f"QuestionnaireResponse.questionnaire: does not say what was answered; give {FORM} there, with its version",
        id="no-questionnaire",
    ),
    pytest.param(
        "questionnaire",
        "https://example.org/Questionnaire/other|1",
        "QuestionnaireResponse.questionnaire: 'https://example.org/Questionnaire/other' is another questionnaire; "
        f"give answers to {FORM}",
        id="another-questionnaire",
    ),
    pytest.param(
        "questionnaire",
        f"{FORM}|0.0.9",
        f"QuestionnaireResponse.questionnaire: answers version '0.0.9', and this is version {VERSION}; "
        "ask again, or use the package of that version",
        id="another-version",
    ),
    pytest.param("status", ..., f"QuestionnaireResponse.status: missing; {COMPLETE}", id="no-status"),
    pytest.param(
        "status",
        "in-progress",
        f"QuestionnaireResponse.status: 'in-progress' is neither completed nor amended; {COMPLETE}",
        id="in-progress",
    ),
    pytest.param(
        "status",
        "entered-in-error",
        f"QuestionnaireResponse.status: 'entered-in-error' is neither completed nor amended; {COMPLETE}",
        id="entered-in-error",
    ),
    pytest.param("subject", ..., f"QuestionnaireResponse.subject: missing; {PATIENT}", id="no-subject"),
    pytest.param(
        "subject",
        "Patient/p1",
        f"QuestionnaireResponse.subject: 'Patient/p1' is no Reference; {PATIENT}",
        id="a-word-as-subject",
    ),
    pytest.param(
        "subject",
        [{"reference": "Patient/p1"}, {"reference": "Patient/p2"}],
        "QuestionnaireResponse.subject: [{'reference': 'Patient/p1'}, {'reference': 'Patient/p2'}] is no Reference; "
        f"{PATIENT}",
        id="two-subjects",
    ),
    pytest.param(
        "subject",
        {"display": "Jane"},
        f"QuestionnaireResponse.subject: has no reference; {PATIENT}",
        id="a-subject-by-name",
    ),
    pytest.param(
        "subject.reference",
        "urn:uuid:6d0f8a3e-0000-4000-8000-000000000000",
        "QuestionnaireResponse.subject.reference: 'urn:uuid:6d0f8a3e-0000-4000-8000-000000000000' is known only inside "
        f"the Bundle it came in; {PATIENT}",
        id="a-subject-by-uuid",
    ),
    pytest.param(
        "subject.reference",
        "#p1",
        f"QuestionnaireResponse.subject.reference: '#p1' is known only inside the response; {PATIENT}",
        id="a-contained-subject",
    ),
    pytest.param(
        "subject.reference",
        "Group/g",
        f"QuestionnaireResponse.subject.reference: 'Group/g' is a Group; {PATIENT}",
        id="a-group",
    ),
    pytest.param(
        "subject.reference",
        "Patient?name=x",
        f"QuestionnaireResponse.subject.reference: 'Patient?name=x' is not Type/id; {PATIENT}",
        id="a-search-as-subject",
    ),
    pytest.param(
        "subject.reference",
        "Patient/p1/_history/2",
        f"QuestionnaireResponse.subject.reference: 'Patient/p1/_history/2' is not Type/id; {PATIENT}",
        id="a-version-of-a-patient",
    ),
    pytest.param(
        "subject.type",
        "Group",
        f"QuestionnaireResponse.subject.type: 'Group' is not what the reference says; {MEND}",
        id="a-subject-of-two-types",
    ),
    pytest.param(
        "subject.display",
        7,
        f"QuestionnaireResponse.subject.display: 7 is not what R4 has there; {MEND}",
        id="a-number-as-name",
    ),
    pytest.param(
        "subject.identifier",
        [],
        f"QuestionnaireResponse.subject.identifier: [] is no Identifier; {MEND}",
        id="an-array-as-identifier",
    ),
    *(
        pytest.param(
            "authored",
            value,
            f"QuestionnaireResponse.authored: {value!r} is no date, nor a time with seconds and zone; "
            "write it as R4 does, or leave it out",
            id=f"authored-{value}",
        )
        for value in ("yesterday", "2026-02-30", "2026-11-24T10:00Z", "2026-11-24T10:00:00", "0000", None)
    ),
    pytest.param(
        "author",
        {"reference": "#me"},
        f"QuestionnaireResponse.author.reference: '#me' is known only inside the response; {AUTHOR}",
        id="a-contained-author",
    ),
    pytest.param("author", {}, f"QuestionnaireResponse.author: says nothing; {AUTHOR}", id="an-empty-author"),
    pytest.param(
        "author", "me", f"QuestionnaireResponse.author: 'me' is no Reference; {AUTHOR}", id="a-word-as-author"
    ),
    pytest.param(
        "author",
        {"reference": "Group/g"},
        "QuestionnaireResponse.author: 'Group' is no type of author; name one of Practitioner, PractitionerRole, "
        "Organization, Patient, RelatedPerson, Device",
        id="a-group-as-author",
    ),
    pytest.param("id", "a/b", f"QuestionnaireResponse.id: 'a/b' is no id; {MEND}", id="no-id"),
    pytest.param(
        "item.0.item.0.linkId",
        "recurrent-cancer",
        f"{FIRST}.linkId: 'recurrent-cancer' is not in {FORM}; did you mean 'recurrent-cervical-cancer'?",
        id="a-typo-in-a-question",
    ),
    pytest.param(
        "item.0.item.0.linkId",
        "weight",
        f"{FIRST}.linkId: 'weight' is not in {FORM}; take the item out",
        id="an-unknown-question",
    ),
    pytest.param("item.0.item.0.linkId", ..., f"{FIRST}.linkId: missing; say which question it is", id="no-question"),
    pytest.param(
        "item.0.answer",
        [answer("yes")],
        "QuestionnaireResponse.item[0].answer[0]: 'section-recurrence' asks nothing; take the answer out",
        id="an-answer-to-a-group",
    ),
    pytest.param(
        "item.0.item.0.answer.0",
        {"valueString": "yes"},
        f"{FIRST}.answer[0]: {{'valueString': 'yes'}} is no answer to 'recurrent-cervical-cancer'; {GIVE}",
        id="an-answer-in-words",
    ),
    pytest.param(
        "item.0.item.0.answer.0",
        {"valueBoolean": True},
        f"{FIRST}.answer[0]: {{'valueBoolean': True}} is no answer to 'recurrent-cervical-cancer'; {GIVE}",
        id="an-answer-as-boolean",
    ),
    pytest.param(
        "item.0.item.0.answer.0",
        {},
        f"{FIRST}.answer[0]: {{}} is no answer to 'recurrent-cervical-cancer'; {GIVE}",
        id="an-empty-answer",
    ),
    pytest.param(
        "item.0.item.0.answer.0.valueBoolean",
        False,
        f"{FIRST}.answer[0]: {{'valueBoolean': False, 'valueCoding': {{'code': 'yes', 'system': '{SYSTEM}', "
        f"'version': '{VERSION}'}}}} is no answer to 'recurrent-cervical-cancer'; {GIVE}",
        id="two-values-in-an-answer",
    ),
    pytest.param(
        "item.0.item.0.answer.0.valueCoding",
        {"system": SYSTEM, "code": "maybe"},
        f"{FIRST}.answer[0]: {{'valueCoding': {{'code': 'maybe', 'system': '{SYSTEM}'}}}} is no answer to "
        f"'recurrent-cervical-cancer'; {GIVE}",
        id="no-such-answer",
    ),
    pytest.param(
        "item.0.item.0.answer.0.valueCoding",
        {"code": "yes"},
        f"{FIRST}.answer[0]: {{'valueCoding': {{'code': 'yes'}}}} is no answer to 'recurrent-cervical-cancer'; {GIVE}",
        id="an-answer-without-system",
    ),
    pytest.param(
        "item.0.item.0.answer.0.valueCoding",
        {"system": SYSTEM, "version": "9", "code": "yes"},
        f"{FIRST}.answer[0]: {{'valueCoding': {{'code': 'yes', 'system': '{SYSTEM}', 'version': '9'}}}} is no answer "
        f"to 'recurrent-cervical-cancer'; {GIVE}",
        id="another-version-of-an-answer",
    ),
    pytest.param(
        "item.0.item.0.answer.1",
        answer("no"),
        f"{FIRST}.answer[1]: conflicting answers to 'recurrent-cervical-cancer', 'no' here and 'yes' at "
        f"{FIRST}.answer[0]; keep the one that holds",
        id="two-answers-in-an-item",
    ),
    pytest.param(
        "item.0.item.2",
        {"linkId": "site-cervix", "answer": [answer("not-known")]},
        "QuestionnaireResponse.item[0].item[2].answer[0]: conflicting answers to 'site-cervix', 'not-known' here and "
        f"'no' at {SECOND}.answer[0]; keep the one that holds",
        id="two-answers-in-two-items",
    ),
    pytest.param(
        "item.0.item.0.answer",
        answer("yes"),
        f"{FIRST}.answer: {{'valueCoding': {{'code': 'yes', 'system': '{SYSTEM}', 'version': '{VERSION}'}}}} is no "
        f"array; {MEND}",
        id="an-answer-without-array",
    ),
    pytest.param("item", None, f"QuestionnaireResponse.item: None is no array; {MEND}", id="null-as-items"),
    pytest.param("item.0.item.0", "yes", f"{FIRST}: 'yes' is no object; mend it, or take it out", id="a-word-as-item"),
    pytest.param(
        "item.0.item.0.answer.0",
        True,
        f"{FIRST}.answer[0]: True is no object; mend it, or take it out",
        id="a-boolean-as-answer",
    ),
]


@pytest.mark.parametrize(("path", "value", "reason"), ROWS)
def test_a_fault_says_where_what_and_what_to_do(path: str, value: Any, reason: str) -> None:
    with pytest.raises(AnswersError) as caught:
        observations(changed(GOOD, path, value), QUESTIONNAIRE)
    assert caught.value.reasons == [reason]
    assert str(caught.value) == reason


def test_all_faults_are_told_at_once() -> None:
    faulty = GOOD
    for path, value in (("status", "stopped"), ("subject", {}), ("item.0.item.0.linkId", "x"), ("authored", "x")):
        faulty = changed(faulty, path, value)
    result = run(changed(faulty, "item.0.item.1.answer.0", {}))
    places = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert (result.exit_code, result.stdout) == (2, "")
    assert places == [
        "QuestionnaireResponse.status",
        "QuestionnaireResponse.subject",
        "QuestionnaireResponse.authored",
        f"{FIRST}.linkId",
        f"{SECOND}.answer[0]",
    ]


QUESTION = "Questionnaire.item[0].item[0]"
NO_FACT = f"{QUESTION}: asks for no fact of its own by yes, no or not-known; mend it, or take it out"


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        pytest.param(
            "resourceType",
            "Patient",
            "Questionnaire: this is something else; give the Questionnaire of the package",
            id="no-questionnaire",
        ),
        pytest.param(
            "url",
            "urn:x",
            "Questionnaire.url: no url of a Questionnaire; give it as base/Questionnaire/id",
            id="no-base",
        ),
        pytest.param("item.0.item.0.code", ..., NO_FACT, id="no-fact"),
        pytest.param("item.0.item.0.code.1", {"system": "x", "code": "y"}, NO_FACT, id="two-facts"),
        pytest.param("item.0.item.0.answerOption", ..., NO_FACT, id="no-answers"),
        pytest.param("item.0.item.0.answerOption.0.valueCoding.code", "maybe", NO_FACT, id="another-answer"),
        pytest.param("item.0.item.0.answerOption.0", {"valueString": "yes"}, NO_FACT, id="an-answer-in-words"),
        pytest.param("item.0.item.0.linkId", ..., NO_FACT, id="no-link"),
        pytest.param("item.0.item.0.text", ..., NO_FACT, id="no-text"),
        pytest.param(
            "item.0.item.1.code",
            QUESTIONS["recurrent-cervical-cancer"]["code"],
            NO_FACT.replace("item[0]:", "item[1]:"),
            id="a-fact-asked-twice",
        ),
    ],
)
def test_a_questionnaire_that_no_records_can_be_made_of(path: str, value: Any, reason: str) -> None:
    with pytest.raises(QuestionnaireError) as caught:
        observations(GOOD, changed(QUESTIONNAIRE, path, value))
    assert caught.value.reasons == [reason]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(
            ["/no/such.json"],
            "/no/such.json: No such file or directory; name a file of answers, or - for standard input",
            id="no-file",
        ),
        pytest.param(["-"], "-:1:2: not JSON (unexpected character, expected a string key); mend it", id="no-json"),
        pytest.param(
            ["-", "--header", "A=b"], "--header: is for a server; name it with --server", id="header-without-server"
        ),
        pytest.param(
            ["-", "--server", "http://h", "--header", "Authorization: Bearer s3cret="],
            "--header number 1: not NAME=VALUE in plain ASCII; write it like Accept-Language=en",
            id="no-header",
        ),
        pytest.param(
            ["-", "--server", "http://h", "--header", "A=s3cret\r\nB: c"],
            "--header number 1: not NAME=VALUE in plain ASCII; write it like Accept-Language=en",
            id="two-headers-in-one",
        ),
        *(
            pytest.param(
                ["-", "--server", address],
                "--server: no address of a FHIR base; write it like https://ehr.example/fhir, without a password",
                id=address,
            )
            for address in (
                "ehr.example",
                "ftp://h",
                "http://u:s3cret@h",
                "http://[::1",
                "http://h:99999",
                "http://h?a",
            )
        ),
    ],
)
def test_misuse_is_told_without_a_traceback(arguments: list[str], reason: str) -> None:
    result = CliRunner().invoke(record, arguments, input=b"{nonsense", catch_exceptions=False)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{reason}\n")
    assert "s3cret" not in result.output


def test_a_folder_needs_the_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(PACKAGE["CodeSystem/cervical-facts"]))
    result = run(GOOD, "--fhir", str(tmp_path))
    told = f"{tmp_path}: holds no Questionnaire; name a folder of this package with --fhir\n"
    assert (result.exit_code, result.stderr) == (2, told)
    (tmp_path / "x.json").write_text(json.dumps(changed(QUESTIONNAIRE, "item.0.item.0.code", ...)))
    result = run(GOOD, "--fhir", str(tmp_path))
    assert (result.exit_code, result.stderr) == (2, f"{NO_FACT}\n")


def test_of_several_questionnaires_the_one_answered_counts(tmp_path: Path) -> None:
    other = changed(changed(QUESTIONNAIRE, "url", f"{BASE}/Questionnaire/another"), "id", "another")
    (tmp_path / "a.json").write_text(json.dumps(other))
    (tmp_path / "b.json").write_text(json.dumps(QUESTIONNAIRE))
    assert run(GOOD, "--fhir", str(tmp_path)).stdout_bytes == run(GOOD).stdout_bytes


# ---- Whatever is given ----

REASON = re.compile(r"(-:)?\S+: .+[;] .+")
sheets = st.dictionaries(st.sampled_from(FACTS), st.sampled_from(ANSWERS))
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20)
words = st.sampled_from(["linkId", "item", "answer", "valueCoding", "reference", "yes", "pain", "system", "display"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ASKED = {key: QUESTIONNAIRE[key] for key in ("resourceType", "url", "version")} | {
    "item": [
        dict(group, item=[dict(item, extension=[]) for item in group["item"][:2]]) for group in QUESTIONNAIRE["item"]
    ]
}
AUTHORED: Resource = {
    "id": "r1",
    "author": {"reference": "Practitioner/d", "identifier": {"system": "urn:x", "value": "1"}},
}


@st.composite
def damaged(draw: st.DrawFn, start: st.SearchStrategy[Resource]) -> Any:
    """A resource with some values replaced, moved in from elsewhere in it, doubled, or taken away."""
    whole = {"resource": deepcopy(draw(start))}
    for _ in range(draw(st.sampled_from([1, 1, 2, 4]))):
        spots = list(below(whole))
        parent, key = draw(st.sampled_from(spots))
        elsewhere = st.sampled_from(spots).map(lambda spot: deepcopy(spot[0][spot[1]]))
        if parent is not whole and draw(st.booleans()):
            del parent[key]
        elif isinstance(parent, list) and draw(st.booleans()):
            parent.append(draw(values | elsewhere))
        else:
            parent[key] = draw(values | elsewhere)
    return whole["resource"]


def below(parent: Any) -> Iterator[tuple[Any, Any]]:
    """Every value below this one, as the object or array that holds it and its key there."""
    if isinstance(parent, dict | list):
        for key in list(parent) if isinstance(parent, dict) else range(len(parent)):
            yield parent, key
            yield from below(parent[key])


@bounded
@given(sheets)
def test_any_answers_are_recorded(answers: dict[str, str]) -> None:
    result = run(response(answers), "--fhir", str(ROOT / "fhir" / "Questionnaire"))
    assert result.exit_code == 0
    bundle = Bundle.model_validate_json(result.stdout)
    assert len(bundle.entry or []) == len(answers)


@bounded
@given(damaged(sheets.map(lambda answers: response(answers, **AUTHORED))) | values)
def test_whatever_is_given_is_recorded_or_refused(given: Any) -> None:
    result = run(given, "--fhir", str(ROOT / "fhir" / "Questionnaire"))
    if result.exit_code == 0:
        Bundle.model_validate_json(result.stdout)
    else:
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr
        assert [line for line in result.stderr.splitlines() if not REASON.fullmatch(line)] == []


@bounded
@given(damaged(st.just(ASKED)) | values)
def test_whatever_questionnaire_is_given_is_used_or_refused(given: Any) -> None:
    try:
        bundle = observations(response({"recurrent-cervical-cancer": "no", "site-cervix": "yes"}), given)
    except (AnswersError, QuestionnaireError):
        return
    Bundle.model_validate(bundle)


def test_depth_is_no_trouble() -> None:
    deep: Resource = {"linkId": "pain", "answer": [answer("yes")]}
    for _ in range(5000):
        deep = {"linkId": "section-symptoms", "item": [deep]}
    [entry] = observations(changed(response({}), "item", []) | {"item": [deep]}, QUESTIONNAIRE)["entry"]
    assert entry["resource"]["valueBoolean"] is True


# ---- On a server ----


class Fhir:
    """Observations in memory under R4's rules for a transaction of conditional updates; or what it was told to say."""

    def __init__(self) -> None:
        self.observations: dict[str, Resource] = {}
        self.requests: list[dict[str, str]] = []  # the headers that came, by name in small letters
        self.says: Callable[[Resource], tuple[int, Any, dict[str, str]]] = self.transact

    def transact(self, bundle: Resource) -> tuple[int, Any, dict[str, str]]:
        found: list[list[str]] = [self.search(entry["request"]["url"]) for entry in bundle["entry"]]
        several = [entry["request"]["url"] for entry, ids in zip(bundle["entry"], found, strict=True) if len(ids) > 1]
        if several:
            return 412, outcome(f"{several[0]} matches several"), {}
        entries = []
        for entry, ids in zip(bundle["entry"], found, strict=True):
            id = ids[0] if ids else f"o{len(self.observations)}"
            self.observations[id] = {**entry["resource"], "id": id}
            entries.append(
                {"response": {"status": "200 OK" if ids else "201 Created", "location": f"Observation/{id}"}}
            )
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}, {}

    def search(self, url: str) -> list[str]:
        kind, _, query = url.partition("?")
        [identifier], [patient] = (parse_qs(query)[name] for name in ("identifier", "patient"))
        assert kind == "Observation"
        assert set(parse_qs(query)) == {"identifier", "patient"}
        return [
            id
            for id, each in self.observations.items()
            if each["subject"]["reference"] == patient
            and identifier in [f"{i['system']}|{i['value']}" for i in each["identifier"]]
        ]

    def state(self) -> dict[tuple[str, str], list[Any]]:
        """The values of the records by patient and fact."""
        state: dict[tuple[str, str], list[Any]] = {}
        for each in self.observations.values():
            key = (each["subject"]["reference"], each["code"]["coding"][0]["code"])
            state.setdefault(key, []).append(each.get("valueBoolean"))
        return state


def outcome(said: str) -> Resource:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "invalid", "diagnostics": said}],
    }


@contextmanager
def served(fhir: Fhir) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fhir.requests.append({name.lower(): value for name, value in self.headers.items()})
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body, headers = fhir.says(sent)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            with suppress(ConnectionError):  # who asked may have gone
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}/fhir"
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture
def fhir() -> Fhir:
    return Fhir()


@pytest.fixture
def url(fhir: Fhir, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(fhir) as url:
        yield url


def test_answered_changed_later_and_taken_back(fhir: Fhir, url: str) -> None:
    steps = [
        ("yes", "created (201 Created)", True),
        ("no", "updated (200 OK)", False),
        ("not-known", "updated (200 OK)", None),
    ]
    for code, told, value in steps:
        result = run(response({"pd-l1-positive": code}), "--server", url, "--header", "Authorization=Bearer s3cret")
        assert (result.exit_code, result.stderr) == (0, f"pd-l1-positive: {told}\n")
        assert json.loads(result.stdout)["type"] == "transaction-response"
        assert fhir.state() == {("Patient/p1", "pd-l1-positive"): [value]}
        assert "s3cret" not in result.output
    assert [each["authorization"] for each in fhir.requests] == ["Bearer s3cret"] * 3
    assert {each["content-type"] for each in fhir.requests} == {"application/fhir+json"}


def test_two_patients_do_not_mix(fhir: Fhir, url: str) -> None:
    for patient, code in (("p1", "yes"), ("p11", "no"), ("p1", "no"), ("p11", "yes")):
        assert run(response({"pain": code}, patient), "--server", url).exit_code == 0
    assert fhir.state() == {("Patient/p1", "pain"): [False], ("Patient/p11", "pain"): [True]}


@bounded
@given(st.lists(st.tuples(st.sampled_from(["p1", "p2"]), sheets), max_size=6))
def test_the_last_answer_stands_alone(told: list[tuple[str, dict[str, str]]]) -> None:
    fhir = Fhir()
    expected: dict[tuple[str, str], list[Any]] = {}
    for patient, answers in told:
        if answers:
            fhir.transact(observations(response(answers, patient), QUESTIONNAIRE))
        expected |= {(f"Patient/{patient}", fact): [VALUES[code].get("valueBoolean")] for fact, code in answers.items()}
    assert fhir.state() == expected


def test_several_records_of_a_fact_are_not_guessed_from(fhir: Fhir, url: str) -> None:
    [made] = records({"pain": "yes"})
    fhir.observations = {"a": made, "b": made}
    result = run(response({"pain": "no", "bleeding": "no"}), "--server", url)
    assert (result.exit_code, result.stdout, result.stderr) == (
        3,
        "",
        f"{url}: answers 412 Observation?identifier={BASE}/fact%7Cpain&patient=Patient/p1 matches several; "
        "leave the patient one record of each fact, then send again\n",
    )
    assert list(fhir.observations) == ["a", "b"]


def test_a_server_that_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        result = run(GOOD, "--server", url, "--header", "Authorization=Bearer s3cret")
    told = f"{url}: can't be reached (ConnectionError); check address and network\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", told)


def test_a_server_that_is_silent(fhir: Fhir, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(talk, "TIMEOUT", (0.2, 0.2))
    fhir.says = lambda _: (200, done.wait(10), {})
    result = run(GOOD, "--server", url)
    done.set()
    told = f"{url}: no answer in time; send again: no record is ever doubled\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", told)


NOT_A_BASE = "answers something else than a transaction is answered with; is it a FHIR base?"


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        pytest.param(
            400,
            outcome("Patient/p1\nnot \x1b[31mfound"),
            "answers 400 Patient/p1 not [31mfound; see what it says, and send again",
            id="bad",
        ),
        pytest.param(
            401, outcome("Bearer s3cret is old"), "answers 401 *** is old; give credentials with --header", id="masked"
        ),
        pytest.param(
            403,
            {"issue": [{"details": {"text": "Not you"}, "code": "forbidden"}]},
            "answers 403 Not you; give credentials with --header that may write Observations",
            id="details",
        ),
        pytest.param(
            404,
            {"issue": [{"code": "not-found"}]},
            "answers 404 not-found; give the base of the server, where it takes transactions",
            id="code",
        ),
        pytest.param(
            500, b"<html>", "answers 500 and gives no reason; see what it says, and send again", id="no-outcome"
        ),
        pytest.param(
            599, {"issue": [7]}, "answers 599 and gives no reason; see what it says, and send again", id="odd-outcome"
        ),
        pytest.param(200, b"<html>", NOT_A_BASE, id="html"),
        pytest.param(200, [], NOT_A_BASE, id="array"),
        pytest.param(200, {"resourceType": "Bundle", "type": "transaction-response"}, NOT_A_BASE, id="no-entries"),
        pytest.param(
            200,
            {"resourceType": "Bundle", "type": "transaction-response", "entry": [{"response": {"status": "400"}}] * 2},
            NOT_A_BASE,
            id="not-done",
        ),
        pytest.param(
            200,
            {"resourceType": "Bundle", "type": "transaction-response", "entry": [None, {"response": 1}]},
            NOT_A_BASE,
            id="odd-entries",
        ),
    ],
)
def test_a_server_that_refuses(fhir: Fhir, url: str, status: int, body: Any, told: str) -> None:
    fhir.says = lambda _: (status, body, {})
    result = run(GOOD, "--server", url, "--header", "Authorization=Bearer s3cret")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", f"{url}: {told}\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_is_not_sent_on_to_another_host(fhir: Fhir, url: str, status: int) -> None:
    other = Fhir()
    with served(other) as elsewhere:
        fhir.says = lambda _: (status, b"", {"Location": f"{elsewhere}?key=1"})
        result = run(GOOD, "--server", url, "--header", "Authorization=Bearer s3cret")
    told = f"{url}: sends on to '{elsewhere}', where nothing was sent; give that as --server if it is right\n"
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", told)
    assert (len(fhir.requests), other.requests) == (1, [])


def test_a_token_given_goes_before_one_in_netrc(
    fhir: Fhir, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text(f"machine {urlsplit(url).hostname} login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    run(GOOD, "--server", url, "--header", "authorization=Bearer s3cret", "--header", "content-type=application/json")
    [headers] = fhir.requests
    assert (headers["authorization"], headers["content-type"]) == ("Bearer s3cret", "application/json")


# ---- In step with the rest of the package ----

EXTRACT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-definitionExtract"
ARRAYS = ("identifier", "coding")
TYPES = {"value[x]": "valueBoolean", "effective[x]": "effectiveDateTime"}


def extracted(resource: Resource) -> list[Resource]:
    """What SDC's definition-based extraction makes of a response: as much of it as the Questionnaire uses."""
    made = []
    for group in resource["item"]:
        for item in group.get("item", []):
            target: Resource = {}
            for extension in QUESTIONS[item["linkId"]]["extension"]:
                parts = {part["url"]: next(v for k, v in part.items() if k != "url") for part in extension["extension"]}
                if extension["url"] == EXTRACT:
                    target["resourceType"] = parts["definition"].rpartition("/")[2]
                elif extension["url"] == f"{EXTRACT}Value":
                    steps = parts["definition"].partition("#")[2].split(".")[1:]
                    values = [parts["fixed-value"]] if "fixed-value" in parts else evaluated(parts, item, resource)
                    for value in values:
                        place(target, steps, value)
            made.append(target)
    return made


def evaluated(parts: Resource, item: Resource, resource: Resource) -> list[Any]:
    path = {"base": "QuestionnaireResponse.item", "expression": parts["expression"]["expression"]}
    assert parts["expression"]["language"] == "text/fhirpath"
    result: list[Any] = fhirpathpy.evaluate(item, path, {"resource": resource}, models["r4"])
    return result


def place(target: Resource, steps: list[str], value: Any) -> None:
    """Put a value at the end of a path of elements."""
    *parents, last = [TYPES.get(step, step) for step in steps]
    for step in parents:
        below = target.setdefault(step, [{}] if step in ARRAYS else {})
        target = below[0] if step in ARRAYS else below
    target[last] = [value] if last in ARRAYS else value


@pytest.mark.parametrize("code", ["yes", "no"])
def test_extraction_by_the_questionnaire_says_the_same(code: str) -> None:
    def core(observation: Resource) -> Resource:
        [coding] = observation["code"]["coding"]
        same = ("resourceType", "identifier", "status", "subject", "effectiveDateTime", "valueBoolean")
        return {"system": coding["system"], "code": coding["code"], **{key: observation[key] for key in same}}

    answers = dict.fromkeys(FACTS, code)
    assert [core(each) for each in extracted(response(answers))] == [core(each) for each in records(answers)]


def test_extraction_by_the_questionnaire_guesses_nothing_of_not_known() -> None:
    assert ["valueBoolean" in each for each in extracted(response(dict.fromkeys(FACTS, "not-known")))] == [False] * 20


@pytest.mark.slow
@pytest.mark.xdist_group("cql")
def test_the_conditions_read_each_record_as_it_was_answered(elm: list[Path], tmp_path: Path) -> None:
    """Every fact in every answer alone; then a patient who answered all, and changed or took back some."""
    library = PACKAGE["Library/CervicalOptionsLogic"]
    facts = [fact for fact in FACTS if f"{pascal(fact)}Yes" in test_cql.text()]
    assert library["version"] == VERSION
    assert len(facts) == 20
    patients = [{fact: code} for fact in facts for code in ANSWERS]
    bundles = [as_patient(records(answers)) for answers in patients]

    fhir = Fhir()
    later = {fact: ANSWERS[number % 3] for number, fact in enumerate(facts)}
    for answers in (dict.fromkeys(facts, "yes"), dict.fromkeys(facts, "no"), later):
        fhir.transact(observations(response(answers), QUESTIONNAIRE))
    patients.append(later)
    bundles.append(as_patient(list(fhir.observations.values())))

    told = defines(bundles, elm, tmp_path)
    assert len(told) == len(patients)
    for answers, results in zip(patients, told, strict=True):
        for fact in facts:
            # Without any diagnosis on record, nothing but an answer leaves it open whether the cancer came back.
            silent = "no" if fact == "recurrent-cervical-cancer" else "not-known"
            code = answers.get(fact, silent)
            rails = dict(zip(ANSWERS, ("True", "False", "Unknown"), strict=True))
            expected = {f"{pascal(fact)}{rail}": each == code for each, rail in rails.items()}
            assert {name: results[name] for name in expected} == expected


def as_patient(made: list[Resource]) -> Resource:
    """The Bundle that engines read: the patient with these records, each under an id as a server gives it."""
    stored = [{**each, "id": f"o{number}"} for number, each in enumerate(made)]
    entries = [{"resource": each} for each in ({"resourceType": "Patient", "id": "p1"}, *stored)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_answers_are_recorded_on_a_server_with_such_a_certificate(tmp_path: Path) -> None:
    named, tls = certificate(tmp_path)
    answers = tmp_path / "response.json"
    answers.write_text(json.dumps(response({"pain": "yes"})))
    store = Store()
    with misbehaving(store, tls) as url:
        refused = CliRunner().invoke(record, [str(answers), "--server", url])
        assert (refused.exit_code, store.requests) == (3, [])
        done = CliRunner().invoke(record, [str(answers), "--server", url, "--ca", str(named)])
        assert store.requests == [("POST", "")], done.output
