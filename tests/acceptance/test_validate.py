"""HAPI's `$validate` finds no error in any resource: by R4 alone, and by the profiles that the resources claim."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from cervical_options import resources

from ..conftest import path_from
from ..hapi import Hapi, Resource, putting, side_by_side
from ..official import EXTENSIONS, PROFILES
from ..reports import report
from ..resources import PACKAGE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

DEFINITIONS = {"StructureDefinition", "CodeSystem", "ValueSet"}
AT_A_TIME = 50


def issues(hapi: Hapi, resource: Resource) -> list[tuple[str, str]]:
    """Severity and text of each; HAPI answers 200 whatever it finds."""
    answer = hapi.post(f"{resource['resourceType']}/$validate", resource)
    return [(each["severity"], each["diagnostics"]) for each in answer["issue"]]


def errors(hapi: Hapi, judged: list[Resource]) -> list[str]:
    found = zip(judged, side_by_side(lambda each: issues(hapi, each), judged), strict=True)
    return [
        f"{each['resourceType']}/{each['id']}: {text}"
        for each, told in found
        for severity, text in told
        if severity in ("error", "fatal")
    ]


def without_claims(resource: Resource) -> Resource:
    copy = deepcopy(resource)
    copy["meta"].pop("profile", None)
    return copy


def test_no_error_by_r4_alone(hapi: Hapi) -> None:
    """The server holds no profile, and no resource claims one."""
    judged = [without_claims(each) for each in resources()]
    assert errors(hapi, judged) == []
    report("hapi-validate-1", [f"HAPI $validate: no error in {len(judged)} resources by R4 alone"])


@pytest.fixture(scope="module")
def profiled(hapi: Hapi) -> Hapi:
    """The server with the definitions of CPG and CRMI, and those of HL7's extensions that are named there or by us."""
    chosen = definitions()
    for start in range(0, len(chosen), AT_A_TIME):
        hapi.load(putting({"entry": [{"resource": each} for each in chosen[start : start + AT_A_TIME]]}))
    return hapi


def test_no_error_by_the_profiles_claimed(profiled: Hapi) -> None:
    judged = resources()
    assert errors(profiled, judged) == []
    claims = sum(len(each["meta"].get("profile", ())) for each in judged)
    report("hapi-validate-2", [f"HAPI $validate: no error in {len(judged)} resources by the {claims} profiles claimed"])


@pytest.mark.parametrize(
    ("place", "change", "fault"),
    [
        pytest.param("PlanDefinition/cervical-recurrence", {"subjectReference": "x"}, "subjectReference", id="r4"),
        pytest.param("PlanDefinition/cervical-recurrence", {"type": {"text": "a plan"}}, "found 0 coding", id="slice"),
        pytest.param("ActivityDefinition/cervical-cisplatin", {"kind": None}, "cpg-medicationrequest", id="cpg"),
        pytest.param("Library/CervicalOptionsLogic", {"description": None}, "crmi-shareablelibrary", id="crmi"),
    ],
)
def test_validation_bites(profiled: Hapi, place: str, change: dict[str, Any], fault: str) -> None:
    broken = {key: value for key, value in {**PACKAGE[place], **change}.items() if value is not None}
    assert any(fault in each for each in errors(profiled, [broken]))


def definitions() -> list[Resource]:
    profiles = path_from("CERVICAL_OPTIONS_PROFILES", "the CPG and CRMI definitions")
    if not EXTENSIONS.is_dir():
        pytest.skip("tests/node is not installed (make node): the R4 extension pack is not at hand")
    chosen = [each for name in PROFILES for each in _in(profiles / name)]
    spare = {each["url"]: each for each in _in(EXTENSIONS)}
    named: list[Any] = [*chosen, *resources()]
    while named:
        urls = {url for url in _urls(orjson.dumps(named).decode()) if url in spare}
        named = [spare.pop(url) for url in sorted(urls)]
        chosen += named
    return chosen


def _in(folder: Path) -> Iterator[Resource]:
    for file in sorted(folder.glob("*.json")):
        resource = orjson.loads(file.read_bytes())
        if resource.get("resourceType") in DEFINITIONS:
            yield resource


def _urls(text: str) -> set[str]:
    return set(re.findall(r'"(https?://[^"|]+)', text))
