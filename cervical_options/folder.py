"""A folder or package of resources, read back: what everything right of `fhir/` starts from."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any

import orjson

from .archive import ArchiveError, contents

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
    """Every resource of a folder or of a FHIR package (.tgz), in loading order and by id within a type.

    The examples of a package are none of its resources: nobody wants them on a server. Raises FolderError with every
    file that is no resource, or where there is none at all.
    """
    files: Iterator[tuple[str, bytes | Callable[[], bytes]]]
    files = iter(packed(folder, examples=False)) if folder.is_file() else _of_folder(folder)
    resources: list[Resource] = []
    reasons: list[str] = []
    for file, content in files:
        try:
            resource = orjson.loads(content if isinstance(content, bytes) else content())
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


def _of_folder(folder: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if not folder.is_dir():
        raise FolderError([f"{folder}: no such folder; run 'cervical-options generate' or name another with --fhir"])
    unpacked = (folder / "package.json").is_file()  # a package, as its consumers keep it
    for file in sorted(folder.rglob("*.json")):
        if not unpacked or is_resource("package" / file.relative_to(folder), examples=False):
            yield str(file), file.read_bytes


def packed(archive: Path, *, examples: bool = True) -> list[tuple[str, bytes]]:
    """The resources of a package as npm packs it: `package/*.json` and, if wanted, its examples, by name.

    Raises FolderError where the archive is refused.
    """
    try:
        files = contents(archive)
    except ArchiveError as error:
        raise FolderError(error.reasons) from error
    return [(f"{archive}/{path}", content) for path, content in files if is_resource(path, examples=examples)]


def is_resource(path: PurePath, *, examples: bool) -> bool:
    """What describes a package, and the tables of its tools in other folders, are no resources."""
    described = path.name in ("package.json", ".index.json")
    folders = path.parts[1:-1]
    here = not folders or (examples and folders[0] in ("example", "examples"))
    return path.suffix == ".json" and not described and here


def _place(resource: Resource) -> tuple[int, str, str]:
    kind = resource["resourceType"]
    rank = LOADING_ORDER.index(kind) if kind in LOADING_ORDER else len(LOADING_ORDER)
    return rank, kind, resource["id"]
