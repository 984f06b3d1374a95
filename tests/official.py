"""HL7's official validator, as HAPI packs it, run over files; its findings as they come."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

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


def validate(*arguments: str | Path) -> list[Finding]:
    """Run the validator over files or folders; the module must be built (`make official`)."""
    java = tool("java", "official validation is")
    if not (MODULE / "target" / "classes").is_dir():
        pytest.skip("tests/official is not built (make official): official validation is not run")
    classpath = f"{MODULE}/target/classes:{MODULE}/target/lib/*"
    main = "org.w3id.cervicaloptions.official.Validate"
    done = subprocess.run(
        [java, "-Xmx1g", "-cp", classpath, main, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *lines, summary = map(json.loads, done.stdout.splitlines())
    assert summary["files"] > 0
    return [Finding(Path(x["file"]).name, x["severity"], x["path"], x["message"], x["id"]) for x in lines]


def definitions() -> list[str | Path]:
    """The definitions of the profiles we claim: CPG and CRMI from the folder given, R4 extensions from npm."""
    profiles = path_from("CERVICAL_OPTIONS_PROFILES", "the CPG and CRMI definitions")
    if not EXTENSIONS.is_dir():
        pytest.skip("tests/node is not installed (make node): the R4 extension pack is not at hand")
    folders = [*(profiles / name for name in PROFILES), EXTENSIONS]
    return [argument for folder in folders for argument in ("--definitions", folder)]
