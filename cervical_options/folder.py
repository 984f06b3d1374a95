"""A folder of resources, read back: what everything right of `fhir/` starts from."""

from pathlib import Path
from typing import Any

import orjson

Resource = dict[str, Any]

# A server that checks references wants what is pointed at first.
LOADING_ORDER = (
    "CodeSystem",
    "ValueSet",
    "Library",
    "Questionnaire",
    "Medication",
    "ActivityDefinition",
    "PlanDefinition",
    "ImplementationGuide",
)


class FolderError(Exception):
    """The folder holds something that is no resource. `reasons` has one line a file."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


def read(folder: Path) -> list[Resource]:
    """Every resource of a folder, in loading order and by id within a type.

    Raises FolderError with every file that is no resource, or where there is none at all.
    """
    if not folder.is_dir():
        raise FolderError([f"{folder}: no such folder; run 'cervical-options generate' or name another with --fhir"])
    resources: list[Resource] = []
    reasons: list[str] = []
    for file in sorted(folder.rglob("*.json")):
        try:
            resource = orjson.loads(file.read_bytes())
        except OSError as error:
            reasons.append(f"{file}: {error.strerror}; make it readable")
        except orjson.JSONDecodeError as error:
            reasons.append(f"{file}:{error.lineno}:{error.colno}: not JSON ({error.msg}); mend it")
        else:
            if isinstance(resource, dict) and {"resourceType", "id"} <= resource.keys():
                resources.append(resource)
            else:
                reasons.append(f"{file}: not a FHIR resource with resourceType and id; remove it")
    if not resources and not reasons:
        reasons.append(f"{folder}: holds no resource; run 'cervical-options generate' or name another with --fhir")
    if reasons:
        raise FolderError(reasons)
    return sorted(resources, key=_place)


def _place(resource: Resource) -> tuple[int, str, str]:
    kind = resource["resourceType"]
    rank = LOADING_ORDER.index(kind) if kind in LOADING_ORDER else len(LOADING_ORDER)
    return rank, kind, resource["id"]
