"""What differs in code systems, value sets and questionnaires: codes and questions that came, went or mean another."""

from collections.abc import Iterator, Sequence
from typing import Any

from .change import Change, Class, Resource, dicts, part
from .elements import Difference
from .wording import in_words, said, shown, system_name

FEW = 5  # codes that a line names
MEMBERS = {"compose", "expansion"}


def value_set(old: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    """Members are compared as sets: in which list a code stands makes no difference to whom it recognises."""
    before, after = _members(old), _members(new)
    for done, codes in (("removed", before.keys() - after.keys()), ("added", after.keys() - before.keys())):
        if codes:
            named = [f"{system_name(system)} {code}" for system, code in sorted(codes)]
            what = f"{_number(len(named), 'code')} {done}: {_few(named)}"
            yield said(
                new, Class.CLINICAL, f"value-set-codes-{done}", "ValueSet.compose", what, *_sides(done, sorted(codes))
            )
    told = before.keys() != after.keys()
    words = {"display", "identifier", "timestamp", "total", "version"}
    rest = [each for each in found if each.steps[0] not in MEMBERS]
    inside = [each for each in found if each.steps[0] in MEMBERS]
    if inside and not told and all(each.steps[-1] in words for each in inside):
        yield said(new, Class.EDITORIAL, "displays-changed", "ValueSet.compose", "displays of its codes only")
    elif inside and not told:
        yield said(
            new, Class.CLINICAL, "definition-changed", "ValueSet.compose", "the same codes, defined in another way"
        )
    yield from in_words(new, rest)


def code_system(old: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    rest = []
    for each in found:
        concept = each.new or each.old
        code = part(concept, "code")
        if each.steps[-1] == "concept" and isinstance(code, str) and None in (each.old, each.new):
            severity, done = (Class.BREAKING, "removed") if each.new is None else (Class.CLINICAL, "added")
            what = f"code {code} {done}: {shown(concept.get('display', code))}"
            yield said(new, severity, f"concept-{done}", each.path, what, each.old, each.new)
        elif each.steps[0] == "concept" and each.steps[-1] in ("display", "definition"):
            what = f"code {_named(each.path, 'code')}: {each.steps[-1]} is {shown(each.new)}, was {shown(each.old)}"
            yield said(new, Class.CLINICAL, "concept-changed", each.path, what, each.old, each.new)
        else:
            rest.append(each)
    if _codes(old) != _codes(new):
        rest = [each for each in rest if each.steps != ("count",)]  # it follows
    yield from in_words(new, rest)


def questionnaire(old: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    rest = []
    for each in found:
        question = _named(each.path, "linkId")
        if each.steps[0] != "item" or question is None:
            rest.append(each)
        elif each.steps[-1] == "item" and None in (each.old, each.new):
            severity, done = (Class.BREAKING, "removed") if each.new is None else (Class.CLINICAL, "added")
            what = f"question {question} {done}: {shown(part(each.old or each.new, 'text') or question)}"
            yield said(new, severity, f"question-{done}", each.path, what, each.old, each.new)
        else:
            severity = (
                Class.BREAKING if each.steps[-1] in ("type", "answerValueSet", "answerOption") else Class.CLINICAL
            )
            what = f"question {question}: {each.steps[-1]} is {shown(each.new)}, was {shown(each.old)}"
            yield said(new, severity, "question-changed", each.path, what, each.old, each.new)
    del old
    yield from in_words(new, rest)


def _codes(system: Resource) -> list[Any]:
    return [each.get("code") for each in dicts(system.get("concept"))]


def _members(value_set: Resource) -> dict[tuple[str, str], str]:
    """(system, code) -> display, of what the value set lists or is expanded to."""
    found: dict[tuple[str, str], str] = {}
    includes = dicts(part(value_set.get("compose"), "include"))
    listed = [(each.get("system"), one) for each in includes for one in dicts(each.get("concept"))]
    left = dicts(part(value_set.get("expansion"), "contains"))
    while left:
        one = left.pop()
        left += dicts(one.get("contains"))
        listed.append((one.get("system"), one))
    for system, one in listed:
        if isinstance(one.get("code"), str):
            found[str(system or ""), one["code"]] = str(one.get("display", ""))
    return found


def _named(path: str, name: str) -> str | None:
    """The name of the innermost member of a list on this path, as `elements` writes it."""
    _, found, rest = path.rpartition(f"{name} = '")
    return rest.partition("'")[0] if found else None


def _sides(done: str, codes: list[Any]) -> tuple[Any, Any]:
    listed = [{"system": system, "code": code} for system, code in codes]
    return (listed, None) if done == "removed" else (None, listed)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _few(names: list[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
