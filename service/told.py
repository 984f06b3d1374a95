"""An answer in words, for a terminal, and as data."""

from collections.abc import Iterator, Sequence
from typing import Any

from .conditions import Applied
from .explanation import Explanation
from .options import Answers, OptionAnswer
from .package import Package, statements
from .shape import Resource

HEADINGS = {
    "offered": "May be offered",
    "needs-data": "Facts are missing",
    "ruled-out": "The page's condition is not met",
}
APPLIES = {
    True: "the page applies",
    False: "the page does not apply",
    None: "whether the page applies is not known",
}


def as_data(patient: str, answers: Answers, conflicting: Sequence[str]) -> dict[str, Any]:
    """The contract of `apply --format json`; facts recorded both ways are named where there are any."""
    return {
        "patient": patient,
        "applies": answers.applies,
        "options": [
            {
                "id": each.recommendation.option,
                "outcome": each.outcome,
                "missing": list(each.missing),
                "closedBy": list(each.closed_by),
                "statements": each.statements,
            }
            for each in answers.options
        ],
        **({"conflicting": list(conflicting)} if conflicting else {}),
    }


def explanation_as_data(explanation: Explanation) -> dict[str, Any]:
    return {
        "facts": [{"fact": each.fact, "says": each.says, "records": list(each.records)} for each in explanation.proofs],
        "notRecognised": list(explanation.not_recognised),
    }


def actions_as_data(
    patient: str, plan: Resource, actions: Sequence[Applied], conflicting: Sequence[str]
) -> dict[str, Any]:
    """A plan that answers no options: the actions that apply."""
    told = {"patient": patient, "plan": plan["id"], "actions": [_action_as_data(each) for each in actions]}
    return {**told, **({"conflicting": list(conflicting)} if conflicting else {})}


def _action_as_data(each: Applied) -> dict[str, Any]:
    shown = ("id", "title", "definitionCanonical")
    made: dict[str, Any] = {key: each.action[key] for key in shown if key in each.action}
    return {
        **made,
        "statements": statements(each.action),
        **({"actions": [_action_as_data(below) for below in each.below]} if each.below else {}),
    }


def actions_in_words(
    patient: str, plan: Resource, actions: Sequence[Applied], conflicting: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Lines with what they are: heading, option, or text."""
    yield "heading", f"{patient}: {plan.get('title', plan['id'])}"
    if not actions:
        yield "text", "  no action applies"
    yield from _actions_in_words(actions, "  ")
    if conflicting:
        yield "text", ""
        yield "text", f"  {', '.join(conflicting)}: recorded both ways, say which is right"


def _actions_in_words(actions: Sequence[Applied], indent: str) -> Iterator[tuple[str, str]]:
    for each in actions:
        yield "option", f"{indent}{each.action.get('title', each.action.get('id', '?'))}{_rests_on(each.action)}"
        yield from _actions_in_words(each.below, f"{indent}  ")


def in_words(patient: str, answers: Answers, conflicting: Sequence[str], package: Package) -> Iterator[tuple[str, str]]:
    """Lines with what they are: heading, option, or text."""
    yield "heading", f"{patient}: {APPLIES[answers.applies]}"
    for outcome, heading in HEADINGS.items():
        found = [each for each in answers.options if each.outcome == outcome]
        if found:
            yield "text", ""
            yield "heading", heading
        for titles, reasons in _alike(found, conflicting):
            yield from (("option", f"  {title}") for title in titles)
            yield from (("text", f"    {reason}") for reason in reasons)
    yield from _how(answers.options, package)


def _alike(found: Sequence[OptionAnswer], conflicting: Sequence[str]) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """Options in their order, those that have the same reasons together."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for each in found:
        facts = (*each.missing, *each.closed_by)
        reasons = tuple(
            f"{fact}: {action.get('title')}{_rests_on(action)}{_both(fact, conflicting)}"
            for fact, action in zip(facts, each.shown, strict=True)
        )
        title = f"{each.recommendation.plan.get('title')}{_labels(each.statements)}"
        groups.setdefault(reasons, []).append(title)
    for reasons, titles in groups.items():
        yield titles, reasons


def explanation_in_words(explanation: Explanation) -> Iterator[tuple[str, str]]:
    yield "text", ""
    yield "heading", "What is recorded"
    if not explanation.proofs:
        yield "text", "  nothing that a fact asks for"
    for each in explanation.proofs:
        both = " (recorded both ways)" if each.fact in explanation.conflicting else ""
        by = f"recorded: {each.says} <- {', '.join(each.records)}"
        yield (
            "text",
            f"  {each.fact}{both}: {by if each.records else f'no record speaks against it: {each.says}'}",
        )
    if explanation.not_recognised:
        yield "text", ""
        yield "heading", "Diagnoses that look like cancer, with a code that is not recognised"
        for name in explanation.not_recognised:
            yield "text", f"  {name}"


def _how(options: Sequence[OptionAnswer], package: Package) -> Iterator[tuple[str, str]]:
    """How a missing fact is learned, which is what its action leads to; and the record that answers it."""
    ways: dict[str, dict[str, None]] = {}
    for each in options:
        for fact, action in zip(each.missing, each.shown, strict=False):
            definition = package.find(action.get("definitionCanonical", ""))
            if definition:
                ways.setdefault(str(definition.get("title", definition["id"])), {})[fact] = None
    if not ways:
        return
    yield "text", ""
    yield "heading", "How a missing fact is learned and recorded"
    for way, facts in ways.items():
        yield "text", f"  {way}: {', '.join(facts)}"
    missing = {fact for facts in ways.values() for fact in facts}
    systems = dict.fromkeys(code["system"] for code in _questions(package) if code.get("code") in missing)
    for system in systems:
        yield "text", f"  Record each as an Observation: code from {system}, valueBoolean true or false."


def _questions(package: Package) -> Iterator[Resource]:
    """The codes of all that a questionnaire of the package asks."""
    pending = [each for each in package.resources if each["resourceType"] == "Questionnaire"]
    while pending:
        item = pending.pop()
        yield from item.get("code", ()) if "linkId" in item else ()
        pending += item.get("item", ())


def _rests_on(action: Resource) -> str:
    return _labels(statements(action))


def _labels(labels: Sequence[str]) -> str:
    return f"  [{', '.join(labels)}]" if labels else ""


def one_line(text: str) -> str:
    """A text from a record as part of one line: what would break the line, or hide, is spelled out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def _both(fact: str, conflicting: Sequence[str]) -> str:
    return "  (recorded both ways: say which is right)" if fact in conflicting else ""


def disclaimer(plan: Resource) -> Iterator[tuple[str, str]]:
    """What the plan says of its own use, before anything else."""
    if plan.get("usage"):
        yield "text", ""
        yield "text", plan["usage"].split("\n\n")[0]
