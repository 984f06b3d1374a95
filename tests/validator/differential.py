"""HL7's differentials as the facts that our table of profiles must hold: read here, never shipped."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ELEMENTS = "http://hl7.org/fhir/StructureDefinition/"
GUIDES = ("http://hl7.org/fhir/uv/cpg/StructureDefinition/", "http://hl7.org/fhir/uv/crmi/StructureDefinition/")
# Elements that R4 lets stand in themselves: what a profile says of one holds for the nested ones too.
REPEATING = {
    "CodeSystem.concept",
    "PlanDefinition.action",
    "Questionnaire.item",
    "RequestGroup.action",
    "ValueSet.expansion.contains",
}


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """One thing that a profile says of one element, in the words of our table."""

    profile: str
    path: str
    facet: str
    value: str


def definitions(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("StructureDefinition-*.json")):
        yield json.loads(path.read_bytes())


def short(url: str) -> str:
    for prefix in (*GUIDES, ELEMENTS):
        url = url.removeprefix(prefix)
    return url


def facts(definition: dict[str, Any]) -> Iterator[Fact]:
    """What a differential constrains; must-support, text, and cardinalities that constrain nothing are no facts."""
    name = short(definition["url"])
    elements = definition["differential"]["element"]
    selectors = {element["id"]: selector(element, elements) for element in elements if "sliceName" in element}
    for element in elements:
        path = table_path(element, selectors)
        for facet, value in said(element):
            yield Fact(name, path, facet, value)


def said(element: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if element.get("min", 0) > 0:
        yield "min", str(element["min"])
    if element.get("max", "*") != "*":
        yield "max", element["max"]
    for key, value in element.items():
        if key.startswith("pattern"):
            yield "code", coded(value)
        elif key == "fixedCanonical":
            yield "canonical", short(value)
        elif key.startswith("fixed"):
            yield "value", json.dumps(value)
    types = element.get("type", [])
    if element["path"].endswith("[x]") and types:
        yield "types", json.dumps(sorted(type["code"] for type in types))
    targets = sorted(short(target) for type in types for target in type.get("targetProfile", []))
    if targets:
        yield "targets", json.dumps(targets)
    binding = element.get("binding", {})
    if binding.get("strength") in ("required", "extensible"):
        yield binding["strength"], binding["valueSet"].rpartition("/")[2]
    for constraint in element.get("constraint", []):
        yield "invariant", constraint["key"]


def coded(pattern: dict[str, Any]) -> str:
    (coding,) = pattern.get("coding", [pattern])
    return f"{coding['system']}#{coding['code']}"


def selector(element: dict[str, Any], elements: list[dict[str, Any]]) -> str:
    """What tells the slice's elements from others, as our paths write it between brackets."""
    profiles = [profile for type in element.get("type", []) for profile in type.get("profile", [])]
    if profiles:
        return f"[{short(profiles[0])}]"
    for below in elements:
        if not below["id"].startswith(f"{element['id']}."):
            continue
        key = below["id"].rpartition(".")[2]
        if "patternCodeableConcept" in below:
            return f"[{key}={coded(below['patternCodeableConcept'])}]"
        if "patternCoding" in below:
            return f"[{coded(below['patternCoding'])}]"
        if "fixedCode" in below:
            return f"[{key}={below['fixedCode']}]"
    return ""  # a slice by type: itemReference of item[x]


def table_path(element: dict[str, Any], selectors: dict[str, str]) -> str:
    """PlanDefinition.action.extension:rating is action*.extension[cpg-rating]."""
    ids, names = element["id"].split("."), element["path"].split(".")
    found: list[str] = []
    for number in range(2, len(ids) + 1):
        here = ".".join(ids[:number])
        repeats = ".".join(names[:number]) in REPEATING and number < len(ids)
        found.append(names[number - 1] + ("*" if repeats else "") + selectors.get(here, ""))
    return ".".join(found) or "."


def extension_facts(definition: dict[str, Any]) -> dict[str, Any]:
    """Where an extension may stand and what it holds, as a row of our table."""
    elements = {element["path"]: element for element in definition["differential"]["element"]}
    found = dict(said(elements.get("Extension.value[x]", {"path": ""})))
    return {
        "contexts": sorted(context["expression"] for context in definition["context"]),
        "types": json.loads(found.get("types", "[]")),
        "targets": json.loads(found.get("targets", "[]")),
        "modifier": elements.get("Extension", {}).get("isModifier", False),
        **({"required": found["required"]} if "required" in found else {}),
    }
