"""What the patients exercise: every fact in every truth, kind of evidence, outcome, ask and closed action, statement.

The report is build/reports/coverage.txt.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cervical_options.generator.content import load
from cervical_options.generator.fhirpath import twin
from cervical_options.generator.logic import Found, Said
from cervical_options.service.fhirpath import Engine, Records

from cervical_options import resources

from .engines import application, evaluator
from .oracle import FACTS, OPTIONS
from .patients import cases
from .reports import report
from .test_engines import cohort, reasoned
from .test_mutants import SYSTEM

pytestmark = [pytest.mark.slow]

TRUTHS = ("true", "false", "unknown")
OUTCOMES = ("offered", "needs-data", "ruled-out")
CITATIONS = {f"S-{number}" for number in range(64, 70)}  # the page's own references: of artifacts, not of actions


def statements(actions: list[dict[str, Any]]) -> Iterator[str]:
    for action in actions:
        yield from (artifact["label"] for artifact in action.get("documentation", ()))
        yield from statements(action.get("action", []))


def test_the_patients_exercise_everything() -> None:
    members, content, engine = cohort(), load(), Engine()
    lines = [f"{len(members)} generated and {len(cases())} written patients"]

    truths: Counter[tuple[str, str]] = Counter((fact, member.facts[fact]) for member in members for fact in FACTS)
    conflicts = Counter(fact for member in members for fact in member.conflicting)
    assert [(fact, truth) for fact in FACTS for truth in TRUTHS if not truths[fact, truth]] == []
    assert [fact for fact in FACTS if not conflicts[fact]] == []
    lines += [
        f"  {fact}: "
        + ", ".join(f"{truth} {truths[fact, truth]}" for truth in TRUTHS)
        + f", conflicting {conflicts[fact]}"
        for fact in FACTS
    ]

    bundles = [
        *(each.bundle for each in members),
        *(each.bundle for each in cases()),
        *(each for _, each in reasoned()),
    ]
    records = [Records(bundle) for bundle in bundles]
    evidence = {row.id: twin(content, Found(row.id), SYSTEM) for row in content.evidence}
    asked = [*content.facts, *content.reasons]
    evidence |= {
        f"{about} is {answer}": twin(content, Said(about, answer), SYSTEM)
        for about in asked
        for answer in (True, False)
    }
    found = {name: Counter(engine.holds(text, each) for each in records) for name, text in evidence.items()}
    unmet = [name for name, counted in found.items() if not (counted[True] and counted[False])]
    assert unmet == [], "evidence that no patient has, or every patient"
    lines += ["evidence found:", *(f"  {name}: {counted[True]}" for name, counted in found.items())]

    told = evaluator([member.bundle for member in members])
    outcomes = Counter((option, each.outcome) for answers in told for option, each in answers.items())
    asks = Counter((option, fact) for answers in told for option, each in answers.items() for fact in each.missing)
    closes = Counter((option, fact) for answers in told for option, each in answers.items() for fact in each.closed_by)
    assert [(option, outcome) for option in OPTIONS for outcome in OUTCOMES if not outcomes[option, outcome]] == []
    for recommendation in application().package.recommendations:
        for parent, counted in (("ask", asks), ("not-met", closes)):
            for action in recommendation.actions[parent]["action"]:
                fact = action["id"].partition("-")[2]
                assert counted[recommendation.option, fact], f"{recommendation.option}: {action['id']} is never true"
    lines += [f"{len(asks)} ask and {len(closes)} closed actions, each true for some patient"]

    seen = {
        label
        for case in cases()
        for group in application().care_plan(case.bundle)["contained"]
        for label in statements(group.get("action", []))
    }
    carried = {label for plan in resources() if "action" in plan for label in statements(plan["action"])}
    assert carried - seen == set(), "statements of actions that are never shown"
    assert seen | CITATIONS == {f"S-{number:02}" for number in range(1, 70)}
    lines += [
        f"{len(seen)} statements shown by actions of written patients; {len(CITATIONS)} are the page's references"
    ]
    report("coverage", lines)
