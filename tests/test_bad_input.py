"""Faulty content: every fault said once, with file, key and remedy; exit 2; nothing written; no traceback."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from codecs import BOM_UTF8
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from functools import reduce
from operator import getitem
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cervical_options.generator.cli import generate
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from .content_changes import HEADER, ROW, ROWS, SOURCE, Edit, long

HEADLINE = re.compile(r"(\d+) faults? in the content; nothing was written")
FAULT = re.compile(r"[^:]+: .+: .+; .+")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the good content, to be broken."""
    return shutil.copytree(SOURCE, tmp_path / "source")


def write(source: Path, edits: list[Edit]) -> None:
    for file, old, new in edits:
        path = source / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file} has {old!r} {text.count(old)} times, not once"
        path.write_text(text.replace(old, new), "utf-8")


def arguments(source: Path) -> list[str]:
    return ["--source", str(source), "--out", str(source.parent / "out")]


def run(source: Path, *more: str) -> Result:
    return CliRunner().invoke(generate, [*arguments(source), *more], catch_exceptions=False)


def assert_says(stderr: str, faults: list[str]) -> None:
    """These faults, each once, and at the end their number."""
    *lines, last = stderr.splitlines()
    assert sorted(lines) == sorted(faults)
    counted = HEADLINE.fullmatch(last)
    assert counted, last
    assert int(counted[1]) == len(faults)


def assert_refused(source: Path, faults: list[str], *more: str) -> None:
    result = run(source, *more)
    assert_says(result.stderr, faults)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_content_that_the_rows_break_is_good(source: Path) -> None:
    assert run(source).exit_code == 0
    assert (source.parent / "out" / "PlanDefinition" / "cervical-recurrence.json").is_file()


@pytest.mark.parametrize(("edits", "faults"), ROWS)
def test_a_fault_is_said_once_with_file_key_and_remedy(source: Path, edits: list[Edit], faults: list[str]) -> None:
    write(source, edits)
    assert_refused(source, faults)


@pytest.mark.parametrize(
    ("file", "kind", "id"),
    [
        pytest.param("statements.toml", "statement", "S-01", id="statement"),
        pytest.param("statements.toml", "left-out", "L-01", id="left-out"),
        pytest.param("readings.toml", "reading", "R-03", id="reading"),
        pytest.param("citations.toml", "citation", "S-64", id="citation"),
        pytest.param("drugs.toml", "drug", "bevacizumab", id="drug"),
        pytest.param("drugs.toml", "drug", "cisplatin", id="listed-drug"),
        pytest.param("combinations.toml", "combination", "cisplatin-paclitaxel", id="combination"),
        pytest.param("facts.toml", "fact", "site-cervix", id="fact"),
        pytest.param("reasons.toml", "reason", "pain", id="reason"),
        pytest.param("activities.toml", "activity", "consultation", id="activity"),
        pytest.param("choices.toml", "choice", "choice-radiation", id="choice"),
        pytest.param("options.toml", "option", "cemiplimab", id="option"),
        pytest.param("conditions.toml", "condition", "cemiplimab", id="condition"),
    ],
)
def test_a_part_that_is_there_twice(source: Path, file: str, kind: str, id: str) -> None:
    start = rf"\[\[{kind}\]\]\n\w+ = "
    [part] = re.findall(rf'{start}"{id}"(?:(?!\n+{start}|\n+# ).)*', (source / file).read_text("utf-8"), re.DOTALL)
    write(source, [(file, part, f"{part}\n\n{part}")])
    assert_refused(source, [f"{file}: {kind} '{id}': it is there twice; rename or remove one of them"])


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param(
            [("activities.toml", '"trial-talk"', f'"{long(31)}"'), ("options.toml", '"trial-talk"', f'"{long(31)}"')],
            id="resource",
        ),
        pytest.param(
            [
                ("options.toml", '"clinical-trials"', f'"{long(25)}"'),
                ("strategy.toml", '"clinical-trials"', f'"{long(25)}"'),
            ],
            id="option",
        ),
        pytest.param([("choices.toml", 'id = "consultation"', f'id = "{long(41)}"')], id="action-and-definition"),
    ],
)
def test_the_longest_ids_are_no_fault(source: Path, edits: list[Edit]) -> None:
    write(source, edits)
    assert run(source).exit_code == 0


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        pytest.param("reasons.toml", None, "reasons.toml: file: not found in {source}; add it", id="no-toml"),
        pytest.param("terminology.csv", None, "terminology.csv: file: not found in {source}; add it", id="no-csv"),
        pytest.param("VERSION", None, "VERSION: file: not found in {source}; add it", id="no-version"),
        pytest.param(
            "resons.toml",
            b"",
            "resons.toml: file: not a content file; did you mean 'reasons.toml'?",
            id="misspelt-file",
        ),
        pytest.param("zz.toml", b"", "zz.toml: file: not a content file; remove it", id="strange-file"),
        pytest.param(
            "reasons.toml", b"# \xe9", "reasons.toml: byte 2: not UTF-8; save it as UTF-8", id="toml-in-latin-1"
        ),
        pytest.param(
            "terminology.csv", b"\xe9", "terminology.csv: byte 0: not UTF-8; save it as UTF-8", id="csv-in-latin-1"
        ),
        pytest.param("VERSION", b"\xe9", "VERSION: byte 0: not UTF-8; save it as UTF-8", id="version-in-latin-1"),
        pytest.param(
            "reasons.toml",
            BOM_UTF8 + (SOURCE / "reasons.toml").read_bytes(),
            "reasons.toml: byte 0: a byte order mark; save it as UTF-8 without one",
            id="toml-with-byte-order-mark",
        ),
        pytest.param(
            "terminology.csv",
            BOM_UTF8 + (SOURCE / "terminology.csv").read_bytes(),
            "terminology.csv: byte 0: a byte order mark; save it as UTF-8 without one",
            id="csv-with-byte-order-mark",
        ),
        pytest.param(
            "terminology.csv", b"", f"terminology.csv: header: the columns differ; write {HEADER}", id="empty-csv"
        ),
        pytest.param(
            "reasons.toml",
            b'reason = "pain"',
            "reasons.toml: reason: not an array of tables; write [[reason]]",
            id="text",
        ),
        pytest.param(
            "reasons.toml",
            b'[reason]\nid = "pain"',
            "reasons.toml: reason: not an array of tables; write [[reason]]",
            id="table-for-tables",
        ),
        pytest.param(
            "VERSION", b"", "VERSION: text: '' is not a version; write three numbers, such as 0.1.0", id="empty-version"
        ),
    ],
)
def test_a_file_that_is_missing_or_strange(source: Path, file: str, content: bytes | None, fault: str) -> None:
    if content is None:
        (source / file).unlink()
    else:
        (source / file).write_bytes(content)
    assert_refused(source, [fault.format(source=source)])


def test_a_folder_in_place_of_a_file(source: Path) -> None:
    (source / "reasons.toml").unlink()
    (source / "reasons.toml").mkdir()
    assert_refused(
        source, [f"reasons.toml: file: cannot be read ({os.strerror(errno.EISDIR)}); make it a readable file"]
    )


def test_a_source_folder_that_is_not_there(tmp_path: Path) -> None:
    result = run(tmp_path / "sauce")
    assert_says(result.stderr, [f"{tmp_path / 'sauce'}: folder: not found; name the folder of the content files"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(
            [
                "unknown-statement",
                "unknown-statement-of-a-reading",
                "unknown-drug",
                "unknown-fact",
                "unknown-reason",
                "unknown-activity",
                "unknown-what-an-option-offers",
                "unknown-code",
                "cycle-of-one",
                "nobody-uses-statement",
                "long-id-of-activity",
            ],
            id="names",
        ),
        pytest.param(
            [
                "unknown-key",
                "number-for-text",
                "text-for-list",
                "missing-key",
                "word-that-is-none-of-the-known",
                "option-without-statement",
                "condition-empty-any",
                "row-unverified-drug",
                "row-doubtful",
            ],
            id="shapes",
        ),
        pytest.param(
            ["broken-toml", "word-that-is-none-of-the-known", "option-without-statement"], id="syntax-and-shapes"
        ),
        pytest.param(
            [
                "word-that-is-none-of-the-known",
                "row-unverified-profile-code",
                "version-of-two-numbers",
                "unknown-reading",
            ],
            id="shapes-and-names",
        ),
    ],
)
def test_all_faults_of_all_files_are_said_at_once(source: Path, rows: list[str]) -> None:
    for edits, _ in map(ROW.__getitem__, rows):
        write(source, edits)
    assert_refused(source, [fault for _, faults in map(ROW.__getitem__, rows) for fault in faults])


@pytest.mark.parametrize(
    "more", [pytest.param(["--check"], id="check"), pytest.param(["--format", "json"], id="format-json")]
)
def test_the_other_ways_to_run_it_say_the_same(source: Path, more: list[str]) -> None:
    edits, faults = ROW["unknown-key"]
    write(source, edits)
    assert_refused(source, faults, *more)


def test_one_fault_is_counted_as_one(source: Path) -> None:
    write(source, ROW["unknown-key"][0])
    assert run(source).stderr.splitlines()[-1] == "1 fault in the content; nothing was written"


def test_the_old_tree_stays_as_it_was(source: Path) -> None:
    run(source)
    before = snapshot(source.parent / "out")
    edits, faults = ROW["unknown-drug"]
    write(source, edits)
    result = run(source)
    assert_says(result.stderr, faults)
    assert result.exit_code == 2
    assert snapshot(source.parent / "out") == before
    assert sorted(path.name for path in source.parent.iterdir()) == ["out", "source"]


@pytest.mark.parametrize(
    "name", ["unknown-key", "unknown-drug", "broken-toml", "row-too-few-fields", "combination-without-drugs"]
)
def test_a_user_sees_the_faults_and_no_traceback(source: Path, name: str) -> None:
    edits, faults = ROW[name]
    write(source, edits)
    command = [sys.executable, "-m", "cervical_options", "generate", *arguments(source)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert "Traceback" not in result.stderr
    assert_says(result.stderr, faults)
    assert (result.returncode, result.stdout) == (2, "")
    assert not (source.parent / "out").exists()


Place = tuple[str | int, ...]  # the keys and indexes that lead to a value
TABLES = {path.name: tomllib.loads(path.read_text("utf-8")) for path in sorted(SOURCE.glob("*.toml"))}


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Where a value is that can be put in place of another, or be taken out."""
    if here:
        yield here
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*here, key))


def found(value: Any, place: Place) -> Any:
    return reduce(getitem, place, value)


PLACES = {file: list(places(table)) for file, table in TABLES.items()}
SCALARS = {
    file: [place for place in PLACES[file] if not isinstance(found(table, place), dict | list)]
    for file, table in TABLES.items()
}
KEYS = {file: [place for place in PLACES[file] if isinstance(place[-1], str)] for file in TABLES}
WORDS = sorted({found(TABLES[file], place) for file in TABLES for place in SCALARS[file]})
FILES = st.sampled_from(sorted(TABLES))
TEXTS = st.text(max_size=20) | st.sampled_from(WORDS)
VALUES = (
    TEXTS
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.dates()
    | st.lists(TEXTS, max_size=2)
    | st.dictionaries(TEXTS, TEXTS, max_size=2)
)


def toml(value: Any) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{toml(key)} = {toml(part)}" for key, part in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", r"\u007f")
        case bool():
            return json.dumps(value)
        case date():
            return value.isoformat()
    return repr(value)


def replaced(file: str) -> st.SearchStrategy[tuple[str, Place, Any]]:
    return st.tuples(st.just(file), st.sampled_from(SCALARS[file]), VALUES)


def removed(file: str) -> st.SearchStrategy[tuple[str, Place, None]]:
    return st.tuples(st.just(file), st.sampled_from(KEYS[file]), st.none())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(FILES.flatmap(replaced) | FILES.flatmap(removed))
def test_whatever_one_value_becomes_the_command_answers(change: tuple[str, Place, Any]) -> None:
    file, place, value = change
    table = deepcopy(TABLES[file])
    if value is None:
        del found(table, place[:-1])[place[-1]]
    else:
        found(table, place[:-1])[place[-1]] = value
    with TemporaryDirectory() as folder:
        source = shutil.copytree(SOURCE, Path(folder) / "source")
        text = "".join(f"{toml(key)} = {toml(part)}\n" for key, part in table.items())
        assert tomllib.loads(text) == table
        (source / file).write_text(text, "utf-8")
        result = CliRunner().invoke(generate, arguments(source))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code in (0, 2)
        assert (source.parent / "out").exists() == (result.exit_code == 0)
    if result.exit_code == 2:
        *lines, last = result.stderr.splitlines()
        assert lines
        assert [line for line in lines if not FAULT.fullmatch(line)] == []
        assert last.startswith(f"{len(lines)} ")
        assert last.endswith("; nothing was written")
