"""One server for all of these tests, with the package loaded; `xdist_group("hapi")` keeps them in one process."""

from collections.abc import Iterator
from time import monotonic

import pytest
from cervical_options.packages.bundle import by_id, unload

from cervical_options import resources

from ..hapi import Hapi, Resource, started
from ..reports import report


@pytest.fixture(scope="package")
def empty_hapi() -> Iterator[Hapi]:
    start = monotonic()
    with started() as hapi:
        report("hapi-0-start", [f"HAPI: started in {monotonic() - start:.0f} s"])
        yield hapi


@pytest.fixture(scope="package")
def hapi(empty_hapi: Hapi) -> Hapi:
    """The server with the package loaded, as integrators load it."""
    start = monotonic()
    empty_hapi.load(bundle())
    report("hapi-1-load", [f"HAPI: package loaded in {monotonic() - start:.1f} s"])
    return empty_hapi


@pytest.fixture(scope="package")
def services(hapi: Hapi) -> dict[str, Resource]:
    """The two CDS services."""
    return hapi.services_when(lambda found: found.keys() >= {"cervical-patient-view", "cervical-order-sign"})


@pytest.fixture
def unloaded(hapi: Hapi) -> Iterator[Hapi]:
    """The server without the package; with it again for the tests that follow."""
    hapi.load(unload(resources()))
    yield hapi
    hapi.load(unload(resources()))
    hapi.load(bundle())


def bundle() -> Resource:
    """What `cervical-options package` writes as bundle-by-id.json."""
    return by_id(resources())
