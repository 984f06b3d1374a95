"""The configuration file: what it says is taken, what is wrong with it is said in full, and nothing is guessed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator.config import Config, ConfigError, Settings, load, settle

RULES = ("unknown-element", "text-edges", "json-syntax")
FORMATS = ("text", "json", "sarif")
TABLE = "[tool.cervical-options.validate]\n"
ALL = """\
paths = ["fhir", "-", "/elsewhere"]
packages = ["cpg.tgz"]
ignore = ["text-edges"]
fail-on = "warning"
format = "sarif"
jobs = 2
"""
ALL_READ = Config(
    fail_on="warning",
    format="sarif",
    ignore=("text-edges",),
    jobs=2,
    packages=("cpg.tgz",),
    paths=("fhir", "-", "/elsewhere"),
)
LIST = 'write a list of texts, such as ["one", "two"]'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    return iter([tmp_path])


def read(text: str | bytes, name: str = "validate.toml", *, named: bool = True) -> Config:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load(Path(name) if named else None, RULES, FORMATS)


def faults(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(*arguments, **options)
    return caught.value.reasons


def test_every_key_of_a_file_of_its_own() -> None:
    assert read(ALL) == ALL_READ


def test_every_key_of_the_pyproject_in_this_folder() -> None:
    other = '[project]\nname = "other"\n\n[tool.ruff]\nline-length = 120\n\n'
    assert read(f"{other}{TABLE}{ALL}", "pyproject.toml", named=False) == ALL_READ


def test_a_pyproject_that_is_named() -> None:
    assert read(f"{TABLE}jobs = 3\n", "else/pyproject.toml") == Config(jobs=3)


def test_paths_begin_where_the_file_stands() -> None:
    assert read(ALL, "ci/validate.toml").paths == ("ci/fhir", "-", "/elsewhere")
    assert read(ALL, "ci/validate.toml").packages == ("ci/cpg.tgz",)


@pytest.mark.parametrize("text", ["", "[project]\nname = 'other'\n", "[tool.ruff]\n", TABLE])
def test_a_pyproject_of_others_says_nothing(text: str) -> None:
    assert read(text, "pyproject.toml", named=False) == Config()


def test_no_file_says_nothing() -> None:
    assert load(None, RULES, FORMATS) == Config()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("ignored = []\n", ["ignored: no such key; did you mean 'ignore'?"], id="key"),
        pytest.param(
            "colour = true\n",
            ["colour: no such key; the keys are fail-on, format, ignore, jobs, packages, paths"],
            id="key-like-no-other",
        ),
        pytest.param('fail_on = "error"\n', ["fail_on: no such key; did you mean 'fail-on'?"], id="key-underscore"),
        pytest.param('fail-on = "errors"\n', ["fail-on: 'errors' is not known; did you mean 'error'?"], id="fail-on"),
        pytest.param("fail-on = 1\n", ["fail-on: is a number; write one of error, warning"], id="fail-on-type"),
        pytest.param('format = "yaml"\n', ["format: 'yaml' is not known; write one of text, json, sarif"], id="format"),
        pytest.param('ignore = "text-edges"\n', [f"ignore: is a text; {LIST}"], id="ignore-no-list"),
        pytest.param(
            'ignore = ["text-edge", 3, true]\n',
            [f"ignore: number 2 is a number; {LIST}", f"ignore: number 3 is a boolean; {LIST}"],
            id="ignore-types",
        ),
        pytest.param(
            'ignore = ["text-edge", "text-edges", "zzz"]\n',
            ["ignore: no rule 'text-edge'; did you mean 'text-edges'?", "ignore: no rule 'zzz'; --rules lists them"],
            id="ignore-rules",
        ),
        pytest.param('packages = [""]\n', ["packages: number 1 is empty; remove it"], id="packages-empty"),
        pytest.param("paths = 2026-01-01\n", [f"paths: is a date or time; {LIST}"], id="paths-date"),
        pytest.param("paths = []\n", ["paths: names nothing; name a path, or remove the key"], id="paths-none"),
        pytest.param("jobs = 0\n", ["jobs: is 0; write a number from 1 on"], id="jobs"),
        pytest.param("jobs = true\n", ["jobs: is a boolean; write a number from 1 on"], id="jobs-boolean"),
        pytest.param("jobs = 1.5\n", ["jobs: is a fraction; write a number from 1 on"], id="jobs-fraction"),
        pytest.param(
            "jobs = {}\nformat = []\npath = 'x'\n",
            [
                "jobs: is a table; write a number from 1 on",
                "format: is a list; write one of text, json, sarif",
                "path: no such key; did you mean 'paths'?",
            ],
            id="every-fault",
        ),
    ],
)
def test_every_fault_has_file_key_and_remedy(text: str, expected: list[str]) -> None:
    assert faults(text) == [f"validate.toml: {each}" for each in expected]
    assert faults(f"{TABLE}{text}", "pyproject.toml", named=False) == [f"pyproject.toml: {each}" for each in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"\xff", "not UTF-8; save it as UTF-8", id="encoding"),
        pytest.param("jobs = \n", "not TOML (Invalid value (at line 1, column 8)); mend it", id="syntax"),
    ],
)
def test_a_file_that_cant_be_read(text: str | bytes, expected: str) -> None:
    assert faults(text) == [f"validate.toml: {expected}"]
    assert faults(text, "pyproject.toml", named=False) == [f"pyproject.toml: {expected}"]


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError) as caught:
        load(Path("none.toml"), RULES, FORMATS)
    assert caught.value.reasons == ["none.toml: No such file or directory; name a file that can be read"]


def test_a_pyproject_that_is_named_must_have_the_table() -> None:
    expected = "pyproject.toml: tool.cervical-options.validate: not there; add the table, or name another file"
    assert faults("[tool.ruff]\n", "pyproject.toml") == [expected]


def test_the_table_must_be_one() -> None:
    expected = "pyproject.toml: tool.cervical-options: is a number; make it a table"
    assert faults("[tool]\ncervical-options = 3\n", "pyproject.toml", named=False) == [expected]


def test_the_first_that_says_something_is_followed() -> None:
    line = Config(ignore=("json-syntax",), format="json")
    file = Config(ignore=("text-edges",), jobs=4, paths=("fhir",))
    assert settle(line, file, Config(paths=("own",))) == Settings(
        ignore=("json-syntax",), format="json", jobs=4, paths=("fhir",)
    )
    assert settle(Config(), Config(), Config(paths=("own",))) == Settings(paths=("own",))
