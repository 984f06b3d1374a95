"""A second and a third opinion on every resource before it is written: R4B models and HL7's R4 JSON schema.

Neither shares a line with the builders. R4B has no element more than R4 in the types that we write, but for a few that
`NOT_IN_R4` bans (fhir.resources has no R4 models).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from .builders.common import Resource
from .faults import Fault

SCHEMA = Path(__file__).parent / "schema" / "r4.schema.json"
NOT_IN_R4 = ("subjectCanonical",)  # PlanDefinition, PlanDefinition.action and ActivityDefinition in R4B


def objections(resources: Sequence[Resource], progress: Callable[[], object] = lambda: None) -> Iterator[Fault]:
    """Every objection to every resource; none means that all may be written. `progress` is called after each."""
    for resource in resources:
        file = f"{resource['resourceType']}/{resource['id']}.json"
        for key, what in (*_by_model(resource), *_by_schema(resource), *_by_ban(resource)):
            yield Fault(file, key, what, "mend the builder or the content that it is made of")
        progress()


def _by_model(resource: Resource) -> Iterator[tuple[str, str]]:
    from pydantic import ValidationError

    try:
        _model(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            yield ".".join(map(str, problem["loc"])) or "resource", f"R4B model: {problem['msg']}"


@cache
def _model(resource_type: str) -> Any:
    module = import_module(f"fhir.resources.R4B.{resource_type.lower()}")
    return getattr(module, resource_type)


def _by_schema(resource: Resource) -> Iterator[tuple[str, str]]:
    for error in _validator(resource["resourceType"]).iter_errors(resource):
        yield ".".join(map(str, error.instance_path)) or "resource", f"R4 schema: {error.message}"


@cache
def _validator(resource_type: str) -> Any:
    from jsonschema_rs import Draft6Validator

    return Draft6Validator({**_schema(), "$ref": f"#/definitions/{resource_type}"})


@cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def _by_ban(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in NOT_IN_R4:
                yield f"{path}{key}", "R4 has no such element"
            yield from _by_ban(value, f"{path}{key}.")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _by_ban(value, f"{path}{number}.")
