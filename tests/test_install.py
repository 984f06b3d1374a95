"""As a wheel: what a user gets from an index generates, checks and packages like the checkout."""

import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
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


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel in it; its dependencies are borrowed, so that no network is needed."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(place)
    python = place / "bin" / "python"
    options = ["--quiet", "--no-deps", "--no-index"]
    install: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", *options, wheel]
    subprocess.run(install, check=True, capture_output=True)
    (site,) = place.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")  # after the wheel, so never before it
    return place


def test_an_installed_wheel_does_the_main_job(environment: Path, tmp_path: Path) -> None:
    def run(*command: str) -> str:
        program, *arguments = command
        done = subprocess.run(
            [environment / "bin" / program, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout

    where = run("python", "-c", "import cervical_options; print(cervical_options.__file__)")
    assert Path(where.strip()).is_relative_to(environment)
    assert run("cervical-options", "generate") == ""
    nothing = json.dumps({"missing": [], "extra": [], "changed": []}, indent=2)
    assert run("cervical-options", "generate", "--check", "--format", "json") == f"{nothing}\n"
    run("cervical-options", "package")
    assert (tmp_path / "dist" / "SHA256SUMS").is_file()
    (packed,) = (tmp_path / "dist").glob("*.tgz")
    with tarfile.open(packed) as tar:
        examples = [name for name in tar.getnames() if name.startswith("package/example/Bundle-")]
    assert len(examples) == len(list((ROOT / "examples").glob("*/*.json")))
    assert run("cervical-options", "diff", "dist", "dist/bundle-by-url.json") == ""
    assert "PlanDefinition/cervical-offer-pembrolizumab#ask" in run("cervical-options", "trace", "S-49")
    made = {p.relative_to(tmp_path / "fhir"): p.read_bytes() for p in (tmp_path / "fhir").glob("*/*.json")}
    assert made == {p.relative_to(ROOT / "fhir"): p.read_bytes() for p in (ROOT / "fhir").glob("*/*.json")}


def test_the_content_is_at_hand_in_python(environment: Path, tmp_path: Path) -> None:
    program = "import cervical_options as c; print(c.path(), len(c.resources()), c.resources()[0]['resourceType'])"
    done = subprocess.run(
        [environment / "bin" / "python", "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    path, number, first = done.stdout.split()
    assert Path(path).is_relative_to(environment)
    assert int(number) == len(list((ROOT / "fhir").glob("*/*.json")))
    assert first == "CodeSystem"
