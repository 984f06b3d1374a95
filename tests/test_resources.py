"""What each resource under fhir/ must be: its name, form, codes and references, and no word more than the page."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fhir.resources.R4B import get_fhir_model_class

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
    actions,
    changed,
    cql,
    leads_to,
    nodes,
    offer,
    texts,
)

Check = Callable[[Package], Iterator[str]]

CPG = "http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-"
CRMI = "http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-"
CPG_ACTIVITY = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"
CPG_PROCESS = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-common-process-cs"
PLAN = (f"{CRMI}shareableplandefinition", f"{CRMI}publishableplandefinition")
ACTIVITY = (f"{CRMI}shareableactivitydefinition", f"{CRMI}publishableactivitydefinition")

# kind of resource -> the profiles it claims
PROFILES = {
    "workflow-definition": (f"{CPG}strategydefinition", *PLAN),
    "eca-rule": (f"{CPG}recommendationdefinition", *PLAN),
    "order-set": (f"{CPG}ordersetdefinition", *PLAN),
    "MedicationRequest": (f"{CPG}medicationrequestactivity", *ACTIVITY),
    "ServiceRequest": (f"{CPG}servicerequestactivity", *ACTIVITY),
    "CommunicationRequest": (f"{CPG}communicationactivity", *ACTIVITY),
    "Task": (f"{CPG}collectinformationactivity", *ACTIVITY),
    "Medication": (f"{CRMI}medicationdefinition",),
    "Library": (f"{CRMI}shareablelibrary", f"{CRMI}publishablelibrary", f"{CRMI}computablelibrary"),
    "ValueSet": tuple(f"{CRMI}{what}valueset" for what in ("shareable", "publishable", "computable", "expanded")),
    "CodeSystem": (f"{CRMI}shareablecodesystem", f"{CRMI}publishablecodesystem"),
}
# kind of request -> the profile of the request, and the activity type that CPG demands
REQUESTS = {
    "MedicationRequest": (f"{CPG}medicationrequest", "order-medication"),
    "ServiceRequest": (f"{CPG}servicerequest", "order-service"),
    "CommunicationRequest": (f"{CPG}communicationrequest", "send-message"),
    "Task": (f"{CPG}questionnairetask", "collect-information"),
}

# Element -> the resource types that a canonical in it may lead to
CANONICALS = {
    "definitionCanonical": {"PlanDefinition", "ActivityDefinition"},
    "library": {"Library"},
    "reference": {"Library"},
    "resource": {"PlanDefinition", "ActivityDefinition", "Library", "Medication", "ValueSet", "CodeSystem"},
    "valueCanonical": {"PlanDefinition"},
    "valueSet": {"ValueSet"},
}

# Elements and extensions that would say more than the page does
UNSAID = re.compile(
    r"dosage|dose|quantity|timing|cycle|volume|strength|grade|qualityOfEvidence|rating"
    r"|approvalDate|lastReviewDate|reviewer|endorser|effectivePeriod",
    re.IGNORECASE,
)
NUMBER = r"(?:\d[\d.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b)"
UNIT = r"(?:mg|g/m2|g/m²|mcg|µg|cGy|Gy|mL|AUC|mm|cm|hours?|days?|weeks?|months?|cycles?|fractions?)(?![a-z])"
DOSE = re.compile(rf"{NUMBER}[\s-]*(?:{UNIT}|%)|\b(?:AUC|day|week|cycle)\s*\d", re.IGNORECASE)

# What a narrative needs of the elements and attributes that FHIR allows in it
ELEMENTS = {
    *("a", "b", "br", "caption", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p"),
    *("pre", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATTRIBUTES = {"class", "colspan", "dir", "href", "id", "lang", "name", "rowspan", "style", "title", XML_LANG}
XHTML = "{http://www.w3.org/1999/xhtml}"


def verified() -> dict[tuple[str, str], dict[str, str]]:
    """The rows of both tables of codes, by system and code."""
    rows: list[dict[str, str]] = []
    for name in ("terminology.csv", "profile-codes.csv"):
        with (ROOT / "generator" / "source" / name).open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return {(row["system"], row["code"]): row for row in rows}


VERIFIED = verified()


def names(package: Package) -> Iterator[str]:
    """Id in kebab-case with our prefix, equal to the file, the url and the name."""
    for place, resource in package.items():
        kind, id = resource["resourceType"], resource["id"]
        if place != f"{kind}/{id}":
            yield f"{place}: the file holds {kind}/{id}"
        if place != LIBRARY and (len(id) > 40 or not re.fullmatch(r"cervical(-[a-z0-9]+)+", id)):
            yield f"{place}: id {id}"
        if "url" in resource:
            tail = "package" if place == "CodeSystem/cervical-package" else id  # that url is the system of the tag
            name = "".join(part[0].upper() + part[1:] for part in id.split("-"))
            for key, expected in (("url", f"{BASE}/{kind}/{tail}"), ("version", VERSION), ("name", name)):
                if resource[key] != expected:
                    yield f"{place}: {key} {resource[key]}"
        elif kind != "Medication":
            yield f"{place}: no url"


def drafts(package: Package) -> Iterator[str]:
    """Draft, experimental, tagged as part of the package; a request is a proposal and never urgent."""
    for place, resource in package.items():
        if resource["meta"]["tag"] != [{"system": f"{BASE}/CodeSystem/package", "code": "cervical-options"}]:
            yield f"{place}: tag"
        state = (resource["status"], resource.get("experimental"))
        if state != (("active", None) if resource["resourceType"] == "Medication" else ("draft", True)):
            yield f"{place}: {state}"
        if "kind" in resource:
            request = (resource["intent"], resource["doNotPerform"], resource["priority"])
            if request != ("proposal", False, "routine"):
                yield f"{place}: {request}"


def unsaid(package: Package) -> Iterator[str]:
    """No element, extension or text with a dose, a time, a cycle, a size, a grade or a review."""
    for place, resource in package.items():
        for path, value in nodes(resource):
            is_extension = isinstance(value, str) and "/StructureDefinition/" in value
            if UNSAID.search(value if is_extension else path.rpartition(".")[2]):
                yield f"{place}: {path}"
        for path, text in texts(resource):
            for match in (*DOSE.finditer(text), *re.finditer(r"\brcc\b", text, re.IGNORECASE)):
                yield f"{place}: {path}: {match[0]}"


def references(package: Package) -> Iterator[str]:
    """Canonicals lead to a resource of the package at its version, related actions to a sibling."""
    by_url = {resource.get("url", f"{BASE}/{place}"): resource for place, resource in package.items()}
    for place, resource in package.items():
        for path, value in nodes(resource):
            element = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
            if element not in CANONICALS or not isinstance(value, str):
                continue
            url, _, version = value.partition("|")
            target = by_url.get(url, {"resourceType": "nothing"})
            if target["resourceType"] not in CANONICALS[element]:
                yield f"{place}: {path} leads to {target['resourceType']}"
            elif version != target.get("version", VERSION):
                yield f"{place}: {path} is pinned to {version or 'no version'}"
        for parent in (resource, *actions(resource)):
            siblings = {each["id"] for each in parent.get("action", ())}
            for each in parent.get("action", ()):
                for related in each.get("relatedAction", ()):
                    if related["actionId"] not in siblings - {each["id"]}:
                        yield f"{place}: {each['id']} relates to {related['actionId']}"
    for kind, url, version in re.findall(
        r"^(codesystem|valueset) .*?: '(.*?)'(?: version '(.*?)')?$", cql(package), re.M
    ):
        if by_url.get(url, {}).get("version") not in ({version} if kind == "valueset" else {version, VERSION}):
            yield f"{LIBRARY}: {kind} {url} {version}"


def coded(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """Whatever has a system and a code: Codings, expansions, the concepts that a ValueSet includes."""
    for path, value in nodes(resource):
        if isinstance(value, dict) and "system" in value:
            if "code" in value:
                yield path, value
            for concept in value.get("concept", ()):
                yield path, {"system": value["system"], "version": value.get("version"), **concept}


def codes(package: Package) -> Iterator[str]:
    """A code of ours is in its CodeSystem, any other in the tables of verified codes, with its display."""
    ours = {resource["url"]: resource for resource in package.values() if resource["resourceType"] == "CodeSystem"}
    for place, resource in package.items():
        for path, coding in coded(resource):
            system, code, display = coding["system"], coding["code"], coding.get("display")
            if system.startswith(f"{BASE}/"):
                home = ours.get(system, {"concept": (), "version": None})
                known = {concept["code"]: {concept["display"], None} for concept in home["concept"]}
                right = display in known.get(code, ()) and coding.get("version") in (home["version"], None)
            else:
                right = (system, code) in VERIFIED and VERIFIED[system, code]["display"] == display
            if not right:
                yield f"{place}: {path}: {code} {display}"


def spare_codes(package: Package) -> Iterator[str]:
    """The tables hold verified rows only, and only such as the package uses."""
    used = {(coding["system"], coding["code"]) for resource in package.values() for _, coding in coded(resource)}
    for key, row in VERIFIED.items():
        if row["status"] not in ("verified-1", "verified-2") or row["role"] in ("exclusion", "exclusion-din"):
            yield f"{row['concept_id']}: {row['status']} {row['role']}"
        if key not in used:
            yield f"{row['concept_id']}: no resource uses {' '.join(key)}"


def kind_of(resource: Resource) -> str:
    """The row of PROFILES for a resource."""
    if resource["resourceType"] == "PlanDefinition":
        return str(resource["type"]["coding"][0]["code"])
    return str(resource["kind"] if resource["resourceType"] == "ActivityDefinition" else resource["resourceType"])


def profiles(package: Package) -> Iterator[str]:
    """Each resource claims the profiles of its kind, and is what they demand of actions and codes."""
    for place, resource in package.items():
        kind = kind_of(resource)
        if tuple(resource["meta"]["profile"]) != PROFILES[kind]:
            yield f"{place}: profiles of a {kind}"
        if kind in REQUESTS:
            activities = [each["code"] for each in resource["code"]["coding"] if each["system"] == CPG_ACTIVITY]
            if (resource.get("profile"), *activities) != REQUESTS[kind]:
                yield f"{place}: {resource.get('profile')} {activities}"
        for each in actions(resource):
            if not each.get("title") or not each.get("description"):
                yield f"{place}: {each['id']} has no title or description"
            if kind == "workflow-definition":
                systems = [coding["system"] for code in each.get("code", ()) for coding in code["coding"]]
                forbidden = {key for key in each if key.endswith("Behavior")} - {"selectionBehavior"}
                if systems != [CPG_PROCESS] or forbidden | ({"type", "transform", "dynamicValue"} & each.keys()):
                    yield f"{place}: {each['id']} is no action of a strategy"
            target = leads_to(each)
            reached = kind_of(package[target]) if target in package else target
            if reached not in (None, *(("eca-rule",) if kind == "workflow-definition" else (*REQUESTS, "order-set"))):
                yield f"{place}: {each['id']} leads to {reached}"
    for option in OPTIONS:
        part_of = [
            each["valueCanonical"] for each in package[offer(option)]["extension"] if each["url"] == f"{CPG}partOf"
        ]
        if part_of != [f"{BASE}/{STRATEGY}|{VERSION}"]:
            yield f"{offer(option)}: part of {part_of}"


def narratives(package: Package) -> Iterator[str]:
    """A generated narrative of allowed XHTML that says what it is not, and names statements that exist."""
    known = {concept["code"] for concept in package["CodeSystem/cervical-statements"]["concept"]}
    for place, resource in package.items():
        if resource["text"]["status"] != "generated":
            yield f"{place}: status {resource['text']['status']}"
        try:
            root = ET.fromstring(resource["text"]["div"])
        except ET.ParseError:
            yield f"{place}: no XML"
            continue
        if root.tag != f"{XHTML}div":
            yield f"{place}: root {root.tag}"
        for element in root.iter():
            if element.tag not in {f"{XHTML}{name}" for name in ELEMENTS}:
                yield f"{place}: element {element.tag}"
            for attribute, value in element.items():
                if attribute not in ATTRIBUTES or "script:" in value:
                    yield f"{place}: attribute {attribute}"
        text = " ".join(root.itertext())
        for needed in ("Not medical advice", "Draft", "not reviewed by a clinician", "the page's conditions only"):
            if needed not in text:
                yield f"{place}: does not say {needed}"
        for statement in sorted(set(re.findall(r"\b[SL]-\d+", text)) - known):
            yield f"{place}: {statement} does not exist"


def order(package: Package) -> Iterator[str]:
    """Elements in the order of the R4 definitions, at every depth."""
    for place, resource in package.items():
        if next(iter(resource)) != "resourceType":
            yield f"{place}: resourceType is not first"
        yield from misplaced(place, resource, get_fhir_model_class(resource["resourceType"]).model_validate(resource))


def misplaced(path: str, value: Any, model: Any) -> Iterator[str]:
    """What stands in the wrong place below here, by the models that the values parse into."""
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from misplaced(f"{path}[{index}]", child, model[index])
    elif isinstance(value, dict):
        keys = [key for key in value if key != "resourceType"]
        expected = [name for name in model.elements_sequence() if name in keys]
        for key, name in zip(keys, expected, strict=True):
            if key != name:
                yield f"{path}: {name} comes before {key}"
                break
        for key in keys:
            yield from misplaced(f"{path}.{key}", value[key], getattr(model, key))


CHECKS: tuple[Check, ...] = (*(names, drafts, unsaid, references, codes, spare_codes, profiles, narratives, order),)


@pytest.mark.parametrize("check", CHECKS)
def test_the_package_has_no_fault(check: Check) -> None:
    assert list(check(PACKAGE)) == []


CISPLATIN = "ActivityDefinition/cervical-cisplatin"
DRUG = "Medication/cervical-cisplatin"
FACTS = "ValueSet/cervical-fact-codes"
PAIR = "PlanDefinition/cervical-cisplatin-paclitaxel"
CHEMORADIATION = "PlanDefinition/cervical-plan-chemoradiation"
TRIALS = offer("clinical-trials")
LEAF = "action[0].action[0].definitionCanonical"
NO_STRATEGY = "treatment is no action of a strategy"
STRENGTH = "http://hl7.org/fhir/StructureDefinition/cqf-strengthOfRecommendation"


def div(inside: str) -> str:
    return (
        '<div xmlns="http://www.w3.org/1999/xhtml">Not medical advice. Draft, not reviewed by a clinician. '
        f"It holds the page's conditions only. {inside}</div>"
    )


BROKEN: tuple[tuple[Check, str, str, Any, str], ...] = (
    (names, DRUG, "resourceType", "Substance", "the file holds Substance/cervical-cisplatin"),
    (names, DRUG, "id", "cisplatin", "id cisplatin"),
    (names, DRUG, "id", f"cervical-{'x' * 32}", f"id cervical-{'x' * 32}"),
    (names, CISPLATIN, "url", f"{BASE}/x", f"url {BASE}/x"),
    (names, CISPLATIN, "version", "0.2.0", "version 0.2.0"),
    (names, CISPLATIN, "name", "cisplatin", "name cisplatin"),
    (drafts, CISPLATIN, "status", "active", "('active', True)"),
    (drafts, CISPLATIN, "experimental", None, "('draft', None)"),
    (drafts, CISPLATIN, "intent", "order", "('order', False, 'routine')"),
    (drafts, DRUG, "meta.tag[0].code", "other", "tag"),
    (unsaid, CISPLATIN, "dosage", ["as usual"], "dosage"),
    (unsaid, CISPLATIN, "lastReviewDate", "2026-01-01", "lastReviewDate"),
    (unsaid, PAIR, "action[0].timingDuration", {}, "action[0].timingDuration"),
    (unsaid, PAIR, "extension[0].url", STRENGTH, "extension[0].url"),
    (unsaid, PAIR, "description", "cisplatin, 6 cycles", "description: 6 cycles"),
    (references, PAIR, LEAF, f"{BASE}/{CISPLATIN}s|{VERSION}", f"{LEAF} leads to nothing"),
    (references, PAIR, LEAF, f"{BASE}/{DRUG}|{VERSION}", f"{LEAF} leads to Medication"),
    (references, PAIR, LEAF, f"{BASE}/{CISPLATIN}|0.2.0", f"{LEAF} is pinned to 0.2.0"),
    (references, TRIALS, "library[0]", f"{BASE}/{LIBRARY}", "library[0] is pinned to no version"),
    (references, CHEMORADIATION, "action[0].action[0].id", "beam", "chemotherapy relates to radiation"),
    (codes, DRUG, "code.coding[0].display", "Cisplatin", "code.coding[0]: 2555 Cisplatin"),
    (codes, DRUG, "code.coding[0].code", "2556", "code.coding[0]: 2556 cisplatin"),
    (codes, DRUG, "code.coding[2].version", "0.2.0", "code.coding[2]: cisplatin cisplatin"),
    (codes, DRUG, "code.coding[2].code", "cisplatine", "code.coding[2]: cisplatine cisplatin"),
    (codes, FACTS, "compose.include[0].concept[1].display", "Cervix", "compose.include[0]: site-cervix Cervix"),
    (profiles, DRUG, "meta.profile", [], "profiles of a Medication"),
    (profiles, CISPLATIN, "profile", None, "None ['order-medication']"),
    (profiles, STRATEGY, "action[0].groupingBehavior", "visual-group", NO_STRATEGY),
    (profiles, STRATEGY, "action[0].code", None, NO_STRATEGY),
    (profiles, PAIR, "action[0].title", None, "together has no title or description"),
    (profiles, PAIR, LEAF, f"{BASE}/{DRUG}|{VERSION}", "cisplatin leads to Medication"),
    (profiles, TRIALS, "extension[2].valueCanonical", "", "part of ['']"),
    (narratives, DRUG, "text.div", div("<script>x</script>"), f"element {XHTML}script"),
    (narratives, DRUG, "text.div", div("<p onclick='x'>x</p>"), "attribute onclick"),
    (narratives, DRUG, "text.div", div("<a href='javascript:x'>x</a>"), "attribute href"),
    (narratives, DRUG, "text.div", div("<p>"), "no XML"),
    (narratives, DRUG, "text.div", div("S-70"), "S-70 does not exist"),
    (narratives, DRUG, "text.div", div("").replace("Draft", "Final"), "does not say Draft"),
    (order, PAIR, "action[0].prefix", "A", "prefix comes before title"),
)


@pytest.mark.parametrize(("check", "place", "path", "value", "fault"), BROKEN)
def test_one_change_is_told_where_it_is(check: Check, place: str, path: str, value: Any, fault: str) -> None:
    faults = list(check(changed(place, path, value)))
    where = f"{place}.action[0]" if check is order else place
    assert f"{where}: {fault}" in faults
    assert {told.partition(": ")[0] for told in faults} == {where}


def test_a_code_without_use_is_told() -> None:
    without = {
        place: resource for place, resource in PACKAGE.items() if not place.endswith("/cervical-supportive-care")
    }
    told = set(spare_codes(without)) - set(spare_codes(PACKAGE))
    assert told == {"palliative-care: no resource uses http://snomed.info/sct 103735009"}


@pytest.mark.parametrize(
    "text",
    [
        *("40 mg/m2", "1.2 g/m²", "AUC 5", "5 AUC", "45 Gy", "250mL", "3 weeks", "21-day", "day 8", "six cycles"),
        *("at most 2 cm", "30 % less", "25 fractions"),
    ],
)
def test_a_dose_in_a_text_is_seen(text: str) -> None:
    assert DOSE.search(f"cisplatin {text}")


@pytest.mark.parametrize("text", ["5-FU", "PD-L1 may", "S-13 magnifies", "10th ed., 2015", "0.1.0", "one drug a day"])
def test_other_numbers_are_no_dose(text: str) -> None:
    assert not DOSE.search(text)


def form(raw: bytes) -> Iterator[str]:
    """Two-space JSON in UTF-8 with a newline at the end; nothing null, empty or with space behind it."""
    text = raw.decode("utf-8")
    if text != json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n":
        yield "layout"
    for path, value in nodes(json.loads(text)):
        if value is None or value in ("", [], {}):
            yield f"{path} is empty"
        if isinstance(value, str) and any(line != line.rstrip() for line in (value, *value.split("\n"))):
            yield f"{path} ends in space"


@pytest.mark.parametrize("place", PACKAGE)
def test_the_file_is_plain_json(place: str) -> None:
    assert list(form((FHIR / f"{place}.json").read_bytes())) == []


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        (b'{\n  "id": "x"\n}', ["layout"]),
        (b'{\n    "id": "x"\n}\n', ["layout"]),
        (b'{\n  "id": "x",\n  "id": "y"\n}\n', ["layout"]),
        (b'{\n  "id": "\\u00e9"\n}\n', ["layout"]),
        (b'{\n  "id": null\n}\n', ["id is empty"]),
        (b'{\n  "meta": {\n    "tag": []\n  }\n}\n', ["meta.tag is empty"]),
        (b'{\n  "id": ""\n}\n', ["id is empty"]),
        (b'{\n  "id": "x "\n}\n', ["id ends in space"]),
        (b'{\n  "id": "x \\ny"\n}\n', ["id ends in space"]),
    ],
)
def test_another_form_is_told(raw: bytes, faults: list[str]) -> None:
    assert list(form(raw)) == faults


def test_the_folder_holds_nothing_else() -> None:
    files = {file.relative_to(FHIR).as_posix() for file in FHIR.rglob("*") if file.is_file()}
    assert files == {f"{place}.json" for place in PACKAGE}
