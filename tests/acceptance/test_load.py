"""The package goes onto a real server, again, and off it: nothing doubled, nothing left, nothing else touched."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import pytest
from cervical_options.packages.bundle import unload
from cervical_options.packages.files import distribution
from cervical_options.service.load_cli import load as command
from click.testing import CliRunner

from cervical_options import resources

from ..hapi import Hapi, as_stored, putting
from ..patients import cases
from ..reports import report
from .conftest import bundle

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

TAG = "https://w3id.org/cervical-options/CodeSystem/package|cervical-options"
FOREIGN = {"resourceType": "Library", "id": "of-others", "status": "draft", "type": {"text": "theirs"}}
WITHOUT_FOREIGN = {"request": {"method": "DELETE", "url": "Library/of-others"}}
KINDS = Counter(each["resourceType"] for each in resources())


@dataclass(frozen=True)
class Way:
    """A way onto the server and off it."""

    load: Callable[[Hapi], None]
    unload: Callable[[Hapi], None]


def posting(name: str) -> Way:
    """The transactions that `cervical-options package` writes, sent as they are."""
    files = distribution(resources(), []).files
    return Way(lambda hapi: sent(hapi, files[name]), lambda hapi: sent(hapi, files["unload.json"]))


def sent(hapi: Hapi, file: bytes) -> None:
    hapi.load(json.loads(file))


def commanding(by: str) -> Way:
    """`cervical-options load`."""

    def run(hapi: Hapi, *more: str) -> None:
        done = CliRunner().invoke(command, ["--server", hapi.fhir, *more])
        assert done.exit_code == 0, done.output

    return Way(lambda hapi: run(hapi, "--by", by), lambda hapi: run(hapi, "--unload"))


WAYS = {
    "bundle-by-id": posting("bundle-by-id.json"),
    "bundle-by-url": posting("bundle-by-url.json"),
    "load-by-id": commanding("id"),
    "load-by-url": commanding("url"),
}


def there(hapi: Hapi) -> Counter[str]:
    """How many resources of each kind carry the package's tag."""
    return Counter({kind: hapi.count(kind, _tag=TAG) for kind in KINDS})


def state(hapi: Hapi) -> dict[str, str]:
    """All that is there of the package's types and of a bystander's, with versions."""
    return {
        place: version for kind in [*KINDS, "Patient", "Observation"] for place, version in hapi.versions(kind).items()
    }


@pytest.mark.parametrize("name", WAYS)
def test_twice_on_and_off_again(unloaded: Hapi, name: str) -> None:
    way, hapi = WAYS[name], unloaded
    _, patient = as_stored(cases()[0].bundle, "bystander-")
    hapi.load(putting({"entry": [*patient["entry"], {"resource": FOREIGN}]}))
    before = state(hapi)
    assert before["Library/of-others"]
    assert there(hapi).total() == 0

    took, after = [], []
    for _ in range(2):
        start = monotonic()
        way.load(hapi)
        took.append(monotonic() - start)
        after.append(state(hapi))
        assert there(hapi) == KINDS
    assert after[0] == after[1]
    assert len(after[0]) == len(before) + KINDS.total()
    way.unload(hapi)
    assert state(hapi) == before

    for entry in patient["entry"]:
        resource = entry["resource"]
        kept = hapi.get(f"{resource['resourceType']}/{resource['id']}")
        assert kept["meta"]["versionId"] == "1"
    hapi.load({"resourceType": "Bundle", "type": "transaction", "entry": [WITHOUT_FOREIGN]})
    report(f"hapi-load-{name}", [f"HAPI: {name}: {took[0]:.1f} s, again {took[1]:.1f} s, and off without a trace"])


def test_services_come_and_go_with_the_package(hapi: Hapi) -> None:
    """By id the CDS services have the names of the plans; HAPI notices a load or unload within seconds."""
    ours = {"cervical-patient-view", "cervical-order-sign"}
    hapi.services_when(lambda found: found.keys() == ours)
    hapi.load(unload(resources()))
    hapi.services_when(lambda found: not found)
    hapi.load(bundle())
    hapi.services_when(lambda found: found.keys() == ours)
