"""What a noise is, and the records that decide a fact where nothing disturbs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import member as m
from .chart import OWN, Chart, Shape, concept
from .codes import (
    ANY_SITE,
    BODY,
    CERVICAL_CANCER,
    CHEMOTHERAPY,
    DRUGS,
    LOCAL_RECURRENCE,
    PD_L1_ANSWER,
    PD_L1_TEST,
    RADIOTHERAPY,
    RADIOTHERAPY_HISTORY,
    SPREAD,
    Code,
)
from .each_code import BUT_CHEMOTHERAPY, BUT_RADIATION, NOWHERE_ELSE
from .member import RECURRENCE, Resource


def _called(name: str, codes: tuple[Code, ...]) -> Resource:
    return concept(next(code for code in codes if code.concept == name))


CANCER = concept(CERVICAL_CANCER[0])
LOCALLY = concept(LOCAL_RECURRENCE)
ANYWHERE = concept(ANY_SITE)
AT = {name: concept(codes[0]) for name, codes in BODY.items()}
LUNG = _called("metastatic-lung", SPREAD["distant"])
PELVIC_NODES = _called("metastatic-pelvic-nodes", SPREAD["other-pelvic-organ"])
BLADDER_FROM_CERVIX = _called("from-cervix-bladder-direct-extension", SPREAD["other-pelvic-organ"])
SPREAD_SOMEWHERE = _called("metastatic-disease", SPREAD["without-place"])
CISPLATIN = _called("cisplatin", DRUGS)
BEAM = concept(RADIOTHERAPY[0])
IRRADIATED_ONCE = concept(RADIOTHERAPY_HISTORY)
INFUSION = concept(CHEMOTHERAPY[0])
PD_L1_BY_22C3 = concept(PD_L1_TEST[0])
POSITIVE = concept(PD_L1_ANSWER["yes"][0])
NEGATIVE = concept(PD_L1_ANSWER["no"][0])

THE_DRUG: Resource = {"medicationCodeableConcept": CISPLATIN}
FOR_LUNG: Resource = {"reasonCode": [LUNG]}
TRUE: Resource = {"valueBoolean": True}
FALSE: Resource = {"valueBoolean": False}

Said = Mapping[str, bool]
NOTHING: Said = {}
RECURRENT: Said = {RECURRENCE: True}
BUT_PLACE: Said = {RECURRENCE: True, m.SIDE_WALL: False, m.DISTANT: False}
BUT_DISTANT: Said = {RECURRENCE: True, m.CERVIX: True, m.SIDE_WALL: False}
BUT_SMALL: Said = {RECURRENCE: True, m.CERVIX: True, **NOWHERE_ELSE, m.RADIATION: True}


@dataclass(frozen=True)
class Noise:
    """What is added to a patient of whom `said` is recorded, and what it proves all the same."""

    kind: str
    said: Said
    write: Callable[[Chart], object]
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    opens: bool = False
    shape: Shape | None = None


@dataclass(frozen=True)
class Decider:
    """A record that proves `yes`, written about a subject."""

    said: Said
    write: Callable[[Chart, Resource | None], object]
    yes: tuple[str, ...] = ()
    opens: bool = False

    def noise(self, kind: str, shape: Shape | None, subject: Callable[[Chart], Resource | None], counts: bool) -> Noise:
        yes = self.yes if counts else ()
        return Noise(kind, self.said, lambda c: self.write(c, subject(c)), yes, (), self.opens and counts, shape)


DECIDERS = {
    "recurrence": Decider(NOTHING, lambda c, s: c.condition(CANCER, "recurrence", subject=s), (RECURRENCE,)),
    "cancer": Decider(NOTHING, lambda c, s: c.condition(CANCER, "active", subject=s), opens=True),
    "spread": Decider(BUT_DISTANT, lambda c, s: c.condition(LUNG, "active", subject=s), (m.DISTANT,)),
    "radiation": Decider(BUT_RADIATION, lambda c, s: c.procedure(BEAM, subject=s), (m.RADIATION,)),
    "drug": Decider(
        BUT_CHEMOTHERAPY,
        lambda c, s: c.given("MedicationAdministration", THE_DRUG, FOR_LUNG, subject=s),
        (m.CHEMOTHERAPY,),
    ),
    "statement": Decider(
        BUT_CHEMOTHERAPY,
        lambda c, s: c.given("MedicationStatement", THE_DRUG, FOR_LUNG, subject=s),
        (m.CHEMOTHERAPY,),
    ),
    "pd-l1": Decider(
        RECURRENT,
        lambda c, s: c.observation(PD_L1_BY_22C3, {"valueCodeableConcept": POSITIVE}, subject=s),
        (m.PD_L1,),
    ),
    "explicit": Decider(BUT_SMALL, lambda c, s: c.explicit(m.SMALL, TRUE, subject=s), (m.SMALL,)),
    "explicit-recurrence": Decider(NOTHING, lambda c, s: c.explicit(RECURRENCE, TRUE, subject=s), (RECURRENCE,)),
}


def own(_: Chart) -> Resource:
    return OWN
