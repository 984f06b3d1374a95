"""The command `validate`: what it hands to the engine, what it prints where, and its exit codes."""

import json
import os
import pty
import re
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator import cli, progress, rules, run
from cervical_options.validator.issue import Issue, Severity
from cervical_options.validator.reports import FORMATS
from cervical_options.validator.rule import Layer, Rule
from cervical_options.validator.run import InputError, Options, Report
from click.testing import CliRunner, Result

from cervical_options import path

from ..conftest import ROOT

PLAN = "fhir/PlanDefinition/plan.json"
ERROR = Issue(PLAN, 7, 5, "PlanDefinition.nmae", "error", "unknown-element", "no 'nmae'; remove it", "structure")
WARNING = Issue(PLAN, 9, 14, "PlanDefinition.title", "warning", "text-edges", "space; remove it", "structure")
UNCHECKED = Issue(PLAN, 20, 3, "PlanDefinition.topic", "information", "code-not-checked", "SCT; give it", "terminology")


def rule(id: str, layer: Layer, severity: Severity, text: str) -> Rule:
    return Rule(id, layer, severity, text, lambda: ("", ""))


RULES = {
    each.id: each
    for each in (
        rule("code-not-checked", Layer.TERMINOLOGY, "information", "A code that can't be checked is named."),
        rule("json-syntax", Layer.JSON, "error", "A file is JSON."),
        rule("text-edges", Layer.STRUCTURE, "warning", "A text has no space at its ends."),
        rule("unknown-element", Layer.STRUCTURE, "error", "Every element is one of R4,\nas defined.\n\nSee there."),
    )
}


# ---- With an engine that finds what it is told to ----


@dataclass
class Engine:
    """Stands in for the engine; keeps what it was asked."""

    issues: list[Issue] = field(default_factory=list)
    files: int = 3
    reasons: list[str] = field(default_factory=list)
    asked: list[tuple[Sequence[str | Path], Options, bytes | None]] = field(default_factory=list)

    def run(
        self,
        paths: Sequence[str | Path],
        options: Options,
        *,
        stdin: bytes | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        self.asked.append((paths, options, stdin))
        if self.reasons:
            error = InputError.__new__(InputError)
            error.reasons = self.reasons
            raise error
        if progress:
            progress(1, self.files)
        return Report(self.issues, self.files, self.files)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    made = Engine()
    monkeypatch.setattr(run, "run", made.run)
    monkeypatch.setattr(rules, "all_rules", lambda: RULES)
    monkeypatch.chdir(tmp_path)
    return made


def validate(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli.validate, arguments, input=stdin, catch_exceptions=False)


def refused(result: Result) -> list[str]:
    """What a refused command says; it prints no data."""
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr.splitlines()


def test_the_formats_are_those_that_can_be_written() -> None:
    assert tuple(FORMATS) == cli.FORMATS


def test_without_a_path_the_package_itself_is_validated(engine: Engine) -> None:
    assert validate().exit_code == 0
    assert engine.asked == [((str(path()),), Options(), None)]


def test_the_package_is_named_from_here(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path().parent)
    validate()
    assert engine.asked[0][0] == ("fhir",)


def test_options_reach_the_engine(engine: Engine) -> None:
    validate("a.json", "b", "--ignore", "text-edges", "--ignore", "json-syntax", "--package", "x.tgz", "--jobs", "2")
    options = Options(ignore=frozenset({"text-edges", "json-syntax"}), packages=(Path("x.tgz"),), jobs=2)
    assert engine.asked == [(("a.json", "b"), options, None)]


def test_standard_input_is_read_where_it_is_asked_for(engine: Engine) -> None:
    validate("-", stdin=b"{\xff}")
    assert engine.asked == [(("-",), Options(), b"{\xff}")]


@pytest.mark.parametrize(
    ("issues", "fail_on", "code"),
    [
        ([], "error", 0),
        ([], "warning", 0),
        ([UNCHECKED], "warning", 0),
        ([WARNING], "error", 0),
        ([WARNING], "warning", 1),
        ([UNCHECKED, ERROR], "error", 1),
        ([ERROR], "warning", 1),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_exit_codes(engine: Engine, issues: list[Issue], fail_on: str, code: int, format: str) -> None:
    engine.issues = issues
    assert validate("--fail-on", fail_on, "--format", format).exit_code == code


def test_issues_on_stdout_and_the_sum_on_stderr(engine: Engine) -> None:
    engine.issues = [ERROR, WARNING, UNCHECKED]
    result = validate()
    assert result.stdout.splitlines() == [
        str(ERROR),
        str(WARNING),
        f"not checked: {PLAN}:20:3: SCT; give it [code-not-checked]",
    ]
    assert result.stderr.splitlines() == [
        "3 files: 1 error, 1 warning, 1 not checked",
        "for more on a rule: --explain unknown-element",
    ]


def test_nothing_found_prints_nothing_but_the_sum(engine: Engine) -> None:
    result = validate()
    assert (result.stdout, result.stderr) == ("", "3 files: 0 errors, 0 warnings, 0 not checked\n")
    assert engine.asked


def test_many_issues_are_counted_by_rule(engine: Engine) -> None:
    engine.issues = [WARNING, *[ERROR] * 11]
    assert validate().stderr.splitlines()[1:] == [
        "by rule: unknown-element 11, text-edges 1",
        "for more on a rule: --explain unknown-element",
    ]


def test_input_that_cant_be_read_is_misuse(engine: Engine) -> None:
    engine.reasons = ["a: does not exist; name another", "b.tgz: no package; name another"]
    assert refused(validate("a")) == engine.reasons


def test_a_folder_without_fhir_is_misuse(tmp_path: Path) -> None:
    """Also beside one that has some: a mistyped path must not pass."""
    empty, other = tmp_path / "empty", tmp_path / "empty-too"
    empty.mkdir()
    other.mkdir()
    (other / "package.json").write_text("{}")
    good = str(ROOT / "fhir" / "Medication")
    assert refused(validate(good, str(empty), str(other))) == [
        f"{each}: holds no .json or .ndjson file; name a folder with resources" for each in (empty, other)
    ]


def test_a_rule_that_is_not_there_cant_be_left_out(engine: Engine) -> None:
    assert refused(validate("--ignore", "text-edge", "--ignore", "text-edges", "--ignore", "zzz")) == [
        "--ignore: no rule 'text-edge'; did you mean 'text-edges'?",
        "--ignore: no rule 'zzz'; --rules lists them",
    ]
    assert engine.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "yaml"),
        ("--fail-on", "information"),
        ("--jobs", "0"),
        ("--unknown",),
        ("--rules", "--format", "fhir"),
    ],
)
def test_misuse(engine: Engine, arguments: tuple[str, ...]) -> None:
    assert refused(validate(*arguments))
    assert engine.asked == []


# ---- Configuration ----


def test_the_file_says_what_the_command_line_does_not(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.cervical-options.validate]\n"
        "paths = ['x']\nformat = 'json'\nignore = ['text-edges']\njobs = 2\nfail-on = 'warning'\npackages = ['p.tgz']\n"
    )
    engine.issues = [WARNING]
    first = validate()
    assert (first.exit_code, json.loads(first.stdout)["files"]) == (1, 3)
    second = validate("y", "--ignore", "json-syntax", "--fail-on", "error", "--format", "text")
    assert (second.exit_code, second.stdout) == (0, f"{WARNING}\n")
    packages = (Path("p.tgz"),)
    assert engine.asked == [
        (("x",), Options(ignore=frozenset({"text-edges"}), packages=packages, jobs=2), None),
        (("y",), Options(ignore=frozenset({"json-syntax"}), packages=packages, jobs=2), None),
    ]


def test_a_named_file_goes_before_the_pyproject(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cervical-options.validate]\njobs = 'faulty'\n")
    (tmp_path / "ci.toml").write_text("jobs = 3\n")
    assert validate("--config", "ci.toml").exit_code == 0
    assert engine.asked[0][1] == Options(jobs=3)


def test_faults_of_file_and_command_line_are_said_together(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cervical-options.validate]\njobs = 0\nignore = ['x']\n")
    assert refused(validate("--ignore", "json-sintax")) == [
        "pyproject.toml: jobs: is 0; write a number from 1 on",
        "pyproject.toml: ignore: no rule 'x'; --rules lists them",
        "--ignore: no rule 'json-sintax'; did you mean 'json-syntax'?",
    ]
    assert engine.asked == []


# ---- Output ----


def test_output_goes_to_a_file(engine: Engine, tmp_path: Path) -> None:
    engine.issues = [ERROR]
    result = validate("--output", "report.json", "--format", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((tmp_path / "report.json").read_bytes())["issues"][0]["rule"] == "unknown-element"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


def test_output_is_replaced_and_keeps_mode_and_link(engine: Engine, tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to("real.txt")
    engine.issues = [ERROR]
    validate("--output", "link.txt")
    assert link.is_symlink()
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode)) == (f"{ERROR}\n", 0o640)


def test_output_to_a_device_leaves_the_device(engine: Engine) -> None:
    assert validate("--output", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()
    assert engine.asked


def test_a_dash_for_output_is_standard_output(engine: Engine) -> None:
    engine.issues = [ERROR]
    assert validate("--output", "-").stdout == f"{ERROR}\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("none/report.json", "--output: none/report.json: there is no folder none; make it, or choose another"),
        (".", "--output: .: a folder; name a file"),
    ],
)
def test_output_that_cant_be_is_said_before_the_work(engine: Engine, output: str, expected: str) -> None:
    assert refused(validate("--output", output)) == [expected]
    assert engine.asked == []


def test_an_output_that_fails_leaves_the_old_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "report.txt").write_text("old")
    monkeypatch.setattr(Path, "replace", full)
    expected = "--output: report.txt: No space left on device; choose a file that can be written"
    assert refused(validate("--output", "report.txt")) == [expected]
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("report.txt", "old")]
    assert engine.asked


# ---- Rules ----


def test_rules_are_listed_by_layer(engine: Engine) -> None:
    result = validate("--rules")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "json\n"
        "  json-syntax       error        A file is JSON.\n"
        "\n"
        "structure\n"
        "  text-edges        warning      A text has no space at its ends.\n"
        "  unknown-element   error        Every element is one of R4, as defined.\n"
        "\n"
        "terminology\n"
        "  code-not-checked  information  A code that can't be checked is named.\n"
    )
    assert engine.asked == []


def test_rules_as_json(engine: Engine) -> None:
    found = json.loads(validate("--rules", "--format", "json").stdout)
    assert [each["id"] for each in found] == ["json-syntax", "text-edges", "unknown-element", "code-not-checked"]
    assert found[0] == {"id": "json-syntax", "layer": "json", "severity": "error", "text": "A file is JSON."}
    assert json.loads(validate("--explain", "json-syntax", "--format", "json").stdout) == found[0]
    assert engine.asked == []


def test_a_rule_is_explained_in_full(engine: Engine) -> None:
    assert validate("--explain", "unknown-element").stdout == (
        "unknown-element (error, layer structure)\n\n"
        "Every element is one of R4,\nas defined.\n\nSee there.\n\n"
        "To leave it out: --ignore unknown-element, or under 'ignore' in the configuration.\n"
    )
    assert engine.asked == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--explain", "unknown-elements"), "--explain: no rule 'unknown-elements'; did you mean 'unknown-element'?"),
        (("--explain", "zzz"), "--explain: no rule 'zzz'; --rules lists them"),
        (("--explain", ""), "--explain: no rule ''; --rules lists them"),
        (("--rules", "--explain", "zzz"), "--rules and --explain: choose one"),
        (("--rules", "fhir"), "fhir: --rules and --explain read no files; leave it out"),
        (("--rules", "--format", "sarif"), "--format sarif: rules are told as text or json; choose one of these"),
    ],
)
def test_rules_asked_wrongly(engine: Engine, arguments: tuple[str, ...], expected: str) -> None:
    assert refused(validate(*arguments)) == [expected]
    assert engine.asked == []


@pytest.mark.parametrize("option", ["--explain", "--ignore"])
def test_the_shell_completes_rule_ids(engine: Engine, option: str) -> None:
    from click.shell_completion import ShellComplete

    shell = ShellComplete(cli.validate, {}, "validate", "_COMPLETE")
    found = [(each.value, each.help) for each in shell.get_completions([option], "un")]
    assert found == [("unknown-element", "Every element is one of R4, as defined.")]
    assert engine.asked == []


# ---- Progress ----


class Updates:
    """Stands in for rich's bar."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def update(self, _: int, *, completed: int, total: int) -> None:
        self.seen.append((completed, total))


def test_a_bar_appears_only_where_there_is_time_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.5, 1.5])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    drawn = Updates()
    monkeypatch.setattr(progress.Bar, "_draw", lambda *_: (drawn, 0))
    bar = progress.Bar()
    for done in (1, 2, 3):
        bar(done, 9)
    assert drawn.seen == [(2, 9), (3, 9)]


def test_no_bar_at_the_last_file() -> None:
    bar = progress.Bar()
    bar._began -= 100
    bar(9, 9)
    assert bar._drawn is None


# ---- As a program, with the engine ----


PROGRAM = [sys.executable, "-m", "cervical_options.validator"]
GOOD = path() / "Medication" / "cervical-cisplatin.json"


def program(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, check=False, **options)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A good resource, broken in one place."""
    resource = json.loads(GOOD.read_bytes())
    resource["nmae"] = "x"
    file = tmp_path / "faulty.json"
    file.write_text(json.dumps(resource, indent=2))
    return file


def test_a_faulty_resource(faulty: Path) -> None:
    done = program("faulty.json", cwd=faulty.parent)
    assert done.returncode == 1
    line = json.dumps(json.loads(faulty.read_bytes()), indent=2).split("\n").index('  "nmae": "x"') + 1
    assert re.search(
        rf"^faulty\.json:{line}:\d+: error: Medication\.nmae: .*; .* \[unknown-element\]$", done.stdout.decode(), re.M
    )
    assert done.stderr.startswith(b"1 file: 1 error, ")


def test_a_good_resource_from_standard_input(tmp_path: Path) -> None:
    done = program("-", cwd=tmp_path, input=GOOD.read_bytes())
    assert (done.returncode, done.stderr.partition(b":")[0]) == (0, b"1 file")


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    done = program("none.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert re.fullmatch(rb"none\.json: [^\n]+; [^\n]+\n", done.stderr)


def test_standard_input_that_is_closed(tmp_path: Path) -> None:
    done = subprocess.run(f"{shlex.join(PROGRAM)} - <&-", cwd=tmp_path, shell=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"-: standard input can't be read; send a resource to it, or name a file\n"


def test_a_rule_left_out(faulty: Path) -> None:
    done = program("faulty.json", "--ignore", "unknown-element", cwd=faulty.parent)
    assert b"[unknown-element]" not in done.stdout


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_of_a_real_run_is_the_same_twice(faulty: Path, format: str) -> None:
    first, second = (program("faulty.json", "--format", format, cwd=faulty.parent) for _ in range(2))
    assert first.stdout
    assert (first.returncode, first.stdout) == (1, second.stdout)


def test_a_bare_checkout_does_the_same(faulty: Path) -> None:
    bare = subprocess.run(
        [sys.executable, "-m", "validator", faulty, "--format", "json"], cwd=ROOT, capture_output=True, check=False
    )
    whole = program(str(faulty), "--format", "json", cwd=ROOT)
    assert (bare.returncode, bare.stdout, bare.stderr) == (1, whole.stdout, whole.stderr)


def on_a_terminal(*arguments: str, cwd: Path, **environment: str) -> str:
    """What the program writes where stdout and stderr are a terminal."""
    ours, its = pty.openpty()
    surroundings = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(
        [*PROGRAM, *arguments], cwd=cwd, env=surroundings | {"TERM": "xterm"} | environment,
        stdin=subprocess.DEVNULL, stdout=its, stderr=its,
    )  # fmt: skip
    os.close(its)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    finally:
        os.close(ours)
    process.wait(timeout=60)
    return written.decode()


def test_colour_for_a_person_only(faulty: Path) -> None:
    red = "\x1b[31m"
    assert red in on_a_terminal("faulty.json", cwd=faulty.parent)
    assert "\x1b" not in on_a_terminal("faulty.json", cwd=faulty.parent, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal("faulty.json", cwd=faulty.parent, TERM="dumb")
    assert b"\x1b" not in program("faulty.json", cwd=faulty.parent).stdout


def test_a_reader_that_stops_early_is_no_crash(faulty: Path) -> None:
    done = subprocess.run(
        f"{shlex.join(PROGRAM)} faulty.json --format sarif | head -c 1", cwd=faulty.parent, shell=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.stdout == b"{"
    assert b"Traceback" not in done.stderr


def test_rule_ids_in_the_help_are_rules() -> None:
    named = re.findall(r'(?:--ignore|--explain|ignore = \[)[ "]*([a-z-]+)', cli.EXAMPLES)
    assert named
    assert [id for id in named if id not in rules.all_rules()] == []


def test_help_imports_no_layer_and_no_rich(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from cervical_options.validator.cli import validate\n"
        "validate(['--help'], standalone_mode=False)\n"
        "heavy = ('rich', 'fhir', 'pydantic', 'cervical_options.validator.run', 'cervical_options.validator.rules')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b"[]\n"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_it_and_reports_nothing(tmp_path: Path, jobs: str) -> None:
    """The command waits for what a pipe will bring; opening the other end tells that it does."""
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    command = [str(Path(sys.executable).with_name("cervical-options")), "validate", "--jobs", jobs, str(pipe)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with started as running, pipe.open("w"):
        running.send_signal(signal.SIGINT)
        output, talk = running.communicate(timeout=60)
    assert (running.returncode, output) == (130, "")
    assert talk.strip() == "interrupted: not all files were judged, so nothing is reported"


@pytest.mark.parametrize("looked_at", [True, False])
def test_progress_is_told_to_a_terminal_only(monkeypatch: pytest.MonkeyPatch, looked_at: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: looked_at, raising=False)
    with progress.progress() as tell:
        assert (tell is not None) is looked_at
