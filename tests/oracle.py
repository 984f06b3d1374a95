"""From three-valued facts to the answers of the eleven options, written by hand from the page.

A second opinion: it shares no line, table or expression with the package, so an error has to be made twice to pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Truth = Literal["true", "false", "unknown"]
Outcome = Literal["offered", "needs-data", "ruled-out"]

FACTS: tuple[str, ...] = (
    "recurrent-cervical-cancer",
    "site-cervix",
    "site-uterus",
    "site-other-pelvic-organ",
    "site-distant",
    "side-wall-involved",
    "small-recurrence",
    "prior-radiation",
    "metastatic-chemotherapy",
    "chemotherapy-no-response",
    "chemotherapy-then-return",
    "pd-l1-positive",
)

OPTIONS: tuple[str, ...] = (
    "chemoradiation",
    "radiation-therapy",
    "palliative-radiation",
    "chemotherapy",
    "bevacizumab",
    "cemiplimab",
    "pembrolizumab",
    "pelvic-exenteration",
    "radical-hysterectomy",
    "supportive-care",
    "clinical-trials",
)


@dataclass(frozen=True)
class OptionAnswer:
    """What is said of one option: its outcome, what would have to be learned, what closes it."""

    id: str
    outcome: Outcome
    missing: tuple[str, ...]
    closed_by: tuple[str, ...]


def applies(facts: Mapping[str, Truth]) -> bool | None:
    """Whether the patient has recurrent cervical cancer; None: not known."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    if recurrence == "true":
        return True
    if recurrence == "false":
        return False
    return None


def answers(facts: Mapping[str, Truth]) -> tuple[OptionAnswer, ...]:
    """All eleven options in the order of their contract; a fact that is not given is unknown."""
    strange = set(facts) - set(FACTS)
    if strange:
        raise ValueError(f"no such fact: {', '.join(sorted(strange))}")
    return (
        unconditional("chemoradiation", facts),
        unconditional("radiation-therapy", facts),
        unconditional("palliative-radiation", facts),
        unconditional("chemotherapy", facts),
        unconditional("bevacizumab", facts),
        cemiplimab(facts),
        pembrolizumab(facts),
        pelvic_exenteration(facts),
        radical_hysterectomy(facts),
        unconditional("supportive-care", facts),
        unconditional("clinical-trials", facts),
    )


def unconditional(option: str, facts: Mapping[str, Truth]) -> OptionAnswer:
    """The page sets no condition beyond the recurrence itself."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    if recurrence == "true":
        return OptionAnswer(option, "offered", (), ())
    if recurrence == "false":
        return OptionAnswer(option, "ruled-out", (), ("recurrent-cervical-cancer",))
    return OptionAnswer(option, "needs-data", ("recurrent-cervical-cancer",), ())


def cemiplimab(facts: Mapping[str, Truth]) -> OptionAnswer:
    """Chemotherapy was given for spread disease, and did not work or the cancer came back after it (S-45, S-46)."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    given = facts.get("metastatic-chemotherapy", "unknown")
    no_response = facts.get("chemotherapy-no-response", "unknown")
    came_back = facts.get("chemotherapy-then-return", "unknown")

    if recurrence == "false":
        return OptionAnswer("cemiplimab", "ruled-out", (), ("recurrent-cervical-cancer",))

    closed_by: list[str] = []
    if given == "false":
        closed_by.append("metastatic-chemotherapy")
    if no_response == "false" and came_back == "false":
        closed_by += ["chemotherapy-no-response", "chemotherapy-then-return"]
    if closed_by:
        return OptionAnswer("cemiplimab", "ruled-out", (), tuple(closed_by))

    missing: list[str] = []
    if recurrence == "unknown":
        missing.append("recurrent-cervical-cancer")
    if given == "unknown":
        missing.append("metastatic-chemotherapy")
    if no_response != "true" and came_back != "true":  # one of the two would do
        if no_response == "unknown":
            missing.append("chemotherapy-no-response")
        if came_back == "unknown":
            missing.append("chemotherapy-then-return")
    if missing:
        return OptionAnswer("cemiplimab", "needs-data", tuple(missing), ())
    return OptionAnswer("cemiplimab", "offered", (), ())


def pembrolizumab(facts: Mapping[str, Truth]) -> OptionAnswer:
    """The tumour has PD-L1 (S-49)."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    positive = facts.get("pd-l1-positive", "unknown")

    if recurrence == "false":
        return OptionAnswer("pembrolizumab", "ruled-out", (), ("recurrent-cervical-cancer",))
    if positive == "false":
        return OptionAnswer("pembrolizumab", "ruled-out", (), ("pd-l1-positive",))
    if recurrence == "true" and positive == "true":
        return OptionAnswer("pembrolizumab", "offered", (), ())
    if recurrence == "true":
        return OptionAnswer("pembrolizumab", "needs-data", ("pd-l1-positive",), ())
    if positive == "true":
        return OptionAnswer("pembrolizumab", "needs-data", ("recurrent-cervical-cancer",), ())
    return OptionAnswer("pembrolizumab", "needs-data", ("recurrent-cervical-cancer", "pd-l1-positive"), ())


def pelvic_exenteration(facts: Mapping[str, Truth]) -> OptionAnswer:
    """Somewhere in the pelvis (R-01), not at its side wall, nowhere outside it (S-51 to S-53)."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    cervix = facts.get("site-cervix", "unknown")
    uterus = facts.get("site-uterus", "unknown")
    elsewhere = facts.get("site-other-pelvic-organ", "unknown")
    side_wall = facts.get("side-wall-involved", "unknown")
    distant = facts.get("site-distant", "unknown")

    if recurrence == "false":
        return OptionAnswer("pelvic-exenteration", "ruled-out", (), ("recurrent-cervical-cancer",))

    closed_by: list[str] = []
    if cervix == "false" and uterus == "false" and elsewhere == "false":
        closed_by += ["site-cervix", "site-uterus", "site-other-pelvic-organ"]
    if side_wall == "true":
        closed_by.append("side-wall-involved")
    if distant == "true":
        closed_by.append("site-distant")
    if closed_by:
        return OptionAnswer("pelvic-exenteration", "ruled-out", (), tuple(closed_by))

    missing: list[str] = []
    if recurrence == "unknown":
        missing.append("recurrent-cervical-cancer")
    if cervix != "true" and uterus != "true" and elsewhere != "true":  # one place in the pelvis is enough
        if cervix == "unknown":
            missing.append("site-cervix")
        if uterus == "unknown":
            missing.append("site-uterus")
        if elsewhere == "unknown":
            missing.append("site-other-pelvic-organ")
    if side_wall == "unknown":
        missing.append("side-wall-involved")
    if distant == "unknown":
        missing.append("site-distant")
    if missing:
        return OptionAnswer("pelvic-exenteration", "needs-data", tuple(missing), ())
    return OptionAnswer("pelvic-exenteration", "offered", (), ())


def radical_hysterectomy(facts: Mapping[str, Truth]) -> OptionAnswer:
    """Small, in cervix or uterus and nowhere else (R-02), after radiation (S-54, S-55)."""
    recurrence = facts.get("recurrent-cervical-cancer", "unknown")
    small = facts.get("small-recurrence", "unknown")
    cervix = facts.get("site-cervix", "unknown")
    uterus = facts.get("site-uterus", "unknown")
    elsewhere = facts.get("site-other-pelvic-organ", "unknown")
    side_wall = facts.get("side-wall-involved", "unknown")
    distant = facts.get("site-distant", "unknown")
    radiation = facts.get("prior-radiation", "unknown")

    if recurrence == "false":
        return OptionAnswer("radical-hysterectomy", "ruled-out", (), ("recurrent-cervical-cancer",))

    closed_by: list[str] = []
    if small == "false":
        closed_by.append("small-recurrence")
    if cervix == "false" and uterus == "false":
        closed_by += ["site-cervix", "site-uterus"]
    if elsewhere == "true":
        closed_by.append("site-other-pelvic-organ")
    if side_wall == "true":
        closed_by.append("side-wall-involved")
    if distant == "true":
        closed_by.append("site-distant")
    if radiation == "false":
        closed_by.append("prior-radiation")
    if closed_by:
        return OptionAnswer("radical-hysterectomy", "ruled-out", (), tuple(closed_by))

    missing: list[str] = []
    if recurrence == "unknown":
        missing.append("recurrent-cervical-cancer")
    if small == "unknown":
        missing.append("small-recurrence")
    if cervix != "true" and uterus != "true":
        if cervix == "unknown":
            missing.append("site-cervix")
        if uterus == "unknown":
            missing.append("site-uterus")
    if elsewhere == "unknown":
        missing.append("site-other-pelvic-organ")
    if side_wall == "unknown":
        missing.append("side-wall-involved")
    if distant == "unknown":
        missing.append("site-distant")
    if radiation == "unknown":
        missing.append("prior-radiation")
    if missing:
        return OptionAnswer("radical-hysterectomy", "needs-data", tuple(missing), ())
    return OptionAnswer("radical-hysterectomy", "offered", (), ())
