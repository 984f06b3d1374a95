"""`cervical-options diff`: pairs made by hand, one for each kind of change, and what is said of them."""

import dataclasses
import json
import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cervical_options.packages.difference.compare import compare
from cervical_options.packages.difference.elements import differences
from cervical_options.packages.difference.release import read_release
from cervical_options.packages.difference.report import FORMATS
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cervical_options.cli import app

from .archives import MANIFEST, good, tar, write
from .conftest import ROOT
from .resources import BASE, FHIR, LIBRARY, PACKAGE, VERSION, Package, Resource, changed, changed_cql, nodes, offer

HYSTERECTOMY = offer("radical-hysterectomy")
CISPLATIN = "Medication/cervical-cisplatin"
DRUG_ORDER = "ActivityDefinition/cervical-cisplatin"
STRATEGY = "PlanDefinition/cervical-recurrence"
SINGLE = "PlanDefinition/cervical-choice-single-agent"
FACTS = "CodeSystem/cervical-facts"
SPREAD = "ValueSet/cervical-spread-from-cervix"
QUESTIONS = "Questionnaire/cervical-facts"


def diff(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["diff", *map(str, words)])


def saved(file: Path, package: Package) -> Path:
    """A package as a collection."""
    entries = [{"fullUrl": f"{BASE}/{place}", "resource": each} for place, each in package.items()]
    file.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}), "utf-8")
    return file


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("old") / "old.json", PACKAGE)


def index(place: str, path: str, **wanted: Any) -> str:
    """The path of the one member of a list that has these values."""
    node: Any = PACKAGE[place]
    for step in re.findall(r"\w+", path):
        node = node[int(step) if step.isdigit() else step]
    [at] = [n for n, each in enumerate(node) if wanted.items() <= each.items()]
    return f"{path}[{at}]"


def coding(place: str, path: str, system: str) -> str:
    return index(place, f"{path}.coding", system=system)


def without(place: str) -> Package:
    return {name: each for name, each in PACKAGE.items() if name != place}


def without_a_fact(fact: str) -> Package:
    """The recommendation of radical hysterectomy without a fact in its condition."""
    plan = deepcopy(PACKAGE[HYSTERECTOMY])
    for action in plan["action"]:
        if "action" in action:
            action["action"] = [each for each in action["action"] if not each["id"].endswith(fact)]
    return {**PACKAGE, HYSTERECTOMY: plan}


ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
# Name -> the new package; class, kind, resource and what is said; nothing else may be said
PAIRS: dict[str, tuple[Callable[[], Package], tuple[str, str, str, str]]] = {
    "resource-removed": (
        lambda: without(DRUG_ORDER),
        ("breaking", "resource-removed", DRUG_ORDER, "cisplatin (ActivityDefinition/cervical-cisplatin): removed"),
    ),
    "resource-added": (
        lambda: {**PACKAGE, "ValueSet/x": {"resourceType": "ValueSet", "id": "x", "url": "https://x.example/x"}},
        ("clinical", "resource-added", "ValueSet/x", "x (ValueSet/x): added"),
    ),
    "id": (
        lambda: changed(DRUG_ORDER, "id", "cervical-platinum"),
        ("breaking", "element-changed", "ActivityDefinition/cervical-platinum", "id is cervical-platinum, was "),
    ),
    "condition-of-ours-removed": (
        lambda: without_a_fact("prior-radiation"),
        (
            "clinical",
            "condition-removed",
            HYSTERECTOMY,
            f"radical hysterectomy ({HYSTERECTOMY}): condition prior-radiation removed",
        ),
    ),
    "condition-removed": (
        lambda: changed(HYSTERECTOMY, "action[0].condition", None),
        ("clinical", "condition-removed", HYSTERECTOMY, "offer: condition RadicalHysterectomyOffered removed"),
    ),
    "condition-changed": (
        lambda: changed(HYSTERECTOMY, "action[0].condition[0].expression.expression", "PelvicExenterationOffered"),
        (
            "clinical",
            "condition-changed",
            HYSTERECTOMY,
            "offer: condition is PelvicExenterationOffered, was RadicalHysterectomyOffered",
        ),
    ),
    "condition-in-fhirpath": (
        lambda: changed(
            HYSTERECTOMY, "action[0].condition[0].expression.extension[0].valueExpression.expression", "true"
        ),
        ("clinical", "condition-changed", HYSTERECTOMY, "conditions read differently in FHIRPath: offer"),
    ),
    "atc-code": (
        lambda: changed(CISPLATIN, f"{coding(CISPLATIN, 'code', ATC)}.code", "L01XA99"),
        ("clinical", "code-changed", CISPLATIN, "cisplatin (Medication/cervical-cisplatin): ATC code changed: L01XA99"),
    ),
    "code-removed": (
        lambda: changed(CISPLATIN, coding(CISPLATIN, "code", ATC), None),
        ("clinical", "code-removed", CISPLATIN, "ATC code removed: L01XA01"),
    ),
    "code-added": (
        lambda: changed(CISPLATIN, "code.coding[3]", {"system": SNOMED, "code": "387318005"}),
        ("clinical", "code-added", CISPLATIN, "SNOMED CT code added: 387318005"),
    ),
    "display": (
        lambda: changed(CISPLATIN, f"{coding(CISPLATIN, 'code', ATC)}.display", "Cisplatin"),
        ("editorial", "element-changed", CISPLATIN, "code.coding.display is Cisplatin, was cisplatin"),
    ),
    "narrative": (
        lambda: changed(HYSTERECTOMY, "text.div", '<div xmlns="http://www.w3.org/1999/xhtml">Other words.</div>'),
        ("editorial", "narrative-only", HYSTERECTOMY, "narrative only"),
    ),
    "title": (
        lambda: changed(HYSTERECTOMY, "title", "Hysterectomy"),
        ("editorial", "element-changed", HYSTERECTOMY, "title is Hysterectomy, was Radical hysterectomy"),
    ),
    "words-of-an-action": (
        lambda: changed(HYSTERECTOMY, "action[0].title", "May be offered"),
        ("editorial", "element-changed", HYSTERECTOMY, "action.title is May be offered, was Radical hysterectomy may"),
    ),
    "statement-of-an-action": (
        lambda: changed(HYSTERECTOMY, "action[0].documentation[1]", None),
        ("clinical", "basis-changed", HYSTERECTOMY, "offer no longer names S-55"),
    ),
    "statements-of-a-resource": (
        lambda: changed(CISPLATIN, "extension[4].valueRelatedArtifact.label", "S-24"),
        ("clinical", "basis-changed", CISPLATIN, "now names S-24 and no longer names S-23"),
    ),
    "choice-removed": (
        lambda: changed(SINGLE, "action[0].action[0]", None),
        (
            "breaking",
            "choice-removed",
            SINGLE,
            f"choice 'Cisplatin' removed, which leads to {BASE}/ActivityDefinition/cervical-cisplatin|{VERSION}",
        ),
    ),
    "action-added": (
        lambda: changed(HYSTERECTOMY, "action[3]", {"id": "more", "title": "More"}),
        ("clinical", "action-added", HYSTERECTOMY, "action 'More' added"),
    ),
    "order-of-actions": (
        lambda: changed(HYSTERECTOMY, "action", PACKAGE[HYSTERECTOMY]["action"][::-1]),
        ("clinical", "order-changed", HYSTERECTOMY, "actions of the plan in another order"),
    ),
    "leads-elsewhere": (
        lambda: changed(SINGLE, "action[0].action[0].definitionCanonical", f"{BASE}/ActivityDefinition/x"),
        (
            "clinical",
            "leads-elsewhere",
            SINGLE,
            f"cisplatin leads to {BASE}/ActivityDefinition/x, before to {BASE}/Act",
        ),
    ),
    "pin-to-another-version": (
        lambda: changed(SINGLE, "action[0].action[0].definitionCanonical", f"{BASE}/{DRUG_ORDER}|9.9.9"),
        ("clinical", "leads-elsewhere", SINGLE, f"cisplatin leads to {BASE}/{DRUG_ORDER}|9.9.9, before"),
    ),
    "how-many": (
        lambda: changed(SINGLE, "action[0].selectionBehavior", "any"),
        ("clinical", "behaviour-changed", SINGLE, "how many may be chosen is any, was exactly-one"),
    ),
    "trigger": (
        lambda: changed("PlanDefinition/cervical-order-sign", "action[0].trigger[0].name", "order-select"),
        (
            "breaking",
            "trigger-changed",
            "PlanDefinition/cervical-order-sign",
            "trigger is order-select, was order-sign",
        ),
    ),
    "type-of-a-plan": (
        lambda: changed(STRATEGY, "type.coding[0].code", "eca-rule"),
        ("breaking", "code-changed", STRATEGY, "plan-definition-type code changed: eca-rule, was workflow-definition"),
    ),
    "dose": (
        lambda: changed(DRUG_ORDER, "dosage", [{"text": "some"}]),
        ("clinical", "element-added", DRUG_ORDER, "dosage added: some"),
    ),
    "not-to-be-done": (
        lambda: changed(DRUG_ORDER, "doNotPerform", True),
        ("clinical", "element-changed", DRUG_ORDER, "doNotPerform is true, was false"),
    ),
    "active": (
        lambda: changed(DRUG_ORDER, "status", "active"),
        ("clinical", "element-changed", DRUG_ORDER, "status is active, was draft"),
    ),
    "retired": (
        lambda: changed(DRUG_ORDER, "status", "retired"),
        ("breaking", "element-changed", DRUG_ORDER, "status is retired, was draft"),
    ),
    "identifier": (
        lambda: changed(CISPLATIN, "identifier[0].value", "platinum"),
        ("breaking", "element-changed", CISPLATIN, "identifier.value is platinum, was cisplatin"),
    ),
    "define": (
        lambda: changed_cql("    and PriorRadiationTrue\ndefine RadicalH", "define RadicalH"),
        ("clinical", "define-changed", LIBRARY, "define RadicalHysterectomyOffered reads differently: "),
    ),
    "define-removed": (
        lambda: changed_cql("define RadicalHysterectomyNeedsData:", "// RadicalHysterectomyNeedsData:"),
        ("breaking", "define-removed", LIBRARY, "define RadicalHysterectomyNeedsData removed"),
    ),
    "comment-in-the-logic": (
        lambda: changed_cql("// S-54, S-55: Radical hysterectomy", "// S-54 and S-55"),
        ("editorial", "comment-changed", LIBRARY, "comments of the logic only"),
    ),
    "value-sets-of-the-logic": (
        lambda: changed_cql('codesystem "Facts": \'', 'codesystem "Facts": \'x'),
        ("clinical", "logic-changed", LIBRARY, "what the logic declares changed (value sets, parameters)"),
    ),
    "elm-alone": (
        lambda: changed(LIBRARY, f"{index(LIBRARY, 'content', contentType='application/elm+json')}.data", "e30="),
        ("clinical", "logic-changed", LIBRARY, "compiled logic changed, its source did not"),
    ),
    "elm-removed": (
        lambda: changed(LIBRARY, index(LIBRARY, "content", contentType="application/elm+json"), None),
        ("breaking", "content-removed", LIBRARY, "its form application/elm+json removed"),
    ),
    "data-wanted": (
        lambda: changed(LIBRARY, "dataRequirement[0].mustSupport[0]", "other"),
        ("breaking", "data-changed", LIBRARY, "data that it asks for changed"),
    ),
    "value-set-code-removed": (
        lambda: without_a_code(SPREAD),
        ("clinical", "value-set-codes-removed", SPREAD, "1 code removed: "),
    ),
    "concept-removed": (
        lambda: changed(FACTS, index(FACTS, "concept", code="prior-radiation"), None),
        ("breaking", "concept-removed", FACTS, "code prior-radiation removed: "),
    ),
    "concept-means-another": (
        lambda: changed(FACTS, f"{index(FACTS, 'concept', code='prior-radiation')}.display", "Any radiation"),
        ("clinical", "concept-changed", FACTS, "code prior-radiation: display is Any radiation, was "),
    ),
    "question-removed": (
        lambda: changed(QUESTIONS, "item[0].item[0]", None),
        ("breaking", "question-removed", QUESTIONS, "question recurrent-cervical-cancer removed: "),
    ),
    "question-asks-another": (
        lambda: changed(QUESTIONS, "item[0].item[0].text", "Is it back?"),
        ("clinical", "question-changed", QUESTIONS, "question recurrent-cervical-cancer: text is Is it back?, was "),
    ),
    "copyright": (
        lambda: changed(HYSTERECTOMY, "copyright", "None."),
        ("editorial", "element-changed", HYSTERECTOMY, "copyright is None., was "),
    ),
    "list-of-the-guide": (
        lambda: changed("ImplementationGuide/cervical-guide", "definition.resource[0]", None),
        ("editorial", "element-removed", "ImplementationGuide/cervical-guide", "definition.resource removed: "),
    ),
    "what-nobody-knows": (
        lambda: changed(DRUG_ORDER, "somethingNew", "x"),
        ("clinical", "element-added", DRUG_ORDER, "somethingNew added: x"),
    ),
}


def without_a_code(place: str) -> Package:
    value_set = deepcopy(PACKAGE[place])
    gone = value_set["expansion"]["contains"].pop(0)
    for include in value_set["compose"]["include"]:
        include["concept"] = [each for each in include["concept"] if each["code"] != gone["code"]]
    return {**PACKAGE, place: value_set}


def pair(folder: Path, package: Package) -> tuple[Path, Path]:
    """Old and new as far as they differ, with the guide: what is the same on both sides is passed over anyway."""
    guide = "ImplementationGuide/cervical-guide"
    told = {guide, *(place for place in {*PACKAGE, *package} if PACKAGE.get(place) != package.get(place))}
    old, new = ({place: each for place, each in side.items() if place in told} for side in (PACKAGE, package))
    return saved(folder / "old.json", old), saved(folder / "new.json", new)


@pytest.mark.parametrize("name", PAIRS)
def test_one_change_is_told_once_in_words_and_with_its_class(name: str, tmp_path: Path) -> None:
    make, (severity, kind, resource, words) = PAIRS[name]
    old, new = pair(tmp_path, make())
    result = diff(old, new, "--format", "json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert [(each["class"], each["kind"], each["resource"]) for each in told["changes"]] == [(severity, kind, resource)]
    assert (told["equal"], told["class"], told["counts"][severity]) == (False, severity, 1)
    assert words in diff(old, new).stdout
    assert len(diff(old, new).stdout.splitlines()) == 1
    assert diff(old, new).stdout.startswith(severity)
    back = json.loads(diff(new, old, "--format", "json").stdout)
    assert len(back["changes"]) == 1


def test_the_other_way_round_what_was_removed_is_added(old: Path, tmp_path: Path) -> None:
    new = saved(tmp_path / "new.json", without_a_fact("prior-radiation"))
    assert diff(new, old).stdout == (
        f"clinical   radical hysterectomy ({HYSTERECTOMY}): condition prior-radiation added\n"
    )


def test_all_changes_are_told_the_weightiest_first(old: Path, tmp_path: Path) -> None:
    package = {**without_a_fact("prior-radiation"), CISPLATIN: changed(CISPLATIN, "language", "fr")[CISPLATIN]}
    del package[DRUG_ORDER]
    new = saved(tmp_path / "new.json", package)
    result = diff(old, new)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["breaking", "clinical", "editorial"]
    assert result.stderr == f"3 changes from {old} to {new}\n"
    told = json.loads(diff(old, new, "--format", "json").stdout)
    assert (told["class"], told["counts"]) == ("breaking", {"breaking": 1, "clinical": 1, "editorial": 1})
    marked = diff(old, new, "--format", "markdown").stdout
    assert [line for line in marked.splitlines() if line.startswith("#")] == [
        f"# org.w3id.cervical-options: {VERSION} to {VERSION}",
        "## Breaking: what others rely on is gone or named otherwise",
        "## Clinical: what may be offered, to whom, why, or by which code",
        "## Editorial: words, dates, narrative",
    ]
    assert sum(line.startswith("- ") for line in marked.splitlines()) == 3


# ---- Equal


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    assert CliRunner().invoke(app, ["package", "--out", str(folder)]).exit_code == 0
    return folder


SHAPES = {
    "folder": ".",
    "package": f"org.w3id.cervical-options-{VERSION}.tgz",
    "by-id": "bundle-by-id.json",
    "by-url": "bundle-by-url.json",
    "collection": "collection.json",
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("format", FORMATS)
def test_the_same_content_in_any_shape_is_silent(shape: str, format: str, dist: Path) -> None:
    for one, other in ((FHIR, dist / SHAPES[shape]), (dist / SHAPES[shape], FHIR)):
        result = diff(one, other, "--format", format)
        assert (result.exit_code, result.stderr) == (0, "")
        if format == "json":
            told = json.loads(result.stdout)
            assert (told["equal"], told["class"], told["changes"]) == (True, None, [])
            assert told["old"]["resources"] == told["new"]["resources"] == len(PACKAGE)
        else:
            assert result.stdout == ""


def test_what_a_server_adds_is_no_change(tmp_path: Path, old: Path) -> None:
    package = deepcopy(PACKAGE)
    for each in package.values():
        each["meta"] |= {"versionId": "7", "lastUpdated": "2027-01-01T00:00:00Z", "source": "#abc"}
    assert diff(old, saved(tmp_path / "new.json", package)).exit_code == 0


def repinned(version: str, date: str) -> Package:
    """The whole package under another version and date, its logic too."""
    text = json.dumps(PACKAGE)
    for library in (each for each in PACKAGE.values() if each["resourceType"] == "Library"):
        for content in library.get("content", ()):
            data = b64encode(b64decode(content["data"]).replace(VERSION.encode(), version.encode())).decode()
            text = text.replace(content["data"], data)
    made: Package = json.loads(text.replace(VERSION, version).replace('"2026-11-24', f'"{date}'))
    return made


def test_a_new_version_is_one_change_however_often_it_stands_there(tmp_path: Path, old: Path) -> None:
    new = saved(tmp_path / "new.json", repinned("1.10.0", "2027-02-03"))
    result = diff(old, new)
    assert result.exit_code == 1
    assert result.stdout == (
        "editorial  org.w3id.cervical-options: version is 1.10.0, was 0.1.0\n"
        "editorial  org.w3id.cervical-options: date is 2027-02-03, was 2026-11-24\n"
    )


def test_a_pin_that_was_left_behind_is_told(tmp_path: Path, old: Path) -> None:
    package = repinned("0.2.0", "2026-11-24")
    action = package[SINGLE]["action"][0]["action"][0]
    action["definitionCanonical"] = action["definitionCanonical"].replace("0.2.0", VERSION)
    told = json.loads(diff(old, saved(tmp_path / "new.json", package), "--format", "json").stdout)
    assert [each["kind"] for each in told["changes"]] == ["leads-elsewhere", "version-changed"]


# ---- Others' packages


def of_others(folder: Path, name: str, *resources: Resource, **described: Any) -> Path:
    files = {f"{each['resourceType']}-{each['id']}": each for each in resources}
    packed = good(**files)
    packed["package/package.json"] = MANIFEST | described
    return write(folder / name, tar(packed))


def test_two_packages_of_others(tmp_path: Path) -> None:
    url = "https://example.org/PlanDefinition/fever"
    plan: Resource = {
        "resourceType": "PlanDefinition",
        "id": "fever",
        "url": url,
        "version": "1",
        "title": "Fever",
        "status": "active",
        "action": [{"title": "Look", "condition": [{"kind": "applicability", "expression": {"expression": "a"}}]}],
    }
    new = deepcopy(plan) | {"version": "2"}
    new["action"][0]["condition"][0]["expression"]["expression"] = "b"
    new["action"][0]["title"] = "Look closely"
    result = diff(of_others(tmp_path, "a.tgz", plan), of_others(tmp_path, "b.tgz", new))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "clinical   fever (PlanDefinition/fever): its action: condition is b, was a",
        "editorial  fever (PlanDefinition/fever): action.title is Look closely, was Look",
        "editorial  fever (PlanDefinition/fever): version is 2, was 1",
    ]


def test_hl7s_own_plans_are_compared_without_a_word_of_ours(tmp_path: Path) -> None:
    source = ROOT / "tests" / "node" / "node_modules" / "hl7.fhir.r4.examples"
    if not source.is_dir():
        pytest.skip("tests/node is not installed (make node): HL7's examples are not at hand")
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        for file in source.glob("*Definition-*.json"):
            if file.name.startswith(("PlanDefinition", "ActivityDefinition")):
                shutil.copy(file, folder)
    assert len([*old.iterdir()]) > 10
    assert (diff(old, new).exit_code, diff(old, new).output) == (0, "")
    file = new / "PlanDefinition-chlamydia-screening-intervention.json"
    plan = json.loads(file.read_bytes())
    plan["action"][0]["condition"][0]["expression"]["expression"] = "Always"
    file.write_text(json.dumps(plan), "utf-8")
    [line] = diff(old, new).stdout.splitlines()
    assert line.startswith("clinical   ")
    assert "its action: condition is Always, was " in line


# ---- What can't be read


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such folder"),
        (b"{", "not JSON"),
        (b"[]", "no Bundle with entries"),
        (b'{"resourceType": "Patient", "id": "p"}', "no Bundle with entries"),
        (b'{"resourceType": "Bundle", "entry": []}', "without a resource"),
        (b'{"resourceType": "Bundle", "entry": [1, {"resource": {}}]}', "without a resource"),
    ],
)
def test_what_is_no_release_is_refused_in_one_line(content: bytes | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / ("new.json" if content is not None else "nothing")
    if content is not None:
        file.write_bytes(content)
    result = diff(FHIR, file)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert line.startswith(str(file))
    assert reason in line


def test_both_sides_that_cant_be_read_are_told(tmp_path: Path) -> None:
    result = diff(tmp_path / "a", tmp_path / "b")
    assert result.exit_code == 2
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == [
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]


# ---- Whatever is in it

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc") | st.just("id"), inner, max_size=4)
    ),
    max_leaves=12,
)


def plain(node: Any) -> Any:
    """Without what FHIR does not have: null says the same as nothing, and order is told apart."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items() if value is not None}
    return [plain(each) for each in node if each is not None] if isinstance(node, list) else node


@given(JSON, JSON)
def test_elements_differ_exactly_where_the_trees_do(one: Any, other: Any) -> None:
    one, other = plain(one), plain(other)
    same = repr_sorted(one) == repr_sorted(other)
    assert (not list(differences(one, other, "x"))) == same
    assert bool(list(differences(one, other, "x"))) == bool(list(differences(other, one, "x")))


def repr_sorted(node: Any) -> str:
    return json.dumps(node, sort_keys=True)


ODD: list[Any] = [None, [], {}, "x", 1, True, [None], [[]], {"a": 1}, [{"id": 1}], "", [1, "a"]]


def test_odd_content_is_compared_like_any_other() -> None:
    """Nodes of our resources replaced by what does not belong there: told, never an error of ours."""
    release, random = read_release(FHIR), Random(8)
    for _ in range(300):
        key = random.choice([*release.resources])
        resource = deepcopy(release.resources[key])
        path, _ = random.choice([each for each in nodes(resource) if each[0] not in ("resourceType", "id")])
        replace(resource, path, random.choice(ODD))
        if resource == release.resources[key]:
            continue
        odd = dataclasses.replace(release, resources={**release.resources, key: resource})
        for one, other in ((release, odd), (odd, release)):
            changes = compare(one, other)
            assert changes, f"{key}: {path}"
            assert all(report(changes, one, other) for report in FORMATS.values())


def replace(resource: Resource, path: str, value: Any) -> None:
    *parents, last = [int(step[1:-1]) if step[0] == "[" else step for step in re.findall(r"\[\d+\]|[^.\[\]]+", path)]
    node: Any = resource
    for step in parents:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
