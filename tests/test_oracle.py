"""The oracle against rows worked out by hand: one option, the facts that are known, what the page then says."""

from __future__ import annotations

import pytest

from .oracle import FACTS, OPTIONS, OptionAnswer, Outcome, Truth, answers, applies

RECURRENCE = "recurrent-cervical-cancer"
PELVIS = ("site-cervix", "site-uterus", "site-other-pelvic-organ")
EITHER = ("chemotherapy-no-response", "chemotherapy-then-return")
HYSTERECTOMY = "small-recurrence site-cervix !site-other-pelvic-organ !side-wall-involved !site-distant prior-radiation"


def facts(words: str) -> dict[str, Truth]:
    """`a !b`: a is true, b is false, all else unknown."""
    known: dict[str, Truth] = {}
    for word in words.split():
        known[word.removeprefix("!")] = "false" if word.startswith("!") else "true"
    return known


@pytest.mark.parametrize(
    ("option", "known", "outcome", "missing", "closed_by"),
    [
        pytest.param("chemotherapy", RECURRENCE, "offered", (), (), id="no-condition"),
        pytest.param("supportive-care", "", "needs-data", (RECURRENCE,), (), id="recurrence-unknown"),
        pytest.param("bevacizumab", f"!{RECURRENCE}", "ruled-out", (), (RECURRENCE,), id="no-recurrence"),
        pytest.param(
            "pelvic-exenteration",
            f"!{RECURRENCE} site-cervix site-distant side-wall-involved",
            "ruled-out",
            (),
            (RECURRENCE,),
            id="no-recurrence-is-the-only-reason",
        ),
        pytest.param(
            "cemiplimab", RECURRENCE, "needs-data", ("metastatic-chemotherapy", *EITHER), (), id="chemotherapy-unknown"
        ),
        pytest.param(
            "cemiplimab",
            f"{RECURRENCE} metastatic-chemotherapy chemotherapy-then-return",
            "offered",
            (),
            (),
            id="one-of-two-is-enough",
        ),
        pytest.param(
            "cemiplimab",
            f"{RECURRENCE} metastatic-chemotherapy !chemotherapy-no-response",
            "needs-data",
            ("chemotherapy-then-return",),
            (),
            id="the-other-may-still-hold",
        ),
        pytest.param(
            "cemiplimab",
            "!chemotherapy-no-response !chemotherapy-then-return",
            "ruled-out",
            (),
            EITHER,
            id="neither-closes-though-all-else-is-unknown",
        ),
        pytest.param("pembrolizumab", f"{RECURRENCE} pd-l1-positive", "offered", (), (), id="pd-l1-positive"),
        pytest.param("pembrolizumab", "!pd-l1-positive", "ruled-out", (), ("pd-l1-positive",), id="pd-l1-negative"),
        pytest.param(
            "pembrolizumab", "", "needs-data", (RECURRENCE, "pd-l1-positive"), (), id="recurrence-is-asked-first"
        ),
        pytest.param(
            "pelvic-exenteration",
            f"{RECURRENCE} site-cervix",
            "needs-data",
            ("side-wall-involved", "site-distant"),
            (),
            id="cervix-known-uterus-not-asked",
        ),
        pytest.param(
            "pelvic-exenteration",
            f"{RECURRENCE} !site-cervix !site-uterus !site-other-pelvic-organ side-wall-involved site-distant",
            "ruled-out",
            (),
            (*PELVIS, "side-wall-involved", "site-distant"),
            id="every-reason-is-named",
        ),
        pytest.param("radical-hysterectomy", f"{RECURRENCE} {HYSTERECTOMY}", "offered", (), (), id="small-in-cervix"),
        pytest.param(
            "radical-hysterectomy",
            f"{RECURRENCE} {HYSTERECTOMY.removesuffix(' prior-radiation')}",
            "needs-data",
            ("prior-radiation",),
            (),
            id="radiation-unknown",
        ),
        pytest.param(
            "radical-hysterectomy",
            f"{RECURRENCE} small-recurrence site-other-pelvic-organ !prior-radiation",
            "ruled-out",
            (),
            ("site-other-pelvic-organ", "prior-radiation"),
            id="elsewhere-and-no-radiation",
        ),
    ],
)
def test_one_option(
    option: str, known: str, outcome: Outcome, missing: tuple[str, ...], closed_by: tuple[str, ...]
) -> None:
    answer = {a.id: a for a in answers(facts(known))}[option]
    assert answer == OptionAnswer(option, outcome, missing, closed_by)


def test_every_option_is_answered_in_order() -> None:
    assert tuple(answer.id for answer in answers({})) == OPTIONS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("true", True, id="yes"),
        pytest.param("false", False, id="no"),
        pytest.param("unknown", None, id="?"),
    ],
)
def test_applies_is_the_recurrence_alone(value: Truth, expected: bool | None) -> None:
    others: dict[str, Truth] = {fact: "true" for fact in FACTS if fact != RECURRENCE}
    assert applies({**others, RECURRENCE: value}) is expected


def test_a_misspelt_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="no such fact: site-lung"):
        answers({"site-lung": "true"})
