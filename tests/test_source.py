"""What we took from the source: its facts, not its sentences; and codes only from the survey."""

import csv
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, path_from
from .source_text import hashes, page_hashes, runs

RUNS = frozenset((ROOT / "tests" / "source_runs.txt").read_text(encoding="ascii").split())
TEXTS = [
    *sorted((ROOT / "fhir").glob("*/*.json")),
    *sorted((ROOT / "generator" / "source").iterdir()),
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob("*/**/*.py")),
]


def texts(path: Path) -> Iterator[str]:
    """The texts of a file: the strings of a resource without tags and with its CQL, any other file whole."""
    if path.suffix != ".json":
        yield path.read_text(encoding="utf-8")
        return
    for string in _strings(json.loads(path.read_bytes())):
        yield re.sub(r"<[^>]+>", " ", string)


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [b64decode(value).decode()] if key == "data" else _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("folder", ["fhir", "generator", "docs", "."])
def test_no_eight_words_in_a_row_are_the_page_s(folder: str) -> None:
    at = [path for path in TEXTS if folder in (path.relative_to(ROOT).parts[0], ".") and ".venv" not in path.parts]
    assert at
    copied = {
        path.relative_to(ROOT).as_posix(): [run for text in texts(path) for run in runs(text) if hashes([run]) & RUNS]
        for path in at
    }
    assert {path: found for path, found in copied.items() if found} == {}


def test_a_copied_sentence_would_be_seen() -> None:
    page = "A made-up page says that nine or more words in one row are a copied sentence."
    ours = "In our words: it says that nine or more words in one row are enough."
    assert page_hashes(page) & hashes([ours])
    assert not page_hashes(page) & hashes(["In our words: nine words in a row would be a copy."])


def test_the_committed_hashes_are_the_page_s() -> None:
    page = path_from("CERVICAL_OPTIONS_PAGE", "the page's text")
    assert page_hashes(page.read_text(encoding="utf-8")) == RUNS


def test_every_code_row_is_the_survey_s() -> None:
    survey = path_from("CERVICAL_OPTIONS_SURVEY", "the terminology survey")
    with survey.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    with (ROOT / "generator" / "source" / "terminology.csv").open(encoding="utf-8", newline="") as file:
        ours = [tuple(row.values()) for row in csv.DictReader(file)]
    assert ours
    assert [row for row in ours if row not in rows] == []
