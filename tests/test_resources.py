"""What each resource under fhir/ must be: its name, form, codes and references, and no word more than the page."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
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
CORE = "http://hl7.org/fhir/StructureDefinition/"
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
    "asset-collection": (f"{CRMI}shareablelibrary", f"{CRMI}publishablelibrary"),
    "ValueSet": tuple(f"{CRMI}{what}valueset" for what in ("shareable", "publishable", "computable", "expanded")),
    # No version of others' code systems can be claimed, and the fourth profile wants one.
    "ValueSet of others' codes": tuple(f"{CRMI}{what}valueset" for what in ("shareable", "publishable", "computable")),
    "CodeSystem": (f"{CRMI}shareablecodesystem", f"{CRMI}publishablecodesystem"),
    "Questionnaire": (
        f"{CPG}computablequestionnaire",
        f"{CRMI}shareablequestionnaire",
        f"{CRMI}publishablequestionnaire",
    ),
    "ImplementationGuide": (),
}
# kind of request -> the profile of the request, and the activity type that CPG demands
REQUESTS = {
    "MedicationRequest": (f"{CPG}medicationrequest", "order-medication"),
    "ServiceRequest": (f"{CPG}servicerequest", "order-service"),
    "CommunicationRequest": (f"{CPG}communicationrequest", "send-message"),
    "Task": (f"{CPG}questionnairetask", "collect-information"),
}

# What a canonical is for (its element, its extension, or a part of the manifest) -> the resource types it may lead to
CANONICALS = {
    "definitionCanonical": {"PlanDefinition", "ActivityDefinition"},
    "library": {"Library"},
    "reference": {"Library"},
    "resource": {
        *("PlanDefinition", "ActivityDefinition", "Library", "Medication", "ValueSet", "CodeSystem", "Questionnaire"),
    },
    "composed-of": {
        *("PlanDefinition", "ActivityDefinition", "Library", "Medication", "ValueSet", "CodeSystem", "Questionnaire"),
        "ImplementationGuide",
    },
    "valueSet": {"ValueSet"},
    f"{CPG}partOf": {"PlanDefinition"},
    f"{CPG}collectWith": {"Questionnaire"},
}
# What a question's answer becomes is a resource of the standard (SDC, definition-based extraction)
EXTRACTED = f"{CORE}Observation"

# Elements and extensions that would say more than the page does
UNSAID = re.compile(
    r"dosage|dose|quantity|timing|cycle|volume|strength|grade|qualityOfEvidence|rating"
    r"|approvalDate|lastReviewDate|reviewer|endorser|effectivePeriod",
    re.IGNORECASE,
)
NUMBER = r"(?:\d[\d.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten)\b)"
UNIT = r"(?:mg|g/m2|g/m²|mcg|µg|cGy|Gy|mL|AUC|mm|cm|hours?|days?|weeks?|months?|cycles?|fractions?)(?![a-z])"
DOSE = re.compile(rf"{NUMBER}[\s-]*(?:{UNIT}|%)|\b(?:AUC|day|week|cycle)\s*\d", re.IGNORECASE)

PAGE = "https://cancer.ca/en/cancer-information/cancer-types/cervical/treatment/recurrent"
# Code system -> what its copyright notice must name
OWNERS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.whocc.no/atc": "ATC",
    "http://loinc.org": "LOINC",
    "http://hl7.org/fhir/NamingSystem/ca-hc-din": "Health Canada",
}

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
            yield from (
                f"{place}: no {key}" for key in ("title", "description", "date", "publisher") if key not in resource
            )
        elif kind == "Medication":
            values = {each["url"].rpartition("/")[2]: each for each in resource["extension"]}
            identity = (
                resource.get("identifier"),
                values.get("artifact-url", {}).get("valueUri"),
                values.get("artifact-version", {}).get("valueString"),
            )
            identifier = {"system": f"{BASE}/medication", "value": id.removeprefix("cervical-")}
            if identity != ([identifier], f"{BASE}/Medication/{id}", VERSION):
                yield f"{place}: known as {identity}"
        else:
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
        quoted = products(resource)
        for path, text in texts(resource):
            for match in (*DOSE.finditer(own(quoted, path, text)), *re.finditer(r"\brcc\b", text, re.IGNORECASE)):
                yield f"{place}: {path}: {match[0]}"


def products(resource: Resource) -> list[str] | None:
    """The verified names with a strength that a value set quotes, longest first; None for any other resource."""
    if resource["resourceType"] != "ValueSet":
        return None
    names = {VERIFIED.get((c["system"], c["code"]), {}).get("display", "") for _, c in coded(resource)}
    return sorted((name for name in names if DOSE.search(name)), key=len, reverse=True)


def own(quoted: list[str] | None, path: str, text: str) -> str:
    """A text without what is no statement: expressions, a system's name, and products that a value set quotes."""
    if path.endswith("valueExpression.expression"):
        return ""  # made of codes; what it says is tested by what it answers
    text = re.sub("icd-10-cm", "", text, flags=re.IGNORECASE)
    if quoted is None:
        return text
    if re.fullmatch(r"(?:compose|expansion)\..*\.display", path):
        return "" if text in quoted else text
    if path == "text.div":
        for name in quoted:
            text = text.replace(name, "")
    return text


def canonicals(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """Each canonical and reference with its path and what it is for."""
    for path, node in (("", resource), *nodes(resource)):
        for key, value in node.items() if isinstance(node, dict) else ():
            role = key
            if key == "valueCanonical":
                role = node["url"]
            elif key == "resource" and node.get("type") == "composed-of":
                role = "composed-of"
            elif key == "reference" and node.keys() == {"reference"}:
                role = "literal"
            if key == "valueCanonical" or role in {*CANONICALS, "literal"}:
                for index, each in enumerate(value if isinstance(value, list) else [value]):
                    if isinstance(each, str):
                        yield f"{path}.{key}".lstrip(".") + f"[{index}]" * isinstance(value, list), role, each


def references(package: Package) -> Iterator[str]:
    """Canonicals lead to a resource of the package at its version, related actions to a sibling."""
    by_url = {resource.get("url", f"{BASE}/{place}"): resource for place, resource in package.items()}
    for place, resource in package.items():
        for path, role, value in canonicals(resource):
            if role == "literal":  # an ImplementationGuide has no other way to name its parts
                if resource["resourceType"] != "ImplementationGuide" or value not in package:
                    yield f"{place}: {path} leads to nothing"
                continue
            if role == "definition":
                if resource["resourceType"] != "Questionnaire" or value != EXTRACTED:
                    yield f"{place}: {path} extracts {value}"
                continue
            url, _, version = value.partition("|")
            target = by_url.get(url, {"resourceType": "nothing"})
            if target["resourceType"] not in CANONICALS.get(role, ()):
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
        if isinstance(value, dict) and ("system" in value or re.search(r"\bcoding\[\d+\]$", path)):
            if "code" in value or not {"value", "concept"} & value.keys():
                yield path, value
            for concept in value.get("concept", ()):
                yield path, {"system": value["system"], "version": value.get("version"), **concept}


def codes(package: Package) -> Iterator[str]:
    """A code of ours is in its CodeSystem, any other in the tables of verified codes, with its display."""
    ours = {resource["url"]: resource for resource in package.values() if resource["resourceType"] == "CodeSystem"}
    for place, resource in package.items():
        for path, coding in coded(resource):
            system, code, display = coding.get("system", ""), coding.get("code", ""), coding.get("display")
            if system.startswith(f"{BASE}/"):
                home = ours.get(system, {"concept": (), "version": None})
                named = path.startswith("meta.tag") or system.endswith("/cervical-statements")  # a display adds nothing
                known = {
                    each["code"]: {each["display"], None if named else each["display"]} for each in home["concept"]
                }
                right = display in known.get(code, ()) and coding.get("version") in (home["version"], None)
            else:
                right = (system, code) in VERIFIED and VERIFIED[system, code]["display"] == display
            if not right:
                yield f"{place}: {path}: {code} {display}"


def sources(package: Package) -> Iterator[str]:
    """What a statement is taken from is the page, and the owners of the codes are named."""
    for place, resource in package.items():
        for path, value in nodes(resource):
            if not isinstance(value, dict) or value.get("type") not in ("derived-from", "documentation"):
                continue
            if value.get("url") != PAGE or not value.get("label") or not value.get("display"):
                yield f"{place}: {path} is not the page"
        notices = resource.get("copyright", "") + "".join(
            each["valueMarkdown"]
            for each in resource.get("extension", ())
            if each["url"].endswith("/artifact-copyright")
        )
        for system in sorted({coding.get("system", "") for _, coding in coded(resource)} & OWNERS.keys()):
            if OWNERS[system] not in notices:
                yield f"{place}: no copyright of {OWNERS[system]}"


def spare_codes(package: Package) -> Iterator[str]:
    """The tables hold verified rows only, and only such as the package uses."""
    used = {(each.get("system"), each.get("code")) for resource in package.values() for _, each in coded(resource)}
    for key, row in VERIFIED.items():
        if row["status"] not in ("verified-1", "verified-2") or row["role"] in ("exclusion", "exclusion-din"):
            yield f"{row['concept_id']}: {row['status']} {row['role']}"
        if key not in used | {("http://terminology.hl7.org/CodeSystem/condition-clinical", "active")}:  # of examples
            yield f"{row['concept_id']}: no resource uses {' '.join(key)}"


def is_ours(resource: Resource) -> bool:
    """Whether a ValueSet holds codes of our own only."""
    return all(each["system"].startswith(f"{BASE}/") for each in resource["compose"]["include"])


def kind_of(resource: Resource) -> str:
    """The row of PROFILES for a resource."""
    if resource["resourceType"] == "PlanDefinition":
        return str(resource["type"]["coding"][0]["code"])
    if resource["resourceType"] == "Library" and resource["type"]["coding"][0]["code"] != "logic-library":
        return str(resource["type"]["coding"][0]["code"])
    if resource["resourceType"] == "ValueSet" and not is_ours(resource):
        return "ValueSet of others' codes"
    return str(resource["kind"] if resource["resourceType"] == "ActivityDefinition" else resource["resourceType"])


def profiles(package: Package) -> Iterator[str]:
    """Each resource claims the profiles of its kind, and is what they demand of actions and codes."""
    for place, resource in package.items():
        kind = kind_of(resource)
        if tuple(resource["meta"].get("profile", ())) != PROFILES.get(kind):
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


# Extension -> the elements of a resource that carry it, the resource itself being ""
CARRIERS: dict[str, Callable[[str, Resource], list[str]]] = {
    f"{CPG}partOf": lambda place, _: [""] * ("/cervical-offer-" in place),
    f"{CPG}collectWith": lambda place, _: [""] * (place == "ActivityDefinition/cervical-fact-questions"),
    f"{CORE}cqf-fhirQueryPattern": lambda _, each: [
        f"dataRequirement[{index}]" for index, _ in enumerate(each.get("dataRequirement", ()))
    ],
    f"{CORE}cqf-alternativeExpression": lambda _, each: [
        path
        for path, node in nodes(each)
        if re.search(r"condition\[\d+\]\.expression$", path) and isinstance(node, dict)
    ],
    f"{CORE}cqf-expression": lambda _, each: [
        f"parameter[{index}]" for index, one in enumerate(each.get("parameter", ())) if one["use"] == "out"
    ],
    f"{CORE}valueset-warning": lambda _, each: [""] * (each["resourceType"] == "ValueSet" and is_ours(each)),
    f"{CORE}cqf-cdsHooksEndpoint": lambda *_: [],
}


def extensions(package: Package) -> Iterator[str]:
    """What only an extension can say stands where it is needed, once, and nowhere else."""
    for place, resource in package.items():
        found: dict[str, list[str]] = {}
        for path, node in nodes(resource):
            if isinstance(node, dict) and (carrier := re.fullmatch(r"(.*?)\.?extension\[\d+\]", path)):
                found.setdefault(node["url"], []).append(carrier[1])
        for url, carriers in CARRIERS.items():
            if found.get(url, []) != carriers(place, resource):
                yield f"{place}: {url.rpartition('/')[2]} on {found.get(url, [])}"


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


CHECKS: tuple[Check, ...] = (
    *(names, drafts, unsaid, references, codes, sources, spare_codes, profiles, extensions, narratives, order),
)


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
ORDERS = "ValueSet/cervical-order-pembrolizumab"
QUESTIONS = "Questionnaire/cervical-facts"
ASKING = "ActivityDefinition/cervical-fact-questions"
MANIFEST = "Library/cervical-manifest"
GUIDE = "ImplementationGuide/cervical-guide"
VIEW = "PlanDefinition/cervical-patient-view"
PRODUCT = "4 ML pembrolizumab 25 MG/ML Injection"
QUESTION = "item[0].item[0].extension[0].extension[0].valueCanonical"
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
    (names, CISPLATIN, "publisher", None, "no publisher"),
    (names, DRUG, "identifier", None, f"known as (None, '{BASE}/{DRUG}', '{VERSION}')"),
    (drafts, CISPLATIN, "status", "active", "('active', True)"),
    (drafts, CISPLATIN, "experimental", None, "('draft', None)"),
    (drafts, CISPLATIN, "intent", "order", "('order', False, 'routine')"),
    (drafts, DRUG, "meta.tag[0].code", "other", "tag"),
    (unsaid, CISPLATIN, "dosage", ["as usual"], "dosage"),
    (unsaid, CISPLATIN, "lastReviewDate", "2026-01-01", "lastReviewDate"),
    (unsaid, PAIR, "action[0].timingDuration", {}, "action[0].timingDuration"),
    (unsaid, PAIR, "extension[0].url", STRENGTH, "extension[0].url"),
    (unsaid, PAIR, "description", "cisplatin, 6 cycles", "description: 6 cycles"),
    (unsaid, ORDERS, "description", f"Such as {PRODUCT}", "description: 4 ML"),
    (unsaid, ORDERS, "title", PRODUCT, "title: 25 MG"),
    (unsaid, ORDERS, "text.div", div(f"{PRODUCT}: 200 mg"), "text.div: 200 mg"),
    (unsaid, ORDERS, "text.div", div(PRODUCT.replace("25", "50")), "text.div: 50 MG"),
    (unsaid, ORDERS, "compose.include[0].concept[0].display", "2 ML", "compose.include[0].concept[0].display: 2 ML"),
    (unsaid, DRUG, "text.div", div(PRODUCT), "text.div: 25 MG"),
    (unsaid, QUESTIONS, "item[0].item[0].text", "Was it over 2 cm?", "item[0].item[0].text: 2 cm"),
    (references, PAIR, LEAF, f"{BASE}/{CISPLATIN}s|{VERSION}", f"{LEAF} leads to nothing"),
    (references, PAIR, LEAF, f"{BASE}/{QUESTIONS}|{VERSION}", f"{LEAF} leads to Questionnaire"),
    (
        references,
        PAIR,
        "relatedArtifact[1].resource",
        f"{BASE}/{GUIDE}|{VERSION}",
        "relatedArtifact[1].resource *",
    ),
    (references, MANIFEST, "relatedArtifact[0].resource", f"{BASE}/{GUIDE}", "relatedArtifact[0].resource is pinned *"),
    (
        references,
        ASKING,
        "extension[2].valueCanonical",
        f"{BASE}/{QUESTIONS}",
        "extension[2].valueCanonical is *",
    ),
    (
        references,
        ASKING,
        "extension[2].valueCanonical",
        f"{BASE}/{STRATEGY}|{VERSION}",
        "extension[2].valueCanonical *",
    ),
    (references, ASKING, "extension[2].url", f"{CORE}other", "extension[2].valueCanonical leads to Questionnaire"),
    (references, QUESTIONS, QUESTION, f"{CORE}Condition", f"{QUESTION} extracts {CORE}Condition"),
    (references, GUIDE, "definition.resource[0].reference.reference", DRUG + "x", "definition.resource[0].reference.*"),
    (references, VIEW, "subjectReference", {"reference": DRUG}, "subjectReference.reference leads to nothing"),
    (references, PAIR, LEAF, f"{BASE}/{DRUG}|{VERSION}", f"{LEAF} leads to Medication"),
    (references, PAIR, LEAF, f"{BASE}/{CISPLATIN}|0.2.0", f"{LEAF} is pinned to 0.2.0"),
    (references, TRIALS, "library[0]", f"{BASE}/{LIBRARY}", "library[0] is pinned to no version"),
    (references, CHEMORADIATION, "action[0].action[0].id", "beam", "chemotherapy relates to radiation"),
    (codes, DRUG, "code.coding[0].display", "Cisplatin", "code.coding[0]: 2555 Cisplatin"),
    (codes, DRUG, "code.coding[0].code", "2556", "code.coding[0]: 2556 cisplatin"),
    (codes, DRUG, "code.coding[2].version", "0.2.0", "code.coding[2]: cisplatin cisplatin"),
    (codes, DRUG, "code.coding[2].code", "cisplatine", "code.coding[2]: cisplatine cisplatin"),
    (codes, FACTS, "compose.include[0].concept[1].display", "Cervix", "compose.include[0]: site-cervix Cervix"),
    (codes, DRUG, "code.coding[0].system", None, "code.coding[0]: 2555 cisplatin"),
    (codes, DRUG, "code.coding[2].display", None, "code.coding[2]: cisplatin None"),
    (sources, CISPLATIN, "relatedArtifact[0].url", None, "relatedArtifact[0] is not the page"),
    (sources, CISPLATIN, "copyright", "SNOMED CT, RxNorm", "no copyright of ATC"),
    (sources, ORDERS, "copyright", "SNOMED CT, RxNorm, ATC", "no copyright of Health Canada"),
    (profiles, DRUG, "meta.profile", [], "profiles of a Medication"),
    (profiles, CISPLATIN, "profile", None, "None ['order-medication']"),
    (profiles, STRATEGY, "action[0].groupingBehavior", "visual-group", NO_STRATEGY),
    (profiles, STRATEGY, "action[0].code", None, NO_STRATEGY),
    (profiles, PAIR, "action[0].title", None, "together has no title or description"),
    (profiles, PAIR, LEAF, f"{BASE}/{DRUG}|{VERSION}", "cisplatin leads to Medication"),
    (profiles, TRIALS, "extension[2].valueCanonical", "", "part of ['']"),
    (profiles, MANIFEST, "meta.profile[2]", f"{CRMI}computablelibrary", "profiles of a asset-collection"),
    (profiles, ORDERS, "meta.profile[3]", f"{CRMI}expandedvalueset", "profiles of a ValueSet of others' codes"),
    (profiles, FACTS, "meta.profile[3]", None, "profiles of a ValueSet"),
    (profiles, QUESTIONS, "meta.profile", None, "profiles of a Questionnaire"),
    (profiles, GUIDE, "meta.profile", [f"{CRMI}shareablelibrary"], "profiles of a ImplementationGuide"),
    (profiles, VIEW, "action[0].description", None, "offered has no title or description"),
    (extensions, ASKING, "extension[2]", None, "cpg-collectWith on []"),
    (extensions, CISPLATIN, "extension[0].url", f"{CPG}collectWith", "cpg-collectWith on ['']"),
    (extensions, LIBRARY, "dataRequirement[0].extension", None, "cqf-fhirQueryPattern on ['dataRequirement[1]', *"),
    (extensions, LIBRARY, "parameter[1].extension", None, "cqf-expression on ['parameter[2]', *"),
    (
        extensions,
        "PlanDefinition/cervical-offer-pembrolizumab",
        "action[0].condition[0].expression.extension",
        None,
        "cqf-alternativeExpression on ['action[1].*",
    ),
    (extensions, LIBRARY, "extension[0].url", f"{CORE}cqf-fhirQueryPattern", "cqf-fhirQueryPattern on [*"),
    (extensions, ORDERS, "extension[0].url", f"{CORE}valueset-warning", "valueset-warning on ['']"),
    (extensions, FACTS, "extension[4]", None, "valueset-warning on []"),
    (extensions, VIEW, "extension[0].url", f"{CORE}cqf-cdsHooksEndpoint", "cqf-cdsHooksEndpoint on ['']"),
    (extensions, TRIALS, "extension[2]", None, "cpg-partOf on []"),
    (narratives, DRUG, "text.div", div("<script>x</script>"), f"element {XHTML}script"),
    (narratives, DRUG, "text.div", div("<p onclick='x'>x</p>"), "attribute onclick"),
    (narratives, DRUG, "text.div", div("<a href='javascript:x'>x</a>"), "attribute href"),
    (narratives, DRUG, "text.div", div("<p>"), "no XML"),
    (narratives, DRUG, "text.div", div("S-70"), "S-70 does not exist"),
    (narratives, DRUG, "text.div", div("").replace("Draft", "Final"), "does not say Draft"),
    (order, PAIR, "action[0].prefix", "A", "prefix comes before title"),
)


@cache
def standing(check: Check) -> frozenset[str]:
    """The faults before the change."""
    return frozenset(check(PACKAGE))


@pytest.mark.parametrize(("check", "place", "path", "value", "fault"), BROKEN)
def test_one_change_is_told_where_it_is(check: Check, place: str, path: str, value: Any, fault: str) -> None:
    new = {*check(changed(place, path, value))} - standing(check)
    where = f"{place}.action[0]" if check is order else place
    pattern = re.escape(f"{where}: {fault}").replace(r"\*", ".*")
    assert [told for told in new if re.fullmatch(pattern, told)], new
    assert {told.partition(": ")[0] for told in new} == {where}


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
