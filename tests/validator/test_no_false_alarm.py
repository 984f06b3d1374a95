"""Good R4 that is seldom written raises no error, and texts made to hang are judged all the same."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator import validate

TEXT = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
EXTENSION = {"url": "https://example.org/x", "valueString": "y"}
TRANSLATED = {
    "url": "http://hl7.org/fhir/StructureDefinition/translation",
    "extension": [{"url": "lang", "valueCode": "fr"}, {"url": "content", "valueString": "Titre"}],
}
PATIENT = {"resourceType": "Patient", "id": "p", "text": TEXT}
ONE = "urn:uuid:00000000-0000-4000-8000-000000000001"
INNER = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"fullUrl": ONE, "resource": {**PATIENT, "id": None}},
        {
            "fullUrl": ONE[:-1] + "2",
            "resource": {
                "resourceType": "Observation",
                "text": TEXT,
                "status": "final",
                "code": {"text": "x"},
                "subject": {"reference": ONE.upper().replace("URN:UUID", "urn:uuid")},
            },
        },
    ],
}
del INNER["entry"][0]["resource"]["id"]  # type: ignore[index]
SYSTEM = {
    "resourceType": "CodeSystem",
    "text": TEXT,
    "url": "https://example.org/CodeSystem/c",
    "name": "C",
    "status": "draft",
    "content": "complete",
}

GOOD: dict[str, Any] = {
    "null-beside-an-extension": {
        **PATIENT,
        "name": [{"given": ["A", None], "_given": [None, {"extension": [EXTENSION]}]}],
    },
    "translation-of-a-string": {
        "resourceType": "Questionnaire",
        "text": TEXT,
        "status": "draft",
        "title": "Title",
        "_title": {"extension": [TRANSLATED]},
    },
    "extension-beside-the-value-of-an-extension": {
        **PATIENT,
        "extension": [{**EXTENSION, "_valueString": {"extension": [EXTENSION]}}],
    },
    "meta-in-an-extension": {
        **PATIENT,
        "extension": [{"url": "https://example.org/x", "valueMeta": {"versionId": "1"}}],
    },
    "bundle-in-a-bundle": {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": ONE, "resource": INNER}],
    },
    "page-of-a-search": {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {
                "fullUrl": "https://example.org/PlanDefinition/p",
                "resource": {
                    "resourceType": "PlanDefinition",
                    "id": "p",
                    "text": TEXT,
                    "url": "https://example.org/PlanDefinition/p",
                    "name": "P",
                    "status": "draft",
                    "library": ["https://example.org/Library/l"],
                },
            }
        ],
    },
    "deep-questionnaire": None,
}


def deep(levels: int) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": str(levels), "type": "string"}
    for level in reversed(range(levels)):
        item = {"linkId": str(level), "type": "group", "item": [item]}
    return {"resourceType": "Questionnaire", "text": TEXT, "status": "draft", "item": [item]}


@pytest.mark.parametrize("name", GOOD)
def test_good_content_raises_no_error(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(GOOD[name] or deep(150)))
    assert [str(issue) for issue in validate([file]) if issue.severity == "error"] == []


def test_two_versions_of_a_code_system_are_told_apart(tmp_path: Path) -> None:
    for version, code in (("1", "old"), ("2", "new")):
        concept = {"version": version, "concept": [{"code": code}]}
        (tmp_path / f"c{version}.json").write_text(json.dumps({**SYSTEM, **concept, "id": f"c{version}"}))
    coding = {"system": SYSTEM["url"], "version": "1", "code": "old"}
    observation = {"resourceType": "Observation", "text": TEXT, "status": "final", "code": {"coding": [coding]}}
    (tmp_path / "x.json").write_text(json.dumps(observation))
    assert [str(issue) for issue in validate([tmp_path]) if issue.severity == "error"] == []
    coding["code"] = "new"
    (tmp_path / "x.json").write_text(json.dumps(observation))
    assert [issue.rule for issue in validate([tmp_path]) if issue.severity == "error"] == ["code-unknown"]


@pytest.mark.parametrize("expression", ["1.repeat($this + 1)", "(1 | 2).repeat($this + 1).exists()"])
def test_an_expression_without_end_is_parsed_only(tmp_path: Path, expression: str) -> None:
    parameter = {
        "resourceType": "SearchParameter",
        "text": TEXT,
        "url": "https://example.org/SearchParameter/x",
        "name": "X",
        "status": "draft",
        "description": "x",
        "code": "x",
        "base": ["Patient"],
        "type": "token",
        "expression": expression,
    }
    (tmp_path / "x.json").write_text(json.dumps(parameter))
    assert [issue.rule for issue in validate([tmp_path]) if issue.severity == "error"] == []


def test_comments_that_never_end_are_read_once(tmp_path: Path) -> None:
    data = b64encode(b"/* " * 100_000).decode()
    library = {
        "resourceType": "Library",
        "text": TEXT,
        "status": "draft",
        "type": {"coding": [{"code": "logic-library"}]},
        "content": [{"contentType": "text/cql", "data": data}],
    }
    (tmp_path / "x.json").write_text(json.dumps(library))
    assert [issue.rule for issue in validate([tmp_path]) if issue.severity == "error"] == []


def test_one_file_by_two_names_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(PATIENT))
    (tmp_path / "y.json").symlink_to(tmp_path / "x.json")
    assert validate([tmp_path / "x.json", tmp_path / "y.json", tmp_path]) == validate([tmp_path / "x.json"])
