"""The review pages: everything has its place, the tables and the browser give the oracle's answers, text stays text."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from html.parser import HTMLParser
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cervical_options.review.content import Content
from cervical_options.review.markdown import markdown
from cervical_options.review.site import site
from cervical_options.review.unsaid import UNSAID
from cervical_options.review.written import Patient, patients
from cervical_options.service.patient_record import RecordsError, patient_of
from click.testing import CliRunner, Result
from markupsafe import escape

from cervical_options import resources
from cervical_options.cli import app

from . import oracle
from .cohort import Member, everyone
from .conftest import ROOT, tool
from .engines import translated
from .oracle import FACTS, OPTIONS, Truth
from .patients import cases

SOURCES = ROOT / "review" / "js"
WRITTEN = patients(ROOT / "patients")
CONTENT = Content(resources(), WRITTEN)
GENERATED = 200
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> & {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The pages, as text."""
    return {name: data.decode("utf-8") for name, data in site(CONTENT).items()}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["review", *map(str, arguments)])


class Marked(HTMLParser):
    """The values of the attributes `data-...` and `id` of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.found.setdefault(name, []).append(value or "")


# ---- Everything has its place ----


@pytest.mark.parametrize(
    ("page", "attribute", "expected"),
    [
        ("trace.html", "data-statement", [each.id for each in CONTENT.statements]),
        ("readings.html", "data-reading", [each.id for each in CONTENT.readings]),
        ("facts.html", "data-fact", [each.id for each in CONTENT.facts]),
        ("drugs.html", "data-drug", [each.id for each in CONTENT.drugs]),
        ("patients.html", "data-patient", [case.name for case in cases()]),
        ("try.html", "data-fact", list(FACTS)),
        ("terminology.html", "data-value-set", [each["id"] for each in CONTENT.value_sets]),
        ("signoff.html", "data-statement", [each.id for each in CONTENT.statements]),
        ("signoff.html", "data-reading", [each.id for each in CONTENT.readings]),
        ("trace.html", "data-resource", [f"{each['resourceType']}/{each['id']}" for each in resources()]),
    ],
)
def test_each_thing_has_its_row(made: dict[str, str], page: str, attribute: str, expected: list[str]) -> None:
    assert expected
    assert sorted(Marked(made[page]).found[attribute]) == sorted(expected)


def test_the_counts_are_those_of_the_page(made: dict[str, str]) -> None:
    assert {f"option-{option}.html" for option in OPTIONS} == {name for name in made if name.startswith("option-")}
    ids = [each.id for each in CONTENT.statements]
    assert [id for id in ids if id.startswith("S-")] == [f"S-{number:02}" for number in range(1, 70)]
    assert [each.id for each in CONTENT.readings] == [f"R-{number:02}" for number in range(1, 19)]
    assert len(CONTENT.drugs) == 16
    assert {each.id for each in CONTENT.facts if each.decides} == set(FACTS)
    assert len(Marked(made["drugs.html"]).found["data-combination"]) == 7


@pytest.mark.parametrize("option", CONTENT.options, ids=lambda option: option.id)
def test_an_option_has_its_statements_logic_and_patients(made: dict[str, str], option: Any) -> None:
    text = made[f"option-{option.id}.html"]
    for id in (*option.statements, *option.readings):
        assert f"#{id}" in text
    for define in option.defines:
        assert f"define {define.name}:" in text
    for case in cases():
        assert f"patient={case.name}" in text
    assert option.cards


def test_what_is_not_said_is_what_the_documents_say() -> None:
    text = (ROOT / "docs" / "limits.md").read_text("utf-8")
    section = text.split("## What the page does not say")[1].split("\n## ")[0]
    items = [re.sub(r"\s+", " ", item).strip().replace("`", "") for item in section.split("\n- ")[1:]]
    assert items == list(UNSAID)


def test_same_resources_same_bytes() -> None:
    assert site(Content(resources(), patients(ROOT / "patients"))) == site(CONTENT)


# ---- The truth table ----


def answer_by_table(option: Any, facts: dict[str, Truth]) -> str:
    """The answer that a reader takes from the table."""
    words = {True: "true", False: "false"}
    for rows, answer in ((option.met, "offered"), (option.not_met, "ruled-out")):
        if any(all(facts[fact] == words[holds] for fact, holds in row.items()) for row in rows):
            return answer
    return "needs-data"


@pytest.mark.parametrize("option", CONTENT.options, ids=lambda option: option.id)
def test_the_truth_table_gives_the_oracles_answer_for_every_combination(option: Any) -> None:
    values: tuple[Truth, ...] = ("true", "false", "unknown")
    for chosen in product(values, repeat=len(option.facts)):
        facts = dict(zip(option.facts, chosen, strict=True))
        (expected,) = (each for each in oracle.answers(facts) if each.id == option.id)
        assert answer_by_table(option, facts) == expected.outcome, facts


def test_the_table_on_the_page_is_that_table(made: dict[str, str]) -> None:
    rows = re.findall(r'<tr data-answer="([\w-]+)">(.*?)</tr>', made["option-pelvic-exenteration.html"], re.DOTALL)
    read = [
        (answer, dict(re.findall(r'data-fact="([\w-]+)" class="truth"><span class="(yes|no)"', cells)))
        for answer, cells in rows
    ]
    option = CONTENT.option["pelvic-exenteration"]
    words = {True: "yes", False: "no"}
    expected = [("offered", row) for row in option.met] + [("ruled-out", row) for row in option.not_met]
    told = [(answer, {fact: words[holds] for fact, holds in row.items()}) for answer, row in expected]
    assert read == [*told, ("needs-data", {})]


# ---- Hostile text, and what is refused ----


def hostile(node: Any) -> Any:
    """Every text for people replaced."""
    if isinstance(node, dict):
        spoilt = {"title", "description", "display", "definition", "citation", "copyright", "valueMarkdown"}
        return {k: HOSTILE if k in spoilt and isinstance(v, str) else hostile(v) for k, v in node.items()}
    return [hostile(each) for each in node] if isinstance(node, list) else node


def spoilt() -> Content:
    patient = WRITTEN[0]
    bad = Patient(patient.name, HOSTILE, HOSTILE, patient.readings, patient.outcomes, patient.facts, patient.bundle)
    return Content(hostile(resources()), [bad])


def test_hostile_text_stays_text() -> None:
    clean, dirty = site(CONTENT), site(spoilt())
    shown = 0
    for name, data in dirty.items():
        if name.endswith(".html"):
            text = data.decode("utf-8")
            assert "<script>alert" not in text, name
            assert "<img src=x" not in text, name
            assert Marked(text).tags.count("script") == Marked(clean[name].decode("utf-8")).tags.count("script"), name
            shown += text.count("&lt;/script&gt;&lt;script&gt;alert(1)")
            assert "{{ 7 * 7 }}" in text or "&lt;/script&gt;" not in text, name
        elif name.endswith("data.js") or name == "try-patients.js":
            assert b"<" not in data, name
    assert shown > 100


def test_an_id_can_not_lead_out_of_the_folder() -> None:
    changed = deepcopy(resources())
    changed[0]["id"] = "../../outside"
    with pytest.raises(LookupError, match=r"CodeSystem/\.\./\.\./outside: no id that R4 allows"):
        Content(changed, WRITTEN)


def test_a_folder_of_something_else_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"resourceType": "Patient", "id": "x"}')
    done = run("--fhir", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "name a folder of this package with --fhir" in done.output
    assert not (tmp_path / "out").exists()


def test_every_fault_of_the_patients_is_told(tmp_path: Path) -> None:
    for name, case in (("a", "title = "), ("b", 'title = "b"')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.toml").write_text(case)
    done = run("--patients", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert re.search(r"/a: can't be read .*\n.*/b/case\.toml: has no 'offered'; add it", done.output)
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_pages_and_says_so(tmp_path: Path, made: dict[str, str]) -> None:
    done = run("--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "out").iterdir()} == set(made)
    assert f"{len(made)} files" in done.output


def test_other_commands_do_not_wait_for_jinja() -> None:
    program = "import sys, cervical_options.cli; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_cards_of_a_service_are_shown(tmp_path: Path) -> None:
    card = {"indicator": "info", "summary": "Clinical trials", "detail": HOSTILE, "source": {"label": "A service"}}
    place = tmp_path / "cards" / "patient-view" / "offered"
    place.mkdir(parents=True)
    (place / "response.json").write_text(json.dumps({"cards": [card]}))
    assert run("--cards", tmp_path / "cards", "--out", tmp_path / "out").exit_code == 0
    text = (tmp_path / "out" / "option-clinical-trials.html").read_text("utf-8")
    assert "Source: A service" in text
    assert "<code>patient-view/offered</code>" in text
    (place / "response.json").write_text("{}")
    done = run("--cards", tmp_path / "cards", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "no answer of a CDS Hooks service" in done.output


def test_every_card_of_the_services_examples_is_shown(tmp_path: Path) -> None:
    """By its first words, on the page of each option that it names; its Markdown is set, and no tag of it is taken."""
    pairs = ROOT / "docs" / "cds-hooks"
    assert run("--cards", pairs, "--out", tmp_path).exit_code == 0
    pages = [file.read_text("utf-8") for file in tmp_path.glob("option-*.html")]
    shown = 0
    for answer in pairs.glob("*/*/response.json"):
        place = answer.parent.relative_to(pairs).as_posix()
        for card in json.loads(answer.read_bytes()).get("cards", ()):
            if "\n- **" in card["detail"]:
                assert any(f"<code>{place}</code>" in page and escape(card["summary"]) in page for page in pages)
                shown += 1
    assert shown
    assert not any("- **" in page for page in pages)


def test_markdown_takes_nothing_from_elsewhere() -> None:
    told = markdown("**a** `b` <script>x</script> [c](http://h/d) ![e](http://h/f) <http://h>\n\n# g\n\n- h")
    assert told == (
        "<p><strong>a</strong> <code>b</code> &lt;script&gt;x&lt;/script&gt; [c](http://h/d) ![e](http://h/f) "
        "&lt;http://h&gt;</p>\n<p># g</p>\n<ul>\n<li>h</li>\n</ul>\n"
    )


# ---- The script, as it was built ----


def node(script: str, *arguments: object) -> Any:
    """What a script of the pages prints as JSON."""
    done = subprocess.run(
        [program(), SOURCES / script, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout) if done.stdout else None


def program() -> str:
    found = tool("node", "the pages' scripts are")
    if not (SOURCES / "node_modules").is_dir():
        pytest.skip("review/js is not installed (make node): the pages' scripts are not run")
    return found


@pytest.mark.parametrize("name", ["try.js", "try.LICENSES.txt"])
def test_the_script_is_what_its_sources_make(name: str, tmp_path: Path) -> None:
    node("build.mjs", tmp_path)
    assert (tmp_path / name).read_bytes() == (ROOT / "review" / "static" / name).read_bytes(), (
        "node review/js/build.mjs makes it anew"
    )


def test_the_helpers_are_what_the_translator_makes() -> None:
    from .engines import MODEL_INFO

    (answer,) = translated(MODEL_INFO / "FHIRHelpers-4.0.1.cql")
    assert answer["elm"] == json.loads((SOURCES / "FHIRHelpers-4.0.1.json").read_bytes())


# ---- In a browser ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, written as the command writes it."""
    out = tmp_path_factory.mktemp("pages") / "a folder with spaces"
    assert run("--out", out).exit_code == 0
    return out


def browse(task: str, folder: Path, *arguments: object) -> Any:
    chromium = shutil.which("chromium") or tool("chromium", "the pages in a browser are")
    return node("browse.mjs", task, "--site", folder, "--chromium", chromium, *arguments)


@pytest.fixture(scope="module")
def seen(folder: Path) -> Any:
    """Every page, looked at once; screenshots and prints stay in build/review."""
    shots = Path(os.environ.get("CERVICAL_OPTIONS_SHOTS", ROOT / "build" / "review"))
    shutil.rmtree(shots, ignore_errors=True)
    shots.mkdir(parents=True)
    return browse("pages", folder, "--shots", shots)


pytestmark = pytest.mark.xdist_group("review pages")


def test_no_page_complains_or_asks_elsewhere(seen: Any) -> None:
    assert len(seen["pages"]) == 21
    assert {file: page["heard"] for file, page in seen["pages"].items() if page["heard"]} == {}


def test_every_link_leads_somewhere(seen: Any, folder: Path) -> None:
    ids = {file: set(page["ids"]) for file, page in seen["pages"].items()}
    broken = []
    for file, to in seen["links"]:
        page, _, fragment = to.partition("#")
        page = page or file
        inside = page == "try.html" and fragment.partition("=")[0] == "patient"
        known = (
            fragment.partition("=")[2] in {each.name for each in WRITTEN}
            if inside
            else fragment in {*ids.get(page, ()), ""}
        )
        if not (folder / page).is_file() or not known:
            broken.append((file, to))
    assert len(seen["links"]) > 1000
    assert broken == []


def test_nothing_serious_stands_in_the_way_of_anybody(seen: Any) -> None:
    assert {file: page["serious"] for file, page in seen["pages"].items() if page["serious"]} == {}


@pytest.mark.parametrize("where", ["wide", "wideOnPhone"])
def test_no_page_is_wider_than_its_window(seen: Any, where: str) -> None:
    assert [file for file, page in seen["pages"].items() if page[where]] == []


def test_paper_shows_everything(seen: Any) -> None:
    assert {file: page["cut"][:5] for file, page in seen["pages"].items() if page["cut"]} == {}


def test_the_first_page_is_light(folder: Path, seen: Any) -> None:
    loaded = {"index.html", *seen["pages"]["index.html"]["assets"]} - {""}
    sizes = {name: (folder / name).stat().st_size for name in loaded if (folder / name).is_file()}
    assert {"index.html", "site.css", "options.svg", "print.js"} <= sizes.keys()
    assert sum(sizes.values()) < 300_000


def by_oracle(facts: Any) -> dict[str, Any]:
    return {
        each.id: {"outcome": each.outcome, "missing": list(each.missing), "closedBy": list(each.closed_by)}
        for each in oracle.answers(facts)
    }


def sample() -> list[Member]:
    """Generated patients, the same each time; of those whose records `cervical-options apply` answers."""
    whole = [member for member in everyone() if not refused_places(member.bundle)]
    return Random(7).sample(whole, GENERATED)


def refused_places(bundle: Any) -> list[str]:
    """Where the command finds fault with a record."""
    try:
        patient_of(bundle)
    except RecordsError as error:
        return [reason.partition(": ")[0] for reason in error.reasons]
    return []


def in_fact_order(answers: dict[str, Any]) -> dict[str, Any]:
    for each in answers.values():
        for key in ("missing", "closedBy"):
            each[key].sort(key=FACTS.index)
    return answers


def ordered(expected: dict[str, Any]) -> dict[str, Any]:
    return in_fact_order(deepcopy(expected))


@pytest.mark.slow
def test_a_record_from_the_disk_gets_the_oracles_answers(folder: Path, tmp_path: Path) -> None:
    written, generated = cases(), sample()
    bundles = [*(case.bundle for case in written), *(member.bundle for member in generated)]
    expected = [
        *(
            {
                option: {"outcome": outcome, "missing": list(missing), "closedBy": list(closed)}
                for option, (outcome, missing, closed) in case.expected.items()
            }
            for case in written
        ),
        *(by_oracle(member.facts) for member in generated),
    ]
    (tmp_path / "bundles.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
    told = browse("patients", folder, "--bundles", tmp_path / "bundles.ndjson")
    assert told["heard"] == []
    assert len(told["answers"]) == len(expected) == len(written) + GENERATED
    names = [*(case.name for case in written), *(member.name for member in generated)]
    for name, answer, right in zip(names, told["answers"], expected, strict=True):
        assert answer["faults"] == [], name
        assert in_fact_order(answer["options"]) == ordered(right), name


def settings() -> Iterator[dict[str, Truth]]:
    rng = Random(11)
    values: tuple[Truth, ...] = ("true", "false", "unknown")
    while True:
        yield {fact: rng.choice(values) for fact in FACTS}


@pytest.mark.slow
def test_switches_carried_by_a_link_get_the_oracles_answers(folder: Path, tmp_path: Path) -> None:
    chosen = list(islice(settings(), 60))
    words = {"true": "yes", "false": "no"}
    links = ["&".join(f"{fact}={words[value]}" for fact, value in facts.items() if value in words) for facts in chosen]
    (tmp_path / "links").write_text("\n".join(links))
    told = browse("links", folder, "--links", tmp_path / "links")
    assert told["heard"] == []
    assert [in_fact_order(each["options"]) for each in told["answers"]] == [
        ordered(by_oracle(facts)) for facts in chosen
    ]


def test_a_patient_is_tried_by_keys_alone(folder: Path) -> None:
    told = browse("keyboard", folder)
    assert told["link"] == "#recurrent-cervical-cancer=yes"
    assert in_fact_order(told["options"]) == ordered(by_oracle({"recurrent-cervical-cancer": "true"}))
    assert told["heard"] == []


def broken_records() -> list[Any]:
    """A good record, spoilt in one place each."""
    good = cases()[0].bundle
    patient = next(e["resource"] for e in good["entry"] if e["resource"]["resourceType"] == "Patient")
    other = next(e["resource"] for e in good["entry"] if e["resource"]["resourceType"] == "Condition")

    def with_entry(resource: Any) -> Any:
        return {**good, "entry": [*good["entry"], {"resource": resource}]}

    return [
        [],
        {**good, "type": "history"},
        {**good, "link": [{"relation": "next", "url": "x"}]},
        {**good, "entry": [e for e in good["entry"] if e["resource"]["resourceType"] != "Patient"]},
        with_entry({**patient, "id": "another"}),
        with_entry(other),
        with_entry({"resourceType": "OperationOutcome"}),
        with_entry({"resourceType": "Bundle"}),
        with_entry({key: value for key, value in {**other, "id": "x"}.items() if key != "subject"}),
        with_entry({**other, "id": "x", "code": "C53"}),
        with_entry({**other, "id": "x", "bodySite": {}}),
        with_entry({"resourceType": "Observation", "id": "x", "status": 5, "valueBoolean": "yes"}),
        with_entry({**other, "id": "x", "subject": {"reference": f"https://ehr.example/fhir/Patient/{patient['id']}"}}),
    ]


def test_a_record_that_the_command_refuses_is_refused_for_the_same_places(folder: Path, tmp_path: Path) -> None:
    bad = [*broken_records(), *(member.bundle for member in everyone() if refused_places(member.bundle))]
    (tmp_path / "bundles.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in bad))
    told = browse("patients", folder, "--bundles", tmp_path / "bundles.ndjson")
    for bundle, answer in zip(bad, told["answers"], strict=True):
        places = refused_places(bundle)
        assert places
        assert answer["options"] == {}
        assert [fault.removeprefix("bundle.json: ").partition(": ")[0] for fault in answer["faults"]] == places


def test_the_sign_off_is_kept_and_exported(folder: Path) -> None:
    told = browse("signoff", folder)
    total = len(CONTENT.statements) + len(CONTENT.readings)
    assert told["progress"] == f"1 agreed, 1 disagreed, {total - 2} open."
    assert told["cleared"] == f"0 agreed, 0 disagreed, {total} open."
    exported = told["exported"]
    assert exported["reviewer"] == "A <b>reviewer</b>"
    assert exported["package"] == f"{CONTENT.strategy['url']}|{CONTENT.strategy['version']}"
    assert [each["id"] for each in exported["readings"]] == [each.id for each in CONTENT.readings]
    answers = {each["id"]: each for each in (*exported["readings"], *exported["statements"])}
    assert {id for id, each in answers.items() if each["verdict"] or each["comment"]} == {"R-01", "S-49"}
    assert answers["S-49"] == {
        "id": "S-49",
        "text": CONTENT.statement["S-49"].text,
        "verdict": "disagree",
        "comment": "Say which test.",
    }
    assert told["heard"] == ["dialog: Clear all answers of this sheet?"]


def test_hostile_text_does_nothing_in_a_browser(tmp_path: Path) -> None:
    for name, data in site(spoilt()).items():
        (tmp_path / name).write_bytes(data)
    seen = browse("pages", tmp_path, "--quick")
    assert {file: page["heard"] for file, page in seen["pages"].items() if page["heard"]} == {}
