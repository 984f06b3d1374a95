"""FHIR packages made by hand, good ones and such as nobody should take."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MANIFEST = {"name": "org.example.guide", "version": "1.0.0", "fhirVersions": ["4.0.1"]}
PLAN = {
    "resourceType": "PlanDefinition",
    "id": "fever",
    "url": "https://example.org/PlanDefinition/fever",
    "status": "draft",
}


def member(name: str, data: bytes = b"", **more: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def tar(files: Mapping[str, Any], more: Sequence[tuple[tarfile.TarInfo, bytes]] = ()) -> bytes:
    """An archive of these files (JSON, or bytes as they are) and further members, not yet packed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            info, _ = member(name, data)
            archive.addfile(info, io.BytesIO(data))
        for info, data in more:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def good(**resources: Any) -> dict[str, Any]:
    """The files of a package: a plan, or these resources by name."""
    named = resources or {"PlanDefinition-fever": PLAN}
    return {"package/package.json": MANIFEST, **{f"package/{name}.json": each for name, each in named.items()}}


def write(file: Path, unpacked: bytes) -> Path:
    file.write_bytes(gzip.compress(unpacked, mtime=0))
    return file
