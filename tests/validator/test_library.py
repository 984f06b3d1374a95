"""The validator as a library: what documents show, packages that are added, and its own output judged by itself."""

import io
import json
import re
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cervical_options.validator import InputError, Issue, validate
from cervical_options.validator.reports import FORMATS
from cervical_options.validator.reports.words import Setting
from cervical_options.validator.rules import all_rules
from cervical_options.validator.run import run
from cervical_options.validator.strict_json import parse

from ..conftest import ROOT

BASE = "https://example.org/fhir"
TEXT = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
LETTERS = {
    "resourceType": "CodeSystem",
    "id": "letters",
    "text": TEXT,
    "url": f"{BASE}/CodeSystem/letters",
    "name": "Letters",
    "status": "active",
    "content": "complete",
    "concept": [{"code": "a", "display": "A"}],
}


def definition(name: str) -> dict[str, Any]:
    """An extension with a text, for patients."""
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": f"{BASE}/StructureDefinition/{name}",
        "name": "Nickname",
        "status": "active",
        "kind": "complex-type",
        "abstract": False,
        "type": "Extension",
        "derivation": "constraint",
        "context": [{"type": "element", "expression": "Patient"}],
        "snapshot": {
            "element": [
                {"path": "Extension"},
                {"path": "Extension.value[x]", "max": "1", "type": [{"code": "string"}]},
            ]
        },
    }


def packed(file: Path, **contents: Any) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name.replace('__', '/')}.json")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return file


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p", "text": TEXT, **more}


def told(tmp_path: Path, resource: dict[str, Any], *packages: Path) -> list[tuple[str, str]]:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(resource))
    return [(issue.severity, issue.rule) for issue in validate([file], packages=packages)]


def test_what_a_package_defines_is_known(tmp_path: Path) -> None:
    package = packed(
        tmp_path / "guide.tgz",
        StructureDefinition=definition("nickname"),
        CodeSystem=b"\xef\xbb\xbf" + json.dumps(LETTERS).encode(),
        openapi__table=b"no JSON",
    )
    named = {"url": f"{BASE}/StructureDefinition/nickname", "valueString": "x"}
    good = patient(extension=[named], maritalStatus={"coding": [{"system": LETTERS["url"], "code": "a"}]})
    without = {"extension-not-checked", "code-not-checked", "extensible-binding"}
    assert {rule for _, rule in told(tmp_path, good)} == without
    assert {rule for _, rule in told(tmp_path, good, package)} == {"extensible-binding"}
    wrong = patient(extension=[{**named, "valueString": None, "valueCode": "x"}])
    del wrong["extension"][0]["valueString"]
    assert ("error", "extension-value") in told(tmp_path, wrong, package)
    coded = {"coding": [{"system": LETTERS["url"], "code": "b"}]}
    assert ("error", "code-unknown") in told(tmp_path, patient(maritalStatus=coded), package)
    elsewhere = {**patient(), "name": [{"text": "x", "extension": [named]}]}
    assert ("error", "extension-context") in told(tmp_path, elsewhere, package)


def test_what_one_run_learns_the_next_does_not_know(tmp_path: Path) -> None:
    package = packed(tmp_path / "guide.tgz", CodeSystem=LETTERS)
    bad = patient(maritalStatus={"coding": [{"system": LETTERS["url"], "code": "b"}]})
    assert ("error", "code-unknown") in told(tmp_path, bad, package)
    assert ("error", "code-unknown") not in told(tmp_path, bad)


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_package_that_cant_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    package = tmp_path / "guide.tgz"
    package.write_bytes(content)
    with pytest.raises(InputError) as refused:
        told(tmp_path, patient(), package)
    assert [str(package) in reason for reason in refused.value.reasons] == [True]


def test_an_extension_defined_beside_its_use_is_known(tmp_path: Path) -> None:
    (tmp_path / "definition.json").write_text(json.dumps(definition("nickname")))
    use = patient(extension=[{"url": f"{BASE}/StructureDefinition/nickname", "valueCode": "x"}])
    (tmp_path / "use.json").write_text(json.dumps(use))
    rules = [issue.rule for issue in validate([tmp_path]) if issue.file.endswith("use.json")]
    assert rules == ["extension-value"]


def test_decimals_keep_their_digits() -> None:
    assert str(parse(b'{"value": 72.50}').value["value"]) == "72.50"
    assert parse(b'{"value": 0.1}').value["value"] == Decimal("0.1")


def test_an_operation_outcome_is_good_fhir_to_the_validator_itself(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"resourceType": "Patient", "nmae": "x", "gender": "woman", "birthDate": "1970-02-30"}))
    for name, report in (("bad", run([bad])), ("good", run([ROOT / "fhir" / "Medication"]))):
        file = tmp_path / f"outcome-of-{name}.json"
        file.write_text(FORMATS["fhir"](report, Setting(rules=all_rules())))
        assert [str(issue) for issue in validate([file]) if issue.severity != "information"] == []


def test_the_example_of_the_documents_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "validator.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], "docs/validator.md", "exec"), {})
    first = capsys.readouterr().out.splitlines()[0]
    assert re.match(r"fhir/ActivityDefinition/.* information ", first)
    assert all(isinstance(issue, Issue) for issue in validate([ROOT / "fhir" / "CodeSystem"]))
