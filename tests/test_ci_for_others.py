"""The pre-commit hooks and the workflows: well-formed, in step with the Makefile, and their commands work."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

WORKFLOWS = ROOT / ".github" / "workflows"
HERE = Path(sys.executable).parent
TEXT = '<div xmlns="http://www.w3.org/1999/xhtml">A patient.</div>'
PATIENT = {"resourceType": "Patient", "id": "p", "text": {"status": "generated", "div": TEXT}}


def parsed(file: Path) -> Any:
    return yaml.safe_load(file.read_text("utf-8"))


HOOKS = {hook["id"]: hook for hook in parsed(ROOT / ".pre-commit-hooks.yaml")}


def commands(workflow: str) -> list[str]:
    jobs = parsed(WORKFLOWS / workflow)["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def test_pre_commit_takes_the_hooks() -> None:
    command: list[str | Path] = [HERE / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*")), ids=lambda file: file.name)
def test_a_workflow_has_the_form_that_github_wants(file: Path) -> None:
    command: list[str | Path] = [HERE / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Someone's repository with a good resource and a faulty one, each in its folder."""
    for name, gender in (("good", "female"), ("bad", "femail")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "patient.json").write_text(json.dumps({**PATIENT, "gender": gender}), "utf-8")
    return tmp_path


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_passes_what_is_good_and_stops_what_is_not(hook: str, content: Path) -> None:
    told = HOOKS[hook]
    program, *words = shlex.split(str(told["entry"]))
    words += [word for word in told.get("args", []) if word != "fhir"]
    names = told.get("pass_filenames", True)
    for folder, code in (("good", 0), ("bad", 1)):
        given = f"{folder}/patient.json" if names else folder
        done = subprocess.run([HERE / program, *words, given], cwd=content, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout
        assert ("femail" in done.stdout) == (folder == "bad")


def test_a_hook_sees_resources_and_nothing_else() -> None:
    hook = HOOKS["cervical-options-validate"]
    for name, seen in {"fhir/a.json": True, "a.ndjson": True, "package.json": False, "x/tsconfig.json": False}.items():
        assert bool(re.search(hook["files"], name) and not re.search(hook["exclude"], name)) is seen


@pytest.mark.parametrize(("paths", "code"), [("good", 0), ("bad", 1), ("good bad", 1)])
def test_the_workflow_for_others_runs_the_validator(paths: str, code: int, content: Path) -> None:
    """Its command as it stands, with our environment where it would have made its own."""
    install, validate = commands("validate.yml")
    for file in re.findall(r"\.validator/(requirements/\S+)", install):
        assert (ROOT / file).is_file()
    environment = content / ".validator" / ".venv"
    environment.mkdir(parents=True)
    (environment / "bin").symlink_to(HERE)
    done = subprocess.run(
        ["bash", "-e", "-c", validate],
        cwd=content,
        env={"PATH": "/usr/bin:/bin", "PATHS": paths, "FAIL_ON": "error"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr


def test_no_input_is_put_into_a_command() -> None:
    """An expression within a script is a way in for whoever chooses the input."""
    for file in WORKFLOWS.glob("*"):
        assert [run for run in commands(file.name) if "${{" in run] == []


def test_our_own_workflow_does_what_ci_does_and_the_makefile_can() -> None:
    ours = commands("ci.yml")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    there = re.findall(r"^make.*$", script, re.MULTILINE)
    assert ours[: len(there)] == there
    for command in ours:
        done = subprocess.run(
            ["make", "--dry-run", *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_our_own_workflow_has_the_tools_that_the_makefile_wants() -> None:
    steps = parsed(WORKFLOWS / "ci.yml")["jobs"]["test"]["steps"]
    versions = {key: each["with"][key] for each in steps for key in each.get("with", {}) if key.endswith("-version")}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'requires-python = ">={versions["python-version"]}"' in project
    assert f"Java {versions['java-version']} with Maven and Node {versions['node-version']}" in " ".join(
        (ROOT / "README.md").read_text("utf-8").split()
    )
