"""What a call does not bring is fetched from servers that are allowed, and from no others; what fails is unknown."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from cervical_options.service.cds.addresses import allowed, is_public
from cervical_options.service.cds.fetching import Fetcher, NotFetchedError
from cervical_options.service.cds.settings import Settings

from ..hapi import as_stored
from ..misbehaving import Fault, served
from ..patients import cases
from .calls import about, answered, ask, request, told
from .chart_server import Chart

CASES = {case.name: case for case in cases()}
NAME = "every-fact-distant"
GOOD = request(CASES[NAME].bundle)
TOKEN = "tok-3n-of-the-server"
KEYS = ("Observation", "Condition", "Procedure", "MedicationAdministration", "MedicationStatement")


def chart(name: str = NAME, **more: Any) -> Chart:
    return Chart(bundle=as_stored(CASES[name].bundle)[1], **more)


def call(base: str, **prefetch: Any) -> dict[str, Any]:
    """A call that brings nothing but what is given, and says where the rest is."""
    token = {"access_token": TOKEN, "token_type": "Bearer"}
    return {**GOOD, "prefetch": prefetch, "fhirServer": base, "fhirAuthorization": token}


def settings(base: str, **more: Any) -> Settings:
    return Settings(fhir_servers=(base,), private_addresses=True, **more)


@pytest.mark.parametrize("name", ["every-fact-distant", "spread-lung", "chemo-no-response", "pd-l1-negative"])
def test_a_call_that_brings_nothing_is_answered_from_the_server(name: str) -> None:
    whole = request(CASES[name].bundle)
    with served(store := chart(name)) as base:
        asked = {**whole, "prefetch": {}, "fhirServer": base, "fhirAuthorization": call(base)["fhirAuthorization"]}
        reply = ask(asked, settings=settings(base))
    assert reply.body["cards"] == answered(whole)
    assert {each["authorization"] for each in store.headers} == {f"Bearer {TOKEN}"}
    assert len(store.requests) == len(whole["prefetch"])


def test_only_what_is_missing_is_fetched() -> None:
    with served(store := chart()) as base:
        prefetch = {key: value for key, value in GOOD["prefetch"].items() if key != "condition"}
        reply = ask(call(base, **prefetch), settings=settings(base))
    assert reply.body["cards"] == answered(GOOD)
    assert [path for _, path in store.requests] == [f"Condition?patient={NAME}"]


@pytest.mark.parametrize("instead", [None, {"resourceType": "OperationOutcome", "issue": []}], ids=["null", "failed"])
def test_diagnoses_that_did_not_come_are_fetched(instead: Any) -> None:
    with served(chart()) as base:
        reply = ask(call(base, **{**GOOD["prefetch"], "condition": instead}), settings=settings(base))
    assert reply.body["cards"] == answered(GOOD)


def test_every_page_is_read() -> None:
    with served(store := chart(pages=1)) as base:
        reply = ask(call(base), settings=settings(base))
    assert reply.body["cards"] == answered(GOOD)
    assert len(store.requests) > len(GOOD["prefetch"])


def test_the_rest_of_a_search_that_was_sent_in_part_is_fetched_whole() -> None:
    observation = {**GOOD["prefetch"]["observation"], "entry": [], "link": [{"relation": "next", "url": "https://x/y"}]}
    with served(chart()) as base:
        reply = ask(call(base, **{**GOOD["prefetch"], "observation": observation}), settings=settings(base))
    assert reply.body["cards"] == answered(GOOD)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "refused": ({"kind": "status", "status": 403}, "answered 403"),
    "failed": ({"kind": "status", "status": 500}, "answered 500"),
    "redirect": (
        {"kind": "redirect", "status": 302, "headers": {"Location": "http://127.0.0.1:1/fhir"}},
        "sends on to elsewhere",
    ),
    "html": ({"kind": "html"}, "answered with no JSON"),
    "cut": ({"kind": "cut", "carried_out": True}, "its server can't be asked"),
    "drop": ({"kind": "drop"}, "its server can't be asked"),
    "silence": ({"kind": "silence"}, "not answered in time"),
    "outcome": (
        {"kind": "status", "status": 200, "body": {"resourceType": "OperationOutcome", "issue": []}},
        "an error in its place",
    ),
    "list": ({"kind": "status", "status": 200, "body": []}, "answered with something else"),
    "twice": ({"kind": "status", "status": 200, "body": b'{"a": 1, "a": 2}'}, "answered with no JSON"),
    "other-patient": (
        {
            "kind": "status",
            "status": 200,
            "body": {
                "resourceType": "Bundle",
                "type": "searchset",
                "entry": [
                    {"resource": {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/else"}}}
                ],
            },
        },
        "a record not known as this patient's",
    ),
}


@pytest.mark.parametrize("row", FAULTS)
def test_what_fails_is_unknown_and_the_rest_is_answered(row: str) -> None:
    """The server fails for diagnoses alone: what hangs on them is told as not answered, all else as it is."""
    fault, reason = FAULTS[row]
    asked = request(CASES["spread-lung"].bundle)
    whole = told(answered(asked))
    with served(store := chart("spread-lung", faults=[Fault(method="GET", path="Condition", **fault)])) as base:
        seconds = 0.5 if row == "silence" else 5
        reply = ask({**call(base), "context": asked["context"]}, settings=settings(base, fetch_seconds=seconds))
    assert reply.status == 200
    assert store.faults == []
    said = told(reply.body["cards"])
    assert {option: outcome for option, outcome in said.items() if whole[option] != outcome} == {}
    assert f"Condition ({reason}" in reply.text
    assert TOKEN not in reply.text


def test_an_answer_that_is_too_large_is_not_read() -> None:
    with served(chart()) as base:
        reply = ask(call(base), settings=settings(base, fetch_bytes=200))
    assert "answered with more than is read" in reply.text
    assert "ruled-out" not in told(reply.body["cards"]).values()


def test_pages_without_end_are_not_read() -> None:
    with served(chart(pages=1)) as base:
        reply = ask(call(base), settings=settings(base, fetch_pages=2))
    assert "Observation (more pages than are read)" in reply.text


def test_a_next_page_elsewhere_is_not_asked() -> None:
    with served(other := chart()) as elsewhere, served(chart(pages=1, next_base=elsewhere)) as base:
        both = Settings(fhir_servers=(base, elsewhere), private_addresses=True)
        reply = ask(call(base), settings=both)
    assert "its next page is on another server" in reply.text
    assert other.requests == []


# ---- Which servers may be asked


def test_a_server_that_is_not_named_is_not_asked() -> None:
    with served(store := chart()) as base:
        for named in ((), ("https://ehr.example/fhir",), (f"{base}/tenant",), (base.replace("http:", "https:"),)):
            reply = ask(call(base), settings=Settings(fhir_servers=named, private_addresses=True))
            assert reply.status == 200
            assert "its server is not allowed" in reply.text
            assert [about(card)["action"] for card in reply.body["cards"]] == ["unread"]
    assert store.requests == []


def test_a_named_server_with_a_private_address_is_not_asked_unless_that_is_allowed() -> None:
    with served(store := chart()) as base:
        reply = ask(call(base), settings=Settings(fhir_servers=(base,)))
        assert "its server has an address that is not allowed" in reply.text
        assert store.requests == []
        assert ask(call(base), settings=settings(base)).body["cards"] == answered(GOOD)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:db8::1", "64:ff9b::a9fe:a9fe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_ones_own_network_are_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


async def fetched(base: str, lookup: Any, **more: Any) -> object:
    fetcher = Fetcher(Settings(fhir_servers=(base,), **more), lookup)
    try:
        return await fetcher.json(f"{base}/Patient/{NAME}", TOKEN)
    finally:
        await fetcher.aclose()


@pytest.mark.parametrize("found", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]], ids=str)
def test_a_public_name_of_a_private_address_is_not_asked(found: list[str]) -> None:
    """Also where only one of its addresses is private."""

    async def lookup(_: str, __: int) -> Sequence[str]:
        return found

    with served(store := chart()) as base:
        named = base.replace("127.0.0.1", "ehr.example")
        with pytest.raises(NotFetchedError, match="address that is not allowed"):
            asyncio.run(fetched(named, lookup))
    assert store.requests == []


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """Rebinding: the name is looked up once, and the connection does not look it up again."""
    asked = []

    async def lookup(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with served(store := chart()) as base:
        named = base.replace("127.0.0.1", "ehr.example")
        found = asyncio.run(fetched(named, lookup, private_addresses=True))
        port = int(base.rpartition(":")[2].partition("/")[0])
    assert isinstance(found, dict)
    assert found["id"] == NAME
    assert asked == [("ehr.example", port)]
    assert store.headers[0]["host"] == f"ehr.example:{port}"


BASE = "https://ehr.example/fhir"


@pytest.mark.parametrize(
    "url",
    [BASE, f"{BASE}/Patient", "https://EHR.example:443/fhir/Condition?patient=p", "https://ehr.example./fhir"],
)
def test_at_or_below_a_base_is_allowed(url: str) -> None:
    assert allowed(url, [BASE])


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example/fhir", "https://ehr.example/fhir2", "https://ehr.example/", "https://ehr.example:8443/fhir",
        "https://ehr.example.evil.example/fhir", "https://evil.example/fhir", "https://ehr.example@evil.example/fhir",
        "https://ehr.example/fhir/../admin", "https://ehr.example/fhir/%2e%2e/admin", "https://ehr.example/fhir//x",
        "https://ehr.example/fhir/%252e%252e/admin", "https://ehr.example\\@evil.example/fhir", "file:///etc/passwd",
        "https://me:pw@ehr.example/fhir", "https://ehr.example:x/fhir", "//ehr.example/fhir",
    ],
)  # fmt: skip
def test_elsewhere_is_not_allowed(url: str) -> None:
    assert not allowed(url, [BASE])
