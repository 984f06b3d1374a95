"""Noise in references: other patients, forms of the own one, Medications, reasons that are not there."""

from collections.abc import Callable, Iterator
from functools import partial

from . import member as m
from .chart import Chart, Form, Shape, concept
from .codes import LOOK_ALIKES
from .each_code import BUT_CHEMOTHERAPY
from .member import Resource
from .noisy import CANCER, CISPLATIN, DECIDERS, FOR_LUNG, INFUSION, LOCALLY, LUNG, THE_DRUG, Noise

Refer = Callable[[Chart], Resource | None]
NOT_CISPLATIN = concept(LOOK_ALIKES["drug"][0])


def _refer(form: str) -> Refer:
    """A reference as text, in which {id} is the patient's id and {base} the server's address."""
    return lambda chart: {"reference": form.format(id=chart.id, base=chart.base)}


OTHERS: tuple[tuple[str, Shape | None, Refer], ...] = (
    ("relative", None, _refer("Patient/other")),
    ("id-ends-alike", None, _refer("Patient/x{id}")),
    ("id-begins-alike", None, _refer("Patient/{id}x")),
    ("versioned", None, _refer("Patient/other/_history/2")),
    ("version-is-alike", None, _refer("Patient/other/_history/{id}")),
    ("group", None, _refer("Group/{id}")),
    ("same-id-on-another-server", "url", _refer("https://elsewhere.example/fhir/Patient/{id}")),
    ("other-id-on-this-server", "url", _refer("{base}/Patient/x{id}")),
    ("absolute-versioned", "url", _refer("{base}/Patient/{id}x/_history/2")),
    ("uuid", "uuid", _refer("urn:uuid:00000000-0000-4000-8000-000000000001")),
    ("same-id-elsewhere-beside-uuid", "uuid", _refer("https://elsewhere.example/fhir/Patient/{id}")),
)
FORMS: tuple[tuple[str, Shape, Form], ...] = (
    ("relative", "bare", "relative"),
    ("relative-versioned", "bare", "relative-versioned"),
    ("relative-beside-url", "url", "relative"),
    ("relative-beside-uuid", "uuid", "relative"),
    ("absolute", "url", "full"),
    ("absolute-versioned", "url", "full-versioned"),
    ("uuid", "uuid", "full"),
)


def noises() -> Iterator[Noise]:
    yield from _subjects()
    yield from _medications()
    yield from _reasons()


def _subjects() -> Iterator[Noise]:
    for record, decider in DECIDERS.items():
        for name, shape, refer in OTHERS:
            yield decider.noise(f"another-patient/{name}/{record}", shape, refer, counts=False)
        for name, own_shape, form in FORMS:
            yield decider.noise(f"own/{name}/{record}", own_shape, partial(_own, form), counts=True)
        yield decider.noise(f"subject-by-name/{record}", None, lambda _: {"display": "the patient"}, counts=False)
        yield decider.noise(
            f"subject-by-identifier/{record}", None, lambda c: {"identifier": {"value": c.id}}, counts=False
        )
    for record in ("pd-l1", "explicit", "explicit-recurrence"):  # R4 asks the other records for a subject
        yield DECIDERS[record].noise(f"no-subject/{record}", None, lambda _: None, counts=False)


def _own(form: Form, chart: Chart) -> Resource:
    return chart.pointer("Patient", chart.id, form)


# Medications


def _medications() -> Iterator[Noise]:
    yes = (m.CHEMOTHERAPY,)
    for name, shape, form in FORMS:
        yield Noise(f"medication-reference/{name}", BUT_CHEMOTHERAPY, partial(_by_reference, form), yes, shape=shape)
    for write in (_contained, _contained_beside_namesake):
        yield Noise("contained-medication", BUT_CHEMOTHERAPY, write, yes)
    yield Noise("contained-look-alike", BUT_CHEMOTHERAPY, _contained_look_alike)
    yield Noise("contained-in-another-record", BUT_CHEMOTHERAPY, _contained_elsewhere)
    yield Noise("entry-with-id-of-contained", BUT_CHEMOTHERAPY, _entry_with_id_of_contained)
    yield Noise("unreferenced-medication", BUT_CHEMOTHERAPY, lambda c: c.medication(CISPLATIN))
    texts = ("Medication/not-here", "https://elsewhere.example/fhir/Medication/r1", "Medication/r1x")
    for text in texts:
        yield Noise("dangling-medication", BUT_CHEMOTHERAPY, partial(_dangling_medication, text), shape="url")


def _give(
    chart: Chart, reference: Resource, reason: Resource | None = FOR_LUNG, contained: Resource | None = None
) -> None:
    drug: Resource = {"contained": [contained]} if contained else {}
    chart.given("MedicationAdministration", {**drug, "medicationReference": reference}, reason)


def _inside(code: Resource) -> Resource:
    return {"resourceType": "Medication", "id": "r1", "code": code}


def _by_reference(form: Form, chart: Chart) -> None:
    _give(chart, chart.to(chart.medication(CISPLATIN), form))


def _contained(chart: Chart) -> None:
    _give(chart, {"reference": "#r1"}, contained=_inside(CISPLATIN))


def _contained_beside_namesake(chart: Chart) -> None:
    chart.medication(NOT_CISPLATIN)  # r1, too
    _contained(chart)


def _contained_look_alike(chart: Chart) -> None:
    _give(chart, {"reference": "#r1"}, contained=_inside(NOT_CISPLATIN))


def _contained_elsewhere(chart: Chart) -> None:
    """The drug without the reason, and the reason with another drug, both under the same inner id."""
    _give(chart, {"reference": "#r1"}, None, _inside(CISPLATIN))
    _give(chart, {"reference": "#r1"}, FOR_LUNG, _inside(NOT_CISPLATIN))


def _entry_with_id_of_contained(chart: Chart) -> None:
    chart.medication(CISPLATIN)  # r1, too
    _contained_look_alike(chart)


def _dangling_medication(text: str, chart: Chart) -> None:
    chart.medication(CISPLATIN)
    _give(chart, {"reference": text})


# Reasons


def _reasons() -> Iterator[Noise]:
    yes = (m.CHEMOTHERAPY,)
    for name, shape, form in FORMS:
        write = partial(_for_condition, LUNG, "resolved", None, form)
        yield Noise(f"reason-reference/{name}", BUT_CHEMOTHERAPY, write, yes, shape=shape)
    for status in ("active", "recurrence", None):
        current = partial(_for_condition, LUNG, status, "provisional", None)
        yield Noise("reason-is-current", BUT_CHEMOTHERAPY, current, (*yes, m.DISTANT))
    yield Noise("second-reason-reference", BUT_CHEMOTHERAPY, _second_reason, yes)
    yield Noise("procedure-for-reference", BUT_CHEMOTHERAPY, _procedure_for_reference, yes)
    yield Noise("reason-refuted", BUT_CHEMOTHERAPY, partial(_for_condition, LUNG, "active", "refuted", None))
    erased = partial(_for_condition, LUNG, None, "entered-in-error", None)
    yield Noise("reason-entered-in-error", BUT_CHEMOTHERAPY, erased)
    for code in (CANCER, LOCALLY):
        yield Noise("reason-is-no-spread", BUT_CHEMOTHERAPY, partial(_for_condition, code, "resolved", None, None))
    for name, other_shape, refer in OTHERS:
        write_other = partial(_for_condition_of, refer)
        yield Noise(f"reason-of-another-patient/{name}", BUT_CHEMOTHERAPY, write_other, shape=other_shape)
    texts = ("Condition/not-here", "https://elsewhere.example/fhir/Condition/r1", "Condition/r1x", "Observation/r1")
    for text in texts:
        yield Noise("dangling-reason", BUT_CHEMOTHERAPY, partial(_dangling_reason, text), shape="url")
    yield Noise("reason-by-name", BUT_CHEMOTHERAPY, _reason_by_name)
    yield Noise("spread-beside-drug", BUT_CHEMOTHERAPY, _spread_beside_drug, (m.DISTANT,))


def _for_condition(
    code: Resource, clinical: str | None, verification: str | None, form: Form | None, chart: Chart
) -> None:
    condition = chart.condition(code, clinical, verification)
    chart.given("MedicationAdministration", THE_DRUG, {"reasonReference": [chart.to(condition, form)]})


def _for_condition_of(refer: Refer, chart: Chart) -> None:
    condition = chart.condition(LUNG, "active", subject=refer(chart))
    chart.given("MedicationStatement", THE_DRUG, {"reasonReference": [chart.to(condition)]})


def _second_reason(chart: Chart) -> None:
    reasons = [chart.to(chart.condition(code, "resolved")) for code in (CANCER, LUNG)]
    chart.given("MedicationAdministration", THE_DRUG, {"reasonReference": reasons})


def _procedure_for_reference(chart: Chart) -> None:
    condition = chart.condition(LUNG, "remission")
    chart.procedure(INFUSION, "in-progress", {"reasonReference": [chart.to(condition)]})


def _dangling_reason(text: str, chart: Chart) -> None:
    chart.condition(LUNG, "resolved")
    chart.given("MedicationAdministration", THE_DRUG, {"reasonReference": [{"reference": text}]})


def _reason_by_name(chart: Chart) -> None:
    chart.condition(LUNG, "resolved")
    chart.given("MedicationAdministration", THE_DRUG, {"reasonReference": [{"display": "the spread"}]})


def _spread_beside_drug(chart: Chart) -> None:
    """Both are there, but neither names the other."""
    chart.condition(LUNG, "active")
    chart.given("MedicationAdministration", THE_DRUG)
