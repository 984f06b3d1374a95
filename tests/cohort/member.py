"""A generated patient and what must be concluded about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Truth = Literal["true", "false", "unknown"]
Resource = dict[str, Any]

RECURRENCE = "recurrent-cervical-cancer"
CERVIX = "site-cervix"
UTERUS = "site-uterus"
ELSEWHERE_IN_PELVIS = "site-other-pelvic-organ"
DISTANT = "site-distant"
SIDE_WALL = "side-wall-involved"
SMALL = "small-recurrence"
RADIATION = "prior-radiation"
CHEMOTHERAPY = "metastatic-chemotherapy"
NO_RESPONSE = "chemotherapy-no-response"
RETURN = "chemotherapy-then-return"
PD_L1 = "pd-l1-positive"
FACTS = (
    RECURRENCE,
    CERVIX,
    UTERUS,
    ELSEWHERE_IN_PELVIS,
    DISTANT,
    SIDE_WALL,
    SMALL,
    RADIATION,
    CHEMOTHERAPY,
    NO_RESPONSE,
    RETURN,
    PD_L1,
)


@dataclass(frozen=True)
class Member:
    """One patient of the cohort. `facts`: all twelve, as the writer of the records meant them."""

    name: str
    facts: Mapping[str, Truth]
    conflicting: frozenset[str]
    bundle: Resource
