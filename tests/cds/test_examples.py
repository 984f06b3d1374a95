"""The golden pairs: for each service and outcome a request and its response, whole; and the documents around them."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from cervical_options.service.cds import schema
from cervical_options.service.cds_examples_cli import cds_examples
from click.testing import CliRunner

from ..conftest import ROOT
from .calls import SIGN, VIEW, ask

FOLDER = ROOT / "docs" / "cds-hooks"
OUTCOMES = {
    VIEW: {"offered", "needs-data", "not-met", "conflicting-records", "does-not-apply", "records-not-read", "refused"},
    SIGN: {"offered", "needs-data", "not-met", "warning", "does-not-apply", "records-not-read"},
}
PAIRS = [(service, outcome) for service, outcomes in OUTCOMES.items() for outcome in sorted(outcomes)]


def read(service: str, outcome: str, name: str) -> object:
    return json.loads((FOLDER / service / outcome / f"{name}.json").read_bytes())


def test_there_is_one_of_each() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.json")}
    assert found == {f"{s}/{o}/{name}.json" for s, o in PAIRS for name in ("request", "response")}


@pytest.mark.parametrize(("service", "outcome"), PAIRS)
def test_the_service_answers_the_request_with_the_response(service: str, outcome: str) -> None:
    reply = ask(read(service, outcome, "request"), f"/cds-services/{service}")
    assert reply.body == read(service, outcome, "response")
    assert reply.status == (400 if outcome == "refused" else 200)


@pytest.mark.parametrize(("service", "outcome"), PAIRS)
def test_they_are_as_the_specification_has_it(service: str, outcome: str) -> None:
    assert list(schema.faults(schema.REQUEST, read(service, outcome, "request"))) == []
    of = schema.PROBLEM if outcome == "refused" else schema.RESPONSE
    assert list(schema.faults(of, read(service, outcome, "response"))) == []


def test_the_command_finds_one_that_is_another(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(
            cds_examples, ["--out", str(tmp_path), "--patients", str(ROOT / "patients"), *arguments]
        )
        return result.exit_code, result.stdout

    (tmp_path / "cases.toml").write_bytes((FOLDER / "cases.toml").read_bytes())
    assert run()[0] == 0
    assert run("--check") == (0, "")
    for path in FOLDER.rglob("*.json"):
        assert (tmp_path / path.relative_to(FOLDER)).read_bytes() == path.read_bytes()
    (tmp_path / SIGN / "warning" / "response.json").write_text("{}")
    code, told = run("--check")
    assert (code, len(told.splitlines())) == (1, 1)
    (tmp_path / "cases.toml").write_text("case = 3")
    assert run()[0] == 2


def test_all_outcomes_are_shown_in_the_documents() -> None:
    shown = set(re.findall(r"\(cds-hooks/([\w-]+)/([\w-]+)/response\.json\)", (ROOT / "docs/cds-hooks.md").read_text()))
    assert shown == set(PAIRS)


@pytest.mark.slow
def test_the_commands_of_the_dockerfile_run_in_a_clean_folder(tmp_path: Path) -> None:
    """What COPY takes, then each RUN; the user is the image's own business."""
    text = (ROOT / "Dockerfile").read_text()
    commands = [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN ")]
    assert "COPY . ." in text
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "bench/", "server/")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ran = 0
    for command in commands:
        if command.startswith("useradd"):
            continue
        words = shlex.split(command)
        if words[0] == "python":
            words[0] = sys.executable
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        ran += 1
    assert ran == 4
    assert done.stdout == "cervical-order-sign  order-sign\ncervical-patient-view  patient-view\n"
