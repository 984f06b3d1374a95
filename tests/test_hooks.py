"""The plans behind the hooks: their cards, the logic and data behind these, and the orders that they recognise."""

import re
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from cervical_options.generator.cli import generate
from click.testing import CliRunner

from .conftest import ROOT
from .resources import (
    BASE,
    LIBRARY,
    OPTIONS,
    PACKAGE,
    Package,
    Resource,
    action,
    actions,
    changed,
    changed_cql,
    cql,
    defines,
    labels,
    leads_to,
    nodes,
    offer,
    package_in,
    pascal,
)
from .test_resources import VERIFIED, coded

Check = Callable[[Package], Iterator[str]]

# ---- What the design demands, by hand ----

VIEW = "PlanDefinition/cervical-patient-view"
SIGN = "PlanDefinition/cervical-order-sign"
CONDITIONAL = ("cemiplimab", "pembrolizumab", "pelvic-exenteration", "radical-hysterectomy")
# Card -> how the ids of its options begin, the action of the recommendation that they stand for, and the options
CARDS = {
    "offered": ("offered", "offer", OPTIONS[:9]),
    "missing": ("missing", "ask", CONDITIONAL),
    "beside-treatment": ("offered", "offer", OPTIONS[9:]),
    "not-met": ("not-met", "not-met", CONDITIONAL),
}
# Option -> the facts that close it by an exclusion of the page, and the statements that say so
EXCLUSIONS: dict[str, tuple[set[str], list[str]]] = {
    "pembrolizumab": ({"pd-l1-positive"}, ["S-49"]),
    "cemiplimab": (set(), []),
    "pelvic-exenteration": ({"side-wall-involved", "site-distant"}, ["S-52", "S-53"]),
    "radical-hysterectomy": (set(), []),
}
# Card -> its priority
PRIORITIES = {
    VIEW: dict.fromkeys(CARDS, "routine"),
    SIGN: {f"warn-{option}": "urgent" for option, (facts, _) in EXCLUSIONS.items() if facts}
    | {f"ask-{option}": "routine" for option in EXCLUSIONS}
    | {f"not-met-{option}": "routine" for option in EXCLUSIONS if option != "pembrolizumab"},  # PD-L1 alone closes it
}
# What a suggestion may create, and the kind of request that it then is
LEAVES = {
    "ActivityDefinition/cervical-consultation": "ServiceRequest",
    "ActivityDefinition/cervical-trial-talk": "CommunicationRequest",
    "ActivityDefinition/cervical-pd-l1-test": "ServiceRequest",
    "ActivityDefinition/cervical-fact-questions": "Task",
}
CREATE = ("http://terminology.hl7.org/CodeSystem/action-type", "create")
LIMITS = ("Not medical advice", "Draft, not reviewed by a clinician", "the page's conditions only", "are not checked")

APPLIES = {"RecurrentCervicalCancerYes", "RecurrentCervicalCancerTrue"}
REQUESTS = {
    "pembrolizumab": "MedicationRequest",
    "cemiplimab": "MedicationRequest",
    "pelvic-exenteration": "ServiceRequest",
    "radical-hysterectomy": "ServiceRequest",
}
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
DIN = "http://hl7.org/fhir/NamingSystem/ca-hc-din"
CODES = {
    "pembrolizumab": {
        RXNORM: {"1547545", "1547550", "1657750", "1657751"},
        ATC: {"L01FF02"},
        SNOMED: {"716125002"},
        DIN: {"02456869", "02441152"},
    },
    "cemiplimab": {
        RXNORM: {"2058826", "2058825", "2058830", "2058831", "2058835"},
        ATC: {"L01FF06"},
        DIN: {"02487144", "02487152"},
    },
    "pelvic-exenteration": {SNOMED: {"52224004", "55853002"}},
    "radical-hysterectomy": {SNOMED: {"116142003", "307771009"}},
}
# Another product (under the skin, with another substance), and a code of doubtful meaning
NEVER = {
    *((RXNORM, code) for code in ("2723764", "2723762", "2723769", "2723771", "2723772")),
    (DIN, "02565382"),
    (SNOMED, "406044008"),
}

ENDPOINT = "http://hl7.org/fhir/StructureDefinition/cqf-cdsHooksEndpoint"
PATTERN = "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern"


def asked(each: Resource) -> list[str]:
    """The defines that an action's conditions name."""
    return [condition["expression"]["expression"] for condition in each.get("condition", ())]


def parts(expression: str, word: str) -> list[str]:
    """What `and` or `or` joins in an expression, brackets around the whole taken off."""
    found, depth = [""], 0
    for token in re.findall(r'"[^"]*"|[()]|\s+|[^\s()"]+', expression):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0 and token == word:
            found.append("")
        else:
            found[-1] += token
    if len(found) == 1 and re.fullmatch(r"\([^()]*\)", expression):
        return parts(expression[1:-1], word)
    return [part.strip() for part in found]


# ---- Cards ----


def cards(package: Package) -> Iterator[str]:
    """The cards of both hooks: exactly these, each with all that a card needs, and saying what it does not check."""
    for place, wanted in PRIORITIES.items():
        found = package[place]["action"]
        if sorted(each["id"] for each in found) != sorted(wanted):
            yield f"{place}: cards {[each['id'] for each in found]}"
        triggers = [{"type": "named-event", "name": place.partition("cervical-")[2]}]
        for each in found:
            if each.get("trigger") != triggers:
                yield f"{place}: {each['id']}: trigger {each.get('trigger')}"
            if each.get("priority") != wanted.get(each["id"]):
                yield f"{place}: {each['id']}: priority {each.get('priority')}"
            if not 0 < len(each["title"]) < 140:
                yield f"{place}: {each['id']}: title of {len(each['title'])} characters"
            for limit in LIMITS:
                if limit not in each["description"]:
                    yield f"{place}: {each['id']}: does not say {limit}"
            sources = each.get("documentation", ())
            if not sources or any(not s.get("display") or not s.get("url") or "document" in s for s in sources):
                yield f"{place}: {each['id']}: source"
            if len(asked(each)) != 1:
                yield f"{place}: {each['id']}: asks {asked(each)}"
            if each.get("selectionBehavior") != ("any" if place == VIEW else None):
                yield f"{place}: {each['id']}: selection {each.get('selectionBehavior')}"
            if {"type", "definitionCanonical"} & each.keys():
                yield f"{place}: {each['id']}: is no card"
            for below in actions(each):
                if "trigger" in below:
                    yield f"{place}: {below['id']}: trigger below a card"


def suggested(package: Package) -> Iterator[str]:
    """At the second level the options of the card, as their recommendations name, describe and ask them."""
    for card in package[VIEW]["action"]:
        prefix, answer, options = CARDS.get(card["id"], ("", "", ()))
        found = card.get("action", [])
        if [each["id"] for each in found] != [f"{prefix}-{option}" for option in options]:
            yield f"{VIEW}: {card['id']}: options {[each['id'] for each in found]}"
        for each in found:
            place = offer(each["id"].removeprefix(f"{prefix}-"))
            if place not in package:
                continue
            for key in ("title", "description"):
                if each.get(key) != package[place][key]:
                    yield f"{VIEW}: {each['id']}: {key} {each.get(key)}"
            if asked(each) != asked(action(package, place, answer)):
                yield f"{VIEW}: {each['id']}: asks {asked(each)}"
            if {"type", "definitionCanonical"} & each.keys():
                yield f"{VIEW}: {each['id']}: creates something itself"


def ways(package: Package, card: str, option: str) -> dict[str, list[str]]:
    """What a suggestion may create, and the defines that this asks, if it is not for every fact that is missing."""
    if card in ("offered", "beside-treatment"):
        return {f"ActivityDefinition/cervical-{'trial-talk' if option == 'clinical-trials' else 'consultation'}": []}
    found: dict[str, list[str]] = {}
    if card == "missing" and option in CONDITIONAL:
        for each in action(package, offer(option), "ask")["action"]:
            found.setdefault(str(leads_to(each)), []).extend(asked(each))
    return found if len(found) > 1 else {target: [] for target in found}


def leaves(package: Package) -> Iterator[str]:
    """A suggestion creates a consultation, a talk, a test or the questions: never a drug order, and nothing unasked."""
    for card in package[VIEW]["action"]:
        for each in card.get("action", ()):
            option = each["id"].removeprefix(f"{CARDS.get(card['id'], ('',))[0]}-")
            wanted = ways(package, card["id"], option)
            created = [leads_to(leaf) or "" for leaf in each.get("action", ())]
            if sorted(created) != sorted(wanted):
                yield f"{VIEW}: {each['id']}: creates {created}"
            for leaf, target in zip(each.get("action", ()), created, strict=True):
                types = [(coding["system"], coding["code"]) for coding in leaf.get("type", {}).get("coding", ())]
                if types != [CREATE]:
                    yield f"{VIEW}: {leaf['id']}: type {types}"
                if target not in LEAVES or package[target]["kind"] != LEAVES[target]:
                    yield f"{VIEW}: {leaf['id']}: creates {target}"
                if len(f"{leaf['id']}-{target.partition('/')[2]}") > 63:
                    yield f"{VIEW}: {leaf['id']}: too long with {target}"
                if leaf.get("action"):
                    yield f"{VIEW}: {leaf['id']}: a fourth level"
                if asked(leaf) != wanted.get(target, []):
                    yield f"{VIEW}: {leaf['id']}: asks {asked(leaf)}"


def orders(package: Package) -> Iterator[str]:
    """A card about an order says which statement it rests on, and suggests nothing."""
    for card in package[SIGN]["action"]:
        kind, _, option = card["id"].partition("-")
        said = labels(card.get("documentation", []))
        if kind == "warn" and said != EXCLUSIONS.get(option, ({}, []))[1]:
            yield f"{SIGN}: {card['id']}: rests on {said}"
        if not said:
            yield f"{SIGN}: {card['id']}: rests on nothing"
        if card.get("action"):
            yield f"{SIGN}: {card['id']}: suggests {[each['id'] for each in card['action']]}"


# ---- Logic ----


def view_logic(package: Package) -> Iterator[str]:
    """A card is there when the package applies and one of its options is."""
    bodies = defines(package)
    for card in package[VIEW]["action"]:
        [name] = asked(card)
        applies, *others = parts(bodies.get(name, ""), "and")
        named = {one for other in others for one in parts(other, "or")}
        options = {define for each in card.get("action", ()) for define in asked(each)}
        if applies not in APPLIES:
            yield f"{LIBRARY}: {name} does not ask whether the package applies"
        elif len(others) > 1 or (others and named != options):
            yield f"{LIBRARY}: {name} asks {others}"
        elif not others and not any(bodies.get(option) == applies for option in options):
            yield f"{LIBRARY}: {name} asks for no option"


def behind(name: str, bodies: dict[str, str]) -> str:
    """The text of a define and of all that it names."""
    body = bodies.get(name, "")
    named = dict.fromkeys(word for word in re.findall(r"\w+", body) if word in bodies)
    return "\n".join((body, *(behind(each, bodies) for each in named)))


def sign_logic(package: Package) -> Iterator[str]:
    """A warning where an exclusion of the page closes the option, else information: open, or not met."""
    text, bodies = cql(package), defines(package)
    if not re.search(r"^parameter draftOrders List<FHIR\.Resource>$", text, re.MULTILINE):
        yield f"{LIBRARY}: no list of draft orders"
    named = {card["id"]: asked(card)[0] for card in package[SIGN]["action"]}
    for option, (facts, _) in EXCLUSIONS.items():
        drafts, warning = f"Drafts{pascal(option)}", named.get(f"warn-{option}", "")
        closed = {f"{pascal(option)}ClosedBy{pascal(fact)}" for fact in facts}
        wanted = {warning: [closed]} if facts else {}
        wanted[named.get(f"ask-{option}", "")] = [{f"{pascal(option)}NeedsData"}]
        if option != "pembrolizumab":
            told = [{f"not ({warning})"}] if facts else []
            wanted[named.get(f"not-met-{option}", "")] = [{f"{pascal(option)}NotMet"}, *told]
        for name, rest in wanted.items():
            found = parts(bodies.get(name, ""), "and")
            conjuncts = [{*parts(part, "or")} for part in found]
            if conjuncts != [{drafts}, {"RecurrentCervicalCancerYes"}, *rest]:
                yield f"{LIBRARY}: {name} asks {found}"
        yield from (f"{LIBRARY}: {drafts} {fault}" for fault in drafted(option, behind(drafts, bodies), text))


def drafted(option: str, seen: str, text: str) -> Iterator[str]:
    """What is wrong with how the draft orders of an option are found."""
    sets = dict(re.findall(r"^valueset \"(.*?)\": '(.*?)'", text, re.MULTILINE))
    used = sorted({*re.findall('"(.*?)"', seen)})
    if [sets.get(name) for name in used] != [f"{BASE}/ValueSet/cervical-order-{option}"]:
        yield f"knows orders by {used}"
    kinds = {*re.findall(r"FHIR\.(\w+Request)\b", seen)}
    retrieved = {*re.findall(r"\[(\w+)", seen)}  # a draft may point to its drug, which stands among the records
    if "draftOrders" not in seen or retrieved - {"Medication"} or kinds != {REQUESTS[option]}:
        yield "looks elsewhere"


# ---- Data ----


def prefetch(package: Package) -> Iterator[str]:
    """Few and short queries, by parameters that any EHR knows."""
    needs = package[LIBRARY].get("dataRequirement", [])
    if not 0 < len(needs) <= 8:
        yield f"{LIBRARY}: {len(needs)} data requirements"
    for need in needs:
        patterns = [each["valueString"] for each in need.get("extension", ()) if each["url"] == PATTERN]
        if len(patterns) != 1:
            yield f"{LIBRARY}: {need['type']}: {len(patterns)} queries"
        for pattern in patterns:
            kind, _, query = pattern.partition("?")
            parameters = dict(each.partition("=")[::2] for each in query.split("&"))
            if kind != need["type"] or parameters.get("patient") != "{{context.patientId}}":
                yield f"{LIBRARY}: {pattern[:99]} asks not for a patient's {need['type']}"
            if unknown := sorted({*parameters} - {"patient", "category", "code", "status"}):
                yield f"{LIBRARY}: {need['type']}: parameters {unknown}"
            if len(pattern) >= 1500:
                yield f"{LIBRARY}: {need['type']}: {len(pattern)} characters"


def endpoints(package: Package) -> Iterator[str]:
    """Nobody's address: an endpoint comes by configuration only."""
    for place, resource in package.items():
        for path, value in nodes(resource):
            if isinstance(value, str) and "cdsHooksEndpoint" in value:
                yield f"{place}: {path}"


def recognised(package: Package) -> Iterator[str]:
    """An order is known by exactly the codes that were verified for it; those of other things are nowhere."""
    for option, wanted in CODES.items():
        place = f"ValueSet/cervical-order-{option}"
        compose, expansion = package[place]["compose"], package[place]["expansion"]
        pairs = {(system, code) for system, codes in wanted.items() for code in codes}
        listed = [(each["system"], concept["code"]) for each in compose["include"] for concept in each["concept"]]
        contained = [(each["system"], each["code"]) for each in expansion["contains"]]
        yield from (f"{place}: {code} is left out" for _, code in sorted(pairs - {*listed}))
        yield from (f"{place}: {code} is no order of it" for _, code in sorted({*listed} - pairs))
        if contained != listed or len({*listed}) != len(listed) or expansion["total"] != len(listed):
            yield f"{place}: expands to {[code for _, code in contained]}"
        if compose.keys() != {"include"} or any(each.keys() != {"system", "concept"} for each in compose["include"]):
            yield f"{place}: is not enumerated"
    for place, resource in package.items():
        for _, coding in coded(resource):
            if (coding.get("system"), coding.get("code")) in NEVER:
                yield f"{place}: {coding['code']} is never meant"


# ---- The package, and one change to it ----

CHECKS: tuple[Check, ...] = (
    *(cards, suggested, leaves, orders, view_logic, sign_logic, prefetch, endpoints, recognised),
)


@cache
def standing(check: Check) -> frozenset[str]:
    return frozenset(check(PACKAGE))


@pytest.mark.parametrize("check", CHECKS)
def test_the_package_has_no_fault(check: Check) -> None:
    assert list(check(PACKAGE)) == []


PEMBROLIZUMAB = "ValueSet/cervical-order-pembrolizumab"
EXENTERATION = "ValueSet/cervical-order-pelvic-exenteration"
TALK = "action[0].action[0].action[0]"
QUERY = "dataRequirement[0].extension[0].valueString"


def at(place: str, *ids: str) -> str:
    """The path of an action, by the ids on the way to it."""
    path, node = "", PACKAGE[place]
    for id in ids:
        index = [each["id"] for each in node["action"]].index(id)
        path, node = f"{path}.action[{index}]", node["action"][index]
    return path.lstrip(".")


def activity(id: str) -> str:
    return f"ActivityDefinition/cervical-{id}"


def canonical(place: str) -> str:
    return f"{BASE}/{place}|0.1.0"


WARN = at(SIGN, "warn-pembrolizumab")
INFORM = at(SIGN, "ask-cemiplimab")
NOT_MET = at(VIEW, "not-met", "not-met-cemiplimab")
ASKING = at(VIEW, "missing", "missing-pembrolizumab")
LONG = "o" * 42

BROKEN: tuple[tuple[Check, str, str, Any, str], ...] = (
    (cards, VIEW, "action[3].id", "closed", "cards ['offered', 'missing', 'beside-treatment', 'closed']"),
    (cards, VIEW, "action[0].trigger", None, "offered: trigger None"),
    (cards, VIEW, "action[0].trigger[1]", {"type": "named-event", "name": "order-sign"}, "offered: trigger [*"),
    (cards, SIGN, f"{WARN}.trigger[0].name", "order-select", "warn-pembrolizumab: trigger [*"),
    (cards, SIGN, f"{WARN}.trigger[0].type", "data-added", "warn-pembrolizumab: trigger [*"),
    (cards, VIEW, "action[0].action[0].trigger", [{}], "offered-chemoradiation: trigger below a card"),
    (cards, VIEW, "action[0].priority", "asap", "offered: priority asap"),
    (cards, SIGN, f"{WARN}.priority", "stat", "warn-pembrolizumab: priority stat"),
    (cards, SIGN, f"{INFORM}.priority", "urgent", "ask-cemiplimab: priority urgent"),
    (cards, SIGN, f"{INFORM}.id", "warn-cemiplimab", "cards [*"),
    (cards, VIEW, "action[0].title", "o" * 140, "offered: title of 140 characters"),
    (cards, VIEW, "action[0].title", "", "offered: title of 0 characters"),
    (cards, SIGN, f"{WARN}.description", "Not medical advice.", "warn-pembrolizumab: does not say are not checked"),
    (cards, VIEW, "action[0].documentation", None, "offered: source"),
    (cards, VIEW, "action[0].documentation[0].url", None, "offered: source"),
    (cards, SIGN, f"{WARN}.documentation[0].display", None, "warn-pembrolizumab: source"),
    (cards, VIEW, "action[0].documentation[0].document", {"url": BASE}, "offered: source"),
    (cards, VIEW, "action[0].condition", None, "offered: asks []"),
    (cards, VIEW, "action[0].selectionBehavior", "all", "offered: selection all"),
    (cards, VIEW, "action[0].definitionCanonical", canonical(activity("consultation")), "offered: is no card"),
    (suggested, VIEW, "action[0].action[8]", None, "offered: options [*"),
    (suggested, VIEW, "action[0].action[0].title", "Chemo", "offered-chemoradiation: title Chemo"),
    (suggested, VIEW, "action[0].action[0].description", "Good.", "offered-chemoradiation: description Good."),
    (suggested, VIEW, "action[0].action[0].condition", None, "offered-chemoradiation: asks []"),
    (
        suggested,
        VIEW,
        f"{NOT_MET}.condition[0].expression.expression",
        "CemiplimabNeedsData",
        "not-met-cemiplimab: asks ['CemiplimabNeedsData']",
    ),
    (
        suggested,
        VIEW,
        "action[0].action[0].definitionCanonical",
        canonical("PlanDefinition/cervical-plan-chemoradiation"),
        "offered-chemoradiation: creates something itself",
    ),
    (
        leaves,
        VIEW,
        f"{TALK}.definitionCanonical",
        canonical(activity("cisplatin")),
        "talk-chemoradiation: creates ActivityDefinition/cervical-cisplatin",
    ),
    (
        leaves,
        VIEW,
        f"{TALK}.definitionCanonical",
        canonical(activity("trial-talk")),
        "offered-chemoradiation: creates ['ActivityDefinition/cervical-trial-talk']",
    ),
    (leaves, VIEW, f"{TALK}.type", None, "talk-chemoradiation: type []"),
    (leaves, VIEW, f"{TALK}.type.coding[0].code", "update", "talk-chemoradiation: type [*"),
    (leaves, VIEW, f"{TALK}.action", [{"id": "x"}], "talk-chemoradiation: a fourth level"),
    (leaves, VIEW, f"{TALK}.id", LONG, f"{LONG}: too long with ActivityDefinition/cervical-consultation"),
    (leaves, VIEW, f"{TALK}.condition", [{"expression": {"expression": "X"}}], "talk-chemoradiation: asks ['X']"),
    (leaves, VIEW, f"{ASKING}.action[1]", None, "missing-pembrolizumab: creates [*"),
    (leaves, VIEW, f"{ASKING}.action[1].condition", None, "pd-l1-test-pembrolizumab: asks []"),
    (
        leaves,
        VIEW,
        f"{NOT_MET}.action",
        [PACKAGE[VIEW]["action"][0]["action"][0]["action"][0]],
        "not-met-cemiplimab: *",
    ),
    (orders, SIGN, f"{WARN}.documentation[0].label", "S-47", "warn-pembrolizumab: rests on ['S-47']"),
    (orders, SIGN, f"{at(SIGN, 'warn-pelvic-exenteration')}.documentation[1]", None, "warn-pelvic-exenteration: *"),
    (orders, SIGN, f"{INFORM}.documentation", [], "ask-cemiplimab: rests on nothing"),
    (orders, SIGN, f"{INFORM}.action", [{"id": "x"}], "ask-cemiplimab: suggests ['x']"),
    (prefetch, LIBRARY, "dataRequirement", [], "0 data requirements"),
    (prefetch, LIBRARY, "dataRequirement", PACKAGE[LIBRARY]["dataRequirement"][:1] * 9, "9 data requirements"),
    (prefetch, LIBRARY, "dataRequirement[0].extension", None, "Observation: 0 queries"),
    (prefetch, LIBRARY, QUERY, "Observation?code=x", "Observation?code=x asks not for a patient's Observation"),
    (prefetch, LIBRARY, QUERY, "Condition?patient={{context.patientId}}", "Condition?patient={{context.patientId}} *"),
    (prefetch, LIBRARY, QUERY, "Observation?patient={{context.patientId}}&code:in=x", "*: parameters ['code:in']"),
    (prefetch, LIBRARY, QUERY, "Observation?patient={{context.patientId}}&_include=x", "*: parameters ['_include']"),
    (
        prefetch,
        LIBRARY,
        QUERY,
        f"Observation?patient={{{{context.patientId}}}}&code={'x' * 1500}",
        "Observation: 1547 characters",
    ),
    (endpoints, VIEW, "extension[0].url", ENDPOINT, "extension[0].url"),
    (recognised, PEMBROLIZUMAB, "compose.include[0].concept[0]", None, "1547545 is left out"),
    (recognised, PEMBROLIZUMAB, "compose.include[0].concept[0].code", "2555", "2555 is no order of it"),
    (recognised, PEMBROLIZUMAB, "compose.include[0].concept[0].code", "2723764", "2723764 is never meant"),
    (recognised, EXENTERATION, "expansion.contains[0].code", "406044008", "406044008 is never meant"),
    (recognised, EXENTERATION, "expansion.contains[1]", None, "expands to ['52224004']"),
    (recognised, EXENTERATION, "expansion.total", 3, "expands to ['52224004', '55853002']"),
    (recognised, EXENTERATION, "compose.include[0].filter", [{}], "is not enumerated"),
    (recognised, EXENTERATION, "compose.exclude", [{}], "is not enumerated"),
    (recognised, activity("pembrolizumab"), "productCodeableConcept.coding[0].code", "2723764", "2723764 is never *"),
)


@pytest.mark.parametrize(("check", "place", "path", "value", "fault"), BROKEN)
def test_one_change_is_told_where_it_is(check: Check, place: str, path: str, value: Any, fault: str) -> None:
    new = {*check(changed(place, path, value))} - standing(check)
    pattern = re.escape(f"{place}: {fault}").replace(r"\*", ".*")
    assert [told for told in new if re.fullmatch(pattern, told)], new
    assert {told.partition(": ")[0] for told in new} == {place}


OFFERED = "PatientViewOffered: RecurrentCervicalCancerTrue"
RULED_OUT = "(CemiplimabNotMet or PembrolizumabNotMet"
WARNS = "OrderSignWarnsPembrolizumab: DraftsPembrolizumab and RecurrentCervicalCancerYes"


@pytest.mark.parametrize(
    ("check", "old", "new", "fault"),
    [
        (view_logic, OFFERED, "PatientViewOffered: true", "PatientViewOffered does not ask whether *"),
        (view_logic, OFFERED, f"{OFFERED} and SiteCervixTrue", "PatientViewOffered asks ['SiteCervixTrue']"),
        (view_logic, "define PatientViewNotMet", "define NotMet", "PatientViewNotMet does not ask whether *"),
        (view_logic, RULED_OUT, "(CemiplimabNotMet", "PatientViewNotMet asks [*"),
        (view_logic, RULED_OUT, "(SiteDistantTrue or CemiplimabNotMet", "PatientViewNotMet asks [*"),
        (sign_logic, "draftOrders List<FHIR.Resource>", "draftOrders FHIR.Bundle", "no list of draft orders"),
        (sign_logic, WARNS, WARNS.partition(" and ")[0], "OrderSignWarnsPembrolizumab asks [*"),
        (sign_logic, WARNS, WARNS.replace(" DraftsP", " DraftsC"), "OrderSignWarnsPembrolizumab asks [*"),
        (sign_logic, "Yes and PembrolizumabClosedByPdL1Positive", "Yes", "OrderSignWarnsPembrolizumab asks [*"),
        (
            sign_logic,
            "Yes and PembrolizumabClosedByPdL1Positive",
            "Yes and PembrolizumabNotMet",
            "OrderSignWarnsPembrolizumab asks [*'PembrolizumabNotMet']",
        ),
        (
            sign_logic,
            "(PelvicExenterationClosedBySideWallInvolved or ",
            "(",
            "OrderSignWarnsPelvicExenteration asks [*",
        ),
        (sign_logic, "and not (OrderSignWarnsPelvicExenteration)", "", "OrderSignNotMetPelvicExenteration asks [*"),
        (sign_logic, "and CemiplimabNeedsData", "and CemiplimabNotMet", "OrderSignAsksCemiplimab asks [*"),
        (
            sign_logic,
            "not (OrderSignWarnsPelvicExenteration)",
            "OrderSignWarnsPelvicExenteration",
            "OrderSignNotMetPelvicExenteration asks [*",
        ),
        (
            sign_logic,
            'CodeableConcept in "Orders of pembrolizumab"',
            'CodeableConcept in "Orders of cemiplimab"',
            "DraftsPembrolizumab knows orders by ['Orders of cemiplimab', 'Orders of pembrolizumab']",
        ),
        (sign_logic, "draftOrders D where D is FHIR.ServiceRequest", "[ServiceRequest] D where true", "*s elsewhere"),
    ],
)
def test_one_change_of_the_logic_is_told(check: Check, old: str, new: str, fault: str) -> None:
    told = {*check(changed_cql(old, new))} - standing(check)
    pattern = re.escape(f"{LIBRARY}: {fault}").replace(r"\*", ".*")
    assert [each for each in told if re.fullmatch(pattern, each)], told


def test_the_tables_do_not_hold_what_is_never_meant() -> None:
    assert NEVER & VERIFIED.keys() == set()


@pytest.mark.parametrize("option", CODES)
def test_an_order_made_from_our_own_definition_is_recognised(option: str) -> None:
    order = PACKAGE[activity(option)]
    codings = order["productCodeableConcept" if order["kind"] == "MedicationRequest" else "code"]["coding"]
    known = {(system, code) for system, codes in CODES[option].items() for code in codes}
    assert {(each["system"], each["code"]) for each in codings} & known
    assert order["kind"] == REQUESTS[option]


# ---- An endpoint by configuration ----


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package made from content that names an endpoint."""
    folder = tmp_path_factory.mktemp("configured")
    source = shutil.copytree(ROOT / "generator" / "source", folder / "source")
    settings = (source / "package.toml").read_text("utf-8")
    endpoint = 'cds-hooks-endpoint = "https://cds.example.org/cds-services"\n'
    (source / "package.toml").write_text(endpoint + settings, "utf-8")
    result = CliRunner().invoke(generate, ["--source", str(source), "--out", str(folder / "fhir")])
    assert result.exit_code == 0, result.output
    return package_in(folder / "fhir")


def test_a_configured_endpoint_stands_on_the_plans_of_the_hooks_alone(configured: Package) -> None:
    wanted = {"url": ENDPOINT, "valueUri": "https://cds.example.org/cds-services"}
    for place in (VIEW, SIGN):
        extensions = configured[place]["extension"]
        assert extensions.count(wanted) == 1
        without = {**configured[place], "extension": [each for each in extensions if each != wanted]}
        assert without == PACKAGE[place]
    assert {place for place in configured if configured[place] != PACKAGE.get(place)} == {VIEW, SIGN}
    assert configured.keys() == PACKAGE.keys()
    assert {told.partition(": ")[0] for told in endpoints(configured)} == {VIEW, SIGN}
