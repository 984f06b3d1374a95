"""A minute of calls: no error, and memory stays what it is. And anything that the OpenAPI allows, or nearly."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from cervical_options.service.cds.app import create
from cervical_options.service.cds.settings import Settings
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from ..reports import report
from .calls import answering
from .serving import serving
from .soak import GROWTH, soaked

SECONDS = 60.0


@pytest.mark.slow
def test_a_minute_of_calls_leaves_memory_as_it_is(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        counted, warm, end = soaked(service, seconds=SECONDS)
        assert {line["status"] for line in service.lines()} == {200, 400, 404}
    told = f"CDS service: {counted.total()} calls in {SECONDS:.0f} s, {dict(counted)}"
    report("cds-soak", [told, f"  memory {warm / 1e6:.1f} MB when warm, {end / 1e6:.1f} MB at the end"])
    assert end - warm < GROWTH


api = schemathesis.openapi.from_asgi("/openapi.json", create(Settings(concurrency=8), answering()))


@pytest.mark.slow
@api.parametrize()
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_the_schema_allows_or_nearly_there_is_no_failure(case: Any) -> None:
    case.call_and_validate(checks=(not_a_server_error, content_type_conformance, response_schema_conformance))
