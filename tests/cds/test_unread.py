"""Records that were not read: what is still said holds whatever they are, and what hangs on them is not answered.

The test of it: take the whole record away of a type, say that it was not read, and every option that is still answered
is answered as with the whole record. Then nobody was told "not met", or "may be offered", on half the data.
"""

from collections import Counter
from typing import Any

import pytest
from cervical_options.service.fhirpath import Engine, Records

from ..acceptance.test_apply import generated, written
from ..patients import cases
from ..reports import report
from .calls import about, answered, answering, request, told

TYPES = ("Observation", "Condition", "Procedure", "MedicationAdministration", "MedicationStatement")
OUTCOME: dict[str, Any] = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}
# How the records of a key do not come: what stands in their place, or nothing at all.
FAILS: dict[str, Any] = {
    "absent": ...,
    "failed": OUTCOME,
    "error-among": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": OUTCOME}]},
    "next-page": {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": "x"}],
        "entry": [],
    },
    "total": {"resourceType": "Bundle", "type": "searchset", "total": 3, "entry": []},
    "other-type": {"resourceType": "Basic", "code": {"text": "x"}},
    "no-bundle": {"resourceType": "Bundle", "type": "history", "entry": []},
}


def without(asked: dict[str, Any], kind: str, instead: Any) -> dict[str, Any]:
    """A call whose records of a type do not come."""
    prefetch = dict(asked["prefetch"])
    for key in [key for key in prefetch if key.rstrip("2") == kind[:1].lower() + kind[1:]]:
        if instead is ...:
            del prefetch[key]
        else:
            prefetch[key] = instead
    return {**asked, "prefetch": prefetch}


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_said_without_a_type_of_record_is_what_all_records_say(kind: str) -> None:
    counted: Counter[str] = Counter()
    bundles = [case.bundle for case in cases()] + [member.bundle for member in generated()]
    for bundle in bundles:
        asked = request(bundle)
        whole = told(answered(asked))
        cards = answered(without(asked, kind, ...))
        half = told(cards)
        assert {option: outcome for option, outcome in half.items() if outcome != whole.get(option)} == {}, bundle
        untold = [card for card in cards if about(card)["action"] == "unread"]
        lost = whole.keys() - half.keys()
        assert not lost or untold or "records could not be read" in cards[-1]["detail"]
        assert len(cards) <= 4
        counted.update(half.values())
        counted["not answered"] += len(lost)
    assert counted["not answered"]
    said = f"{len(bundles)} patients, nothing said that all records do not say; {dict(counted)}"
    report(f"cds-unread-{kind}", [f"CDS service without {kind}: {said}"])


@pytest.mark.parametrize("fault", FAILS)
def test_each_way_not_to_come_leaves_the_condition_unanswered(fault: str) -> None:
    """A distant spread closes exenteration; the diagnosis of it did not come, and nobody is told either way."""
    (case,) = (each for each in cases() if each.name == "spread-lung")
    asked = request(case.bundle)
    assert told(answered(asked))["pelvic-exenteration"] == "ruled-out"
    cards = answered(without(asked, "Condition", FAILS[fault]))
    assert told(cards).get("pelvic-exenteration") is None
    unread = next(card for card in cards if about(card)["action"] == "unread")
    assert "Condition (" in unread["detail"]
    assert "Pelvic exenteration" in unread["detail"]
    assert "Unknown is not no" in unread["detail"]


def test_null_means_nothing_there_but_for_diagnoses() -> None:
    """CDS Hooks: null is for nothing found. No diagnosis at all would mean that the content does not apply."""
    (case,) = (each for each in cases() if each.name == "recurrence-only")
    asked = request(case.bundle)
    whole = told(answered(asked))
    for key in asked["prefetch"]:
        if key not in ("patient", "condition"):
            asked["prefetch"][key] = None
    assert told(answered(asked)) == whole
    asked["prefetch"]["condition"] = None
    (card,) = answered(asked)
    assert about(card)["action"] == "unread"


def test_a_patient_without_a_diagnosis_gets_no_card_and_one_whose_diagnoses_were_not_read_does() -> None:
    nobody = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}],
    }
    asked = request(nobody)
    assert answered(asked) == []
    assert [about(card)["action"] for card in answered(without(asked, "Condition", OUTCOME))] == ["unread"]


def test_written_patients_are_in_every_row() -> None:
    """So that the counts above are of patients to whom it matters."""
    outcomes = Counter(each.outcome for case in cases() if case.applies for each in written(case).values())
    assert {"offered", "needs-data", "ruled-out"} <= outcomes.keys()


# ---- The logic by itself


EXISTS = "entry.resource.ofType(Condition).where(code.text = 'a').exists()"
OTHER = "entry.resource.ofType(Procedure).where(code.text = 'b').exists()"
ROWS = {
    "exists": (EXISTS, True),
    "exists-not": (f"{EXISTS}.not()", False),
    "other-type": (OTHER, False),
    "and-stays-false": (f"{OTHER} and entry.resource.ofType(Condition).where(code.text = 'z').exists()", False),
    "or-stays-true": (f"{EXISTS} or entry.resource.ofType(Condition).where(code.text = 'z').exists()", True),
    "nothing-found": ("entry.resource.ofType(Condition).where(code.text = 'z').exists()", None),
    "nothing-found-not": ("entry.resource.ofType(Condition).where(code.text = 'z').exists().not()", None),
    "empty": ("entry.resource.ofType(Condition).where(code.text = 'a').empty()", False),
    "counted": ("entry.resource.ofType(Condition).count() = 1", None),
    "alone": ("entry.resource.where(code.text = 'a').exists()", True),
    "any-entry": ("entry.resource.where(code.text = 'z').exists()", None),
    "turned-inside": (
        "entry.resource.ofType(Procedure).where(%resource.entry.resource.ofType(Condition).exists().not()).exists()",
        None,
    ),
    "turned-inside-found": (
        "entry.resource.ofType(Condition).where(%resource.entry.resource.ofType(Condition).where(code.text = 'z')"
        ".exists().not()).exists()",
        None,
    ),
    "patient-named": (
        "entry.resource.ofType(Procedure).where(subject.reference in %resource.entry.where(resource.ofType(Patient)"
        ".exists()).select(fullUrl | ('Patient/' & resource.id))).exists()",
        False,
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_decided(row: str) -> None:
    expression, answer = ROWS[row]
    records = Records(
        {
            "resourceType": "Bundle",
            "entry": [{"resource": {"resourceType": "Condition", "code": {"text": "a"}}}],
        }
    )
    assert Engine().decided(expression, records, frozenset({"Condition"})) is answer


def test_where_all_was_read_it_says_what_holds() -> None:
    engine, records = Engine(), Records({"resourceType": "Bundle", "entry": []})
    for expression, _ in ROWS.values():
        assert engine.decided(expression, records, frozenset()) is (engine.holds(expression, records) is True)


def test_what_only_the_library_evaluates_is_not_decided() -> None:
    records = Records({"resourceType": "Bundle", "entry": []})
    expression = "entry.resource.ofType(Condition).repeat(code).exists()"
    assert Engine().decided(expression, records, frozenset({"Condition"})) is None


def test_the_services_are_compiled_so_that_what_is_unread_can_be_told() -> None:
    assert len(answering().services) == 2
