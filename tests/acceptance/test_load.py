"""The package goes onto a real server, again, and off it: nothing doubled, nothing left, nothing else touched."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import pytest
from cervical_options.packages.bundle import by_id, by_url, unload
from cervical_options.service.load_cli import load as command
from click.testing import CliRunner

from cervical_options import resources

from ..hapi import Hapi, Resource, as_stored, putting
from ..patients import cases
from ..reports import report
from .conftest import bundle

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

TAG = "https://w3id.org/cervical-options/CodeSystem/package|cervical-options"
KINDS = Counter(each["resourceType"] for each in resources())


@dataclass(frozen=True)
class Way:
    """A way onto the server and off it."""

    load: Callable[[Hapi], None]
    unload: Callable[[Hapi], None]


def posting(loads: Callable[..., Resource]) -> Way:
    """The transactions that `cervical-options package` writes, sent as they are."""

    def load(hapi: Hapi) -> None:
        hapi.load(loads(resources()))

    def take(hapi: Hapi) -> None:
        hapi.load(unload(resources()))

    return Way(load, take)


def commanding(by: str) -> Way:
    """`cervical-options load`."""

    def run(hapi: Hapi, *more: str) -> None:
        done = CliRunner().invoke(command, ["--server", hapi.fhir, *more])
        assert done.exit_code == 0, done.output

    return Way(lambda hapi: run(hapi, "--by", by), lambda hapi: run(hapi, "--unload"))


WAYS = {
    "bundle-by-id": posting(by_id),
    "bundle-by-url": posting(by_url),
    "load-by-id": commanding("id"),
    "load-by-url": commanding("url"),
}


def there(hapi: Hapi) -> Counter[str]:
    """How many resources of each kind carry the package's tag."""
    return Counter({kind: hapi.count(kind, _tag=TAG) for kind in KINDS})


@pytest.fixture
def unloaded(hapi: Hapi) -> Iterator[Hapi]:
    """The server without the package; with it again for the tests that follow."""
    hapi.load(unload(resources()))
    yield hapi
    hapi.load(unload(resources()))
    hapi.load(bundle())


@pytest.mark.parametrize("name", WAYS)
def test_twice_on_and_off_again(unloaded: Hapi, name: str) -> None:
    way, hapi = WAYS[name], unloaded
    _, patient = as_stored(cases()[0].bundle, "bystander-")
    hapi.load(putting(patient))
    assert there(hapi).total() == 0

    took = []
    for _ in range(2):
        start = monotonic()
        way.load(hapi)
        took.append(monotonic() - start)
        assert there(hapi) == KINDS
    way.unload(hapi)
    assert there(hapi).total() == 0

    for entry in patient["entry"]:
        resource = entry["resource"]
        kept = hapi.get(f"{resource['resourceType']}/{resource['id']}")
        assert kept["meta"]["versionId"] == "1"
    report(f"hapi-load-{name}", [f"HAPI: {name}: {took[0]:.1f} s, again {took[1]:.1f} s, and off without a trace"])


def test_services_come_and_go_with_the_package(hapi: Hapi) -> None:
    """By id the CDS services have the names of the plans; HAPI notices a load or unload within seconds."""
    ours = {"cervical-patient-view", "cervical-order-sign"}
    hapi.services_when(lambda found: found.keys() == ours)
    hapi.load(unload(resources()))
    hapi.services_when(lambda found: not found)
    hapi.load(bundle())
    hapi.services_when(lambda found: found.keys() == ours)
