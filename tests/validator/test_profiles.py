"""The layer of profiles: each row trips on its fault alone, and the rows say what HL7's differentials say."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cervical_options.validator.catalogue import Catalogue, Entry
from cervical_options.validator.place import Place
from cervical_options.validator.profiles import check
from cervical_options.validator.rule import RULES, Finding, Layer

from ..conftest import ROOT, path_from
from .broken import AT, Broken, of_extensions, of_rows
from .differential import Fact, definitions, extension_facts, facts
from .specimens import ELSEWHERE, EXTENSIONS, PROFILES, SYSTEMS, TABLES, VALUE_SETS, Resource, good, url

CASES = [*of_rows(), *of_extensions()]
FHIR = [json.loads(path.read_bytes()) for path in sorted((ROOT / "fhir").glob("*/*.json"))]
STRATEGY = next(resource for resource in FHIR if resource["id"] == "cervical-recurrence")
ODD: list[Any] = [None, 5, True, "x", {}, [], [None], [[]], [{}], {"coding": 5}, {"coding": [5, {"system": []}]}]


def found(resource: Resource, *beside: Resource) -> list[Finding]:
    catalogue = Catalogue()
    for each in (resource, *beside):
        catalogue.add(Entry("x.json", (), each))
    return list(check(resource, Place.root(str(resource["resourceType"])), catalogue))


def told(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.rule.id, str(finding.place)) for finding in findings if finding.severity != "information"]


def worded(findings: list[Finding]) -> list[str]:
    return [f"{each.severity}: {each.place}: {each.what}; {each.remedy} [{each.rule.id}]" for each in findings]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_row_trips_on_its_fault_alone(case: Broken) -> None:
    beside = [] if case.beside is None else [{"resourceType": "Basic", "url": AT}]
    assert told(found(case.wrong, *beside)) == [(case.rule, case.path)]
    assert told(found(case.right, *([case.beside] if case.beside else []))) == []


def test_every_row_has_a_case() -> None:
    own = {id for id, rule in RULES.items() if rule.layer == Layer.PROFILES}
    of_claims = {"profile-not-checked", "profile-type", "profile-version"}
    of_targets = {"extension-not-in-guide", "extension-target", "target-claims-no-profile"}
    assert {case.rule for case in CASES} == own - of_claims - of_targets


def test_every_rule_names_its_guide_with_the_version() -> None:
    own = [rule for rule in RULES.values() if rule.layer == Layer.PROFILES]
    assert [rule.id for rule in own if "CPG 2.0.0" not in rule.text and "CRMI 1.0.0" not in rule.text] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_least_resource_of_a_profile_is_right(profile: str) -> None:
    assert found(good(profile)) == []


def test_our_package_has_no_fault() -> None:
    catalogue = Catalogue()
    for resource in FHIR:
        catalogue.add(Entry(f"{resource['id']}.json", (), resource))
    findings = [
        finding
        for entry in catalogue.entries
        for finding in check(entry.resource, Place.root(entry.type), catalogue)
        if finding.severity != "information"
    ]
    assert worded(findings) == []


def test_our_package_claims_what_is_checked() -> None:
    claimed = {profile for resource in FHIR for profile in resource.get("meta", {}).get("profile", [])}
    assert claimed <= {url(name) for name in PROFILES}


def changed(path: Sequence[str | int], value: Any, resource: Resource = STRATEGY) -> Resource:
    copy = deepcopy(resource)
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "messages"),
    [
        pytest.param(
            ["action", 0, "title"],
            None,
            [
                "error: PlanDefinition.action[0]: cpg-strategydefinition (CPG 2.0.0) asks for title, and here is none; "
                "add it [cpg-strategydefinition-action-title]"
            ],
            id="title",
        ),
        pytest.param(
            ["action", 0, "groupingBehavior"],
            "visual-group",
            [
                "error: PlanDefinition.action[0].groupingBehavior: cpg-strategydefinition (CPG 2.0.0) allows no "
                "groupingBehavior; remove it [cpg-strategydefinition-action-grouping-behavior]"
            ],
            id="grouping",
        ),
        pytest.param(
            ["type", "coding", 0, "code"],
            "protocol",
            [
                "error: PlanDefinition.type: cpg-strategydefinition (CPG 2.0.0) wants the code workflow-definition of "
                "http://terminology.hl7.org/CodeSystem/plan-definition-type here, and it is not among the codes; "
                "add that coding [cpg-strategydefinition-type]"
            ],
            id="type",
        ),
        pytest.param(
            ["action", 0, "code"],
            [{"text": "care"}],
            [
                "warning: PlanDefinition.action[0].code[0]: cpg-strategydefinition (CPG 2.0.0) takes codes from "
                "cpg-common-process-vs, unless none of them fits, and here is none of it; use a code of "
                "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-common-process-cs, as actue-tertiary-care, "
                "alerts-reminders-education, charge-for-service [cpg-strategydefinition-action-code-binding]"
            ],
            id="code",
        ),
        pytest.param(
            ["meta", "profile"],
            [f"{url('cpg-strategydefinition')}|1.0.0"],
            [
                f"warning: PlanDefinition.meta.profile[0]: {url('cpg-strategydefinition')}|1.0.0 is checked as CPG "
                "2.0.0 has it, which is another version; claim that version, or no version [profile-version]"
            ],
            id="version",
        ),
        pytest.param(["meta", "profile"], [f"{url('cpg-strategydefinition')}|2.0.0"], [], id="our-version"),
        pytest.param(
            ["meta", "profile"],
            [url("cpg-servicerequestactivity"), url("cpg-partOf")],
            [
                f"error: PlanDefinition.meta.profile[0]: {url('cpg-servicerequestactivity')} is a profile of "
                "ActivityDefinition, and this is a PlanDefinition; claim a profile of its type, or none [profile-type]",
                f"error: PlanDefinition.meta.profile[1]: {url('cpg-partOf')} is a profile of Extension, and this is a "
                "PlanDefinition; claim a profile of its type, or none [profile-type]",
            ],
            id="profile-of-another-type",
        ),
        pytest.param(
            ["meta", "profile"],
            [url("cpg-nothing"), "http://example.org/x", url("PlanDefinition")],
            [
                f"information: PlanDefinition.meta.profile[{number}]: whether this meets {other} is not checked: there "
                "is no table of that profile; check it by other means [profile-not-checked]"
                for number, other in enumerate([url("cpg-nothing"), "http://example.org/x"])
            ],
            id="profile-not-in-the-table",
        ),
        pytest.param(
            ["extension"],
            [{"url": f"{url('cpg-enabled')}d", "valueBoolean": True}, {"url": "http://example.org/x", "valueId": "x"}],
            [
                f"error: PlanDefinition.extension[0].url: CPG 2.0.0 defines no extension {url('cpg-enabled')}d; "
                f"did you mean {url('cpg-enabled')}? [extension-not-in-guide]"
            ],
            id="extension-not-in-the-guide",
        ),
    ],
)
def test_a_finding_says_what_is_so_and_what_to_do(path: list[str | int], value: Any, messages: list[str]) -> None:
    assert worded(found(changed(path, value))) == messages


def test_a_primitive_with_an_extension_alone_is_there() -> None:
    resource = changed(["action", 0, "title"], None)
    del resource["action"][0]["title"]
    resource["action"][0]["_title"] = {"extension": [{"url": "http://example.org/x", "valueCode": "unknown"}]}
    assert found(resource) == []


def test_a_target_that_meets_the_profile_and_one_that_does_not() -> None:
    """A recommendation that does not say so is one; an order set is none, whatever it says; no target, no finding."""
    canonical = STRATEGY["action"][0]["action"][0]["definitionCanonical"]
    target = next(each for each in FHIR if canonical == f"{each.get('url')}|{each.get('version')}")
    silent = target | {"meta": {}}
    wrong = target | {"type": {"coding": [{"code": "order-set"}]}, "meta": {"profile": [url("cpg-ordersetdefinition")]}}
    assert found(STRATEGY) == []
    assert found(STRATEGY, target) == []
    at = "PlanDefinition.action[0].action[0].definitionCanonical"
    told_here = [(each.rule.id, each.severity) for each in found(STRATEGY, silent) if str(each.place) == at]
    assert told_here == [("target-claims-no-profile", "warning")]
    told_here = [(each.rule.id, each.severity) for each in found(STRATEGY, wrong) if str(each.place) == at]
    assert told_here == [("cpg-strategydefinition-action-definition", "error")]


def test_an_extension_may_point_to_what_is_contained() -> None:
    library = good("crmi-moduledefinitionlibrary") | {"id": "data"}
    use = {"url": url("crmi-effectiveDataRequirements"), "valueCanonical": "#data"}
    plan: Resource = {"resourceType": "PlanDefinition", "extension": [use], "contained": [library]}
    assert found(plan) == []
    plan["contained"] = [library | {"type": {"text": "x"}, "meta": {}}]
    assert [(each.rule.id, each.severity) for each in found(plan)] == [("extension-target", "warning")]


def test_what_a_resource_contains_is_checked_and_what_a_bundle_holds_is_not() -> None:
    inner = {"resourceType": "PlanDefinition", "meta": {"profile": [url("crmi-publishableplandefinition")]}}
    fault = "crmi-publishableplandefinition-date"
    assert told(found({"resourceType": "Basic", "contained": [inner]})) == [(fault, "Basic.contained[0]")]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": inner}]}
    assert told(found(parameters)) == [(fault, "Parameters.parameter[0].resource")]
    assert found({"resourceType": "Bundle", "entry": [{"resource": inner}]}) == []
    place = Place.root("Bundle").child("entry", 0).child("resource")
    assert told(list(check(inner, place, Catalogue()))) == [(fault, "Bundle.entry[0].resource")]


def test_odd_data_is_not_refused() -> None:
    """Anything may stand anywhere: what has the wrong shape is told by other layers."""
    for resource in map(good, PROFILES):
        for keys in places(resource):
            for odd in ODD:
                list(check(changed(keys, odd, resource), Place.root("x"), Catalogue()))


def test_nesting_is_not_refused() -> None:
    inner: list[Resource] = []
    for _ in range(2000):
        inner = [{"action": inner}]
    nested = good("cpg-strategydefinition") | {"action": inner}
    assert (
        len([finding for finding in found(nested) if finding.rule.id == "cpg-strategydefinition-action-title"]) == 2000
    )


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*at, key)
        yield from places(child, (*at, key))


def of_table(profile: str, row: dict[str, Any]) -> Iterator[Fact]:
    """What a row says, in the words of the differentials' facts."""
    path = row["path"]
    for name, system in SYSTEMS.items():
        path = path.replace(f"{name}#", f"{system}#")
    for name, elsewhere in ELSEWHERE.items():
        path = path.replace(f"[{name}]", f"[{elsewhere}]")
    if "id" in row:
        yield Fact(profile, path, "invariant", row["id"])
    for facet, value in row.items():
        if facet in ("min", "max", "required", "extensible", "canonical"):
            yield Fact(profile, path, facet, str(value))
        elif facet in ("types", "targets"):
            yield Fact(profile, path, facet, json.dumps(sorted(value)))
        elif facet == "value":
            yield Fact(profile, path, facet, json.dumps(value))
        elif facet == "code":
            system, _, code = value.rpartition("#")
            yield Fact(profile, path, facet, f"{SYSTEMS[system]}#{code}")


def leaves_out(entry: dict[str, Any], fact: Fact) -> bool:
    return (
        any(fnmatchcase(fact.profile, profile) for profile in entry["profiles"])
        and any(fnmatchcase(fact.path, element.replace("[", "[[]")) for element in entry["elements"])
        and fact.facet in entry["facets"]
    )


@pytest.fixture(scope="module")
def differentials() -> list[dict[str, Any]]:
    folder = path_from("CERVICAL_OPTIONS_PROFILES", "the CPG and CRMI definitions")
    return [each for name in ("cpg-2.0.0", "crmi-1.0.0") for each in definitions(folder / name)]


def test_the_table_says_what_the_differentials_say(differentials: list[dict[str, Any]]) -> None:
    """Every constraint is a row or is left out with a reason; no row and no reason is without a constraint."""
    theirs = {fact for each in differentials if each["type"] != "Extension" for fact in facts(each)}
    ours = {fact for name, each in PROFILES.items() for row in each.get("rows", []) for fact in of_table(name, row)}
    left_out = [entry for table in TABLES for entry in table["left-out"]]
    assert sorted(ours - theirs) == []
    missing = theirs - ours
    assert sorted(fact for fact in missing if not any(leaves_out(entry, fact) for entry in left_out)) == []
    assert [entry for entry in left_out if not any(leaves_out(entry, fact) for fact in missing)] == []
    assert [entry for entry in left_out if not entry["because"]] == []


def test_the_table_has_all_profiles_with_their_types_and_bases(differentials: list[dict[str, Any]]) -> None:
    theirs = {
        each["url"]: (each["type"], each["baseDefinition"]) for each in differentials if each["type"] != "Extension"
    }
    ours = {url(name): (each["type"], url(str(each.get("base", each["type"])))) for name, each in PROFILES.items()}
    assert ours == theirs


def test_the_table_has_all_extensions(differentials: list[dict[str, Any]]) -> None:
    theirs = {each["url"]: extension_facts(each) for each in differentials if each["type"] == "Extension"}
    ours = {url(name): {"modifier": False, "types": [], "targets": [], **each} for name, each in EXTENSIONS.items()}
    assert ours == theirs


def test_the_value_sets_are_whole() -> None:
    folder = path_from("CERVICAL_OPTIONS_PROFILES", "the CPG and CRMI definitions") / "cpg-2.0.0"
    files = [*folder.glob("CodeSystem-*.json"), *folder.glob("ValueSet-*.json")]
    read = {each["url"]: each for path in files for each in [json.loads(path.read_bytes())]}
    for name, ours in VALUE_SETS.items():
        (include,) = read[f"http://hl7.org/fhir/uv/cpg/ValueSet/{name}"]["compose"]["include"]
        assert include == {"system": ours["system"]}
        assert [concept["code"] for concept in read[ours["system"]]["concept"]] == ours["codes"]
