"""Noise in codes: look-alikes, wrong systems, missing parts, several codings."""

from collections.abc import Callable, Iterator
from functools import partial

from . import member as m
from .chart import CLINICAL, LOCAL, Chart, coding, concept
from .codes import (
    ALL_SPREAD,
    ANY_SITE,
    BODY,
    CERVICAL_CANCER,
    DRUGS,
    ELSEWHERE,
    LOCAL_RECURRENCE,
    LOOK_ALIKES,
    PD_L1_ANSWER,
    PD_L1_TEST,
    RADIOTHERAPY,
    REASONS,
    SYSTEMS,
    Code,
    fact_code,
)
from .each_code import BUT_CHEMOTHERAPY, BUT_RADIATION
from .member import RECURRENCE, Resource
from .noisy import (
    ANYWHERE,
    AT,
    BEAM,
    BUT_DISTANT,
    BUT_PLACE,
    BUT_SMALL,
    CANCER,
    CISPLATIN,
    FOR_LUNG,
    INFUSION,
    LOCALLY,
    LUNG,
    NOTHING,
    PD_L1_BY_22C3,
    POSITIVE,
    RECURRENT,
    SPREAD_SOMEWHERE,
    THE_DRUG,
    TRUE,
    Noise,
)

FILLER: Resource = {"system": LOCAL, "code": "A1"}
Alter = Callable[[Resource], Resource]


def noises() -> Iterator[Noise]:
    yield from _look_alikes()
    yield from _wrong_systems()
    yield from _missing_parts()
    yield from _several_codings()


# One coded record, its code altered. Each would prove a fact with its code unaltered.


def recurrence(alter: Alter, chart: Chart) -> None:
    chart.condition(alter(CANCER), "recurrence")


def local_recurrence(alter: Alter, chart: Chart) -> None:
    chart.condition(alter(LOCALLY), "active")


def site(alter: Alter, chart: Chart) -> None:
    chart.condition(LOCALLY, "active", body=(alter(AT["cervix"]),))


def recurrence_at_cervix(alter: Alter, chart: Chart) -> None:
    chart.condition(ANYWHERE, "active", body=(alter(AT["cervix"]),))


def spread(alter: Alter, chart: Chart) -> None:
    chart.condition(alter(LUNG), "active")


def radiation(alter: Alter, chart: Chart) -> None:
    chart.procedure(alter(BEAM))


def drug(alter: Alter, chart: Chart) -> None:
    chart.given("MedicationAdministration", {"medicationCodeableConcept": alter(CISPLATIN)}, FOR_LUNG)


def medication(alter: Alter, chart: Chart) -> None:
    entry = chart.medication(alter(CISPLATIN))
    chart.given("MedicationStatement", {"medicationReference": chart.to(entry)}, FOR_LUNG)


def reason(alter: Alter, chart: Chart) -> None:
    chart.given("MedicationStatement", THE_DRUG, {"reasonCode": [alter(LUNG)]})


def chemotherapy(alter: Alter, chart: Chart) -> None:
    chart.procedure(alter(INFUSION), "completed", FOR_LUNG)


def pd_l1_test(alter: Alter, chart: Chart) -> None:
    chart.observation(alter(PD_L1_BY_22C3), {"valueCodeableConcept": POSITIVE})


def pd_l1_value(alter: Alter, chart: Chart) -> None:
    chart.observation(PD_L1_BY_22C3, {"valueCodeableConcept": alter(POSITIVE)})


def pd_l1_interpretation(alter: Alter, chart: Chart) -> None:
    chart.observation(PD_L1_BY_22C3, {"interpretation": [alter(POSITIVE)]})


def explicit(alter: Alter, chart: Chart) -> None:
    chart.observation(alter(concept(fact_code(m.SMALL))), TRUE)


WRITERS = (
    (recurrence, NOTHING, (), (RECURRENCE,)),
    (local_recurrence, NOTHING, (), (RECURRENCE,)),
    (site, BUT_PLACE, (RECURRENCE,), (m.CERVIX,)),
    (recurrence_at_cervix, NOTHING, (), (RECURRENCE,)),
    (spread, BUT_DISTANT, (), (m.DISTANT,)),
    (radiation, BUT_RADIATION, (), (m.RADIATION,)),
    (drug, BUT_CHEMOTHERAPY, (), (m.CHEMOTHERAPY,)),
    (medication, BUT_CHEMOTHERAPY, (), (m.CHEMOTHERAPY,)),
    (reason, BUT_CHEMOTHERAPY, (), (m.CHEMOTHERAPY,)),
    (chemotherapy, BUT_CHEMOTHERAPY, (), (m.CHEMOTHERAPY,)),
    (pd_l1_test, RECURRENT, (), (m.PD_L1,)),
    (pd_l1_value, RECURRENT, (), (m.PD_L1,)),
    (pd_l1_interpretation, RECURRENT, (), (m.PD_L1,)),
    (explicit, BUT_SMALL, (), (m.SMALL,)),
)


def altered(kind: str, alter: Alter, counts: bool = False) -> Iterator[Noise]:
    """Each coded record with its code altered; `counts`: the fact is proved all the same."""
    for write, said, always, yes in WRITERS:
        name = write.__name__.replace("_", "-")
        opens = write is recurrence_at_cervix  # a recurrence anywhere may still be of the cervix
        yield Noise(f"{kind}/{name}", said, partial(write, alter), (*always, *(yes if counts else ())), opens=opens)


# Look-alikes


def _look_alikes() -> Iterator[Noise]:
    for code in (*LOOK_ALIKES["cervix"], *ELSEWHERE["cervix"]):
        yield Noise(f"look-alike-cancer/{code.code}", NOTHING, partial(recurrence, _always(code)))
    for code in (*LOOK_ALIKES["drug"], *ELSEWHERE["drug"]):
        yield Noise(f"look-alike-drug/{code.code}", BUT_CHEMOTHERAPY, partial(drug, _always(code)))
    for code in LOOK_ALIKES["drug"][:6]:
        yield Noise(f"look-alike-medication/{code.code}", BUT_CHEMOTHERAPY, partial(medication, _always(code)))
    for code in (*LOOK_ALIKES["radiotherapy"], *ELSEWHERE["radiotherapy"]):
        yield Noise(f"look-alike-radiation/{code.code}", BUT_RADIATION, partial(radiation, _always(code)))
    irradiating = {code.code for code in RADIOTHERAPY}
    for code in ELSEWHERE["chemotherapy"]:
        yes = (m.RADIATION,) if code.code in irradiating else ()
        yield Noise(f"look-alike-chemotherapy/{code.code}", BUT_CHEMOTHERAPY, partial(chemotherapy, _always(code)), yes)
    for code in ELSEWHERE["pd-l1-test"]:
        yield Noise(f"look-alike-pd-l1-test/{code.code}", RECURRENT, partial(pd_l1_test, _always(code)))
    for code in ELSEWHERE["pd-l1-answer"]:
        yield Noise(f"pd-l1-undecided/value/{code.code}", RECURRENT, partial(pd_l1_value, _always(code)))
        yield Noise(
            f"pd-l1-undecided/interpretation/{code.code}", RECURRENT, partial(pd_l1_interpretation, _always(code))
        )
    for code in CERVICAL_CANCER[:3]:
        yield Noise(f"cancer-is-no-reason/{code.code}", BUT_CHEMOTHERAPY, partial(reason, _always(code)))
    for code in ALL_SPREAD:
        if code not in REASONS:
            yield Noise(f"growth-is-no-reason/{code.code}", BUT_CHEMOTHERAPY, partial(reason, _always(code)))
    yield Noise("cancer-is-no-reason/local-recurrence", BUT_CHEMOTHERAPY, partial(reason, _always(LOCAL_RECURRENCE)))
    for code in (*BODY["no-place"], *BODY["uterus"], *BODY["other-pelvic-organ"]):
        elsewhere = partial(recurrence_at_cervix, _always(code))
        yield Noise(f"recurrence-not-at-cervix/{code.code}", NOTHING, elsewhere, opens=True)
    yield Noise("recurrence-without-site", NOTHING, lambda c: c.condition(concept(ANY_SITE), "recurrence"), opens=True)


def _always(code: Code) -> Alter:
    return lambda _: concept(code)


# Systems


def _wrong_systems() -> Iterator[Noise]:
    yield from altered("wrong-system", _with(system=LOCAL))
    yield from altered("system-with-slash", lambda code: _each(code, lambda c: {**c, "system": c["system"] + "/"}))
    yield from altered("code-of-another-kind", _with(code="0000"))
    for number, (code, system) in enumerate(
        (
            (CERVICAL_CANCER[0], "icd-10"),
            (CERVICAL_CANCER[-1], "snomed"),
            (CERVICAL_CANCER[-1], "icd-o-3"),
            (LOCAL_RECURRENCE, "icd-10-cm"),
            (BODY["cervix"][1], "icd-10-ca"),
        )
    ):
        swapped = Code(SYSTEMS.get(system, f"http://hl7.org/fhir/sid/{system}"), code.code, code.concept)
        yield Noise(f"swapped-system/cancer-{number}", NOTHING, partial(recurrence, _always(swapped)))
    for system in ("atc", "snomed", "din"):
        swapped = Code(SYSTEMS[system], DRUGS[0].code, DRUGS[0].concept)
        yield Noise(f"swapped-system/drug-{system}", BUT_CHEMOTHERAPY, partial(drug, _always(swapped)))
    swapped = Code(SYSTEMS["snomed"], PD_L1_TEST[0].code, PD_L1_TEST[0].concept)
    yield Noise("swapped-system/pd-l1-test", RECURRENT, partial(pd_l1_test, _always(swapped)))
    swapped = Code(SYSTEMS["loinc"], "POS", "interpretation-pos")
    yield Noise("swapped-system/pd-l1-answer", RECURRENT, partial(pd_l1_interpretation, _always(swapped)))
    swapped = Code(SYSTEMS["icd-10"], BODY["cervix"][1].code, "icdo3")
    yield Noise("swapped-system/site", BUT_PLACE, partial(site, _always(swapped)), (RECURRENCE,))


def _each(code: Resource, change: Alter) -> Resource:
    return {**code, "coding": [change(one) for one in code["coding"]]}


def _with(**elements: str) -> Alter:
    return lambda code: _each(code, lambda one: {**one, **elements})


def _without(element: str) -> Alter:
    return lambda code: _each(code, lambda one: {key: one[key] for key in one if key != element} | {"display": "said"})


# Missing parts


def _missing_parts() -> Iterator[Noise]:
    yield from altered("coding-without-system", _without("system"))
    yield from altered("coding-without-code", _without("code"))
    yield from altered("text-only", lambda _: {"text": "as in the code"})
    yield from altered("display-only", lambda _: {"coding": [{"display": "as in the code"}]})
    yield Noise("no-code/condition", NOTHING, lambda c: c.condition(None, "recurrence"))
    yield Noise("no-code/procedure", BUT_RADIATION, lambda c: c.procedure(None))
    yield Noise("no-code/chemotherapy", BUT_CHEMOTHERAPY, lambda c: c.procedure(None, "completed", FOR_LUNG))
    yield Noise("no-code/medication", BUT_CHEMOTHERAPY, _by_ingredient)
    yield Noise("no-site", BUT_PLACE, lambda c: c.condition(LOCALLY, "active"), (RECURRENCE,))
    yield Noise("no-pd-l1-value", RECURRENT, lambda c: c.observation(PD_L1_BY_22C3, {}))
    yield Noise("no-clinical-status", NOTHING, lambda c: c.condition(CANCER), opens=True)
    yield Noise("no-reason", BUT_CHEMOTHERAPY, lambda c: c.given("MedicationAdministration", THE_DRUG))
    yield Noise("empty-record", NOTHING, lambda _: None)


def _by_ingredient(chart: Chart) -> None:
    """A Medication that has the drug among its ingredients, but no code."""
    entry = chart.medication(None, ingredient=[{"itemCodeableConcept": CISPLATIN}])
    chart.given("MedicationStatement", {"medicationReference": chart.to(entry)}, FOR_LUNG)


# Several codings


def _several_codings() -> Iterator[Noise]:
    yield from altered("second-coding", lambda code: {"coding": [FILLER, *code["coding"]]}, counts=True)
    yield from altered(
        "third-coding", lambda code: {"coding": [{"display": "x"}, FILLER, *code["coding"]]}, counts=True
    )
    yield from altered("coding-with-version", _with(version="2024-03", display="any words"), counts=True)
    status: Resource = {"coding": [FILLER, {"system": CLINICAL, "code": "recurrence"}]}
    second: Resource = {"clinicalStatus": status, "code": CANCER}
    yield Noise("second-coding/clinical-status", NOTHING, lambda c: c.record("Condition", dict(second)), (RECURRENCE,))
    yield Noise("second-site", BUT_PLACE, _second_site, (RECURRENCE, m.CERVIX))
    yield Noise("second-site/two-places", {}, _two_sites, (RECURRENCE, m.CERVIX, m.UTERUS))
    yield Noise("second-reason", BUT_CHEMOTHERAPY, _second_reason, (m.CHEMOTHERAPY,))
    yield Noise("second-interpretation", RECURRENT, _second_interpretation, (m.PD_L1,))
    both: Resource = {"coding": [coding(LOOK_ALIKES["cervix"][0]), *CANCER["coding"]]}
    yield Noise("look-alike-beside-cancer", NOTHING, lambda c: c.condition(both, "recurrence"), (RECURRENCE,))


def _second_site(chart: Chart) -> None:
    chart.condition(LOCALLY, "active", body=({"text": "pelvis"}, AT["no-place"], AT["cervix"]))


def _two_sites(chart: Chart) -> None:
    chart.condition(LOCALLY, None, body=(AT["cervix"], AT["uterus"]))


def _second_reason(chart: Chart) -> None:
    chart.given("MedicationAdministration", THE_DRUG, {"reasonCode": [{"text": "?"}, CANCER, SPREAD_SOMEWHERE]})


def _second_interpretation(chart: Chart) -> None:
    undecided = concept(ELSEWHERE["pd-l1-answer"][-1])
    chart.observation(PD_L1_BY_22C3, {"interpretation": [undecided, concept(PD_L1_ANSWER["yes"][-1])]})
