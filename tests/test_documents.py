"""What the documents say is so: their commands run, their links resolve, their numbers are right."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def commands(document: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def test_the_readme_has_the_two_commands() -> None:
    assert commands(ROOT / "README.md")[:2] == ["make", "make test"]


@pytest.mark.parametrize("command", [c for c in commands(ROOT / "README.md") if not c.startswith("make")])
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command.replace("--out dist", f"--out {tmp_path}"))
    assert program == ".venv/bin/cervical-options"
    subprocess.run(
        [Path(sys.executable).with_name("cervical-options"), *arguments], check=True, capture_output=True, cwd=ROOT
    )


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("all", "test", "bench", "lock", "official", "node"):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_resolve(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_the_numbers_of_the_readme_are_right() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"({len(list((ROOT / 'fhir').glob('*/*.json')))} resources)" in text
    strategy = json.loads((ROOT / "fhir" / "PlanDefinition" / "cervical-recurrence.json").read_bytes())
    assert json.dumps(strategy).count("PlanDefinition/cervical-offer-") == 2 * 11
    assert "eleven `cervical-offer-…` plans" in text


def test_files_the_documents_name_exist() -> None:
    for document in (ROOT / "README.md", ROOT / "ARCHITECTURE.md"):
        text = document.read_text(encoding="utf-8")
        named = re.findall(
            r"`((?:generator|tests|docs|packages|review|service|validator|cervical_options)/[\w./-]+)`", text
        )
        assert [name for name in named if not (ROOT / name).exists()] == []
