"""The FHIR npm package: resources and examples as a .tgz, the form that registries and FHIR tools take.

What describes it is read from the ImplementationGuide, so that nothing is said twice. Pure: same resources and time,
same bytes. Shape: HL7's FHIR package specification (`package/package.json`, `.index.json` in each folder).
"""

import gzip
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import orjson

Resource = dict[str, Any]

CORE = {"4.0.1": "hl7.fhir.r4.core"}  # FHIR version -> the package of its definitions
INDEXED = ("url", "version", "kind", "type", "supplements", "content")
_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


class NoGuideError(Exception):
    """No ImplementationGuide that says what the package is called. The text says what to do."""


def guide(resources: Iterable[Resource]) -> Resource:
    """The ImplementationGuide that describes the package.

    Raises NoGuideError.
    """
    found = [each for each in resources if each["resourceType"] == "ImplementationGuide"]
    if len(found) != 1 or not {"packageId", "version", "fhirVersion", "url"} <= found[0].keys():
        raise NoGuideError(
            f"{len(found)} ImplementationGuides with packageId, version, fhirVersion and url; a FHIR package needs one"
            if len(found) != 1
            else "the ImplementationGuide lacks packageId, version, fhirVersion or url; a FHIR package needs them"
        )
    return found[0]


def file_name(guide: Resource) -> str:
    return f"{guide['packageId']}-{guide['version']}.tgz"


def manifest(guide: Resource) -> dict[str, Any]:
    """`package.json`. A dependency is what the guide names, and the definitions of its FHIR version."""
    versions = guide["fhirVersion"]
    cores = {CORE[version]: version for version in versions if version in CORE}
    named = {each["packageId"]: each["version"] for each in guide.get("dependsOn", ()) if "packageId" in each}
    said = {
        "name": guide["packageId"],
        "version": guide["version"],
        "tools-version": 3,
        "type": "fhir.ig",
        "date": guide.get("date", "").replace("-", "") or None,
        "license": guide.get("license"),
        "canonical": guide["url"].partition("/ImplementationGuide/")[0],
        "url": guide["url"],
        "title": guide.get("title"),
        "description": guide.get("description"),
        "fhirVersions": versions,
        "dependencies": cores | named,
        "author": guide.get("publisher"),
        "directories": {"lib": "package", "example": "example"},
    }
    return {key: value for key, value in said.items() if value is not None}


def tgz(resources: Sequence[Resource], examples: Sequence[Resource], time: int) -> bytes:
    """The package; each member has this time (seconds since 1970) and nobody's name.

    Raises NoGuideError.
    """
    described = orjson.dumps(manifest(guide(resources)), option=_INDENTED)
    return _packed({"package/package.json": described} | _folder("package", resources) | _examples(examples), time)


def day(guide: Resource) -> int:
    """The date of the content as seconds since 1970, 0 where it has none: content knows no clock."""
    date = guide.get("date")
    return int(datetime.fromisoformat(f"{date[:10]}T00:00:00").replace(tzinfo=UTC).timestamp()) if date else 0


def _examples(examples: Sequence[Resource]) -> dict[str, bytes]:
    return _folder("package/example", examples) if examples else {}


def _folder(folder: str, resources: Iterable[Resource]) -> dict[str, bytes]:
    named = {f"{each['resourceType']}-{each['id']}.json": each for each in resources}
    index = {"index-version": 2, "files": [_indexed(name, named[name]) for name in sorted(named)]}
    files = {f"{folder}/{name}": orjson.dumps(each, option=_INDENTED) for name, each in named.items()}
    return {f"{folder}/.index.json": orjson.dumps(index, option=_INDENTED)} | files


def _indexed(name: str, resource: Resource) -> dict[str, str]:
    told = {key: resource[key] for key in INDEXED if isinstance(resource.get(key), str)}
    return {"filename": name, "resourceType": resource["resourceType"], "id": resource["id"], **told}


def _packed(files: Mapping[str, bytes], time: int) -> bytes:
    out = BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=9, mtime=time) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(files, key=lambda each: (each != "package/package.json", each)):  # who it is comes first
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(files[name]), time, 0o644
            tar.addfile(member, BytesIO(files[name]))
    return out.getvalue()
