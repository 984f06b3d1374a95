"""HL7's official validator, as HAPI packs it, run over files; its findings as they come."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, path_from, tool

MODULE = ROOT / "tests" / "official"
EXTENSIONS = ROOT / "tests" / "node" / "node_modules" / "hl7.fhir.uv.extensions.r4"
PROFILES = ("cpg-2.0.0", "crmi-1.0.0")


@dataclass(frozen=True)
class Finding:
    file: str
    severity: str
    path: str | None
    message: str
    id: str | None
    place: Path  # the file by its whole path, where names alone may repeat


def command(*folders: Path) -> list[str]:
    """How the validator is started, before its arguments; the module must be built (`make official`).

    `folders`: where it finds packages.
    """
    java = tool("java", "official validation is")
    if not (MODULE / "target" / "classes").is_dir():
        pytest.skip("tests/official is not built (make official): official validation is not run")
    classpath = ":".join([f"{MODULE}/target/classes", f"{MODULE}/target/lib/*", *map(str, folders)])
    main = "org.w3id.cervicaloptions.official.Validate"
    # The collector made for throughput: a run is over in a minute, and nobody waits for a pause in it.
    return [java, "-Xmx1g", "-XX:+UseParallelGC", "-cp", classpath, main]


def validate(*arguments: str | Path, packages: Sequence[Path] = ()) -> list[Finding]:
    """Run the validator over files or folders, with FHIR packages at hand."""
    named = [word for package in packages for word in ("--package", package.name)]
    words = [*command(*(package.parent for package in packages)), *named, *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *lines, summary = map(json.loads, done.stdout.splitlines())
    assert summary["files"] > 0
    return [_finding(line) for line in lines]


def _finding(line: dict[str, Any]) -> Finding:
    place = Path(line["file"])
    return Finding(place.name, line["severity"], line["path"], line["message"], line["id"], place)


def definitions() -> list[str | Path]:
    """The definitions of the profiles we claim: CPG and CRMI from the folder given, R4 extensions from npm."""
    profiles = path_from("CERVICAL_OPTIONS_PROFILES", "the CPG and CRMI definitions")
    if not EXTENSIONS.is_dir():
        pytest.skip("tests/node is not installed (make node): the R4 extension pack is not at hand")
    folders = [*(profiles / name for name in PROFILES), EXTENSIONS]
    return [argument for folder in folders for argument in ("--definitions", folder)]
