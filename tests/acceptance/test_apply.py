"""`$apply` on HAPI: every option answered as by the oracle, with its reasons; order sets give the right drugs."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import pytest

from ..cohort import Member, each_code, factorial, noise, pairs, scattered
from ..engines import OptionTold, Told, in_order
from ..hapi import Hapi, Resource, as_stored, complaints, made, putting, side_by_side, told_by_apply
from ..oracle import OPTIONS
from ..patients import Case, cases
from ..reports import report
from ..resources import PACKAGE, actions, leads_to, of_type
from ..test_engines import expected, is_nobodys
from ..test_hooks import CONDITIONAL

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

STRATEGY = "cervical-recurrence"
OUTCOMES = ("offered", "needs-data", "ruled-out")
# How many generated patients of each kind; the first that show an answer which none before has shown.
KINDS: dict[Callable[[], Iterator[Member]], int] = {factorial: 40, pairs: 20, scattered: 40, noise: 30, each_code: 30}
STORED_EVERY = 18  # HAPI takes ten times as long where it searches for the records


@cache
def generated() -> tuple[Member, ...]:
    """Patients chosen for the variety of their answers, from every kind."""
    chosen: list[Member] = []
    for kind, number in KINDS.items():
        seen: set[tuple[str, OptionTold]] = set()
        members = [member for member in kind() if not is_nobodys(member)]
        telling = []
        for member in members:
            if new := {*expected(member).items()} - seen:
                seen |= new
                telling.append(member)
        rest = [member for member in members if member not in telling]
        chosen += [*telling, *rest[:: max(1, len(rest) // number)]][:number]
    return tuple(chosen)


def written(case: Case) -> Told:
    return {
        option: OptionTold(outcome, in_order(missing), in_order(closed_by))
        for option, (outcome, missing, closed_by) in case.expected.items()
    }


def applied(hapi: Hapi, plan: str, bundle: Resource) -> Resource:
    """An answer by the Bundle alone, about which HAPI did not complain."""
    patient, records = as_stored(bundle)
    answer = hapi.apply(plan, patient, records)
    assert complaints(answer) == []
    return answer


def differences(told: Sequence[Told], wanted: Sequence[tuple[str, Told]]) -> list[str]:
    """Who is answered otherwise, by an option that is missing or one too many as well."""
    return [
        f"{name}: {option} is {answers.get(option)}, not {right.get(option)}"
        for (name, right), answers in zip(wanted, told, strict=True)
        for option in OPTIONS
        if answers.get(option) != right.get(option)
    ]


def told_in_full(name: str, what: str, told: Sequence[Told]) -> Counter[tuple[str, str]]:
    """Report how often each option had each outcome."""
    found = Counter((option, each.outcome) for answers in told for option, each in answers.items())
    lines = [f"HAPI $apply: {len(told)} {what} answered as by the oracle"]
    lines += [
        f"  {option}: " + ", ".join(f"{outcome} {found[option, outcome]}" for outcome in OUTCOMES) for option in OPTIONS
    ]
    report(f"hapi-apply-{name}", lines)
    return found


def test_the_strategy_answers_every_generated_patient_as_the_oracle(hapi: Hapi) -> None:
    members = generated()
    assert len(members) >= 150
    told = side_by_side(lambda member: told_by_apply(applied(hapi, STRATEGY, member.bundle)), members)
    assert differences(told, [(member.name, expected(member)) for member in members])[:20] == []
    found = told_in_full("generated", "generated patients", told)
    assert {(option, outcome) for option in OPTIONS for outcome in OUTCOMES} - found.keys() == set()


def test_the_strategy_answers_every_written_patient_as_it_says_itself(hapi: Hapi) -> None:
    told = side_by_side(lambda case: told_by_apply(applied(hapi, STRATEGY, case.bundle)), cases())
    assert differences(told, [(case.name, written(case)) for case in cases()]) == []
    told_in_full("written", "written patients", told)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_recommendation_alone_says_what_it_says_within_the_strategy(hapi: Hapi, option: str) -> None:
    """Of every written patient for an option with a condition, of every third for one without."""
    plan = f"cervical-offer-{option}"
    asked = cases()[:: 1 if option in CONDITIONAL else 3]
    told = side_by_side(lambda case: told_by_apply(applied(hapi, plan, case.bundle)), asked)
    assert differences(told, [(case.name, {option: written(case)[option]}) for case in asked]) == []


def test_records_on_the_server_are_found_as_well(hapi: Hapi) -> None:
    """Without `data` HAPI searches its own store, under the ids that the records have there."""
    some = cases()[::STORED_EVERY]
    for case in some:
        patient, records = as_stored(case.bundle, "stored-")
        hapi.load(putting(records))
        answer = hapi.apply(STRATEGY, patient)
        assert complaints(answer) == []
        assert differences([told_by_apply(answer)], [(case.name, written(case))]) == []
    report("hapi-apply-stored", [f"HAPI $apply: {len(some)} patients answered alike from the server's own store"])


def test_both_operations_say_the_same(hapi: Hapi) -> None:
    for case in cases()[:: len(cases()) // 3]:
        patient, records = as_stored(case.bundle)
        answer = hapi.apply(STRATEGY, patient, records, "$r5.apply")
        assert complaints(answer) == []
        assert differences([told_by_apply(answer)], [(case.name, written(case))]) == []


def test_a_wrong_answer_would_be_noticed() -> None:
    case = next(each for each in cases() if each.name == "pd-l1-negative")
    right = written(case)
    turned = right | {"pembrolizumab": OptionTold("offered")}
    assert differences([turned], [(case.name, right)]) == [
        f"pd-l1-negative: pembrolizumab is {OptionTold('offered')}, not {right['pembrolizumab']}"
    ]
    unexplained = right | {"pembrolizumab": OptionTold("ruled-out")}
    assert len(differences([unexplained], [(case.name, right)])) == 1


# ---- order sets

ORDER_SETS = [
    place.partition("/")[2]
    for place, plan in of_type(PACKAGE, "PlanDefinition").items()
    if plan["type"]["coding"][0]["code"] == "order-set"
]


def ordered(plan: str) -> dict[str, Resource]:
    """The ActivityDefinitions that a plan leads to, also through other plans, by canonical."""
    found: dict[str, Resource] = {}
    for action in actions(PACKAGE[f"PlanDefinition/{plan}"]):
        target = leads_to(action)
        if target is None:
            continue
        kind, _, id = target.partition("/")
        if kind == "PlanDefinition":
            found |= ordered(id)
        else:
            found[action["definitionCanonical"]] = PACKAGE[target]
    return found


@pytest.mark.parametrize("plan", ORDER_SETS)
def test_an_order_set_makes_its_requests(hapi: Hapi, plan: str) -> None:
    """Each drug and procedure that the plan leads to, and no other, with the product or code of its definition."""
    case = next(each for each in cases() if each.name == "every-fact-answered")
    answer = applied(hapi, plan, case.bundle)
    requests = [each for each in made(answer) if each["resourceType"] not in ("RequestGroup", "CarePlan")]
    wanted = ordered(plan)
    by_canonical = {canonical: each for each in requests for canonical in each["instantiatesCanonical"]}
    assert by_canonical.keys() == wanted.keys()
    for canonical, definition in wanted.items():
        request = by_canonical[canonical]
        assert request["resourceType"] == definition["kind"]
        assert request["intent"] == "proposal"
        assert request["subject"] == {"reference": "Patient/every-fact-answered"}
        if definition["kind"] == "MedicationRequest":
            assert request["medicationCodeableConcept"] == definition["productCodeableConcept"]
            assert "dosageInstruction" not in request
        else:
            assert request["code"] == definition["code"]


def test_all_drugs_are_reached() -> None:
    """Cemiplimab by its recommendation, every other by an order set."""
    reached = {canonical for plan in ORDER_SETS for canonical in ordered(plan)} | {
        *ordered("cervical-offer-cemiplimab")
    }
    drugs = [each for each in of_type(PACKAGE, "ActivityDefinition").values() if "productCodeableConcept" in each]
    assert len(drugs) == 16
    assert {f"{each['url']}|{each['version']}" for each in drugs} - reached == set()
