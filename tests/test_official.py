"""The official validator finds no error: under R4 core alone, and with the profiles that the resources claim."""

import json
import re
import shutil
from pathlib import Path

import pytest
from cervical_options.service.application import Application

from cervical_options import resources

from .conftest import ROOT
from .engines import application
from .official import Finding, definitions, validate
from .patients import cases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("official")]

UNKNOWN_SYSTEM = re.compile(
    r"CodeSystem is unknown and can't be validated: (?P<in_element>\S+) for "
    r"|The code cannot be checked because codeSystem '(?P<in_property>\S+)' version 'null' is not supported"
)
# Warnings that are about no code system, each with its reason.
OTHERS = {
    r"The canonical URL \S+/ImplementationGuide/\S+ doesn't point to an actual ImplementationGuide resource": (
        "the guides of CPG and CRMI are not among the definitions at hand, only their profiles"
    ),
    "Best Practice Recommendation: In general, all observations should have a performer": (
        "the examples' records name no practitioner: there is none"
    ),
    r"The value set references CodeSystem 'http://snomed.info/sct' which has status 'not-present'": (
        "no table of SNOMED CT is at hand; codes are checked against our own"
    ),
}
# Each warning that stays, by code system, with its reason.
KNOWN = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": "no table of RxNorm is at hand; codes are checked against our own",
    "http://snomed.info/sct": "a property of CodeSystem cervical-drugs; codes are checked against our own table",
    "http://www.whocc.no/atc": "ATC may not be distributed as a table; codes are checked against our own",
}
KNOWN_WITHOUT_PROFILES = KNOWN | {
    "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs": "defined by CPG, which this run leaves out",
    "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-common-process-cs": "defined by CPG, which this run leaves out",
}


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity in ("error", "fatal")]


def warned_systems(findings: list[Finding]) -> set[str]:
    """The code systems that warnings are about; a warning about anything else fails."""
    warnings = [
        finding
        for finding in findings
        if finding.severity == "warning" and not any(re.match(other, finding.message) for other in OTHERS)
    ]
    told = [finding.message for finding in findings]
    assert [other for other in OTHERS if not any(re.match(other, message) for message in told)] == []
    systems = [UNKNOWN_SYSTEM.match(finding.message) for finding in warnings]
    assert [finding for finding, system in zip(warnings, systems, strict=True) if system is None] == []
    return {str(system["in_element"] or system["in_property"]) for system in systems if system}


def test_no_error_under_r4_core_alone() -> None:
    findings = validate("--strip-profiles", ROOT / "fhir", ROOT / "examples")
    assert errors(findings) == []
    assert warned_systems(findings) == KNOWN_WITHOUT_PROFILES.keys()


def test_no_error_under_the_profiles_claimed() -> None:
    findings = validate(*definitions(), ROOT / "fhir", ROOT / "examples")
    assert errors(findings) == []
    assert warned_systems(findings) == KNOWN.keys()


def test_no_error_in_what_apply_gives_nor_in_the_written_patients(tmp_path: Path) -> None:
    """CarePlans of the strategy and of the cards, for written patients, beside the records that they were made of."""
    strategy, cards = application(), Application(resources(), "cervical-patient-view")
    for number, case in enumerate(cases()):
        for made in (strategy, cards) if number % 6 == 0 else ():
            plan = made.care_plan(case.bundle)
            (tmp_path / f"{case.name}-{plan['id']}.json").write_text(json.dumps(plan))
        for entry in case.bundle["entry"]:
            resource = entry["resource"]
            (tmp_path / f"{resource['resourceType']}-{resource['id']}.json").write_text(json.dumps(resource))
    assert errors(validate("--strip-profiles", tmp_path, ROOT / "fhir" / "CodeSystem")) == []


def test_the_validator_bites(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fhir" / "CodeSystem", tmp_path / "CodeSystem")
    plan = json.loads((ROOT / "fhir" / "PlanDefinition" / "cervical-recurrence.json").read_bytes())
    wrong_type = plan | {"id": "wrong-type", "type": {"text": "a plan"}}
    wrong_code = plan | {"id": "wrong-code"}
    wrong_code["action"] = [{**plan["action"][0], "selectionBehavior": "some"}]
    concept = json.loads((ROOT / "fhir" / "ActivityDefinition" / "cervical-cisplatin.json").read_bytes())
    own_code = json.loads(json.dumps(concept | {"id": "own-code"}).replace('"code": "cisplatin"', '"code": "aspirin"'))
    for resource in (wrong_type, wrong_code, own_code):
        (tmp_path / f"{resource['id']}.json").write_text(json.dumps(resource))
    found = {finding.file for finding in errors(validate(*definitions(), tmp_path))}
    assert found == {"wrong-type.json", "wrong-code.json", "own-code.json"}
