"""`generate`: the same bytes everywhere, the whole tree or none of it, nothing of others lost."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cervical_options.generator import tree as tree_module
from cervical_options.generator.builders import build
from cervical_options.generator.cli import examples, generate
from cervical_options.generator.content import load
from cervical_options.generator.faults import Fault
from cervical_options.generator.selfcheck import objections
from cervical_options.generator.tree import render
from click.testing import CliRunner, Result

from .conftest import ROOT

COMMAND = [sys.executable, "-m", "cervical_options", "generate"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(generate, [str(argument) for argument in arguments])


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A tree as the generator writes it."""
    shutil.copytree(ROOT / "fhir", tmp_path / "fhir")
    return tmp_path / "fhir"


def test_the_committed_tree_is_current() -> None:
    result = run("--out", ROOT / "fhir", "--check")
    assert (result.exit_code, result.stdout) == (0, ""), result.output


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"PYTHONHASHSEED": "1"}, id="hash-seed-1"),
        pytest.param({"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati"}, id="hash-seed-2-and-time-zone"),
        pytest.param({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="locale-without-utf-8"),
    ],
)
def test_same_bytes_in_another_place(environment: dict[str, str], tmp_path: Path) -> None:
    subprocess.run(
        [*COMMAND, "--out", "made/here"], cwd=tmp_path, env=os.environ | environment, check=True, capture_output=True
    )
    assert snapshot(tmp_path / "made" / "here") == snapshot(ROOT / "fhir")


def test_a_bare_checkout_generates_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "--out", tmp_path / "fhir", "--format", "json"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert '"PlanDefinition/cervical-recurrence.json"' in done.stdout
    assert snapshot(tmp_path / "fhir") == snapshot(ROOT / "fhir")


def test_check_names_every_difference(made: Path) -> None:
    (made / "Medication" / "cervical-cisplatin.json").unlink()
    (made / "Library" / "CervicalOptionsLogic.json").write_text("{}")
    (made / "Basic").mkdir()
    (made / "Basic" / "x.json").write_text("{}")
    result = run("--out", made, "--check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"missing: {made}/Medication/cervical-cisplatin.json",
        f"extra: {made}/Basic/x.json",
        f"changed: {made}/Library/CervicalOptionsLogic.json",
    ]
    assert result.stderr == "3 differences; run the command without --check to write them\n"


def test_check_speaks_json(made: Path) -> None:
    (made / "Medication" / "cervical-cisplatin.json").unlink()
    result = run("--out", made, "--check", "--format", "json")
    assert result.exit_code == 1
    assert '"missing": [\n    "Medication/cervical-cisplatin.json"\n  ]' in result.stdout


def test_check_writes_nothing(tmp_path: Path) -> None:
    assert run("--out", tmp_path / "fhir", "--check").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_files_no_longer_made_are_removed(made: Path) -> None:
    old = made / "Medication" / "cervical-aspirin.json"
    shutil.copy(made / "Medication" / "cervical-cisplatin.json", old)
    assert run("--out", made).exit_code == 0
    assert snapshot(made) == snapshot(ROOT / "fhir")
    assert list(made.parent.iterdir()) == [made]


def test_a_file_of_somebody_else_is_not_removed(made: Path) -> None:
    note = made / "Medication" / "note.txt"
    note.write_text("mine")
    before = snapshot(made)
    result = run("--out", made)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"{made} holds what this command did not write: Medication/note.txt; move it away, or choose another folder",
        "nothing was written",
    ]
    assert snapshot(made) == before


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run("--out", tmp_path / "file" / "fhir")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"{tmp_path}/file: File exists; choose a folder that can be written",
        "nothing was written",
    ]


def test_a_file_in_its_place_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = run("--out", tmp_path / "file")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"{tmp_path}/file: a file, not a folder; choose another one",
        "nothing was written",
    ]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
@pytest.mark.parametrize("moment", ["while the new tree is written", "while the trees are swapped"])
def test_a_failure_leaves_the_old_tree_whole(
    moment: str, failure: BaseException, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (made / "Medication" / "cervical-cisplatin.json").unlink()
    before = snapshot(made)

    def fail(path: Path, target: object) -> object:
        if "Library" in path.parts or path.name == "new":
            raise failure
        return real(path, target)

    method = "write_bytes" if moment == "while the new tree is written" else "rename"
    real = getattr(Path, method)
    monkeypatch.setattr(Path, method, fail)
    result = run("--out", made)
    monkeypatch.undo()
    assert result.exit_code in (1, 2, 130)
    assert snapshot(made) == before
    assert list(made.parent.iterdir()) == [made]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("Library/link", "link", id="link"),
        pytest.param("mine", "folder", id="empty-folder"),
        pytest.param("ValueSet/other.json", "tag", id="a-tag-of-another-system"),
        pytest.param("Bundle/offered.json", "example", id="an-example"),
    ],
)
def test_what_only_looks_like_ours_is_not_removed(name: str, kind: str, made: Path) -> None:
    place = made / name
    place.parent.mkdir(exist_ok=True)
    if kind == "link":
        place.symlink_to(made.parent, target_is_directory=True)
    elif kind == "folder":
        place.mkdir()
    elif kind == "tag":
        place.write_text('{"meta": {"tag": [{"system": "http://example.org", "code": "cervical-options"}]}}')
    else:
        shutil.copy(ROOT / "examples" / "chemotherapy" / "offered.json", place)
    result = run("--out", made)
    assert result.exit_code == 2
    assert f"holds what this command did not write: {name};" in result.stderr
    assert place.exists()


def test_the_product_is_not_taken_for_old_examples(made: Path) -> None:
    before = snapshot(made)
    result = CliRunner().invoke(examples, ["--out", str(made)])
    assert result.exit_code == 2
    assert snapshot(made) == before


def test_a_whole_disk_is_refused() -> None:
    result = run("--out", "/")
    assert (result.exit_code, result.stderr) == (2, "/: a whole disk; choose a folder\nnothing was written\n")


def test_one_run_at_a_time(made: Path) -> None:
    work = made.with_name(".fhir.cervical-options")
    work.mkdir()
    (work / "pid").write_text(str(os.getpid()))
    result = run("--out", made)
    assert result.exit_code == 2
    assert f"{made}: process {os.getpid()} is writing it; run again when it is done" in result.stderr
    assert work.is_dir()


def test_a_kill_between_the_two_renames_is_mended(made: Path) -> None:
    work = made.with_name(".fhir.cervical-options")
    work.mkdir()
    made.rename(work / "old")
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (work / "pid").write_bytes(ended.stdout)
    assert run("--out", made).exit_code == 0
    assert snapshot(made) == snapshot(ROOT / "fhir")
    assert list(made.parent.iterdir()) == [made]


def test_signals_wait_for_the_swap() -> None:
    with tree_module._uninterrupted():
        waiting = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert {signal.SIGINT, signal.SIGTERM} <= waiting
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        pytest.param({"foo": 1}, "foo: R4B model: Extra inputs are not permitted", id="unknown-element"),
        pytest.param({"url": None}, "url: R4 schema: null is not of type ", id="null"),
        pytest.param({"status": "actve"}, 'status: R4 schema: "actve" is not one of', id="wrong-code"),
        pytest.param({"subjectCanonical": "http://x"}, "subjectCanonical: R4 has no such element", id="only-in-r4b"),
        pytest.param({"action": [{"condition": [{}]}]}, "action.0.condition.0", id="nested-requirement"),
    ],
)
def test_no_resource_is_written_unchecked(change: dict[str, object], objection: str) -> None:
    plan = next(r for r in build(load()) if r["resourceType"] == "PlanDefinition")
    assert list(objections([plan])) == []
    found = list(objections([plan | change]))
    assert all(isinstance(fault, Fault) and fault.file == f"PlanDefinition/{plan['id']}.json" for fault in found)
    assert any(objection in str(fault) for fault in found)


def test_an_objection_stops_the_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cervical_options.generator.selfcheck.NOT_IN_R4", ("title",))
    result = run("--out", tmp_path / "fhir")
    assert result.exit_code == 2
    assert "title: R4 has no such element" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unchanged_tree_is_not_touched(made: Path) -> None:
    inode = made.stat().st_ino
    result = run("--out", made)
    assert result.exit_code == 0
    number = len(snapshot(made))
    assert result.stderr.startswith(f"{made}: {number} files, nothing changed (26 ActivityDefinition, ")
    assert made.stat().st_ino == inode


def test_the_tree_is_what_the_builders_make() -> None:
    assert render(build(load())) == snapshot(ROOT / "fhir")
