"""A folder or package of resources, read back: what everything right of `fhir/` starts from."""

import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
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
    """Every resource of a folder or of a FHIR package (.tgz), in loading order and by id within a type.

    Raises FolderError with every file that is no resource, or where there is none at all.
    """
    files = packed(folder) if folder.is_file() else _of_folder(folder)
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
    yield from ((str(file), file.read_bytes) for file in sorted(folder.rglob("*.json")))


def packed(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The resources of a package as npm packs it: `package/*.json` and its examples, by name.

    What describes the package, and the tables of its tools in other folders, are no resources. Raises FolderError.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in sorted(tar.getmembers(), key=lambda each: each.name):
                path = PurePosixPath(member.name)
                described = path.name in ("package.json", ".index.json")
                tools = len(path.parts) > 2 and path.parts[1] not in ("example", "examples")
                if member.isfile() and path.suffix == ".json" and not described and not tools:
                    content = tar.extractfile(member)
                    yield f"{archive}/{member.name}", content.read() if content else b""
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise FolderError([f"{archive}: no package that can be read ({error}); name a folder or a .tgz"]) from error


def _place(resource: Resource) -> tuple[int, str, str]:
    kind = resource["resourceType"]
    rank = LOADING_ORDER.index(kind) if kind in LOADING_ORDER else len(LOADING_ORDER)
    return rank, kind, resource["id"]
