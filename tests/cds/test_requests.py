"""Bad input: every fault of a request is told by its place, or its answer is right; nothing of a record is repeated."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..acceptance.test_cards import draft
from ..patients import cases
from .calls import INSTANCE, SIGN, VIEW, answered, ask, places, request, told

CASES = {case.name: case for case in cases()}
GOOD = request(CASES["pd-l1-negative"].bundle)
GOOD_SIGN = request(CASES["pd-l1-negative"].bundle, SIGN, [draft("pembrolizumab")])
WHOLE = told(answered(GOOD))


def changed(asked: Any, place: str, value: Any) -> Any:
    """A copy with one value put, or with `...` taken away."""
    copy = deepcopy(asked)
    *parents, last = place.split(".")
    node = copy
    for step in parents:
        node = node[int(step) if step.isdigit() else step]
    if value is ...:
        del node[last]
    else:
        node[int(last) if last.isdigit() else last] = value
    return copy


# What is changed in a good request, and what is said of it.
REFUSED: dict[str, tuple[str, Any, str]] = {
    "no-hook": ("hook", ..., "body: hook is missing; add it"),
    "wrong-hook": ("hook", "order-sign", "hook: this service answers patient-view; call it at that hook"),
    "hook-null": ("hook", None, "hook: must be a text; mend it"),
    "hook-number": ("hook", 7, "hook: must be a text; mend it"),
    "no-instance": ("hookInstance", ..., "body: hookInstance is missing; add it"),
    "instance-no-uuid": ("hookInstance", "abc", "hookInstance: must be a UUID; mend it"),
    "no-context": ("context", ..., "body: context is missing; add it"),
    "context-null": ("context", None, "context: must be an object; mend it"),
    "context-list": ("context", [], "context: must be an object; mend it"),
    "no-patient": ("context.patientId", ..., "context: patientId is missing; add it"),
    "patient-null": ("context.patientId", None, "context.patientId: must be a text; mend it"),
    "patient-empty": ("context.patientId", "", "context.patientId: must be a text that is not empty; mend it"),
    "patient-odd": (
        "context.patientId",
        "../Observation?x",
        "context.patientId: no id of a Patient (letters, digits, - and .); give Patient.id",
    ),
    "user-number": ("context.userId", 1, "context.userId: must be a text; mend it"),
    "prefetch-list": ("prefetch", [], "prefetch: must be null or an object; mend it"),
    "prefetch-text": ("prefetch", "x", "prefetch: must be null or an object; mend it"),
    "key-number": (
        "prefetch.condition",
        3,
        "prefetch.condition: must be a resource with a resourceType, or null; mend it",
    ),
    "key-no-resource": (
        "prefetch.condition",
        {"id": "x"},
        "prefetch.condition: must be a resource with a resourceType, or null; mend it",
    ),
    "server-odd": ("fhirServer", "ftp://x", "fhirServer: must be a URL; mend it"),
    "server-password": (
        "fhirServer",
        "https://me:secret@ehr.example/fhir",
        "fhirServer: no base of a FHIR server; write it like https://ehr.example/fhir, without a password",
    ),
    "token-alone": (
        "fhirAuthorization",
        {"access_token": "t", "token_type": "Bearer"},
        "fhirServer: missing, and fhirAuthorization is for it; give both or neither",
    ),
    "token-of-other-type": (
        "fhirAuthorization",
        {"access_token": "t", "token_type": "MAC"},
        "fhirAuthorization.token_type: not one of the values that the specification has there; mend it",
    ),
    "token-with-a-line-break": (
        "fhirAuthorization",
        {"access_token": "t\r\nX: y", "token_type": "Bearer"},
        "fhirAuthorization.access_token: must be written as the specification has it; mend it",
    ),
}


@pytest.mark.parametrize("row", REFUSED)
def test_a_fault_is_told_by_its_place(row: str) -> None:
    place, value, message = REFUSED[row]
    reply = ask(changed(GOOD, place, value))
    assert (reply.status, reply.errors) == (400, [message])


DRAFTS: dict[str, tuple[str, Any, str]] = {
    "none": ("context.draftOrders", ..., "context.draftOrders: missing; give the orders as a Bundle"),
    "no-bundle": (
        "context.draftOrders",
        {"resourceType": "Basic"},
        "context.draftOrders: no Bundle; give the orders as a Bundle",
    ),
    "entry-object": ("context.draftOrders.entry", {}, "context.draftOrders.entry: no array; mend it"),
    "entry-text": (
        "context.draftOrders.entry.0",
        "x",
        "context.draftOrders.entry[0].resource: no resource with a resourceType; mend it, or take it out",
    ),
    "drug-text": (
        "context.draftOrders.entry.0.resource.medicationCodeableConcept",
        "secret drug",
        "context.draftOrders.entry[0].resource.medicationCodeableConcept: "
        "not what R4 has there; mend it, or leave it out",
    ),
}


@pytest.mark.parametrize("row", DRAFTS)
def test_a_fault_of_the_orders_is_told_by_its_place(row: str) -> None:
    place, value, message = DRAFTS[row]
    reply = ask(changed(GOOD_SIGN, place, value), f"/cds-services/{SIGN}")
    assert (reply.status, reply.errors) == (400, [message])


def test_all_faults_are_told_at_once() -> None:
    broken = changed(changed(changed(GOOD, "hook", ...), "hookInstance", "x"), "context.patientId", 3)
    assert len(ask(broken).errors) == 3


BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "body: line 1, column 1: not JSON (Expecting value); mend it"),
    "no-json": (b"{hook", "body: line 1, column 2: not JSON"),
    "list": (b"[]", "body: must be an object; mend it"),
    "null": (b"null", "body: must be an object; mend it"),
    "no-utf8": (b'{"hook": "\xff"}', "body: byte 10 is not UTF-8; save it as UTF-8"),
    "twice": (b'{"Jane Doe": 1, "Jane Doe": 2}', "body: a key is given twice in one object; keep one of them"),
    "nan": (b'{"hook": NaN}', "body: NaN is no number of JSON; mend it"),
    "huge-number": (b'{"hook": ' + b"9" * 5000 + b"}", "body: not JSON that can be read"),
    "half-a-character": (b'{"hook": "\\ud800"}', "body: half of a surrogate pair stands in a text; mend it"),
    "deep-lists": (b"[" * 100_000, "body: nested more than 100 deep; send FHIR resources as they are"),
    "deep-objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "body: nested more than 100 deep"),
    "deep-in-prefetch": (
        json.dumps(GOOD).encode().replace(b'"prefetch": {', b'"prefetch": {"x": ' + b"[" * 200 + b"]" * 200 + b","),
        "body: nested more than 100 deep",
    ),
}


@pytest.mark.parametrize("row", BODIES)
def test_a_body_that_is_no_request(row: str) -> None:
    body, message = BODIES[row]
    reply = ask(body)
    assert reply.status == 400
    (error,) = reply.errors
    assert error.startswith(message)
    assert "Jane" not in error


def test_brackets_in_texts_are_not_nesting() -> None:
    assert ask(changed(GOOD, "context.userId", "[{" * 500 + '"\\"[')).status == 200


def test_an_unknown_service() -> None:
    for id in ("nothing", "cervical-patient-view%2F..", "%00", "x" * 5000):
        reply = ask(GOOD, f"/cds-services/{id}")
        assert reply.status == 404
        assert reply.errors


# ---- Answered all the same, and rightly


def test_a_patient_id_with_its_type_in_front_is_taken() -> None:
    reply = ask(changed(GOOD, "context.patientId", "Patient/pd-l1-negative"))
    assert reply.body["cards"] == answered(GOOD)


def test_what_is_not_known_is_passed_over() -> None:
    asked = {**GOOD, "extension": {"com.example": 1}, "more": None}
    asked["prefetch"] = {**asked["prefetch"], "something": {"resourceType": "Basic", "id": "b"}}
    assert ask(asked).body["cards"] == answered(GOOD)


def test_nothing_that_can_be_read_is_told_with_412() -> None:
    for prefetch in (..., None, {}, {"patient": GOOD["prefetch"]["patient"]}):
        reply = ask(changed(GOOD, "prefetch", prefetch))
        assert reply.status == 412
        assert reply.errors[0].startswith("prefetch: none of observation, condition,")


def of_condition(**more: Any) -> dict[str, Any]:
    (entry,) = GOOD["prefetch"]["condition"]["entry"]
    return {**entry["resource"], **more}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


ANOTHER = {"reference": "Patient/somebody-else"}
# What stands in place of the diagnosis: never used, so what hangs on it is not answered.
UNKNOWN: dict[str, Any] = {
    "another-patients": bundle(of_condition(subject=ANOTHER)),
    "another-patients-beside": bundle(of_condition(), of_condition(id="other", subject=ANOTHER)),
    "another-patient-at-a-server": bundle(
        of_condition(subject={"reference": "https://x.example/Patient/pd-l1-negative"})
    ),
    "a-group": bundle(of_condition(subject={"reference": "Group/pd-l1-negative"})),
    "nobodys": bundle({key: value for key, value in of_condition().items() if key != "subject"}),
    "subject-text": bundle(of_condition(subject="Patient/pd-l1-negative")),
    "subject-without-reference": bundle(of_condition(subject={"display": "me"})),
    "code-text": bundle(of_condition(code="cancer")),
    "status-list": bundle(of_condition(clinicalStatus=[])),
    "id-number": bundle(of_condition(id=7)),
    "entry-object": {"resourceType": "Bundle", "type": "searchset", "entry": {}},
    "entry-null": {"resourceType": "Bundle", "type": "searchset", "entry": [None]},
    "resource-text": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": "x"}]},
    "a-bundle-within": bundle(bundle(of_condition())),
    "twice-and-different": bundle(of_condition(), of_condition(clinicalStatus={"coding": [{"code": "resolved"}]})),
    "contained-text": bundle(of_condition(contained=["x"])),
    "type-missing": {"resourceType": "Bundle", "entry": []},
}


@pytest.mark.parametrize("row", UNKNOWN)
def test_a_record_that_is_not_theirs_or_cant_be_read_is_unknown_and_never_no(row: str) -> None:
    reply = ask(changed(GOOD, "prefetch.condition", UNKNOWN[row]))
    assert reply.status == 200
    said = told(reply.body["cards"])
    assert {option: outcome for option, outcome in said.items() if WHOLE[option] != outcome} == {}
    (unread,) = (card for card in reply.body["cards"] if "Not read in full" in card["detail"])
    assert "Condition (" in unread["detail"]
    assert "somebody-else" not in reply.text


def test_another_patient_in_the_patients_place_is_not_used() -> None:
    reply = ask(changed(GOOD, "prefetch.patient.id", "somebody-else"))
    assert reply.body["cards"] == answered(GOOD)


def test_all_records_of_another_patient_give_nothing_of_them() -> None:
    other = request(CASES["every-fact-answered"].bundle)
    mixed = {**GOOD, "prefetch": other["prefetch"]}
    reply = ask(mixed)
    assert reply.status == 200
    assert told(reply.body["cards"]) == {}
    assert "every-fact-answered" not in reply.text


SAME: dict[str, Any] = {
    "one-resource": of_condition(),
    "collection": {**bundle(of_condition()), "type": "collection"},
    "with-history": bundle(of_condition(subject={"reference": "Patient/pd-l1-negative/_history/3"})),
    "absolute": {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "fullUrl": "https://ehr.example/fhir/Condition/" + of_condition()["id"],
                "resource": of_condition(subject={"reference": "https://ehr.example/fhir/Patient/pd-l1-negative"}),
            }
        ],
    },
    "twice-and-alike": bundle(of_condition(), of_condition()),
    "with-an-outcome-that-informs": bundle(
        of_condition(),
        {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]},
    ),
    "with-the-patient": bundle(of_condition(), GOOD["prefetch"]["patient"]),
}


@pytest.mark.parametrize("row", SAME)
def test_ways_to_say_the_same_are_answered_alike(row: str) -> None:
    assert answered(changed(GOOD, "prefetch.condition", SAME[row])) == answered(GOOD)


def test_a_servers_own_address_of_the_patient_is_known() -> None:
    reference = {"reference": "https://ehr.example/r4/Patient/pd-l1-negative"}
    asked = changed(GOOD, "prefetch.condition", bundle(of_condition(subject=reference)))
    assert told(answered(asked)) != WHOLE
    assert told(answered({**asked, "fhirServer": "https://ehr.example/r4"})) == WHOLE


# ---- Anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "Patient/p", "Bundle", "1970-01-01"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "entry", "id", "subject", "code", "coding"]), below, max_size=3
        )
    ),
    max_leaves=8,
)
PLACES = [place for place in places(GOOD) if place and len(place) < 9][:600]


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_anywhere_there_is_an_answer_and_no_wrong_one(place: tuple[Any, ...], value: Any) -> None:
    """A value at any place of a good request: refused, or each option that is answered is answered by the records."""
    broken = deepcopy(GOOD)
    node: Any = broken
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    reply = ask(broken)
    assert reply.status in (200, 400, 404, 412, 422), reply.text
    if reply.status == 200:
        assert len(reply.body["cards"]) <= 4


@settings(max_examples=200, deadline=None, derandomize=True)
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_told_what_is_wrong(body: bytes) -> None:
    for path in (f"/cds-services/{VIEW}", f"/cds-services/{SIGN}"):
        reply = ask(body, path)
        assert reply.status == 400
        assert reply.errors


def test_the_good_request_is_good() -> None:
    assert ask(GOOD).status == 200
    assert GOOD["hookInstance"] == INSTANCE
    assert WHOLE["pembrolizumab"] == "ruled-out"
