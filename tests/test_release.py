"""What `make release-check` lets through, and what it refuses; and that the version is said in one place."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from cervical_options.packages.release_check import main
from click.testing import CliRunner, Result

from cervical_options.cli import app

from .conftest import ROOT
from .resources import FHIR, PACKAGE, VERSION, Package, Resource, changed, offer
from .test_diff import repinned

CISPLATIN = "Medication/cervical-cisplatin"
SINGLE = offer("pembrolizumab")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the content as it stands, released."""
    dist = tmp_path_factory.mktemp("dist")
    assert CliRunner().invoke(app, ["package", "--out", str(dist)]).exit_code == 0
    folder = dist.with_name("releases")
    folder.mkdir()
    for name in (f"org.w3id.cervical-options-{VERSION}.tgz", "SHA256SUMS"):
        shutil.copy(dist / name, folder)
    return folder


def check(tmp_path: Path, package: Package, changelog: str, releases: Path) -> Result:
    fhir = tmp_path / "fhir"
    for place, resource in package.items():
        file = fhir / f"{place}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(resource), "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(changelog, "utf-8")
    words = ["--fhir", fhir, "--releases", releases, "--changelog", tmp_path / "CHANGELOG.md"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.stdout == ""
    return result


def released_as(version: str, **edits: Resource) -> Package:
    return {**repinned(version, "2027-01-01"), **edits}


def entry(version: str, *classes: str) -> str:
    return f"# Changelog\n\n## {version} (2027-01-01)\n\n" + "".join(
        f"### {each}\n\n- Something.\n\n" for each in classes
    )


def test_the_same_content_under_the_same_version_is_released_already(tmp_path: Path, releases: Path) -> None:
    assert check(tmp_path, PACKAGE, "", releases).exit_code == 0


def test_changed_content_under_the_same_version_is_refused(tmp_path: Path, releases: Path) -> None:
    result = check(tmp_path, changed(CISPLATIN, "code.text", "Cisplatin"), entry(VERSION, "Editorial"), releases)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"the content differs from release {VERSION} under the same version; raise VERSION:",
        "  cisplatin: code.text is Cisplatin, was cisplatin",
    ]


@pytest.mark.parametrize(
    ("classes", "refused"),
    [
        pytest.param(["Clinical"], "", id="fits"),
        pytest.param(["Clinical", "Editorial"], "", id="says-more"),
        pytest.param([], "no '### Clinical'", id="says-nothing"),
        pytest.param(["Editorial"], "no '### Clinical'", id="says-less"),
        pytest.param(["Breaking", "Clinical"], "'### Breaking', but nothing is breaking", id="says-too-much"),
    ],
)
def test_the_entry_fits_the_class_of_what_differs(
    classes: list[str], refused: str, tmp_path: Path, releases: Path
) -> None:
    package = released_as("0.2.0")
    package[CISPLATIN]["code"]["coding"][1]["code"] = "L01XA99"
    result = check(tmp_path, package, entry("0.2.0", *classes), releases)
    assert result.exit_code == (1 if refused else 0), result.stderr
    assert refused in result.stderr
    if "no '###" in refused:
        assert "  cisplatin: ATC code changed: L01XA99, was L01XA01" in result.stderr.splitlines()


def test_a_breaking_change_needs_its_heading(tmp_path: Path, releases: Path) -> None:
    package = released_as("0.2.0")
    del package[SINGLE]
    result = check(tmp_path, package, entry("0.2.0", "Clinical"), releases)
    assert (result.exit_code, "no '### Breaking'" in result.stderr) == (1, True)


@pytest.mark.parametrize("changelog", ["", "# Changelog\n\n## 0.2.0.1\n", "## 0.1.0\n\n### Editorial\n\n- 0.2.0\n"])
def test_no_entry_is_refused(changelog: str, tmp_path: Path, releases: Path) -> None:
    result = check(tmp_path, released_as("0.2.0"), changelog, releases)
    assert result.stderr == "CHANGELOG.md: no entry '## 0.2.0'; write one\n"
    assert result.exit_code == 1


def test_a_version_below_the_last_is_refused(tmp_path: Path, releases: Path) -> None:
    result = check(tmp_path, released_as("0.0.9"), entry("0.0.9", "Editorial"), releases)
    assert (result.exit_code, result.stderr.startswith("version 0.0.9 is below")) == (1, True)


def test_before_the_first_release_an_entry_is_enough(tmp_path: Path) -> None:
    nowhere = tmp_path / "releases"
    assert check(tmp_path, PACKAGE, entry(VERSION), nowhere).exit_code == 0
    assert check(tmp_path, PACKAGE, entry("9.9.9"), nowhere).exit_code == 1


def test_a_tampered_release_is_refused(tmp_path: Path, releases: Path) -> None:
    mine = shutil.copytree(releases, tmp_path / "releases")
    [archive] = mine.glob("*.tgz")
    archive.write_bytes(archive.read_bytes() + b"\0")
    result = check(tmp_path, PACKAGE, "", mine)
    assert (result.exit_code, "not the file that" in result.stderr) == (2, True)


def test_this_checkout_may_be_released() -> None:
    words = ["--fhir", FHIR, "--releases", ROOT / "releases", "--changelog", ROOT / "CHANGELOG.md"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.stderr


# ---- Version in one place


def test_the_version_is_written_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"file": "generator/source/VERSION"}
    said = re.compile(rf"""["']{re.escape(VERSION)}["']""")
    code = [file for folder in PYTHON for file in (ROOT / folder).rglob("*.py")]
    assert [file.name for file in code if said.search(file.read_text("utf-8"))] == []
    assert {each["version"] for each in PACKAGE.values() if "version" in each} == {VERSION}


PYTHON = ("cervical_options", "generator", "packages", "review", "service", "validator")
