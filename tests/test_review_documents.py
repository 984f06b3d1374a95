"""The picture and the integrator's documents: they hold what the resources hold, and examples run."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from cervical_options.review.documents import DOCUMENTS, OPENING, artifacts, code_systems, evidence, records, searches
from cervical_options.review.parts import measure
from cervical_options.review.picture import picture
from click.testing import CliRunner, Result
from fhir.resources.R4B import get_fhir_model_class

from cervical_options.cli import app

from .conftest import ROOT
from .resources import BASE, LIBRARY, OPTIONS, PACKAGE, STRATEGY, Package, actions, changed, leads_to, offer

DOCS = ROOT / "docs"
MARKED = sorted(DOCUMENTS)
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = picture(list(PACKAGE.values()))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["docs", *map(str, arguments)])


def in_folder(package: Package, folder: Path) -> Path:
    for place, resource in package.items():
        file = folder / f"{place}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(resource), encoding="utf-8")
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The documents, to be spoilt."""
    return Path(shutil.copytree(DOCS, tmp_path / "docs"))


# ---- The picture: what it holds ----


def words(svg: str) -> str:
    """All text of the drawing in one line; wrapped lines stand after each other."""
    return " ".join(each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text"))


def reachable(place: str) -> set[str]:
    """Everything the strategy leads to, computed here apart from the drawing."""
    found = {place}
    for each in actions(PACKAGE[place]):
        target = leads_to(each)
        if target:
            found |= reachable(target)
    return found


@pytest.mark.parametrize("place", sorted(reachable(STRATEGY)))
def test_what_the_strategy_leads_to_is_in_the_picture(place: str) -> None:
    assert PACKAGE[place]["title"] in words(DRAWN)


def test_the_options_combinations_and_drugs_are_all_reached() -> None:
    found = reachable(STRATEGY)
    assert {offer(option) for option in OPTIONS} <= found
    drugs = {
        place.replace("Medication/", "ActivityDefinition/") for place in PACKAGE if place.startswith("Medication/")
    }
    assert len(drugs) == 16
    assert drugs <= found
    assert len([place for place in found if re.search(r"/cervical-(cisplatin|5-fluorouracil|paclitaxel)-", place)]) == 7


def test_other_plans_are_not_in_the_picture() -> None:
    others = {place for place in PACKAGE if place.startswith("PlanDefinition/")} - reachable(STRATEGY)
    assert "PlanDefinition/cervical-choice-operation" in others
    boxes = ET.fromstring(DRAWN).findall(f"{SVG}text[@class='strong']")
    assert {PACKAGE[place]["title"] for place in others}.isdisjoint(each.text for each in boxes)


@pytest.mark.parametrize(
    "clause",
    [
        "only where chemotherapy was given for spread disease",
        "and either the spread disease did not respond to that chemotherapy or the cancer came back after that",
        "only where the tumour is PD-L1 positive",
        "only where the recurrence lies in the cervix or in the uterus or elsewhere in the pelvis",
        "and the recurrence has not reached the pelvic side wall",
        "and there is no recurrence outside the pelvis",
        "only where a clinician judges the recurrence to be small",
        "and the recurrence lies in the cervix or uterus",
        "and the recurrence does not lie elsewhere in the pelvis",
        "and the patient had radiation therapy before",
    ],
)
def test_conditions_stand_before_the_four_options_that_have_one(clause: str) -> None:
    assert clause in words(DRAWN)
    assert words(DRAWN).count("only where") == 4


def test_open_lists_are_visible() -> None:
    titles = [each["title"] for place in PACKAGE for each in actions(PACKAGE[place]) if each["id"] == "other"]
    assert len(titles) == 4
    assert [title for title in titles if title not in words(DRAWN)] == []
    assert DRAWN.count('class="open"') == len(titles) + 1  # one in the legend


def test_the_picture_ranks_nothing_and_says_what_it_is() -> None:
    assert "in the order of the page, which ranks nothing" in words(DRAWN)
    assert "Not medical advice. Draft, not reviewed by a clinician." in words(DRAWN)
    assert len(rectangles(DRAWN, "option")) == len(OPTIONS)


@pytest.mark.parametrize(
    "place",
    [
        STRATEGY,
        offer("chemotherapy"),
        "PlanDefinition/cervical-choice-radiation",
        "ActivityDefinition/cervical-topotecan",
    ],
)
def test_a_changed_title_shows(place: str) -> None:
    assert "Quite another name" in words(picture(list(changed(place, "title", "Quite another name").values())))


def test_same_resources_same_bytes_in_whatever_order() -> None:
    assert picture(list(PACKAGE.values())) == picture(list(reversed(PACKAGE.values()))) == DRAWN


# ---- The picture: how it is drawn ----


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Area") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def meets(self, other: "Area") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def rectangles(svg: str, kind: str | None = None) -> list[ET.Element]:
    found = ET.fromstring(svg).findall(f"{SVG}rect")
    return [each for each in found if kind in (None, each.get("class")) and each.get("class") != "ground"]


def area(rectangle: ET.Element) -> Area:
    x, y, width, height = (float(rectangle.get(name, "")) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height)


def text_areas(svg: str) -> Iterator[tuple[str, Area]]:
    for each in ET.fromstring(svg).findall(f"{SVG}text"):
        x, y, content, kind = float(each.get("x", "")), float(each.get("y", "")), each.text or "", each.get("class", "")
        size = 18 if kind == "title" else 12
        yield content, Area(x, y - size * 0.8, x + measure(content, kind), y + size * 0.25)


LONG = "A name that is a good deal longer than any name in the package, so that it has to be wrapped in its box"
DRAWINGS = {
    "as it is": DRAWN,
    "long option": picture(list(changed(offer("pembrolizumab"), "title", LONG).values())),
    "long order set": picture(list(changed("PlanDefinition/cervical-choice-single-agent", "title", LONG).values())),
    "long combination": picture(list(changed("PlanDefinition/cervical-cisplatin-topotecan", "title", LONG).values())),
    "long drug": picture(list(changed("ActivityDefinition/cervical-cisplatin", "title", LONG).values())),
    "long title": picture(list(changed(STRATEGY, "title", LONG).values())),
}


@pytest.mark.parametrize("svg", DRAWINGS.values(), ids=DRAWINGS)
def test_no_text_leaves_the_page_or_its_box_or_meets_another(svg: str) -> None:
    _, _, width, height = map(float, ET.fromstring(svg).get("viewBox", "").split())
    page, boxes, texts = Area(0, 0, width, height), [area(each) for each in rectangles(svg)], list(text_areas(svg))
    assert [content for content, place in texts if not page.holds(place)] == []
    partly = [content for content, place in texts for box in boxes if box.meets(place) and not box.holds(place)]
    assert partly == []
    assert [(a, b) for i, (a, at) in enumerate(texts) for b, by in texts[i + 1 :] if at.meets(by)] == []


@pytest.mark.parametrize("svg", DRAWINGS.values(), ids=DRAWINGS)
def test_boxes_lie_apart_or_within_each_other_and_no_line_crosses_one(svg: str) -> None:
    boxes = [area(each) for each in rectangles(svg)]
    for i, box in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert box.holds(other) or other.holds(box) or not box.meets(other)
    for path in ET.fromstring(svg).findall(f"{SVG}path"):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d", ""))]
        xs, ys = numbers[::2], numbers[1::2]
        line = Area(min(xs) + 0.2, min(ys) - 0.1, max(xs) - 0.2, max(ys) + 0.1)
        assert [box for box in boxes if box.meets(line)] == [], path.get("d")


def test_the_picture_is_plain_real_text_of_readable_size() -> None:
    root = ET.fromstring(DRAWN)
    assert 900 <= float(root.get("width", "")) <= 1100
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {
        "svg", "title", "desc", "style", "marker", "rect", "path", "text"
    }  # fmt: skip
    assert min(float(size) for size in re.findall(r"([\d.]+)px", DRAWN)) >= 12
    assert set(re.findall(r"url\((.*?)\)|href=", DRAWN)) == {"#head"}
    assert "://" not in DRAWN.replace("http://www.w3.org/2000/svg", "")


def test_a_screen_reader_is_told_the_same() -> None:
    root = ET.fromstring(DRAWN)
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    assert root.findtext(f"{SVG}title") == PACKAGE[STRATEGY]["title"]
    told = root.findtext(f"{SVG}desc") or ""
    assert [option for option in OPTIONS if PACKAGE[offer(option)]["title"] not in told] == []
    assert "Immunotherapy with pembrolizumab, only where the tumour is PD-L1 positive." in told


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (
            {k: v for k, v in PACKAGE.items() if k != STRATEGY},
            "0 strategies (PlanDefinition of type workflow-definition)",
        ),
        (
            {k: v for k, v in PACKAGE.items() if k != "ActivityDefinition/cervical-cisplatin"},
            f"no resource with the url {BASE}/ActivityDefinition/cervical-cisplatin, where action 'cisplatin' leads",
        ),
        (
            changed(
                "PlanDefinition/cervical-choice-radiation",
                "action[0].action[0].definitionCanonical",
                f"{BASE}/PlanDefinition/cervical-plan-radiation",
            ),
            "leads back to itself",
        ),
        (changed(offer("chemotherapy"), "text", None), "its narrative does not say when it may be offered"),
    ],
    ids=["no strategy", "no drug", "circle", "no condition"],
)
def test_what_can_t_be_drawn_is_refused(package: Package, message: str, tmp_path: Path, copy: Path) -> None:
    result = run("--out", copy, "--fhir", in_folder(package, tmp_path / "fhir"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


# ---- The documents: current, and refused where they can't be ----


def test_the_committed_documents_are_current() -> None:
    result = run("--out", DOCS, "--check")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("name", [*MARKED, "options.svg"])
def test_a_stale_file_is_named_and_made_anew(name: str, copy: Path) -> None:
    file = copy / name
    good = file.read_bytes()
    spoilt = (
        good.replace(b"cervical", b"cervicol") if name == "options.svg" else good.replace(b"-->\n| ", b"-->\n|  ", 1)
    )
    file.write_bytes(spoilt)
    check = run("--out", copy, "--check")
    assert (check.exit_code, check.stdout) == (1, f"stale: {file}\n")
    assert file.read_bytes() == spoilt
    assert run("--out", copy).exit_code == 0
    assert file.read_bytes() == good
    assert sorted(path.name for path in copy.iterdir()) == sorted(path.name for path in DOCS.iterdir())


def test_what_stands_outside_the_markers_is_left_alone(copy: Path) -> None:
    file = copy / "limits.md"
    file.write_text(f"A line by hand.\n{file.read_text('utf-8')}", encoding="utf-8")
    assert run("--out", copy, "--check").exit_code == 0


MARKER = "<!-- generated: left-out -->"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (MARKER, "", f"0 lines '{MARKER}'; there must be one"),
        (MARKER, f"{MARKER}\n<!-- end -->\n{MARKER}", f"2 lines '{MARKER}'; there must be one"),
        (MARKER, f"<!-- generated: x -->\n<!-- end -->\n{MARKER}", "nothing is generated under the name 'x'"),
        ("<!-- end -->", "", "'<!-- generated: readings -->' has no '<!-- end -->' of its own; add one"),
    ],
    ids=["missing", "doubled", "unknown", "open"],
)
def test_a_faulty_marker_is_refused_with_one_line(old: str, new: str, message: str, copy: Path) -> None:
    file = copy / "limits.md"
    file.write_text(file.read_text("utf-8").replace(old, new, 1), encoding="utf-8")
    (copy / "options.svg").unlink()
    result = run("--out", copy)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{file}: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert not (copy / "options.svg").exists()


def test_a_missing_document_is_refused(copy: Path) -> None:
    (copy / "facts.md").unlink()
    result = run("--out", copy)
    assert result.exit_code == 2
    assert (
        result.stderr
        == f"{copy / 'facts.md'}: No such file or directory; name the folder of the documents with --out\n"
    )


def test_every_marked_document_is_known() -> None:
    marked = {path.name for path in DOCS.glob("*.md") if OPENING.search(path.read_text("utf-8"))}
    assert marked == set(DOCUMENTS)


# ---- The lists ----


def test_every_artifact_is_listed() -> None:
    listed = artifacts(list(PACKAGE.values()))
    assert len(listed.splitlines()) == len(PACKAGE) + 2
    rows = {line.split("|")[2].strip(): line for line in listed.splitlines() if line.startswith("| Medication |")}
    assert f"`{BASE}/Medication/cervical-cisplatin` | 0.1.0 |" in rows["`cervical-cisplatin`"]
    assert f"| `cervical-package` | Package tag | `{BASE}/CodeSystem/package` |" in listed


def test_searches_are_those_of_the_bundles_and_the_logic() -> None:
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:3]]
        for line in searches(list(PACKAGE.values())).splitlines()[2:]
    ]
    found = {parameter: kinds.split(", ") for parameter, kinds in rows}
    assert found["identifier"] == ["Medication"]
    assert "Medication" not in found["url"]
    assert set(found["_tag"]) == {place.partition("/")[0] for place in PACKAGE}


def test_a_new_data_requirement_is_a_new_row() -> None:
    package = deepcopy(PACKAGE)
    before = records(list(package.values()))
    package[LIBRARY]["dataRequirement"].append({"type": "Procedure", "mustSupport": ["code", "status"]})
    assert records(list(package.values())).removeprefix(before).startswith("| Procedure | any | `code`, `status` |")


def test_what_proves_a_fact_stands_beside_it() -> None:
    rows = evidence(list(PACKAGE.values())).splitlines()[2:]
    assert len(rows) == 2 * (12 + 8)
    told = {(row.split(" | ")[0], row.split(" | ")[1]): row for row in rows}
    row = told["| `site-distant`", "There is a recurrence outside the pelvis"]
    assert row.endswith("| An explicit record that says yes<br>Current spread outside the pelvis. |")


def test_others_codes_come_with_their_terms() -> None:
    rows = {line.split("`")[1]: line for line in code_systems(list(PACKAGE.values())).splitlines()[2:]}
    for system, terms in (
        ("http://snomed.info/sct", "needs a licence"),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "National Library of Medicine"),
        ("http://www.whocc.no/atc", "WHO Collaborating Centre"),
    ):
        assert terms in rows[system]


# ---- What is written by hand ----


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)


def commands(name: str) -> list[str]:
    return [line.removeprefix("$ ") for block in blocks(name, "console") for line in block.splitlines()]


@pytest.mark.parametrize("block", [block for name in MARKED for block in blocks(name, "json")])
def test_examples_are_valid_r4(block: str) -> None:
    resource = json.loads(block)
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    if resource["resourceType"] == "Observation":
        [identifier], [coding] = resource["identifier"], resource["code"]["coding"]
        assert identifier == {"system": f"{BASE}/fact", "value": coding["code"]}
        assert coding["system"] == f"{BASE}/CodeSystem/cervical-facts"
        assert coding["code"] in {each["code"] for each in PACKAGE["CodeSystem/cervical-facts"]["concept"]}
        assert ("valueBoolean" in resource) != ("dataAbsentReason" in resource)


@pytest.mark.parametrize("name", MARKED)
def test_commands_that_need_no_server_run(name: str, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("cervical-options")
    (tmp_path / "patients").symlink_to(DOCS.parent / "patients")
    offline = [line for line in commands(name) if line[:4] != "curl" and "--server" not in line]
    script = [line.replace(".venv/bin/cervical-options", str(command)) for line in offline]
    subprocess.run(["bash", "-euc", "\n".join(script)], check=True, capture_output=True, cwd=tmp_path)


@pytest.mark.parametrize("line", [line for name in MARKED for line in commands(name) if line.startswith("curl")])
def test_requests_name_what_there_is(line: str) -> None:
    [url] = re.findall(r"'(https://ehr\.example/fhir\S*)'", line)
    parts = urlsplit(url)
    place = parts.path.removeprefix("/fhir").strip("/").removesuffix("/$apply")
    types = {"Observation", "ServiceRequest", "MedicationRequest"} | {known.partition("/")[0] for known in PACKAGE}
    assert place in {"", *types, *PACKAGE}
    urls = {resource.get("url") for resource in PACKAGE.values()} | {f"{BASE}/fact"}
    for _, value in parse_qsl(parts.query):
        assert not value.startswith("https:") or value.partition("|")[0] in urls
    for file in re.findall(r"@dist/(\S+)", line):
        assert file in {"bundle-by-id.json", "bundle-by-url.json", "unload.json"}


@pytest.mark.parametrize("name", MARKED)
def test_resources_and_anchors_that_a_document_names_exist(name: str) -> None:
    text = (DOCS / name).read_text("utf-8")
    named = re.findall(r"\b((?:[A-Z][a-z]+)+/(?:cervical-[\w-]+|CervicalOptionsLogic))", text)
    tags = {f"CodeSystem/{resource['url'].rpartition('/')[2]}" for resource in PACKAGE.values() if "url" in resource}
    assert {place for place in named if place not in PACKAGE} - tags == set()
    for target, anchor in re.findall(r"\]\(([\w./-]*)#([^)]+)\)", text):
        headings = re.findall(
            r"^#+ (.+)$", ((DOCS / target) if target else DOCS / name).read_text("utf-8"), re.MULTILINE
        )
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
