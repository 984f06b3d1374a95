"""As a wheel: what a user gets from an index generates, checks and packages like the checkout."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from .conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the checkout stays as it is."""
    copy = tmp_path_factory.mktemp("source") / "checkout"
    made = (".*", "build", "dist", "target", "node_modules", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*made))
    build: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        copy / "out",
        copy,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (copy / "out").glob("*.whl")
    return wheel


def test_the_wheel_holds_the_content_and_no_tests(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    fhir = {f"cervical_options/fhir/{p.relative_to(ROOT / 'fhir').as_posix()}" for p in (ROOT / "fhir").glob("*/*")}
    source = {f"cervical_options/generator/source/{p.name}" for p in (ROOT / "generator" / "source").iterdir()}
    assert fhir | source | {"cervical_options/py.typed"} <= names
    strangers = ("tests/", "bench/", "docs/", "requirements/", "fhir/__init__.py")
    assert [name for name in names if any(stranger in name for stranger in strangers)] == []


def test_an_installed_wheel_does_the_main_job(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        site,
        wheel,
    ]
    subprocess.run(install, check=True, capture_output=True)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-I", "-c", BOOT, str(site), *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    assert run("generate") == ""
    assert run("generate", "--check", "--format", "json") == json.dumps(
        {"missing": [], "extra": [], "changed": []}, indent=2
    ) + "\n"  # fmt: skip
    run("package")
    assert (tmp_path / "dist" / "SHA256SUMS").is_file()
    assert "PlanDefinition/cervical-offer-pembrolizumab#ask" in run("trace", "S-49")
    assert len(list((tmp_path / "fhir").glob("*/*.json"))) == len(list((ROOT / "fhir").glob("*/*.json")))


# Runs the command from the folder given first, and makes sure that it is that one and not the checkout.
BOOT = """
import sys
site = sys.argv.pop(1)
sys.path.insert(0, site)
import cervical_options.cli
assert cervical_options.cli.__file__.startswith(site), cervical_options.cli.__file__
cervical_options.cli.app(prog_name="cervical-options")
"""
