"""Further FHIR packages: their extensions, code systems, value sets and canonicals are known in the run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from .catalogue import Catalogue
from .definitions import Definitions, ExtensionDefinition
from .definitions.make import extension as extension_row
from .inputs import InputError, sources
from .strict_json import MARK
from .terminology.value_sets import expanded, of_resource


def add(packages: Sequence[Path], definitions: Definitions) -> None:
    """Make known what packages define.

    Raises InputError.
    """
    reasons: list[str] = []
    value_sets: list[dict[str, Any]] = []
    for package in packages:
        try:
            files, _ = sources([package], None)
        except InputError as error:
            reasons += error.reasons
            continue
        for file in files:
            try:
                resource = orjson.loads(file.read().removeprefix(MARK))
            except (OSError, orjson.JSONDecodeError) as error:
                reasons.append(f"{file.name}: can't be read ({error}); take the package from its registry again")
                continue
            if isinstance(resource, dict) and isinstance(resource.get("url"), str):
                learn(resource, definitions)
                value_sets += [resource] if resource.get("resourceType") == "ValueSet" else []
    if reasons:
        raise InputError(reasons)
    at_hand = Catalogue()
    left = value_sets
    while True:  # one may include another that comes after it
        still = []
        for resource in left:
            codes = expanded(resource, definitions.codes, at_hand, frozenset())
            if codes is None:
                still.append(resource)
            else:
                definitions.codes.add_value_set(resource["url"], codes)
        if len(still) == len(left):
            break
        left = still


def learn(resource: dict[str, Any], definitions: Definitions) -> None:
    """Make known what one resource defines."""
    type = str(resource.get("resourceType"))
    definitions.canonicals.setdefault(resource["url"], type)
    if type == "CodeSystem":
        system = of_resource(resource)
        if system is not None:
            definitions.add_code_system(system)
    elif type == "StructureDefinition" and resource.get("type") == "Extension" and "snapshot" in resource:
        try:
            row = extension_row(resource)
        except (AttributeError, KeyError, TypeError):  # an odd definition defines nothing; its own faults are told
            return
        definitions.add_extension(
            resource["url"],
            ExtensionDefinition(
                tuple(row["context"]), tuple(row.get("types", ())), tuple(row.get("parts", ())), "modifier" in row
            ),
        )
