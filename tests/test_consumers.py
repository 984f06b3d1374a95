"""The FHIR package in tools that others wrote, without network: fhir-package-loader, SUSHI, HAPI's validator."""

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cervical_options.packages.files import distribution

from cervical_options import examples_path, resources
from cervical_options.folder import read

from . import official
from .conftest import ROOT, tool
from .registry import serving
from .resources import BASE, PACKAGE, VERSION

pytestmark = pytest.mark.slow

NAME = "org.w3id.cervical-options"
NODE = ROOT / "tests" / "node"
CORE = "hl7.fhir.r4.core"
SECONDS = 120


@pytest.fixture(scope="module")
def package() -> bytes:
    """The FHIR package as `cervical-options package` writes it."""
    return distribution(resources(), read(examples_path())).files[f"{NAME}-{VERSION}.tgz"]


def core() -> bytes:
    """R4's own package as far as SUSHI needs it: its StructureDefinitions, from HL7's package of examples."""
    source = NODE / "node_modules" / "hl7.fhir.r4.examples"
    if not source.is_dir():
        pytest.skip("tests/node is not installed (make node): R4's definitions are not at hand")
    described = {"name": CORE, "version": "4.0.1", "fhirVersions": ["4.0.1"], "type": "fhir.core"}
    files = {"package.json": json.dumps(described).encode()}
    files |= {each.name: each.read_bytes() for each in sorted(source.glob("StructureDefinition-*.json"))}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture(scope="module")
def home(package: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a user with an empty home and a registry of R4 core and our package, and of nothing else."""
    with serving({NAME: (VERSION, package), CORE: ("4.0.1", core())}) as (address, _):
        nowhere = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
        yield {
            **os.environ,
            **nowhere,
            "HOME": str(tmp_path_factory.mktemp("home")),
            "FPL_REGISTRY": address,
            "npm_config_offline": "true",  # SUSHI asks npm which version of itself is the latest
        }


def run(home: dict[str, str], folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command), env=home, cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS
    )


# ---- fhir-package-loader


def test_the_package_loader_installs_it_and_finds_what_is_in_it(home: dict[str, str], tmp_path: Path) -> None:
    node = tool("node", "fhir-package-loader is")
    keys = ["cervical-cisplatin", "CervicalPatientView", *(each["url"] for each in PACKAGE.values() if "url" in each)]
    done = run(home, tmp_path, node, NODE / "load.mjs", NAME, VERSION, *keys)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == "LOADED"
    assert told["resources"] == len(PACKAGE)  # the examples are none of them
    for resource in (each for each in PACKAGE.values() if "url" in each):
        assert [(each["type"], each["id"], each["version"]) for each in told["found"][resource["url"]]] == [
            (resource["resourceType"], resource["id"], VERSION)
        ]
    by_id = {(each["type"], each["id"]) for each in told["found"]["cervical-cisplatin"]}
    assert by_id == {("ActivityDefinition", "cervical-cisplatin"), ("Medication", "cervical-cisplatin")}
    assert [each["id"] for each in told["found"]["CervicalPatientView"]] == ["cervical-patient-view"]
    cached = Path(home["HOME"]) / ".fhir" / "packages" / f"{NAME}#{VERSION}" / "package"
    assert (cached / "PlanDefinition-cervical-recurrence.json").read_bytes() == (
        ROOT / "fhir" / "PlanDefinition" / "cervical-recurrence.json"
    ).read_bytes()
    assert len([*(cached / "example").glob("Bundle-*.json")]) == len([*(ROOT / "examples").glob("*/*.json")])


def test_the_package_loader_says_of_a_version_that_is_not_there(home: dict[str, str], tmp_path: Path) -> None:
    node = tool("node", "fhir-package-loader is")
    done = run(home, tmp_path, node, NODE / "load.mjs", NAME, "9.9.9", "cervical-cisplatin")
    assert json.loads(done.stdout) == {"status": "FAILED", "resources": 0, "found": {"cervical-cisplatin": []}}


# ---- SUSHI

CONFIG = """\
id: example.consumer
canonical: https://example.org/consumer
name: Consumer
status: draft
version: 1.0.0
fhirVersion: 4.0.1
FSHOnly: true
dependencies:
  {name}: {version}
"""
PLAN = """\
Instance: consumer
InstanceOf: PlanDefinition
Usage: #definition
* status = #draft
"""
CODES = """\

ValueSet: Consumed
Id: consumed
* include codes from system {system}
"""


@dataclass(frozen=True)
class Built:
    """What SUSHI made of a plan and a value set, and what it complained of."""

    output: str
    errors: list[str]
    leads_to: list[str]
    systems: list[tuple[str, str | None]]


def sushi(
    home: dict[str, str], folder: Path, *names: str, system: str = "CervicalFacts", depends: str = VERSION
) -> Built:
    """Build a plan whose actions lead to these names, and a value set of all codes of this system."""
    program = NODE / "node_modules" / "fsh-sushi" / "dist" / "app.js"
    if not program.is_file():
        pytest.skip("tests/node is not installed (make node): SUSHI is not run")
    (folder / "input" / "fsh").mkdir(parents=True)
    (folder / "sushi-config.yaml").write_text(CONFIG.format(name=NAME, version=depends), "utf-8")
    actions = "".join(f"* action[{n}].definitionCanonical = Canonical({name})\n" for n, name in enumerate(names))
    (folder / "input" / "fsh" / "consumer.fsh").write_text(PLAN + actions + CODES.format(system=system), "utf-8")
    done = run(home, folder, tool("node", "SUSHI is"), program, "build", ".")
    made = folder / "fsh-generated" / "resources"
    plan, codes = (
        json.loads(file.read_bytes()) if file.is_file() else {}
        for file in (made / "PlanDefinition-consumer.json", made / "ValueSet-consumed.json")
    )
    errors = [line for line in done.stdout.splitlines() if line.startswith("error")]
    assert bool(errors) == bool(done.returncode), done.stdout
    return Built(
        done.stdout,
        errors,
        [each["definitionCanonical"] for each in plan.get("action", ()) if each],
        [(each["system"], each.get("version")) for each in codes.get("compose", {}).get("include", ())],
    )


def test_sushi_resolves_our_canonicals_by_name_and_by_version(home: dict[str, str], tmp_path: Path) -> None:
    names = ("CervicalRecurrence", "cervical-offer-cemiplimab", f"CervicalPatientView|{VERSION}")
    built = sushi(home, tmp_path, *names, system=f"CervicalFacts|{VERSION}")
    assert built.errors == []
    assert f"Loaded {NAME}#{VERSION} with {len(PACKAGE)} resources" in built.output
    assert built.leads_to == [
        f"{BASE}/PlanDefinition/cervical-recurrence",
        f"{BASE}/PlanDefinition/cervical-offer-cemiplimab",
        f"{BASE}/PlanDefinition/cervical-patient-view|{VERSION}",
    ]
    assert built.systems == [(f"{BASE}/CodeSystem/cervical-facts", VERSION)]


def test_sushi_reports_wrong_ones(home: dict[str, str], tmp_path: Path) -> None:
    """A version it looks up where it needs the system; behind Canonical() it copies whatever stands there."""
    built = sushi(home, tmp_path, "CervicalRecurrence", "CervicalRecurence", system="CervicalFacts|9.9.9")
    assert len(built.errors) == 2, built.output
    assert any("CervicalRecurence does" in each or "CervicalRecurence because" in each for each in built.errors)
    assert any('"CervicalFacts" is not a valid URI' in each for each in built.errors)
    assert built.leads_to == [f"{BASE}/PlanDefinition/cervical-recurrence"]
    assert built.systems == []


def test_sushi_reports_a_version_of_the_package_that_is_not_there(home: dict[str, str], tmp_path: Path) -> None:
    built = sushi(home, tmp_path, "CervicalRecurrence", depends="9.9.9")
    assert f"Failed to load {NAME}#9.9.9" in built.errors[0], built.output
    assert built.leads_to == []


# ---- HAPI's validator


@pytest.mark.xdist_group("official")
def test_hapis_validator_looks_codes_up_in_it(package: bytes, tmp_path: Path) -> None:
    """An Observation with one of our facts: by the package alone one code is known and another is none."""
    archive = tmp_path / f"{NAME}-{VERSION}.tgz"
    archive.write_bytes(package)
    files = tmp_path / "records"
    files.mkdir()
    for code in ("pd-l1-positive", "pd-l1-negative"):
        coding = {"system": f"{BASE}/CodeSystem/cervical-facts", "code": code}
        subject, performer = {"display": "somebody"}, [{"display": "somebody else"}]
        observation = {
            "resourceType": "Observation",
            "id": code,
            "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">A fact.</div>'},
            "status": "final",
            "code": {"coding": [coding]},
            "subject": subject,
            "performer": performer,
            "effectiveDateTime": "2026-11-24",
            "valueBoolean": True,
        }
        (files / f"{code}.json").write_text(json.dumps(observation), "utf-8")
    with_it = official.validate("--apart", files, packages=[archive])
    assert [(each.file, each.severity) for each in with_it if each.severity != "information"] == [
        ("pd-l1-negative.json", "error")
    ]
    assert "pd-l1-negative" in next(each.message for each in with_it if each.severity == "error")
