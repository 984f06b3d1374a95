"""A Bundle of which nobody can say that it holds the patient's records is refused, for an absence can be an answer."""

from copy import deepcopy
from typing import Any

import pytest
from cervical_options.service.patient_record import RecordsError, patient_of

CANCER: dict[str, Any] = {
    "resourceType": "Condition",
    "id": "c",
    "code": {"coding": [{"system": "http://snomed.info/sct", "code": "363354003"}]},
    "subject": {"reference": "Patient/p"},
}
GOOD: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}, {"resource": CANCER}],
}
ELSEWHERE = {"reference": "https://ehr.example/fhir/Patient/p"}


def changed(**subject: Any) -> dict[str, Any]:
    bundle = deepcopy(GOOD)
    bundle["entry"][1]["resource"] |= subject
    return bundle


def with_entry(resource: dict[str, Any]) -> dict[str, Any]:
    return {**GOOD, "entry": [*GOOD["entry"], {"resource": resource}]}


def test_a_good_bundle_names_its_patient() -> None:
    assert patient_of(GOOD) == "Patient/p"
    assert (
        patient_of({**GOOD, "link": [{"relation": "self", "url": "https://ehr.example/fhir/Condition"}]}) == "Patient/p"
    )


REFUSED = {
    "subject-by-name": (changed(subject={"display": "Jane"}), "no reference, so the record is nobody's"),
    "subject-by-identifier": (
        changed(subject={"identifier": {"value": "7"}}),
        "no reference, so the record is nobody's",
    ),
    "absolute-without-full-url": (changed(subject=ELSEWHERE), "give the Patient's entry its fullUrl"),
    "more-pages": ({**GOOD, "link": [{"relation": "next", "url": "https://ehr.example/2"}]}, "there is a next page"),
    "not-all-fetched": (with_entry({"resourceType": "OperationOutcome", "issue": []}), "something was not fetched"),
    "bundle-in-it": (with_entry({**GOOD, "id": "b"}), "a Bundle within the Bundle"),
    "twice": (with_entry(CANCER), "is there twice"),
    "two-patients": (with_entry({"resourceType": "Patient", "id": "q"}), "2 Patients"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_may_be_incomplete_is_refused(row: str) -> None:
    bundle, told = REFUSED[row]
    with pytest.raises(RecordsError, match=told):
        patient_of(bundle)


def test_an_absolute_subject_counts_where_the_patient_has_that_address() -> None:
    bundle = changed(subject=ELSEWHERE)
    bundle["entry"][0]["fullUrl"] = ELSEWHERE["reference"]
    assert patient_of(bundle) == "Patient/p"
