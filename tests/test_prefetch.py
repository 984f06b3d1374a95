"""The queries of the logic fetch all that it reads: what they find alone is answered as the whole record is.

A search is done here as any FHIR R4 server does it, by patient, code and status.
"""

from functools import cache
from typing import Any

import pytest
from cervical_options.service.patient_record import is_of

from cervical_options import resources

from .cohort import each_code, noise, scattered
from .engines import Told, evaluator
from .patients import cases
from .test_engines import is_nobodys

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefetch")]

PATTERN = "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern"
Bundle = dict[str, Any]
Resource = dict[str, Any]


def queries() -> list[str]:
    library = next(each for each in resources() if each["id"] == "CervicalOptionsLogic")
    extensions = [each for need in library["dataRequirement"] for each in need["extension"]]
    return [each["valueString"] for each in extensions if each["url"] == PATTERN]


def found(query: str, bundle: Bundle) -> list[Bundle]:
    """The entries that a server gives for a query about the patient of a Bundle."""
    kind, _, parameters = query.partition("?")
    wanted = dict(each.split("=", 1) for each in parameters.split("&"))
    assert wanted.pop("patient") == "{{context.patientId}}"
    assert not wanted.keys() - {"code", "status"}
    return [
        entry
        for entry in bundle["entry"]
        if entry.get("resource", {}).get("resourceType") == kind
        and is_of(entry["resource"], bundle)
        and ("status" not in wanted or entry["resource"].get("status") in wanted["status"].split(","))
        and ("code" not in wanted or any(_coded(entry["resource"], each) for each in wanted["code"].split(",")))
    ]


def _coded(resource: Resource, token: str) -> bool:
    system, _, code = token.partition("|")
    codings = resource.get("code", {}).get("coding", [])
    return any(each.get("system") == system and code in ("", each.get("code")) for each in codings)


def prefetched(bundle: Bundle, *also: str) -> Bundle:
    """The patient and what the queries find; `also`: types of which everything is added."""
    kinds = {"Patient", *also}
    kept = [entry for entry in bundle["entry"] if entry.get("resource", {}).get("resourceType") in kinds]
    kept += [entry for query in queries() for entry in found(query, bundle)]
    return {**bundle, "entry": list({id(entry): entry for entry in kept}.values())}


@cache
def charts() -> list[Bundle]:
    """Patients whose facts stand in all kinds of records."""
    members = (*list(scattered())[:600:2], *list(noise())[::2], *list(each_code())[::2])
    return [each.bundle for each in members if not is_nobodys(each)] + [each.bundle for each in cases()]


@cache
def whole() -> list[Told]:
    return evaluator(charts())


def test_the_queries_fetch_all_that_the_logic_reads() -> None:
    """A Medication that a record only points to is nobody's, so no search by patient finds it: it is followed."""
    assert evaluator([prefetched(bundle, "Medication") for bundle in charts()]) == whole()


def test_nothing_but_a_medication_is_followed() -> None:
    told = zip(charts(), whole(), evaluator([prefetched(bundle) for bundle in charts()]), strict=True)
    differ = [bundle for bundle, in_full, alone in told if in_full != alone]
    assert differ, "some patient's record points to a Medication"
    for bundle in differ:
        kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
        assert "Medication" in kinds


@pytest.mark.parametrize("query", queries())
def test_each_query_is_needed(query: str) -> None:
    """Without one of them some patient is answered otherwise."""
    bundles = [each.bundle for each in cases()]
    without = []
    for bundle in bundles:
        missed = {id(entry) for entry in found(query, bundle)}
        without.append({**bundle, "entry": [entry for entry in bundle["entry"] if id(entry) not in missed]})
    assert evaluator(without) != evaluator(bundles)
