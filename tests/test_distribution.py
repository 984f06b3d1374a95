"""What `cervical-options package` writes beside the transactions: the FHIR package, closures, NDJSON, a summary."""

import gzip
import json
import os
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle

from cervical_options.cli import app

from .conftest import ROOT
from .resources import BASE, FHIR, OPTIONS, PACKAGE, VERSION, Resource, leads_to, nodes, offer

TGZ = f"org.w3id.cervical-options-{VERSION}.tgz"
HOOKS = ["cervical-order-sign", "cervical-patient-view"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    result = CliRunner().invoke(app, ["package", "--out", str(folder)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert [line.partition("  ")[0] for line in result.stderr.splitlines()] == [str(folder / name) for name in names()]
    return folder


def names() -> list[str]:
    kinds = sorted({place.partition("/")[0] for place in PACKAGE})
    plans = sorted([*HOOKS, *(f"cervical-offer-{option}" for option in OPTIONS)])
    return [
        *("bundle-by-id.json", "bundle-by-url.json", "unload.json", "collection.json"),
        *(f"ndjson/{kind}.ndjson" for kind in kinds),
        *(f"closures/{plan}.json" for plan in plans),
        *("summary.json", TGZ, "SHA256SUMS"),
    ]


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar if each.isfile()}  # type: ignore[union-attr]


def read(file: Path) -> Any:
    return json.loads(file.read_bytes())


# ---- The FHIR package


def test_the_package_says_who_it_is(out: Path) -> None:
    guide = PACKAGE["ImplementationGuide/cervical-guide"]
    described = json.loads(members(out / TGZ)["package/package.json"])
    assert described == {
        "name": "org.w3id.cervical-options",
        "version": VERSION,
        "tools-version": 3,
        "type": "fhir.ig",
        "date": guide["date"].replace("-", ""),
        "license": "CC0-1.0",
        "canonical": BASE,
        "url": f"{BASE}/ImplementationGuide/cervical-guide",
        "title": guide["title"],
        "description": guide["description"],
        "fhirVersions": ["4.0.1"],
        "dependencies": {"hl7.fhir.r4.core": "4.0.1", "hl7.fhir.uv.cpg": "2.0.0", "hl7.fhir.uv.crmi": "1.0.0"},
        "author": "Cervical Options",
        "directories": {"lib": "package", "example": "example"},
    }


def test_the_package_holds_each_resource_as_it_stands_and_each_example(out: Path) -> None:
    found = members(out / TGZ)
    del found["package/package.json"]
    indexes = {folder: json.loads(found.pop(f"{folder}/.index.json")) for folder in ("package", "package/example")}
    expected = {f"package/{place.replace('/', '-')}.json": (FHIR / f"{place}.json").read_bytes() for place in PACKAGE}
    for file in (ROOT / "examples").glob("*/*.json"):
        expected[f"package/example/Bundle-{read(file)['id']}.json"] = file.read_bytes()
    assert found == expected
    for folder, index in indexes.items():
        assert index["index-version"] == 2
        here = {name.rpartition("/")[2]: data for name, data in found.items() if name.rpartition("/")[0] == folder}
        assert [each["filename"] for each in index["files"]] == sorted(here)
        for each in index["files"]:
            resource = json.loads(here[each.pop("filename")])
            assert each.keys() >= {"resourceType", "id"} | ({"url", "version"} & resource.keys())
            assert {key: resource[key] for key in each} == each


def test_nobody_and_no_clock_is_in_the_package(out: Path) -> None:
    date = 1795478400  # 2026-11-24, the day of the content
    assert PACKAGE["ImplementationGuide/cervical-guide"]["date"] == "2026-11-24"
    with tarfile.open(out / TGZ) as tar:
        listed = tar.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in listed} == {(date, 0, 0, "", "", 0o644)}
    assert [m.name for m in listed] == ["package/package.json", *sorted(m.name for m in listed[1:])]
    assert int.from_bytes((out / TGZ).read_bytes()[4:8], "little") == date


def package_elsewhere(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    command = [sys.executable, "-m", "cervical_options", "package", "--out", "dist"]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, umask=0o077
    )


def test_the_same_bytes_wherever_and_whenever(out: Path, tmp_path: Path) -> None:
    elsewhere = {"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7", "USER": "someone"}
    assert package_elsewhere(tmp_path / "a", **elsewhere).returncode == 0
    for name in names():
        assert (tmp_path / "a" / "dist" / name).read_bytes() == (out / name).read_bytes(), name


def test_source_date_epoch_is_the_time_of_what_is_packed(out: Path, tmp_path: Path) -> None:
    assert package_elsewhere(tmp_path / "a", SOURCE_DATE_EPOCH="86400").returncode == 0
    packed = (tmp_path / "a" / "dist" / TGZ).read_bytes()
    assert int.from_bytes(packed[4:8], "little") == 86400
    with tarfile.open(tmp_path / "a" / "dist" / TGZ) as tar:
        assert {each.mtime for each in tar} == {86400}
    assert members(tmp_path / "a" / "dist" / TGZ) == members(out / TGZ)


@pytest.mark.parametrize("value", ["yesterday", "-1", "1.5", "4294967296", "٣"])
def test_a_time_that_is_none_is_refused_and_nothing_written(value: str, tmp_path: Path) -> None:
    done = package_elsewhere(tmp_path / "a", SOURCE_DATE_EPOCH=value)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"SOURCE_DATE_EPOCH is {value!r}: ")
    assert len(done.stderr.splitlines()) == 1
    assert [*(tmp_path / "a").iterdir()] == []


def test_the_package_goes_back_in_and_gives_the_same(out: Path, tmp_path: Path) -> None:
    """Its examples are no resources: they are in no bundle."""
    result = CliRunner().invoke(app, ["package", "--fhir", str(out / TGZ), "--out", str(tmp_path)])
    assert result.exit_code == 0
    for name in names():
        if name not in (TGZ, "SHA256SUMS"):
            assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name
    assert [name for name in members(tmp_path / TGZ) if "example" in name] == []


def test_without_a_guide_there_is_no_package_and_it_says_so(tmp_path: Path) -> None:
    resource = PACKAGE["CodeSystem/cervical-facts"]
    (tmp_path / "fhir").mkdir()
    (tmp_path / "fhir" / "facts.json").write_text(json.dumps(resource), "utf-8")
    words = ["package", "--fhir", str(tmp_path / "fhir"), "--out", str(tmp_path / "dist")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1].startswith(
        "no FHIR package is written: 0 ImplementationGuides with packageId"
    )
    assert [*(tmp_path / "dist").glob("*.tgz")] == []


# ---- Checksums


def test_the_checksums_cover_all(out: Path) -> None:
    lines = [line.split("  ") for line in (out / "SHA256SUMS").read_text("ascii").splitlines()]
    assert sorted(name for _, name in lines) == sorted({*names()} - {"SHA256SUMS"})
    assert all(sha256((out / name).read_bytes()).hexdigest() == digest for digest, name in lines)
    assert {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()} == {*names()}
    result = CliRunner().invoke(app, ["package", "--check", "--out", str(out)])
    assert (result.exit_code, result.stdout) == (0, "")


# ---- To read


def test_the_collection_and_the_lines_hold_everything_once(out: Path) -> None:
    collection = read(out / "collection.json")
    Bundle.model_validate(collection)
    assert collection["type"] == "collection"
    by_url = {entry["fullUrl"]: entry["resource"] for entry in collection["entry"]}
    assert by_url == {f"{BASE}/{place}": resource for place, resource in PACKAGE.items()}
    assert len(collection["entry"]) == len(PACKAGE)

    found = {}
    for file in (out / "ndjson").iterdir():
        for line in file.read_bytes().splitlines():
            resource = json.loads(line)
            assert resource["resourceType"] == file.stem
            found[f"{file.stem}/{resource['id']}"] = resource
    assert found == PACKAGE


def test_the_summary_is_what_is_there(out: Path) -> None:
    told = read(out / "summary.json")
    assert (told["package"], told["version"], told["date"]) == ("org.w3id.cervical-options", VERSION, "2026-11-24")
    assert (told["status"], told["fhirVersions"]) == ("draft", ["4.0.1"])
    packed = members(out / TGZ)
    assert len(told["resources"]) == sum(told["counts"].values()) == len(PACKAGE)
    for each in told["resources"]:
        data = packed[f"package/{each['type']}-{each['id']}.json"]
        assert each["sha256"] == sha256(data).hexdigest()
        assert (each["url"], each["version"]) == (url(json.loads(data)), VERSION)
        assert each["title"]
    assert [each["bundle"] for each in told["recommendations"]] == [name for name in names() if "closures" in name]
    for each in told["recommendations"]:
        assert sorted(each["needs"]) == sorted(closure(out, each["id"]))


def url(resource: Resource) -> str:
    if "url" in resource:
        return str(resource["url"])
    [found] = [each["valueUri"] for each in resource["extension"] if each["url"].endswith("/artifact-url")]
    return str(found)


# ---- Closures


def closure(out: Path, plan: str) -> dict[str, Resource]:
    bundle = read(out / "closures" / f"{plan}.json")
    Bundle.model_validate(bundle)
    assert bundle["type"] == "transaction"
    found = {entry["request"]["url"]: entry["resource"] for entry in bundle["entry"]}
    assert len(found) == len(bundle["entry"])
    assert {entry["request"]["method"] for entry in bundle["entry"]} == {"PUT"}
    return found


def without_the_whole(resource: Resource) -> Resource:
    """What names the strategy as the whole that it is part of needs nothing of it."""
    extensions = [each for each in resource.get("extension", ()) if not each["url"].endswith("/cpg-partOf")]
    return {**resource, "extension": extensions}


@pytest.mark.parametrize("plan", [*HOOKS, *(f"cervical-offer-{option}" for option in OPTIONS)])
def test_a_closure_is_whole_and_no_more(out: Path, plan: str) -> None:
    """Each of our urls in it leads to a resource of it, and each resource of it is led to."""
    found = closure(out, plan)
    by_url = {url(resource): place for place, resource in found.items()}
    assert all(PACKAGE[place] == resource for place, resource in found.items())
    named = {f"PlanDefinition/{plan}"}
    for place, resource in found.items():
        for path, value in nodes(without_the_whole(resource)):
            if isinstance(value, str) and path != "url" and not path.startswith(("text.", "extension[0].valueUri")):
                own = value.partition("|")[0]
                if own in {url(each) for each in PACKAGE.values()}:
                    assert own in by_url, f"{place}: {path} leads to {own}"
                    named |= {by_url[own]} - {place}
    assert named == found.keys()
    assert not {"ImplementationGuide/cervical-guide", "Library/cervical-manifest"} & found.keys()


# By hand: the drugs that a recommendation leads to.
DRUGS = {
    "cemiplimab": {"cemiplimab"},
    "pelvic-exenteration": set(),
    "chemoradiation": {"5-fluorouracil", "cisplatin", "mitomycin"},
    "clinical-trials": set(),
}


@pytest.mark.parametrize("option", DRUGS)
def test_a_closure_has_the_drugs_of_its_option_and_no_other(out: Path, option: str) -> None:
    found = closure(out, f"cervical-offer-{option}")
    drugs = {place.removeprefix("Medication/cervical-") for place in found if place.startswith("Medication/")}
    assert drugs == DRUGS[option]
    assert {"Library/CervicalOptionsLogic", "CodeSystem/cervical-facts", offer(option)} <= found.keys()
    assert "PlanDefinition/cervical-recurrence" not in found
    assert all(leads_to(action) in found for action in PACKAGE[offer(option)]["action"] if leads_to(action))


def test_gzip_is_readable_by_others(out: Path) -> None:
    """Concatenated or padded archives are not what tools expect: one member of gzip, and nothing behind it."""
    data = (out / TGZ).read_bytes()
    assert data[:4] == b"\x1f\x8b\x08\x00"
    assert len(gzip.decompress(data)) % 512 == 0
