"""What the package is: the page's options, drugs and conditions, its bundles, and its trace. The tables are by hand."""

import csv
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from hashlib import sha256
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B.bundle import Bundle

from cervical_options.cli import app

from .conftest import ROOT
from .resources import (
    BASE,
    FHIR,
    LIBRARY,
    OPTIONS,
    PACKAGE,
    STRATEGY,
    VERSION,
    Package,
    Resource,
    action,
    actions,
    changed,
    cql,
    labels,
    leads_to,
    nodes,
    of_type,
    offer,
    pascal,
    texts,
)

# ---- The page, by hand ----

CONDITIONAL = ("cemiplimab", "pembrolizumab", "pelvic-exenteration", "radical-hysterectomy")
# Statement, drug, and the other names that the page gives it; the first thirteen are chemotherapy.
DRUGS = {
    "cisplatin": ("S-23",),
    "carboplatin": ("S-24", "Paraplatin", "Paraplatin AQ"),
    "paclitaxel": ("S-25", "Taxol"),
    "topotecan": ("S-26", "Hycamtin"),
    "gemcitabine": ("S-27", "Gemzar"),
    "5-fluorouracil": ("S-28", "Adrucil", "5-FU"),
    "ifosfamide": ("S-29", "Ifex"),
    "docetaxel": ("S-30", "Taxotere"),
    "irinotecan": ("S-31", "Camptosar"),
    "mitomycin": ("S-32", "Mutamycin"),
    "vinorelbine": ("S-33", "Navelbine"),
    "epirubicin": ("S-34", "Pharmorubicin"),
    "doxorubicin": ("S-35", "Adriamycin"),
    "bevacizumab": ("S-42", "Avastin"),
    "cemiplimab": ("S-45", "Libtayo"),
    "pembrolizumab": ("S-47", "Keytruda"),
}
SINGLE_AGENTS = tuple(DRUGS)[:13]
COMBINATIONS = {
    "choice-combination": {
        "S-36": ("cisplatin", "ifosfamide"),
        "S-37": ("cisplatin", "paclitaxel"),
        "S-38": ("cisplatin", "gemcitabine"),
        "S-39": ("cisplatin", "topotecan"),
        "S-40": ("paclitaxel", "topotecan"),
    },
    "choice-chemoradiation": {"S-09": ("5-fluorouracil", "cisplatin"), "S-10": ("5-fluorouracil", "mitomycin")},
}
# Plan with an open list, and the statement that leaves it open
OPEN = {
    "choice-chemoradiation": "S-11",
    "choice-combination": "S-22",
    "choice-single-agent": "S-22",
    "plan-bevacizumab": "S-41",
}
# Plan and action, and how many may be chosen there
CHOICES = {
    ("recurrence", "treatment"): "any",
    ("recurrence", "immunotherapy"): "any",
    ("recurrence", "surgery"): "at-most-one",
    ("recurrence", "beside-treatment"): "any",
    ("choice-operation", "choose"): "at-most-one",
    ("choice-radiation", "choose"): "one-or-more",
    ("choice-chemoradiation", "choose"): "exactly-one",
    ("choice-chemotherapy", "choose"): "exactly-one",
    ("choice-combination", "choose"): "exactly-one",
    ("choice-single-agent", "choose"): "exactly-one",
    ("plan-bevacizumab", "choose"): "exactly-one",
    ("plan-radiation", "choose"): "exactly-one",
    ("plan-chemoradiation", "chemoradiation"): "all",
    ("plan-pembrolizumab", "together"): "all",
    **{("-".join(sorted(pair)), "together"): "all" for table in COMBINATIONS.values() for pair in table.values()},
    **{(f"offer-{option}", id): "any" for option in OPTIONS for id in ("ask", "not-met")},
    **{("patient-view", card): "any" for card in ("offered", "missing", "beside-treatment", "not-met")},
    **{("patient-view", f"offered-{option}"): "all" for option in OPTIONS},
    **{("patient-view", f"missing-{option}"): "all" for option in CONDITIONAL},
}
REASONS = {
    "palliative-radiation": {"S-18": ["pain"], "S-19": ["bleeding"], "S-20": ["other-symptom"]},
    "chemotherapy": {"S-21": ["pain", "other-symptom"]},
    "supportive-care": {
        "S-57": ["treatment-not-working"],
        "S-58": ["unlikely-to-help"],
        "S-59": ["side-effects-hard"],
        "S-60": ["cannot-have", "not-wanted"],
    },
}
CITATIONS = {
    "S-64": "American Cancer Society. Cervical Cancer. 2016",
    "S-65": "Klopp AH.*2015.*72:1013-1047",
    "S-66": "Kunos CA.*2017.*20:467-510",
    "S-67": "National Cancer Institute.*Cervical Cancer Treatment.*2018",
    "S-68": "Oleszewski K.*2018.*50:1397-1421",
    "S-69": "sanofi-aventis Canada.*Product Monograph: Libtayo",
}

# Option -> the facts that can hold it open, each of which can close it as well
RECURRENCE = "recurrent-cervical-cancer"
SITES = ("site-cervix", "site-uterus", "site-other-pelvic-organ", "site-distant", "side-wall-involved")
FACTS = {option: {RECURRENCE} for option in OPTIONS} | {
    "cemiplimab": {RECURRENCE, "metastatic-chemotherapy", "chemotherapy-no-response", "chemotherapy-then-return"},
    "pembrolizumab": {RECURRENCE, "pd-l1-positive"},
    "pelvic-exenteration": {RECURRENCE, *SITES},
    "radical-hysterectomy": {RECURRENCE, *SITES, "small-recurrence", "prior-radiation"},
}
# Option -> the activities that it can come to
RADIATION = {"external-radiation", "brachytherapy"}
WITH_RADIATION = RADIATION | {"5-fluorouracil", "cisplatin", "mitomycin"}
ACTIVITIES = {
    "chemoradiation": WITH_RADIATION,
    "radiation-therapy": WITH_RADIATION,
    "palliative-radiation": {"palliative-radiation"},
    "chemotherapy": {*SINGLE_AGENTS},
    "bevacizumab": {"bevacizumab", *SINGLE_AGENTS},
    "cemiplimab": {"cemiplimab"},
    "pembrolizumab": {"pembrolizumab", "bevacizumab", *SINGLE_AGENTS},
    "pelvic-exenteration": {"pelvic-exenteration"},
    "radical-hysterectomy": {"radical-hysterectomy"},
    "supportive-care": {"supportive-care", "consultation"},
    "clinical-trials": {"trial-talk"},
}
# Resource -> the readings that it rests on. R-07 (unknown), R-09 (conflict), R-12 (inform), R-15 (which cancer), R-17
# (which recurrence) and R-18 (when not) concern every condition, since every one asks whether there is a recurrence.
EVERY = {"R-07", "R-09", "R-12", "R-15", "R-17", "R-18"}
ASKED = EVERY | {"R-14"}  # of plans that ask for what is missing
READINGS = {offer(option): ASKED for option in OPTIONS} | {
    offer("chemotherapy"): ASKED | {"R-11", "R-13"},
    offer("palliative-radiation"): ASKED | {"R-11"},
    offer("bevacizumab"): ASKED | {"R-10", "R-13"},
    offer("cemiplimab"): ASKED | {"R-06"},
    offer("pembrolizumab"): ASKED | {"R-05"},
    offer("pelvic-exenteration"): ASKED | {"R-01", "R-08"},
    offer("radical-hysterectomy"): ASKED | {"R-01", "R-02", "R-03", "R-08", "R-16"},
    offer("supportive-care"): ASKED | {"R-11"},
    "PlanDefinition/cervical-choice-operation": EVERY | {"R-01", "R-02", "R-03", "R-08", "R-16"},
    "PlanDefinition/cervical-choice-chemoradiation": {"R-04"},
    "PlanDefinition/cervical-choice-single-agent": {"R-13"},
    "PlanDefinition/cervical-choice-combination": {"R-13"},
    "PlanDefinition/cervical-plan-bevacizumab": {"R-10", "R-13"},
    "PlanDefinition/cervical-plan-supportive-care": {"R-11"},
    "ActivityDefinition/cervical-pd-l1-test": {"R-05", "R-14"},
    "ActivityDefinition/cervical-fact-questions": {"R-14"},
    "ActivityDefinition/cervical-palliative-radiation": {"R-11"},
    "ActivityDefinition/cervical-supportive-care": {"R-11"},
}
# A plan of a hook and the logic rest on what the options behind them rest on.
READINGS |= {
    "PlanDefinition/cervical-patient-view": {reading for option in OPTIONS for reading in READINGS[offer(option)]},
    "PlanDefinition/cervical-order-sign": {reading for option in CONDITIONAL for reading in READINGS[offer(option)]},
    LIBRARY: {reading for option in CONDITIONAL for reading in READINGS[offer(option)]},
}

# The questions: what each may be answered, and what an answer becomes
ANSWERS = f"{BASE}/CodeSystem/cervical-answers"
CHOSEN = "answer.value.where(system = '{}' and code = '{}').exists()"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UNKNOWN = f"iif(answer.value.where(system = '{ANSWERS}' and code = 'not-known').exists(), '{{}}', {{{{}}}})"
TRUTH = f"iif({CHOSEN.format(ANSWERS, 'yes')}, true, iif({CHOSEN.format(ANSWERS, 'no')}, false, {{}}))"
OBSERVATION = "http://hl7.org/fhir/StructureDefinition/Observation"
EXTRACT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-definitionExtract"

HOOKS = ("PlanDefinition/cervical-patient-view", "PlanDefinition/cervical-order-sign")  # held by test_hooks.py
QUESTIONS = "Questionnaire/cervical-facts"
MANIFEST = "Library/cervical-manifest"
GUIDE = "ImplementationGuide/cervical-guide"


def plan(id: str) -> str:
    return f"PlanDefinition/cervical-{id}"


def activity(id: str) -> str:
    return f"ActivityDefinition/cervical-{id}"


# ---- What the page lists ----


def test_sixteen_drugs_each_as_medication_and_activity() -> None:
    assert {place.removeprefix("Medication/cervical-") for place in of_type(PACKAGE, "Medication")} == {*DRUGS}
    orders = {place for place, resource in PACKAGE.items() if resource.get("kind") == "MedicationRequest"}
    assert orders == {activity(drug) for drug in DRUGS}


def test_brands_are_those_of_the_page() -> None:
    concepts = PACKAGE["CodeSystem/cervical-drugs"]["concept"]
    assert {concept["code"]: concept["display"] for concept in concepts} == {drug: drug for drug in DRUGS}
    brands = {each["code"]: [name["value"] for name in each.get("designation", ())] for each in concepts}
    assert brands == {drug: [*names] for drug, (_, *names) in DRUGS.items()}
    for drug, (_, *names) in DRUGS.items():
        narrative = PACKAGE[f"Medication/cervical-{drug}"]["text"]["div"]
        assert [name for name in names if name not in narrative] == []


def test_single_agents_are_the_thirteen_of_the_page() -> None:
    choice = action(PACKAGE, plan("choice-single-agent"), "choose")["action"]
    listed = [(each["id"], leads_to(each), labels(each["documentation"])) for each in choice if each["id"] != "other"]
    assert listed == [(drug, activity(drug), [DRUGS[drug][0]]) for drug in SINGLE_AGENTS]


@pytest.mark.parametrize("choice", COMBINATIONS)
def test_combinations_are_the_pairs_of_the_page(choice: str) -> None:
    offered = [each for each in action(PACKAGE, plan(choice), "choose")["action"] if each["id"] != "other"]
    pairs = {}
    for each in offered:
        [together] = PACKAGE[str(leads_to(each))]["action"]
        [statement] = labels(each["documentation"])
        pairs[statement] = tuple(str(leads_to(part)) for part in together["action"])
    expected = {statement: (activity(a), activity(b)) for statement, (a, b) in COMBINATIONS[choice].items()}
    assert pairs == expected


def test_the_strategy_offers_the_eleven_options_in_order() -> None:
    leaves = [(each["id"], leads_to(each)) for each in actions(PACKAGE[STRATEGY]) if "action" not in each]
    assert leaves == [(option, offer(option)) for option in OPTIONS]
    assert {place for place in PACKAGE if "/cervical-offer-" in place} == {offer(option) for option in OPTIONS}


def test_the_strategy_is_for_the_care_team_and_the_patient_together() -> None:
    groups = {each["id"]: [who["type"] for who in each["participant"]] for each in PACKAGE[STRATEGY]["action"]}
    assert groups == {id: ["practitioner", "patient"] for id in ("treatment", "beside-treatment")}


def test_open_lists_leave_room_without_inventing_a_drug() -> None:
    others = {
        place.removeprefix("PlanDefinition/cervical-"): each
        for place, resource in PACKAGE.items()
        for each in actions(resource)
        if each["id"] == "other"
    }
    assert {id: labels(other["documentation"]) for id, other in others.items()} == {id: [s] for id, s in OPEN.items()}
    assert {key for other in others.values() for key in other} == {"id", "title", "description", "documentation"}


def test_choices_are_as_wide_as_the_page() -> None:
    found = {
        (place.removeprefix("PlanDefinition/cervical-"), each["id"]): each["selectionBehavior"]
        for place, resource in PACKAGE.items()
        for each in actions(resource)
        if "selectionBehavior" in each
    }
    assert found == CHOICES


def test_companions_are_concurrent_or_optional() -> None:
    concurrent = {
        (place, each["id"], related["actionId"], related["relationship"])
        for place, resource in PACKAGE.items()
        for each in actions(resource)
        for related in each.get("relatedAction", ())
    }
    assert concurrent == {
        (plan("plan-chemoradiation"), "chemotherapy", "radiation", "concurrent"),
        (plan("plan-pembrolizumab"), "chemotherapy", "pembrolizumab", "concurrent"),
    }
    optional = {
        (place, each["id"], each["requiredBehavior"], each["precheckBehavior"])
        for place, resource in PACKAGE.items()
        for each in actions(resource)
        if "requiredBehavior" in each
    }
    assert optional == {
        (plan("plan-bevacizumab"), "chemotherapy", "could", "yes"),
        (plan("plan-pembrolizumab"), "bevacizumab", "could", "no"),
    }


def reasons(each: Resource) -> list[str]:
    codings = [coding for reason in each.get("reason", ()) for coding in reason["coding"]]
    assert {coding["system"] for coding in codings} <= {f"{BASE}/CodeSystem/cervical-facts"}
    return [coding["code"] for coding in codings]


@pytest.mark.parametrize("option", OPTIONS)
def test_reasons_are_carried_where_the_page_gives_them(option: str) -> None:
    expected = [code for codes in REASONS.get(option, {}).values() for code in codes]
    assert reasons(action(PACKAGE, STRATEGY, option)) == expected
    assert reasons(action(PACKAGE, offer(option), "offer")) == expected
    if option == "supportive-care":
        assert reasons(action(PACKAGE, plan("plan-supportive-care"), option)) == expected


def test_codes_of_facts_and_reasons_are_the_contract() -> None:
    facts = {fact for needed in FACTS.values() for fact in needed}
    named = {code for table in REASONS.values() for codes in table.values() for code in codes}
    for id, expected in (("fact-codes", facts), ("reason-codes", named)):
        [include] = PACKAGE[f"ValueSet/cervical-{id}"]["compose"]["include"]
        expansion = PACKAGE[f"ValueSet/cervical-{id}"]["expansion"]
        codes = [concept["code"] for concept in include["concept"]]
        assert sorted(codes) == sorted(expected)
        pinned = {(each["system"], each["version"]) for each in (include, *expansion["contains"])}
        assert pinned == {(f"{BASE}/CodeSystem/cervical-facts", VERSION)}
        assert [concept["code"] for concept in expansion["contains"]] == codes
        assert expansion["total"] == len(codes)
    concepts = PACKAGE["CodeSystem/cervical-facts"]["concept"]
    kinds = {each["code"]: [p["valueString"] for p in each["property"] if p["code"] == "kind"] for each in concepts}
    assert kinds == {fact: ["fact"] for fact in facts} | {reason: ["reason"] for reason in named}


def test_every_reference_of_the_page_is_cited() -> None:
    cited: dict[str, list[str]] = {}
    for place, resource in PACKAGE.items():
        for artifact in resource.get("relatedArtifact", ()):
            if artifact["type"] == "citation":
                assert re.search(CITATIONS[artifact["label"]], artifact["citation"])
                cited.setdefault(artifact["label"], []).append(place)
    assert {label: places for label, places in cited.items() if label != "S-69"} == {
        f"S-{number}": [STRATEGY] for number in range(64, 69)
    }
    assert sorted(cited["S-69"]) == [activity("cemiplimab"), offer("cemiplimab")]


@pytest.mark.parametrize("drug", DRUGS)
def test_a_drug_is_one_thing_in_order_medication_and_code_system(drug: str) -> None:
    medication, order = PACKAGE[f"Medication/cervical-{drug}"], PACKAGE[activity(drug)]
    assert order["productCodeableConcept"] == medication["code"]
    needs = [each["resource"] for each in order["relatedArtifact"] if each["type"] == "depends-on"]
    assert needs == [f"{BASE}/Medication/cervical-{drug}|{VERSION}"]
    systems = [coding["system"] for coding in medication["code"]["coding"]]
    assert systems == [
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "http://www.whocc.no/atc",
        f"{BASE}/CodeSystem/cervical-drugs",
    ]
    [ingredient] = medication["ingredient"]
    substances = ingredient["itemCodeableConcept"].get("coding", [])
    assert {coding["system"] for coding in substances} <= {"http://snomed.info/sct"}
    [concept] = [each for each in PACKAGE["CodeSystem/cervical-drugs"]["concept"] if each["code"] == drug]
    properties = [each["valueCoding"] for each in concept["property"] if each["code"] != "statement"]
    assert properties == [*medication["code"]["coding"][:2], *substances]


# ---- Recommendations ----


def reached(place: str) -> set[str]:
    """The activities that a plan can come to, through plans."""
    if place.startswith("ActivityDefinition/"):
        return {place.removeprefix("ActivityDefinition/cervical-")}
    targets = {target for each in actions(PACKAGE[place]) if (target := leads_to(each))}
    return {found for target in targets for found in reached(target)}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_comes_to_what_the_page_says_and_to_nothing_else(option: str) -> None:
    assert reached(str(leads_to(action(PACKAGE, offer(option), "offer")))) == ACTIVITIES[option]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_recommendation_offers_asks_or_says_not_met(option: str) -> None:
    found = {each["id"]: each for each in PACKAGE[offer(option)]["action"]}
    assert [*found] == ["offer", "ask", "not-met"]
    conditional = len(FACTS[option]) > 1
    said = "the page's condition is not met" if conditional else "the page does not apply"
    assert said in found["not-met"]["title"]
    asked = {each["id"]: leads_to(each) for each in found["ask"]["action"]}
    assert asked == {
        f"ask-{fact}": activity("pd-l1-test" if fact == "pd-l1-positive" else "fact-questions")
        for fact in FACTS[option]
    }
    closing = {each["id"]: leads_to(each) for each in found["not-met"]["action"]}
    assert closing == {f"closed-{fact}": None for fact in FACTS[option]}


@pytest.mark.parametrize("option", OPTIONS)
def test_each_action_asks_the_define_of_its_option_and_fact(option: str) -> None:
    name = pascal(option)
    expected = {"offer": f"{name}Offered", "ask": f"{name}NeedsData", "not-met": f"{name}NotMet"}
    expected |= {f"ask-{fact}": f"{name}Asks{pascal(fact)}" for fact in FACTS[option]}
    expected |= {f"closed-{fact}": f"{name}ClosedBy{pascal(fact)}" for fact in FACTS[option]}
    found = {
        each["id"]: [c["expression"]["expression"] for c in each["condition"]]
        for each in actions(PACKAGE[offer(option)])
    }
    assert found == {id: [define] for id, define in expected.items()}


def test_only_operations_and_cards_have_a_condition_outside_the_recommendations() -> None:
    elsewhere = {
        (place, each["id"]): [condition["expression"]["expression"] for condition in each["condition"]]
        for place, resource in PACKAGE.items()
        for each in actions(resource)
        if "condition" in each and "/cervical-offer-" not in place and place not in HOOKS
    }
    assert elsewhere == {
        (plan("choice-operation"), option): [f"{pascal(option)}Offered"]
        for option in ("pelvic-exenteration", "radical-hysterectomy")
    }


@pytest.mark.parametrize("place", READINGS)
def test_usage_names_the_readings_it_rests_on(place: str) -> None:
    named = set(re.findall(r"\bR-\d+\b", PACKAGE[place]["usage"]))
    assert named == READINGS[place]


# ---- Checks that hold for every plan and activity, each shown to bite ----


def conditions(package: Package) -> Iterator[str]:
    """Each condition is a define of the pinned Library, by a name that is plain CQL, used once a plan."""
    defines = re.findall(r"^define (?!function)\"?([^\":]+)", cql(package), re.MULTILINE)
    for place, resource in package.items():
        used = []
        for each in actions(resource):
            for condition in each.get("condition", ()):
                expression = condition["expression"]
                name = expression["expression"]
                used.append(name)
                form = (condition["kind"], expression["language"], expression.get("reference"))
                if form != ("applicability", "text/cql", f"{BASE}/{LIBRARY}|{VERSION}"):
                    yield f"{place}: {each['id']}: {form}"
                if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) or defines.count(name) != 1:
                    yield f"{place}: {each['id']}: {name} is defined {defines.count(name)} times"
        libraries = resource.get("library", [])
        if resource["resourceType"] == "PlanDefinition" and libraries != [f"{BASE}/{LIBRARY}|{VERSION}"] * bool(used):
            yield f"{place}: libraries {libraries}"
        yield from (f"{place}: {name} is used twice" for name in sorted({n for n in used if used.count(n) > 1}))


def ids(package: Package) -> Iterator[str]:
    """Action ids are unique in a plan and short enough to be joined with an activity's id, titles fit a card."""
    for place, resource in package.items():
        seen = [each.get("id") for each in actions(resource)]
        yield from (f"{place}: {id} stands twice" for id in sorted({str(id) for id in seen if seen.count(id) > 1}))
        for each in actions(resource):
            target = leads_to(each) or ""
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each.get("id", "")):
                yield f"{place}: id {each.get('id')}"
            if target.startswith("ActivityDefinition/") and len(each["id"]) + 1 + len(target.partition("/")[2]) > 63:
                yield f"{place}: {each['id']} and {target} are too long together"
            if len(each["title"]) >= 140:
                yield f"{place}: the title of {each['id']} has {len(each['title'])} characters"


def usage(package: Package) -> Iterator[str]:
    """Each plan, activity and Library says what it is not, and what it does not check."""
    needed = ("Not medical advice", "Draft, not reviewed by a clinician", "the page's conditions only")
    unchecked = ("fitness", "organ function", "earlier doses", "consent", "other contraindications are not checked")
    for place, resource in package.items():
        if resource["resourceType"] in ("PlanDefinition", "ActivityDefinition", "Library"):
            yield from (
                f"{place}: no word of {each}" for each in (*needed, *unchecked) if each not in resource["usage"]
            )


def contraindications(package: Package) -> Iterator[str]:
    """A contraindication is mentioned only to deny that one is meant or checked."""
    denial = re.compile("does not make (an|the) option contraindicated|contraindications are not checked")
    for place, resource in package.items():
        for path, text in texts(resource):
            for sentence in re.split("[.<>]", text):
                if "contraindicat" in sentence.lower() and not denial.search(sentence):
                    yield f"{place}: {path}: {sentence.strip()}"


EXENTERATION = offer("pelvic-exenteration")
EXPRESSION = "action[0].condition[0].expression"


@pytest.mark.parametrize("check", [conditions, ids, usage, contraindications])
def test_the_package_has_no_fault(check: Callable[[Package], Iterator[str]]) -> None:
    assert list(check(PACKAGE)) == []


@pytest.mark.parametrize(
    ("check", "path", "value", "fault"),
    [
        (conditions, f"{EXPRESSION}.expression", "IsOffered", "offer: IsOffered is defined 0 times"),
        (conditions, f"{EXPRESSION}.expression", "Is Offered", "offer: Is Offered is defined 0 times"),
        (conditions, f"{EXPRESSION}.expression", "PelvicExenterationNotMet", "PelvicExenterationNotMet is used twice"),
        (conditions, "library", None, "libraries []"),
        (conditions, f"{EXPRESSION}.reference", None, "offer: ('applicability', 'text/cql', None)"),
        (
            conditions,
            "action[0].condition[0].kind",
            "start",
            f"offer: ('start', 'text/cql', '{BASE}/{LIBRARY}|{VERSION}')",
        ),
        (ids, "action[1].id", "offer", "offer stands twice"),
        (ids, "action[1].id", "Ask", "id Ask"),
        (ids, "action[0].id", "o" * 35, f"{'o' * 35} and {activity('pelvic-exenteration')} are too long together"),
        (ids, "action[0].title", "o" * 140, "the title of offer has 140 characters"),
        (usage, "usage", "Not medical advice. Draft, not reviewed by a clinician.", "no word of consent"),
        (contraindications, "description", "It is contraindicated.", "description: It is contraindicated"),
        (contraindications, "purpose", "Contraindications: none.", "purpose: Contraindications: none"),
    ],
)
def test_one_change_is_told(check: Callable[[Package], Iterator[str]], path: str, value: Any, fault: str) -> None:
    new = {*check(changed(EXENTERATION, path, value))} - {*check(PACKAGE)}
    assert f"{EXENTERATION}: {fault}" in new
    assert {told.partition(": ")[0] for told in new} == {EXENTERATION}


# ---- Questions, manifest and guide ----


def asked(package: Package) -> dict[str, Resource]:
    """The questions by their link id; headings and explanations are none."""
    items = [node for _, node in nodes(package[QUESTIONS]) if isinstance(node, dict) and "linkId" in node]
    return {each["linkId"]: each for each in items if each["type"] not in ("group", "display")}


def becomes(question: Resource) -> dict[str, Any]:
    """What an answer is extracted to: element -> fixed value, or expression in brackets."""
    found = {}
    for each in question.get("extension", ()):
        if each["url"] == f"{EXTRACT}Value":
            inner = {part["url"]: value for part in each["extension"] for key, value in part.items() if key != "url"}
            fixed = inner.get("fixed-value", (inner.get("expression", {}).get("expression"),))
            found[inner["definition"].removeprefix(f"{OBSERVATION}#Observation.")] = fixed
    return found


def questions(package: Package) -> Iterator[str]:
    """One question a fact and reason, to answer with yes, no or not known, and to extract as the explicit record."""
    concepts = {each["code"]: each["display"] for each in package["CodeSystem/cervical-facts"]["concept"]}
    found = asked(package)
    links = [value for path, value in nodes(package[QUESTIONS]) if path.endswith(".linkId")]
    yield from (f"{QUESTIONS}: {link} stands twice" for link in sorted({*links}) if links.count(link) > 1)
    if {*found} != {*concepts}:
        yield f"{QUESTIONS}: questions {sorted({*found} ^ {*concepts})}"
    for id, each in found.items():
        coding = {
            "system": f"{BASE}/CodeSystem/cervical-facts",
            "version": VERSION,
            "code": id,
            "display": concepts.get(id),
        }
        if each.get("code") != [coding] or not each.get("text", "").endswith("?"):
            yield f"{QUESTIONS}: {id}: is asked as {each.get('code')} {each.get('text')}"
        options = [option["valueCoding"] for option in each.get("answerOption", ())]
        if [(option["system"], option["code"]) for option in options] != [
            (ANSWERS, code) for code in ("yes", "no", "not-known")
        ]:
            yield f"{QUESTIONS}: {id}: answers {[option['code'] for option in options]}"
        if each["type"] != "choice" or {"required", "repeats", "initial", "enableWhen"} & each.keys():
            yield f"{QUESTIONS}: {id}: is no free choice"
        if any("initialSelected" in option for option in each.get("answerOption", ())):
            yield f"{QUESTIONS}: {id}: is answered beforehand"
        kinds = [
            part["valueCanonical"]
            for extension in each.get("extension", ())
            if extension["url"] == EXTRACT
            for part in extension["extension"]
        ]
        if kinds != [OBSERVATION]:
            yield f"{QUESTIONS}: {id}: becomes {kinds}"
        record = {
            "identifier.system": f"{BASE}/fact",
            "identifier.value": id,
            "status": "final",
            "code.coding": coding,
            "subject": ("%resource.subject",),
            "dataAbsentReason.coding.system": (UNKNOWN.format(ABSENT),),
            "dataAbsentReason.coding.code": (UNKNOWN.format("unknown"),),
            "value[x]": (TRUTH,),
        }
        for element, value in record.items():
            if becomes(each).get(element) != value:
                yield f"{QUESTIONS}: {id}: {element} becomes {becomes(each).get(element)}"


def answers(package: Package) -> Iterator[str]:
    """Three answers, and no more."""
    place = "CodeSystem/cervical-answers"
    found = [each["code"] for each in package[place]["concept"]]
    if found != ["yes", "no", "not-known"] or package[place]["count"] != 3 or package[place]["content"] != "complete":
        yield f"{place}: {found}"


def manifest(package: Package) -> Iterator[str]:
    """The manifest is composed of every artifact but itself, each at its version, and of nothing else."""
    wanted = sorted(f"{each.get('url', f'{BASE}/{place}')}|{VERSION}" for place, each in package.items())
    wanted.remove(f"{BASE}/{MANIFEST}|{VERSION}")
    parts = package[MANIFEST]["relatedArtifact"]
    found = sorted(each["resource"] for each in parts if each["type"] == "composed-of")
    yield from (f"{MANIFEST}: is not composed of {each}" for each in sorted({*wanted} - {*found}))
    yield from (f"{MANIFEST}: is composed of {each}" for each in sorted({*found} - {*wanted}))
    yield from (f"{MANIFEST}: is twice composed of {each}" for each in sorted({*found}) if found.count(each) > 1)
    if kinds := sorted({each["type"] for each in parts} - {"composed-of"}):
        yield f"{MANIFEST}: {kinds}"
    for place, resource in package.items():
        if place != MANIFEST and any(each["type"] == "composed-of" for each in resource.get("relatedArtifact", ())):
            yield f"{place}: is composed of others"


def guide(package: Package) -> Iterator[str]:
    """The guide lists every artifact but itself, and says which package this is, and on what terms."""
    resource = package[GUIDE]
    listed = resource["definition"]["resource"]
    found, wanted = sorted(each["reference"]["reference"] for each in listed), {*package} - {GUIDE}
    yield from (f"{GUIDE}: does not list {each}" for each in sorted(wanted - {*found}))
    yield from (f"{GUIDE}: lists {each}" for each in sorted({*found} - wanted))
    yield from (f"{GUIDE}: twice lists {each}" for each in sorted({*found}) if found.count(each) > 1)
    groups = {each["id"] for each in resource["definition"]["grouping"]}
    for each in listed:
        if each.get("groupingId") not in groups or not each.get("name") or each.get("exampleBoolean"):
            yield f"{GUIDE}: {each['reference']['reference']} is listed without name or group, or as an example"
    known = {"packageId": "org.w3id.cervical-options", "license": "CC0-1.0", "fhirVersion": ["4.0.1"]}
    for key, value in known.items():
        if resource.get(key) != value:
            yield f"{GUIDE}: {key} {resource.get(key)}"


@pytest.mark.parametrize("check", [questions, answers, manifest, guide])
def test_questions_manifest_and_guide_have_no_fault(check: Callable[[Package], Iterator[str]]) -> None:
    assert list(check(PACKAGE)) == []


FIRST = "item[0].item[0]"


@pytest.mark.parametrize(
    ("check", "place", "path", "value", "fault"),
    [
        (questions, QUESTIONS, f"{FIRST}.linkId", "x", f"questions ['{RECURRENCE}', 'x']"),
        (questions, QUESTIONS, f"{FIRST}.linkId", "site-cervix", "site-cervix stands twice"),
        (questions, QUESTIONS, FIRST, None, f"questions ['{RECURRENCE}']"),
        (questions, QUESTIONS, f"{FIRST}.type", "display", f"questions ['{RECURRENCE}']"),
        (questions, QUESTIONS, f"{FIRST}.type", "boolean", f"{RECURRENCE}: is no free choice"),
        (questions, QUESTIONS, f"{FIRST}.required", True, f"{RECURRENCE}: is no free choice"),
        (questions, QUESTIONS, f"{FIRST}.code", None, f"{RECURRENCE}: is asked as None *"),
        (questions, QUESTIONS, f"{FIRST}.text", "Recurrence", f"{RECURRENCE}: is asked as * Recurrence"),
        (questions, QUESTIONS, f"{FIRST}.answerOption[2]", None, f"{RECURRENCE}: answers ['yes', 'no']"),
        (questions, QUESTIONS, f"{FIRST}.answerOption[1].initialSelected", True, f"{RECURRENCE}: is answered *"),
        (questions, QUESTIONS, f"{FIRST}.extension[0]", None, f"{RECURRENCE}: becomes []"),
        *(
            (questions, QUESTIONS, f"{FIRST}.extension[{index}]", None, f"{RECURRENCE}: {element} becomes None")
            for index, element in enumerate(becomes(asked(PACKAGE)[RECURRENCE]), 1)
            if element != "effective[x]"
        ),
        (
            questions,
            QUESTIONS,
            f"{FIRST}.extension[9].extension[1].valueExpression.expression",
            TRUTH.replace("false, {}", "{}, false"),
            f"{RECURRENCE}: value[x] becomes *",
        ),
        (answers, "CodeSystem/cervical-answers", "concept[2]", None, "['yes', 'no']"),
        (answers, "CodeSystem/cervical-answers", "concept[1].code", "never", "['yes', 'never', 'not-known']"),
        (manifest, MANIFEST, "relatedArtifact[0]", None, "is not composed of *"),
        (
            manifest,
            MANIFEST,
            "relatedArtifact[0].resource",
            f"{BASE}/{MANIFEST}|{VERSION}",
            f"is composed of *{MANIFEST}*",
        ),
        (manifest, MANIFEST, "relatedArtifact[0].resource", f"{BASE}/{STRATEGY}", f"is composed of *{STRATEGY}"),
        (manifest, MANIFEST, "relatedArtifact[0].resource", f"{BASE}/{STRATEGY}|{VERSION}", "is twice composed of *"),
        (manifest, MANIFEST, "relatedArtifact[0].type", "depends-on", "['depends-on']"),
        (manifest, STRATEGY, "relatedArtifact[0].type", "composed-of", "is composed of others"),
        (guide, GUIDE, "definition.resource[0]", None, "does not list *"),
        (guide, GUIDE, "definition.resource[0].reference.reference", GUIDE, f"lists {GUIDE}"),
        (guide, GUIDE, "definition.resource[0].reference.reference", STRATEGY, f"twice lists {STRATEGY}"),
        (guide, GUIDE, "definition.resource[0].groupingId", "x", "* is listed without *"),
        (guide, GUIDE, "definition.resource[0].exampleBoolean", True, "* is listed without *"),
        (guide, GUIDE, "packageId", "cervical-options", "packageId cervical-options"),
        (guide, GUIDE, "license", None, "license None"),
        (guide, GUIDE, "fhirVersion", ["4.3.0"], "fhirVersion ['4.3.0']"),
    ],
)
def test_one_change_of_these_is_told(
    check: Callable[[Package], Iterator[str]], place: str, path: str, value: Any, fault: str
) -> None:
    new = {*check(changed(place, path, value))} - {*check(PACKAGE)}
    pattern = re.escape(f"{place}: {fault}").replace(r"\*", ".*")
    assert [told for told in new if re.fullmatch(pattern, told)], new
    assert {told.partition(": ")[0] for told in new} == {place}


def test_the_questions_are_what_the_task_is_done_with() -> None:
    extensions = PACKAGE[activity("fact-questions")]["extension"]
    collected = [each["valueCanonical"] for each in extensions if each["url"].endswith("/cpg-collectWith")]
    assert collected == [f"{BASE}/{QUESTIONS}|{VERSION}"]


# ---- Bundles ----


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `package` writes it."""
    folder = tmp_path_factory.mktemp("package") / "deep" / "dist"
    result = run("package", "--out", folder)
    assert (result.exit_code, result.stdout) == (0, "")
    return folder


def bundle(out: Path, name: str) -> list[Resource]:
    """The entries of a transaction, which R4B can read."""
    made: Resource = json.loads((out / name).read_bytes())
    Bundle.model_validate(made)
    assert made["type"] == "transaction"
    entries: list[Resource] = made["entry"]
    return entries


def criteria(url: str) -> tuple[str, dict[str, list[str]]]:
    """Type and parameters of a search, which must be a legal URL."""
    assert re.fullmatch(r"(?:[A-Za-z0-9._~:/?@!$'()*+,;=&-]|%[0-9A-F]{2})+", url)
    kind, _, query = url.partition("?")
    return kind, parse_qs(query, strict_parsing=True)


def owned(resource: Resource) -> dict[str, list[str]]:
    """The criteria that say which resource is ours."""
    if "url" in resource:
        return {"url": [resource["url"]]}
    return {"identifier": [f"{each['system']}|{each['value']}" for each in resource["identifier"]]}


def test_the_same_bytes_again_and_checksums_that_hold(out: Path, tmp_path: Path) -> None:
    assert run("package", "--out", tmp_path).exit_code == 0
    files, again = (
        {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (out, tmp_path)
    )
    assert files == again
    sums = [line.split("  ") for line in files.pop("SHA256SUMS").decode("ascii").splitlines()]
    assert {name: digest for digest, name in sums} == {name: sha256(data).hexdigest() for name, data in files.items()}
    assert {*files} >= {"bundle-by-id.json", "bundle-by-url.json", "unload.json"}


def test_by_id_puts_each_resource_under_its_id(out: Path) -> None:
    entries = bundle(out, "bundle-by-id.json")
    assert {entry["request"]["url"]: entry["resource"] for entry in entries} == PACKAGE
    assert len(entries) == len(PACKAGE)
    assert {entry["request"]["method"] for entry in entries} == {"PUT"}
    assert [entry["fullUrl"] for entry in entries] == [f"{BASE}/{entry['request']['url']}" for entry in entries]


def test_by_url_puts_each_resource_where_its_url_is(out: Path) -> None:
    entries = bundle(out, "bundle-by-url.json")
    places = {repr(owned(resource)): place for place, resource in PACKAGE.items()}
    names = {entry["fullUrl"]: places[repr(owned(entry["resource"]))] for entry in entries}
    assert len(names) == len(entries)
    found = [
        (entry["request"]["method"], *criteria(entry["request"]["url"]), resolved(entry["resource"], names))
        for entry in entries
    ]
    expected = [
        ("PUT", each["resourceType"], owned(each), {key: value for key, value in each.items() if key != "id"})
        for each in PACKAGE.values()
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def resolved(node: Any, names: dict[str, str]) -> Any:
    """The same with references, which must be to entries of the Bundle (the server chooses the ids), by place."""
    if isinstance(node, dict):
        if node.keys() == {"reference"}:
            return {"reference": names[node["reference"]]}
        return {key: resolved(value, names) for key, value in node.items()}
    return [resolved(value, names) for value in node] if isinstance(node, list) else node


def test_unload_deletes_each_resource_that_carries_our_tag(out: Path) -> None:
    entries = bundle(out, "unload.json")
    tag = {"_tag": [f"{BASE}/CodeSystem/package|cervical-options"]}
    found = [(entry["request"]["method"], *criteria(entry["request"]["url"])) for entry in entries]
    expected = [("DELETE", each["resourceType"], owned(each) | tag) for each in PACKAGE.values()]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert {key for entry in entries for key in entry} == {"request"}


def test_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / "unload.json").write_text("old", "utf-8")
    assert run("package", "--out", tmp_path).exit_code == 0
    assert (tmp_path / "notes.txt").read_text("utf-8") == "mine"
    assert (tmp_path / "unload.json").read_text("utf-8") != "old"
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize("below", [".", "dist"])
def test_a_file_in_place_of_the_folder_is_refused_in_one_line(below: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", "utf-8")
    result = run("package", "--out", tmp_path / "file" / below)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    [line] = result.stderr.splitlines()
    assert str(tmp_path / "file") in line


# ---- Trace ----


def expanded(pattern: str) -> Iterator[str]:
    """The carriers that a pattern with brace lists stands for."""
    parts = re.split(r"\{(.*?)\}", pattern)
    yield from (
        "".join(choice) for choice in product(*(part.split(",") if i % 2 else [part] for i, part in enumerate(parts)))
    )


TABLE = {
    statement: sorted({carrier for pattern in patterns for carrier in expanded(pattern)})
    for statement, patterns in tomllib.loads((ROOT / "tests" / "trace_table.toml").read_text("utf-8")).items()
}
PAIRS = {(statement, carrier) for statement, carriers in TABLE.items() for carrier in carriers}


def traced(*arguments: str | Path) -> Resource:
    result = run("trace", "--format", "json", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    made: Resource = json.loads(result.stdout)
    return made


def test_the_table_covers_the_page_and_names_what_exists() -> None:
    assert [*TABLE] == [f"S-{number:02}" for number in range(1, 70)]
    assert {carrier.partition("#")[0] for _, carrier in PAIRS} <= {*PACKAGE}


def test_each_statement_is_carried_where_the_table_says() -> None:
    found = {each["id"]: each for each in traced()["statements"]}
    assert {id: each["carriers"] for id, each in found.items() if id.startswith("S-")} == TABLE
    assert {each["leftOut"] for id, each in found.items() if id.startswith("S-")} == {None}
    assert all(each["text"] and each["section"] for each in found.values())


def test_what_is_left_out_is_carried_nowhere_and_says_why() -> None:
    left = [each for each in traced()["statements"] if not each["id"].startswith("S-")]
    assert [each["id"] for each in left] == ["L-01", "L-02", "L-03", "L-04"]
    assert [each["section"] for each in left] == ["Immunotherapy", "Surgery", "Surgery", "Clinical trials"]
    assert [each["carriers"] for each in left] == [[], [], [], []]
    assert all(each["leftOut"].startswith("Left out on purpose") for each in left)


def test_carriers_are_the_same_pairs_the_other_way_round() -> None:
    carriers = traced()["carriers"]
    assert {(statement, carrier) for carrier, statements in carriers.items() for statement in statements} == PAIRS


def test_csv_and_text_hold_the_same_pairs() -> None:
    rows = csv.DictReader(StringIO(run("trace", "--format", "csv").stdout))
    found = [(row["statement"], "#".join(filter(None, (row["resource"], row["element"])))) for row in rows]
    assert {pair for pair in found if pair[1]} == PAIRS
    assert {statement for statement, carrier in found if not carrier} == {"L-01", "L-02", "L-03", "L-04"}
    assert len(found) == len(PAIRS) + 4

    there, back = run("trace").stdout.split("\n\n")
    pairs, statement = set(), ""
    for line in there.splitlines():
        if not line.startswith(" "):
            statement = line.partition("  ")[0]
        elif re.fullmatch(r"\w+/\S+", line.strip()):
            pairs.add((statement, line.strip()))
    assert pairs == PAIRS
    lines = [line.split("  ") for line in back.splitlines()]
    assert {(statement, carrier) for carrier, statements in lines for statement in statements.split(", ")} == PAIRS


def test_the_trace_of_some_statements() -> None:
    assert {each["id"]: each["carriers"] for each in traced("S-69", "S-02")["statements"]} == {
        "S-02": TABLE["S-02"],
        "S-69": TABLE["S-69"],
    }


def test_a_label_taken_away_is_missed(tmp_path: Path) -> None:
    folder = shutil.copytree(FHIR, tmp_path / "fhir")
    place = plan("choice-operation")
    without = changed(place, "action[0].action[0].documentation[2]", None)[place]
    (folder / f"{place}.json").write_text(json.dumps(without), "utf-8")
    found = {(each["id"], carrier) for each in traced("--fhir", folder)["statements"] for carrier in each["carriers"]}
    assert PAIRS - found == {("S-53", f"{place}#pelvic-exenteration")}
    assert found - PAIRS == set()


@pytest.mark.parametrize("format", ["text", "csv", "json"])
def test_an_unknown_statement_is_refused_in_one_line(format: str) -> None:
    result = run("trace", "S-01", "S-70", "--format", format)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert "S-70" in line
    assert "S-01," not in line


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (
            {"resourceType": "Medication", "id": "a"},
            "Medication/a: has no url, so a server could not find it; give it a url (a Medication: CRMI's extension "
            "artifact-url)",
        ),
        (
            {"resourceType": "Library", "id": "a", "url": "https://other.example/Library/a"},
            "Library/a: has no tag, so it could not be told from others' resources; give it the package's",
        ),
    ],
)
def test_what_could_not_be_found_again_is_not_packed(tmp_path: Path, resource: Resource, reason: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(resource))
    done = CliRunner().invoke(app, ["package", "--fhir", str(tmp_path), "--out", str(tmp_path / "out")])
    assert (done.exit_code, done.stderr) == (2, f"{reason}\n")
    assert not (tmp_path / "out").exists()
