"""Wrong logic is noticed: each single change to conditions, evidence or the reading of records is told by a patient.

A mutant is killed where a patient is answered otherwise than by the oracle. How many there are goes to build/reports.
Changed are the conditions and facts of the options, as the twins say them; CQL is held to the same patients apart.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
from cervical_options.generator import fhirpath as rendering
from cervical_options.generator import rails, statuses
from cervical_options.generator.content import load
from cervical_options.generator.cql.defines import OptionLogic, option_logic
from cervical_options.generator.fhirpath import twin
from cervical_options.generator.logic import All, And, Answer, AnyOf, Expression, Fact, Neither, Not, Said, Tree, Truth
from cervical_options.generator.logic import facts as facts_of
from cervical_options.generator.model import Content, Evidence
from cervical_options.service.fhirpath import Engine, Records

from .cohort import Member
from .engines import OptionTold, Told, in_order
from .reports import report
from .test_engines import cohort, expected

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mutants")]

SYSTEM = "https://w3id.org/cervical-options/CodeSystem/cervical-facts"
RECURRENCE = "recurrent-cervical-cancer"
Change = Callable[[pytest.MonkeyPatch], Content]


@cache
def good() -> Content:
    return load()


# ---- changes to the conditions


def trees(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """The tree with one change: AND and OR exchanged, a part dropped, a NOT dropped, a fact negated."""
    match tree:
        case Fact(id):
            yield f"not {id}", Not(tree)
        case Not(part):
            yield f"{part} for its opposite", part
        case All(parts) | AnyOf(parts):
            kind, other = (All, AnyOf) if isinstance(tree, All) else (AnyOf, All)
            if len(parts) > 1:
                yield f"{other.__name__} for {kind.__name__} of {[*facts_of(tree)]}", other(parts)
            for place, part in enumerate(parts):
                rest = (*parts[:place], *parts[place + 1 :])
                if rest:
                    yield f"without {[*facts_of(part)]}", kind(rest)
                for name, changed in trees(part):
                    yield name, kind((*parts[:place], changed, *parts[place + 1 :]))


def of_conditions() -> Iterator[tuple[str, Sequence[str], Change]]:
    for option in good().option:
        for name, tree in trees(good().tree(option)):
            yield f"{option.id}: {name}", [option.id], _with_tree(option.id, tree)


def _with_tree(option_id: str, tree: Tree) -> Change:
    def change(patch: pytest.MonkeyPatch) -> Content:
        whole = tree if isinstance(tree, All) else All((tree,))
        original = Content.tree
        patch.setattr(Content, "tree", lambda self, option: whole if option.id == option_id else original(self, option))
        return good()

    return change


# ---- changes to the evidence


def rows(row: Evidence) -> Iterator[tuple[str, Evidence | None]]:
    """The row with one change; None: without it."""
    yield "dropped", None
    yield "says the opposite", replace(row, says="no" if row.says == "yes" else "yes")
    for status in row.status:
        if len(row.status) > 1:
            yield f"without {status}", replace(row, status=tuple(each for each in row.status if each != status))
    if row.status:
        yield "also where not done", replace(row, status=(*row.status, "not-done", "preliminary", "stopped"))
    clinical = {"recurrence": "current", "current": "any", "any": "current"}
    if row.clinical:
        yield f"{clinical[row.clinical]} for {row.clinical}", _with(row, "clinical", clinical[row.clinical])
    for codes in row.codes:
        for other in _others(codes):
            changed = tuple(other if each == codes else each for each in row.codes)
            yield f"{other} for {codes}", replace(row, codes=changed)
    for key in ("sites", "answers", "because"):
        if value_set := getattr(row, key):
            for other in _others(value_set):
                yield f"{other} for {value_set}", _with(row, key, other)
    if row.sites:
        yield "at any site", replace(row, sites=None)
    if row.because and row.resource == "Procedure":
        yield "for any reason", replace(row, because=None)


def _with(row: Evidence, key: str, value: str) -> Evidence:
    changes: dict[str, Any] = {key: value}
    return replace(row, **changes)


def _others(value_set: str) -> list[str]:
    """Value sets that might be taken for this one."""
    families = (
        ("cancer-conditions", "local-recurrence", "recurrence-at-any-site"),
        (
            "spread-in-uterus",
            "spread-elsewhere-in-pelvis",
            "spread-outside-pelvis",
            "spread-disease",
            "spread-from-cervix",
        ),
        ("sites-cervix", "sites-uterus", "sites-elsewhere-in-pelvis", "sites-pelvic-wall"),
        ("radiotherapy-procedures", "chemotherapy-procedures"),
        ("radiation-history", "cancer-conditions"),
        ("chemotherapy-drugs", "pd-l1-tests"),
        ("pd-l1-positive-answers", "pd-l1-negative-answers"),
    )
    return [other for family in families if value_set in family for other in family if other != value_set][:3]


def of_evidence() -> Iterator[tuple[str, Sequence[str], Change]]:
    for row in good().evidence:
        if row.about not in good().facts:
            continue  # a reason decides nothing; what it finds is tested by its own expression
        touched = [option.id for option in good().option if row.about in facts_of(good().tree(option))]
        for name, changed in rows(row):
            yield f"{row.id}: {name}", touched[:1] if row.about == RECURRENCE else touched, _with_row(row, changed)


def _with_row(row: Evidence, changed: Evidence | None) -> Change:
    def change(_: pytest.MonkeyPatch) -> Content:
        kept = [changed if each is row else each for each in good().evidence]
        return replace(good(), evidence=tuple(each for each in kept if each))

    return change


# ---- changes to how records are read


def of_reading() -> Iterator[tuple[str, Sequence[str], Change]]:
    every = [option.id for option in good().option]
    yes, no = rails.yes, rails.plain_no

    def unknown_is_false(content: Content, leaf: Answer) -> Expression:
        match leaf.truth:
            case Truth.TRUE:
                return yes(content, leaf.fact)
            case Truth.FALSE:
                return Neither((yes(content, leaf.fact),))
            case _:
                return And((yes(content, leaf.fact), Neither((yes(content, leaf.fact),))))

    def yes_wins(content: Content, leaf: Answer) -> Expression:
        if leaf.truth is Truth.TRUE:
            return yes(content, leaf.fact)
        return And((no(content, leaf.fact), Neither((yes(content, leaf.fact),))))

    yield "unknown read as false", every, _patched((rails, "answer", unknown_is_false))
    yield "yes beats no", every, _patched((rails, "answer", yes_wins))
    yield "absence never says no", every, _patched((rails, "leaves_open", lambda *_: None))
    yield "absence says no to everything", every, _patched((rails, "leaves_open", lambda _, fact: Said(fact, None)))
    for name, values in (("ENDED", ()), ("BACK", ("recurrence",)), ("BACK", ("relapse",)), ("VOID", ("refuted",))):
        yield f"{name} is {values}", every, _patched((rendering, name, values or ("nothing",)))
    yield "VOID is entered-in-error", every, _patched((rendering, "VOID", ("entered-in-error",)))
    for gone in ("inactive", "remission", "resolved"):
        kept = tuple(each for each in statuses.ENDED if each != gone)
        yield f"{gone} is current", every, _patched((rendering, "ENDED", kept))
    for gone in statuses.RECORDED:
        kept = tuple(each for each in statuses.RECORDED if each != gone)
        yield f"explicit records that are {gone} are left out", every, _patched((rendering, "RECORDED", kept))
    more = (*statuses.RECORDED, "preliminary")
    yield "preliminary explicit records count", every, _patched((rendering, "RECORDED", more))
    yield "anybody's records count", every, _patched((rendering, "OF_PATIENT", "resourceType.exists()"))
    yield (
        "records of nobody count",
        every,
        _patched((rendering, "OF_PATIENT", f"(subject.empty() or {rendering.OF_PATIENT})")),
    )
    for part in ("fullUrl | ", f".{rendering._UNVERSIONED}"):
        changed = rendering.OF_PATIENT.replace(part, "")
        yield f"a patient is known without {part}", every, _patched((rendering, "OF_PATIENT", changed))


def _patched(*changes: tuple[object, str, object]) -> Change:
    def change(patch: pytest.MonkeyPatch) -> Content:
        for target, name, value in changes:
            patch.setattr(target, name, value)
        return good()

    return change


# ---- whether a patient tells


def told(content: Content, options: Sequence[str], engine: Engine, records: Records, written: dict[str, str]) -> Told:
    """What the twins of these options say; an outcome that is none or two is none."""
    logic = option_logic(content)
    return {option: _told(logic[option], engine, records, written) for option in options}


def _told(logic: OptionLogic, engine: Engine, records: Records, written: dict[str, str]) -> OptionTold:
    def holds(name: str) -> bool:
        return engine.holds(written[name], records) is True

    outcomes = {"offered": logic.offered, "needs-data": logic.needs_data, "ruled-out": logic.not_met}
    found = [outcome for outcome, define in outcomes.items() if holds(define.name)]
    return OptionTold(
        " and ".join(found) or "none",
        in_order(fact for fact, define in logic.asks.items() if holds(define.name)),
        in_order(fact for fact, define in logic.closed.items() if holds(define.name)),
    )


def killed_by(options: Sequence[str], change: Change) -> str | None:
    """The first patient whom the mutant answers otherwise than the oracle."""
    with pytest.MonkeyPatch.context() as patch:
        content = change(patch)
        logic = option_logic(content)
        defines = [define for option in options for define in logic[option]]
        written = {define.name: twin(content, define.alone, SYSTEM) for define in defines}
    engine = Engine()
    for member in ordered():
        records, wanted = Records(member.bundle), expected(member)
        if any(_told(logic[option], engine, records, written) != wanted[option] for option in options):
            return member.name
    return None


@cache
def ordered() -> list[Member]:
    """All patients, the telling ones spread so that a mutant is met soon."""
    members = list(cohort())
    return [member for start in range(97) for member in members[start::97]]


MUTANTS = {
    "conditions": of_conditions,
    "evidence": of_evidence,
    "reading": of_reading,
}


@pytest.mark.parametrize("kind", MUTANTS)
def test_every_mutant_of_the_logic_is_killed(kind: str) -> None:
    results = {name: killed_by(options, change) for name, options, change in MUTANTS[kind]()}
    survivors = [name for name, killer in results.items() if killer is None]
    report(f"mutants-{kind}", [f"mutants of the {kind}: {len(results) - len(survivors)} of {len(results)} killed"])
    assert survivors == []


def test_the_logic_as_it_is_survives() -> None:
    assert killed_by([option.id for option in good().option], lambda _: good()) is None


def test_each_condition_hangs_on_each_of_its_facts_alone() -> None:
    """MC/DC: for each fact two patients who differ in nothing else, and get another outcome."""
    from .cohort import factorial
    from .engines import evaluator

    members = list(factorial())
    outcomes = evaluator([member.bundle for member in members])
    lines, missing = [], []
    for option in good().option:
        facts = list(facts_of(good().tree(option)))
        seen: dict[tuple[str, ...], str] = {
            tuple(member.facts[fact] for fact in facts): each[option.id].outcome
            for member, each in zip(members, outcomes, strict=True)
        }
        for place, fact in enumerate(facts):
            pairs = [
                (case, other)
                for case, value in product(seen, ("true", "false", "unknown"))
                if (other := (*case[:place], value, *case[place + 1 :])) in seen and seen[case] != seen[other]
            ]
            kinds = {tuple(sorted((case[place], other[place]))) for case, other in pairs}
            if ("false", "true") not in kinds:
                missing.append(f"{option.id}: {fact}")
        found = len(facts) - sum(each.startswith(f"{option.id}: ") for each in missing)
        lines.append(f"  {option.id}: {found} of {len(facts)} facts")
    report("mcdc", ["MC/DC, each fact alone changes the outcome:", *lines])
    assert missing == []
