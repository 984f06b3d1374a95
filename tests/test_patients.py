"""Written patients get the answers that were worked out by hand from the page, before any engine ran."""

import pytest
from cervical_options.service.application import Application

from cervical_options import resources

from .oracle import OPTIONS
from .patients import Case, cases

CASES = cases()


@pytest.fixture(scope="module")
def application() -> Application:
    return Application(resources())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_written_patient_is_answered_as_expected(case: Case, application: Application) -> None:
    told = application.data(case.bundle)
    assert told["patient"].startswith("Patient/")
    assert told["applies"] is case.applies
    answers = {each["id"]: (each["outcome"], (*each["missing"],), (*each["closedBy"],)) for each in told["options"]}
    assert answers == case.expected
    assert list(answers) == list(OPTIONS)
    assert set(told.get("conflicting", ())) == case.conflicting


def test_the_written_patients_show_every_outcome_of_every_conditional_option() -> None:
    seen = {(option, outcome) for case in CASES for option, (outcome, _, _) in case.expected.items()}
    assert seen == {(option, outcome) for option in OPTIONS for outcome in ("offered", "needs-data", "ruled-out")}
