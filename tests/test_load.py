"""The loader on servers that behave and that do not: nothing lost, nothing doubled, nothing foreign touched."""

import json
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from cervical_options.service.load_cli import load as command
from cervical_options.service.loader import compare
from cervical_options.service.loader.load import load, unload
from cervical_options.service.loader.ownership import is_named
from cervical_options.service.loader.report import Outcome
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cervical_options import client as talk
from cervical_options import resources as package
from cervical_options.client import Client, UnsureError, is_here, masked

from .certificates import certificate
from .conftest import ROOT
from .misbehaving import Fault, Reply, Resource, Store, outcome, served
from .resources import BASE, PACKAGE

By = Literal["id", "url"]
FEW = (
    "CodeSystem/cervical-answers",
    "ValueSet/cervical-pain-symptoms",
    "Medication/cervical-cisplatin",
    "ActivityDefinition/cervical-cisplatin",
)
GUIDE = deepcopy(PACKAGE["ImplementationGuide/cervical-guide"])
GUIDE["definition"]["resource"] = [
    each for each in GUIDE["definition"]["resource"] if each["reference"]["reference"] in FEW
]
SMALL: list[Resource] = [*(PACKAGE[place] for place in FEW), GUIDE]
PLACES = [f"{each['resourceType']}/{each['id']}" for each in SMALL]
TAG = {"system": f"{BASE}/CodeSystem/package", "code": "cervical-options"}
FOREIGN: list[Resource] = [
    {"resourceType": "PlanDefinition", "id": "cervical-recurrence", "url": "https://other.example/plan"},
    {"resourceType": "ValueSet", "id": "copy", "url": "https://other.example/vs", "meta": {"tag": [TAG]}},
    {"resourceType": "Medication", "id": "cisplatin", "code": {"text": "cisplatin"}},
    {
        "resourceType": "Medication",
        "id": "m1",
        "identifier": [{"system": f"{BASE}/medication", "value": "cis"}],
        "meta": {"tag": [TAG]},
    },
]
CANARY = "s3cret-canary"


def stocked(**options: Any) -> Store:
    """A server that holds what others keep."""
    store = Store(**options)
    for each in FOREIGN:
        store.put(each)
    return store


def others(store: Store) -> list[Resource]:
    return [each for each in store.resources.values() if not any(is_named(each, mine) for mine in SMALL)]


def loaded_once(store: Store) -> bool:
    """Each of ours is there once, as it is here; all else is as it was."""
    where: dict[str, str] = {}
    for mine in SMALL:
        found = [place for place, each in store.resources.items() if is_named(each, mine)]
        if len(found) != 1:
            return False
        where[f"{mine['resourceType']}/{mine['id']}"] = found[0]
    for mine, place in zip(SMALL, where.values(), strict=True):
        sent = json.loads(json.dumps({key: value for key, value in mine.items() if key != "id"}))
        for each in sent.get("definition", {}).get("resource", []) if "definition" in sent else []:
            each["reference"]["reference"] = where[each["reference"]["reference"]]
        if compare.differences(sent, store.resources[place], store.base):
            return False
    return others(store) == others(stocked())


def put(resource: Resource) -> Callable[[Store], None]:
    """What somebody else does at the moment of a fault."""

    def does(store: Store) -> None:
        store.put(resource)

    return does


@contextmanager
def asked(store: Store, **options: Any) -> Iterator[tuple[Client, list[str], list[float]]]:
    """A client of the store that does not sleep; what it tells, and how long it would have slept."""
    told: list[str] = []
    slept: list[float] = []
    with served(store) as url, Client(url, tell=told.append, sleep=slept.append, **options) as client:
        if any(fault.kind == "silence" for fault in store.faults):
            client.timeout = (0.5, 0.5)
        yield client, told, slept


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("CERVICAL_OPTIONS_TOKEN", raising=False)


WAYS = [
    pytest.param(transactions, by, id=f"{'transaction' if transactions else 'one-by-one'}-by-{by}")
    for transactions in (True, False)
    for by in ("id", "url")
]
ways = pytest.mark.parametrize(("transactions", "by"), WAYS)


# ---- On a server that behaves ----


@ways
def test_loaded_unchanged_updated_and_unloaded(transactions: bool, by: By) -> None:
    store = stocked(transactions=transactions, integrity=True)
    with asked(store) as (client, told, _):
        first = load(client, SMALL, by)
        assert (first.summary(), first.failed, first.trouble) == (f"{client.base}: 5 created", False, None)
        assert first.way == ("transaction" if transactions else "one by one")
        assert loaded_once(store)
        writes = list(store.writes)

        second = load(client, SMALL, by)
        assert second.summary() == f"{client.base}: nothing to write, all 5 resources are there as they are here"
        assert (list(second.lines()), second.failed, store.writes) == ([], False, writes)

        changed = next(place for place, each in store.resources.items() if is_named(each, SMALL[1]))
        store.resources[changed]["title"] = "Somebody's"
        third = load(client, SMALL, by)
        assert third.summary() == f"{client.base}: 1 updated, 4 unchanged"
        assert loaded_once(store)

        gone = unload(client, SMALL)
        assert (gone.summary(), others(store)) == (f"{client.base}: 5 deleted", others(stocked()))
        assert len(store.resources) == len(FOREIGN)
        again = unload(client, SMALL)
        assert again.summary() == f"{client.base}: nothing of ours is there, nothing to delete"
        assert told == []


@pytest.mark.parametrize("by", ["id", "url"])
def test_the_whole_package(by: By) -> None:
    store = stocked(page=3)
    store.resources.pop("PlanDefinition/cervical-recurrence")
    with asked(store) as (client, *_):
        report = load(client, package(), by)
        assert (report.summary(), report.failed) == (f"{client.base}: 111 created", False)
        assert len(store.writes) == 1
        assert load(client, package(), by).summary().endswith("all 111 resources are there as they are here")
        assert unload(client, package()).summary() == f"{client.base}: 111 deleted"
    assert set(store.resources) == {"ValueSet/copy", "Medication/cisplatin", "Medication/m1"}


@ways
def test_a_dry_run_writes_nothing(transactions: bool, by: By) -> None:
    store = stocked(transactions=transactions)
    store.put({**SMALL[0], "title": "Old"})
    with asked(store) as (client, *_):
        report = load(client, SMALL, by, dry_run=True)
        assert store.writes == []
        assert list(report.lines()) == [
            "to update    CodeSystem/cervical-answers: differs there (CodeSystem.title: changed to 'Old')",
            *(f"to create    {place}" for place in PLACES[1:]),
        ]
        assert report.summary() == f"{client.base}: nothing was written: 4 to create, 1 to update"
        assert not report.failed
        load(client, SMALL, by)
        assert unload(client, SMALL, dry_run=True).summary() == f"{client.base}: nothing was written: 5 to delete"


def test_a_new_version_replaces_the_old_one_in_place() -> None:
    store = stocked()
    old = [{**each, "version": "0.0.9", "experimental": False} if "url" in each else each for each in SMALL]
    with asked(store) as (client, *_):
        load(client, old, "url")
        places = set(store.resources)
        report = load(client, SMALL, "url")
        assert report.summary() == f"{client.base}: 4 updated, 1 unchanged"
        assert (set(store.resources), loaded_once(store)) == (places, True)


def test_one_by_one_goes_in_the_order_in_which_they_need_each_other() -> None:
    store = stocked(transactions=False, integrity=True)
    with asked(store) as (client, *_):
        load(client, SMALL, "id")
        unload(client, SMALL)
    written = [path for method, path in store.writes if method == "PUT"]
    deleted = [path for method, path in store.writes if method == "DELETE"]
    assert (written, deleted) == (PLACES, PLACES[::-1])


def test_a_server_that_says_little_is_asked_all_the_same() -> None:
    store = stocked(says={"rest": [{"mode": "server"}], "software": 7})
    with asked(store) as (client, *_):
        report = load(client, SMALL, "url")
    assert (report.way, report.software, loaded_once(store)) == (
        "one by one",
        "a server that does not name itself",
        True,
    )


# ---- What is not ours ----

NAMED = f"{BASE}/ValueSet/cervical-pain-symptoms"
MEDICATION = f"{BASE}/medication|cisplatin"


def untagged(resource: Resource, id: str) -> Resource:
    return {**resource, "id": id, "meta": {}}


@ways
@pytest.mark.parametrize(
    ("there", "only_by", "reason"),
    [
        pytest.param(
            [{"resourceType": "Medication", "id": "cervical-cisplatin", "code": {"text": "cisplatin"}}],
            "id",
            "Medication/cervical-cisplatin: Medication/cervical-cisplatin is another resource, without a url, so the "
            "id is taken; load with --by url, or have that one moved",
            id="a-taken-id",
        ),
        pytest.param(
            [{**SMALL[1], "url": "https://other.example/vs"}],
            "id",
            "ValueSet/cervical-pain-symptoms: ValueSet/cervical-pain-symptoms is another resource, "
            "'https://other.example/vs', so the id is taken; load with --by url, or have that one moved",
            id="a-taken-id-with-our-tag",
        ),
        pytest.param(
            [untagged(SMALL[1], "theirs")],
            None,
            f"ValueSet/cervical-pain-symptoms: ValueSet/theirs has the url {NAMED} without our tag, so it is somebody "
            "else's; have it moved to a url of its own, or tagged if it is this package's",
            id="our-url-without-our-tag",
        ),
        pytest.param(
            [untagged(SMALL[2], "theirs")],
            None,
            f"Medication/cervical-cisplatin: Medication/theirs has the identifier {MEDICATION} without our tag, so it "
            "is somebody else's; have it moved to a url of its own, or tagged if it is this package's",
            id="our-identifier-without-our-tag",
        ),
        pytest.param(
            [{**SMALL[1], "id": "a"}, {**SMALL[1], "id": "b"}],
            None,
            "ValueSet/cervical-pain-symptoms: is there 2 times, as ValueSet/a and ValueSet/b; run with --unload, then "
            "again",
            id="twice",
        ),
        pytest.param(
            [{**SMALL[1], "id": "17"}],
            "id",
            "ValueSet/cervical-pain-symptoms: is there as ValueSet/17, so it was loaded by url; stay with --by url, or "
            "run with --unload first",
            id="loaded-by-url",
        ),
    ],
)
def test_refused_before_anything_is_written(
    transactions: bool, by: By, there: list[Resource], only_by: str | None, reason: str
) -> None:
    store = stocked(transactions=transactions)
    for each in there:
        store.put(each)
    before = deepcopy(store.resources)
    with asked(store) as (client, *_):
        report = load(client, SMALL, by)
        if only_by in (None, by):
            assert list(report.lines()) == [f"refused      {reason}"]
            assert report.summary() == f"{client.base}: nothing was written: 1 refused, 4 not written"
            assert (report.failed, store.writes, store.resources) == (True, [], before)
        else:
            assert not report.failed
            assert {place: store.resources[place] for place in before if store.resources[place] != before[place]} == {}


@ways
def test_unloading_leaves_what_is_not_ours_and_takes_every_copy_of_ours(transactions: bool, by: By) -> None:
    store = stocked(transactions=transactions)
    with asked(store) as (client, *_):
        load(client, SMALL, by)
        store.put({**SMALL[1], "id": "copy-2"})
        [valueset] = [p for p, each in store.resources.items() if is_named(each, SMALL[0])]
        store.resources[valueset]["meta"]["tag"] = []
        theirs = deepcopy(store.resources[valueset])
        report = unload(client, SMALL)
        assert report.summary() == f"{client.base}: 5 deleted, 1 left"
        assert [line for line in report.lines() if line.startswith("left")] == [
            f"left         CodeSystem/cervical-answers: {valueset} has our url without our tag: it is somebody else's "
            "and stays"
        ]
        assert not report.failed
    assert store.resources.pop(valueset) == theirs
    assert set(store.resources) == set(stocked().resources)


def test_taken_while_it_is_loaded() -> None:
    """Between the look and the write somebody puts something at our id: it is seen before anything is sent again."""
    theirs = {"resourceType": "ValueSet", "id": "cervical-pain-symptoms", "url": "https://other.example/vs"}
    store = stocked(transactions=False)
    store.faults = [Fault("status", "PUT", "ValueSet/", status=503, then=put(theirs))]
    with asked(store) as (client, *_):
        report = load(client, SMALL, "id")
        assert [row.outcome for row in report.rows] == [
            "created",
            "refused",
            "not written",
            "not written",
            "not written",
        ]
        assert store.resources["ValueSet/cervical-pain-symptoms"]["url"] == theirs["url"]


@ways
def test_what_changes_between_look_and_write_is_looked_at_again(transactions: bool, by: By) -> None:
    """Another loader is at work: our resource has another version by then, so If-Match does not hold."""
    store = stocked(transactions=transactions)
    with asked(store) as (client, told, _):
        load(client, SMALL, by)
        place = next(place for place, each in store.resources.items() if is_named(each, SMALL[1]))
        store.resources[place]["title"] = "Old"
        newer = {**store.resources[place], "title": "Newer"}
        change = Fault("status", "GET", "Medication?", status=503, then=put(newer))
        store.faults = [change]
        report = load(client, SMALL, by)
        assert report.summary() == f"{client.base}: 1 updated, 4 unchanged"
        assert loaded_once(store)
        where = client.base if transactions else f"{client.base}/{place}"
        assert told[1:] == [f"{where}: answers 412 {place} has changed; trying again in 1 s"]


# ---- On a server that does not behave ----

FAULTS = [
    pytest.param(Fault("status", status=500), "answers 500 and gives no reason", 1, id="500-not-done"),
    pytest.param(Fault("status", status=500, carried_out=True), "answers 500 and gives no reason", 1, id="500-done"),
    pytest.param(
        Fault("status", status=503, headers={"Retry-After": "7"}), "answers 503 and gives no reason", 7, id="503"
    ),
    pytest.param(
        Fault("status", status=429, headers={"Retry-After": "5"}), "answers 429 and gives no reason", 5, id="429"
    ),
    pytest.param(
        Fault("status", status=429, headers={"Retry-After": "Tue, 24 Nov 2026 10:00:09 GMT"}),
        "answers 429 and gives no reason",
        9,
        id="429-until",
    ),
    pytest.param(
        Fault("status", status=412, body=outcome({"code": "conflict", "diagnostics": "changed"})),
        "answers 412 changed",
        1,
        id="412-once",
    ),
    pytest.param(Fault("silence"), "no answer in time", 1, id="silent-not-done"),
    pytest.param(Fault("silence", carried_out=True), "no answer in time", 1, id="silent-done"),
    pytest.param(Fault("drop"), "hangs up before it has answered", 1, id="hangs-up-not-done"),
    pytest.param(Fault("drop", carried_out=True), "hangs up before it has answered", 1, id="hangs-up-done"),
    pytest.param(
        Fault("cut", carried_out=True), "the connection broke in the middle of the answer", 1, id="cut-in-the-answer"
    ),
    pytest.param(Fault("html"), "answers 200 with text/html that is no JSON", 1, id="html-not-done"),
    pytest.param(Fault("html", carried_out=True), "answers 200 with text/html that is no JSON", 1, id="html-done"),
]


@ways
@pytest.mark.parametrize(("fault", "what", "pause"), FAULTS)
def test_one_fault_while_it_writes_is_overcome(
    transactions: bool, by: By, fault: Fault, what: str, pause: float
) -> None:
    store = stocked(transactions=transactions)
    store.faults = [deepcopy(fault)]
    store.faults[0].method, store.faults[0].path = ("POST", "") if transactions else ("PUT", "ActivityDefinition")
    now = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
    with asked(store, now=lambda: now) as (client, told, slept):
        report = load(client, SMALL, by)
        assert (report.summary(), report.trouble) == (f"{client.base}: 5 created", None)
        assert loaded_once(store)
        where = {"id": "/ActivityDefinition/cervical-cisplatin", "url": "/ActivityDefinition"}[by]
        where = client.base + ("" if transactions else where)
        assert (told, slept) == ([f"{where}: {what}; trying again in {pause} s"], [pause])
        assert load(client, SMALL, by).summary().endswith("there as they are here")


@ways
@pytest.mark.parametrize(("fault", "what", "pause"), [each for each in FAULTS if each.id != "412-once"])
def test_one_fault_while_it_looks_is_overcome(
    transactions: bool, by: By, fault: Fault, what: str, pause: float
) -> None:
    store = stocked(transactions=transactions)
    store.faults = [deepcopy(fault)]
    store.faults[0].method, store.faults[0].path = "GET", "ActivityDefinition?"
    now = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
    with asked(store, now=lambda: now) as (client, told, _):
        assert load(client, SMALL, by).summary() == f"{client.base}: 5 created"
        assert told == [f"{client.base}/ActivityDefinition: {what}; trying again in {pause} s"]
    assert loaded_once(store)


@ways
def test_one_fault_while_it_unloads_is_overcome(transactions: bool, by: By) -> None:
    for carried_out in (False, True):
        store = stocked(transactions=transactions)
        with asked(store) as (client, *_):
            load(client, SMALL, by)
            store.faults = [
                Fault(
                    "drop", "POST" if transactions else "DELETE", "" if transactions else "Med", carried_out=carried_out
                )
            ]
            assert unload(client, SMALL).summary() == f"{client.base}: 5 deleted"
        assert set(store.resources) == set(stocked().resources)


@ways
def test_a_server_that_stays_broken_is_given_up_and_another_run_goes_on(transactions: bool, by: By) -> None:
    store = stocked(transactions=transactions)
    method, path = ("POST", "") if transactions else ("PUT", "ActivityDefinition")
    store.faults = [Fault("status", method, path, status=500) for _ in range(talk.TRIES)]
    with asked(store) as (client, _, slept):
        report = load(client, SMALL, by)
        assert report.trouble is not None
        assert report.trouble.endswith(
            "answers 500 and gives no reason, 5 times; see the server's log, and try again later"
        )
        assert slept == [1, 2, 4, 8, 16]
        assert [row.outcome for row in report.rows] == (
            ["not written"] * 5 if transactions else ["created"] * 3 + ["not written"] * 2
        )
        assert load(client, SMALL, by).summary() == (
            f"{client.base}: " + ("5 created" if transactions else "2 created, 3 unchanged")
        )
    assert loaded_once(store)


def test_a_server_that_is_gone_in_the_middle_is_told_as_unknown() -> None:
    store = stocked(transactions=False)
    gone = [Fault("drop", "GET", "ActivityDefinition") for _ in range(talk.TRIES)]
    store.faults = [
        Fault("drop", "PUT", "ActivityDefinition", carried_out=True, then=lambda store: store.faults.extend(gone))
    ]
    with asked(store) as (client, *_):
        report = load(client, SMALL, "id")
        assert report.trouble == (
            f"{client.base}/ActivityDefinition: hangs up before it has answered, 5 times; try again"
        )
        assert list(report.lines())[-1] == (
            "unknown      ActivityDefinition/cervical-cisplatin: was sent, and then: hangs up before it has answered; "
            "run again: it looks first"
        )
        assert report.summary() == f"{client.base}: 3 created, 1 unknown, 1 not written"
        assert load(client, SMALL, "id").summary() == f"{client.base}: 1 created, 4 unchanged"
    assert loaded_once(store)


@pytest.mark.parametrize("transactions", [True, False])
def test_what_the_server_will_not_have_is_told(transactions: bool) -> None:
    store = stocked(transactions=transactions)
    said = outcome({"severity": "error", "code": "invalid", "diagnostics": "ActivityDefinition.kind: odd"})
    path = "" if transactions else "ActivityDefinition"
    store.faults = [Fault("status", "POST" if transactions else "PUT", path, status=422, body=said)]
    with asked(store) as (client, told, _):
        report = load(client, SMALL, "id")
        note = "the server refuses: answers 422 ActivityDefinition.kind: odd; see what it names, mend it, and run again"
        assert (report.notes, report.failed, report.trouble, told) == ([note], True, None, [])
        lines = (
            []
            if transactions
            else [
                *(f"created      {place}" for place in PLACES[:3]),
                "rejected     ActivityDefinition/cervical-cisplatin: answers 422 ActivityDefinition.kind: odd",
            ]
        )
        assert list(report.lines()) == lines
        assert len(store.writes) == (1 if transactions else 4)
        load(client, SMALL, "id")
    assert loaded_once(store)


def test_a_conflict_that_stays_is_the_servers_no() -> None:
    """Somebody else's resource refers to ours: a server that minds does not delete it."""
    store = stocked(transactions=False, integrity=True)
    with asked(store) as (client, told, _):
        load(client, SMALL, "id")
        user = {"resourceType": "PlanDefinition", "id": "user", "subjectReference": {"reference": PLACES[2]}}
        store.put(user)
        report = unload(client, SMALL)
        what = "answers 409 PlanDefinition/user refers to Medication/cervical-cisplatin"
        assert report.notes == [f"the server refuses: {what}; see what it names, mend it, and run again"]
        assert [row.outcome for row in report.rows] == ["deleted", "deleted", "rejected", "not written", "not written"]
        assert [line.partition("; ")[2] for line in told] == ["trying again in 1 s", "trying again in 2 s"]
        assert PLACES[2] in store.resources


def test_a_statement_that_lies_about_transactions() -> None:
    store = stocked(transactions=False, says={})
    statement = stocked(transactions=True).statement()
    store.says = {"rest": statement["rest"]}
    with asked(store) as (client, *_):
        report = load(client, SMALL, "url")
        note = "takes no transaction, though it says so (answers 400 no transactions); written one by one instead"
        assert (report.notes, report.way) == ([f"{client.base}: {note}"], "one by one")
        assert report.summary() == f"{client.base}: 5 created"
    assert loaded_once(store)


def test_a_statement_that_lies_about_conditional_updates() -> None:
    store = stocked(transactions=False, conditional=False)
    store.says = {"rest": Store(transactions=False).statement()["rest"]}
    with asked(store) as (client, *_):
        report = load(client, SMALL, "url")
        note = "takes no conditional update, though it says so (answers 400 no id); created without instead"
        assert report.notes == [f"{client.base}: {note}"]
    assert loaded_once(store)
    assert {path for method, path in store.writes if method == "POST"} == {each["resourceType"] for each in SMALL}


@pytest.mark.parametrize("carried_out", [False, True])
def test_a_creation_that_seems_lost_is_looked_for_before_another(carried_out: bool) -> None:
    store = stocked(transactions=False, conditional=False)
    store.faults = [Fault("silence", "POST", each["resourceType"], carried_out=carried_out) for each in SMALL]
    with asked(store) as (client, *_):
        assert load(client, SMALL, "url").summary() == f"{client.base}: 5 created"
    assert loaded_once(store)


def without(kind: str, **changes: Any) -> Resource:
    """The usual statement, with one type changed, or with `rest` left out."""
    [rest] = stocked().statement()["rest"]
    resource = [{**each, **(changes if each["type"] == kind else {})} for each in rest["resource"]]
    return {"rest": [{**rest, "resource": [each for each in resource if each["type"] != "-"]}]}


@pytest.mark.parametrize(
    ("says", "by", "reasons"),
    [
        pytest.param(
            {"fhirVersion": "5.0.0"},
            "id",
            ["it has FHIR '5.0.0', and this is R4 (4.0.1); name a server or an endpoint for R4"],
            id="another-fhir",
        ),
        pytest.param(
            without("Medication", type="-"), "id", ["it has no Medication; have the type switched on"], id="no-type"
        ),
        pytest.param(
            without("ValueSet", interaction=[{"code": "read"}]),
            "url",
            [
                "it can't search ValueSet; have search-type allowed",
                "it can't update ValueSet; have update allowed",
                "it can't create ValueSet; have create or update allowed",
            ],
            id="reads-only",
        ),
        pytest.param(
            without("ValueSet", updateCreate=False),
            "id",
            ["it chooses the ids of ValueSet itself; load with --by url"],
            id="chooses-ids",
        ),
    ],
)
def test_a_server_that_can_not_is_not_written_to(says: Resource, by: By, reasons: list[str]) -> None:
    store = stocked(says=says)
    with asked(store) as (client, *_):
        report = load(client, SMALL, by)
        assert list(report.lines()) == [f"{client.base}: {reason}" for reason in reasons]
        assert (report.failed, store.requests) == (True, [("GET", "metadata")])


def test_what_the_server_made_of_it_is_told() -> None:
    store = stocked(drops=("date", "useContext"))
    with asked(store) as (client, *_):
        report = load(client, SMALL, "id")
        assert report.failed
        lines = list(report.lines())
        assert lines[:3] == [
            "differs      CodeSystem/cervical-answers: was created, and the server made something else of it",
            "               CodeSystem.date: dropped",
            "               CodeSystem.useContext: dropped",
        ]
        assert [row.outcome for row in report.rows].count(Outcome.CREATED) == 1  # a Medication has neither


@pytest.mark.parametrize(
    ("method", "path", "kind", "trouble"),
    [
        pytest.param(
            "GET",
            "metadata",
            "html",
            "/metadata: answers 200 with text/html that is no JSON, 5 times; is it a FHIR base, without a page "
            "before it?",
            id="html",
        ),
        pytest.param(
            "GET", "metadata", "drop", "/metadata: hangs up before it has answered, 5 times; try again", id="hangs-up"
        ),
        pytest.param(
            "GET",
            "ValueSet?",
            "silence",
            "/ValueSet: no answer in time, 5 times; try again, or ask who runs the server",
            id="silent",
        ),
    ],
)
def test_what_can_not_be_read_is_not_written(method: str, path: str, kind: str, trouble: str) -> None:
    store = stocked()
    store.faults = [Fault(kind, method, path) for _ in range(talk.TRIES)]
    with asked(store) as (client, *_):
        report = load(client, SMALL, "id")
        assert (report.trouble, store.writes) == (f"{client.base}{trouble}", [])


@pytest.mark.parametrize(
    ("status", "headers", "trouble"),
    [
        pytest.param(
            401, {}, "answers 401 and gives no reason; give credentials with --header that may do this", id="401"
        ),
        pytest.param(
            403, {}, "answers 403 and gives no reason; give credentials with --header that may do this", id="403"
        ),
        pytest.param(
            429,
            {"Retry-After": "3600"},
            "answers 429 and gives no reason and asks to wait 3600 s; run it again then",
            id="429-for-an-hour",
        ),
        pytest.param(
            404, {}, "answers 404 and gives no reason; name the base of a FHIR server with --server", id="404"
        ),
    ],
)
def test_a_server_that_can_not_be_asked(status: int, headers: dict[str, str], trouble: str) -> None:
    store = stocked()
    store.faults = [Fault("status", "GET", "metadata", status=status, headers=headers)]
    with asked(store) as (client, _, slept):
        assert load(client, SMALL, "id").trouble == f"{client.base}/metadata: {trouble}"
        assert slept == []


def test_a_search_that_ignores_what_was_searched_for_is_not_believed() -> None:
    class Ignoring(Store):
        def _matches(self, type: str, _: str) -> list[str]:
            return [place for place in self.resources if place.startswith(f"{type}/")]

    store = Ignoring(page=1)
    for each in FOREIGN:
        store.put(each)
    with asked(store) as (client, *_):
        assert load(client, SMALL, "id").summary() == f"{client.base}: 5 created"
        assert load(client, SMALL, "id").summary().endswith("there as they are here")
        assert unload(client, SMALL).summary() == f"{client.base}: 5 deleted"
    assert set(store.resources) == set(stocked().resources)


def test_pages_elsewhere_are_not_followed() -> None:
    store, other = stocked(page=1), Store()
    store.put({**SMALL[1], "id": "a"})
    store.put({**SMALL[1], "id": "b"})
    with asked(store) as (client, *_), served(other) as elsewhere:
        store.base = elsewhere
        assert load(client, SMALL, "id").trouble == (
            f"{client.base}/ValueSet: continues at '{elsewhere}/ValueSet', where nothing was sent; have the server "
            "give its pages under its own base"
        )
    assert other.requests == []


# ---- Whatever happens ----


class Direct(Client):
    """A client that asks the store without a network, and meets the faults it is dealt, one a request."""

    def __init__(self, store: Store, luck: list[str]) -> None:
        super().__init__("http://127.0.0.1/fhir", sleep=lambda _: None)
        self.store, self.luck = store, luck

    def exchange(self, method: str, path: str, body: object, headers: Any) -> talk.Answer:
        kind = self.luck.pop() if self.luck else "ok"
        if kind in ("503", "429", "412") or kind.endswith("before"):
            reply: Reply = (int(kind) if kind.isdigit() else 500, None, {})
        else:
            small = {name.lower(): value for name, value in headers.items()}
            reply = self.store.answer(method, path, deepcopy(body), small)
        if kind.startswith("lost"):
            raise UnsureError(self.base, "lost", "try again")
        return talk.Answer(reply[0], reply[2], deepcopy(reply[1]))


luck = st.lists(st.sampled_from(["ok"] * 6 + ["503", "429", "412", "lost-before", "lost-after"]), max_size=60)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.booleans(), st.booleans(), st.sampled_from(["id", "url"]), st.lists(luck, min_size=1, max_size=4))
def test_whatever_goes_wrong_in_the_end_it_is_there_once(
    transactions: bool, conditional: bool, by: By, runs: list[list[str]]
) -> None:
    store = stocked(transactions=transactions, conditional=conditional)
    for dealt in runs:
        report = load(Direct(store, list(dealt)), SMALL, by)
        assert others(store) == others(stocked())
        for row in report.rows if report.trouble is None and not report.failed else ():
            assert row.outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
    last = load(Direct(store, []), SMALL, by)
    assert (last.failed, last.trouble, loaded_once(store)) == (False, None, True)
    for dealt in runs:
        unload(Direct(store, list(dealt)), SMALL)
        assert others(store) == others(stocked())
    unload(Direct(store, []), SMALL)
    assert set(store.resources) == set(stocked().resources)


# ---- The command ----


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fhir")
    for each in SMALL:
        (made / f"{each['resourceType']}-{each['id']}.json").write_text(json.dumps(each))
    return made


def run(folder: Path, url: str, *arguments: str, **environment: str) -> Result:
    asked_for = ["--server", url, "--fhir", str(folder), *arguments]
    return CliRunner(env=environment).invoke(command, asked_for, catch_exceptions=False)


def test_the_command_loads_says_so_and_writes_a_report(folder: Path, tmp_path: Path) -> None:
    store = stocked()
    with served(store) as url:
        result = run(folder, url, "--report", str(tmp_path / "load.json"))
        lines = "".join(f"created      {place}\n" for place in PLACES)
        assert (result.exit_code, result.stdout, result.stderr) == (0, lines, f"{url}: 5 created\n")
        report = json.loads((tmp_path / "load.json").read_bytes())
        assert report["counts"] == {"created": 5}
        assert (report["software"], report["way"], report["trouble"]) == ("Misbehaving 1", "transaction", None)
        assert report["resources"][2] == {
            "resource": "Medication/cervical-cisplatin",
            "name": MEDICATION,
            "at": "Medication/cervical-cisplatin",
            "outcome": "created",
            "why": None,
            "differences": [],
        }
        again = run(folder, url)
        told = f"{url}: nothing to write, all 5 resources are there as they are here\n"
        assert (again.exit_code, again.stdout, again.stderr) == (0, "", told)
        assert run(folder, url, "--unload").exit_code == 0
    assert set(store.resources) == set(stocked().resources)


def test_the_commands_of_the_document_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "integrators.md").read_text("utf-8")
    lines = re.findall(r"^\$ \.venv/bin/cervical-options load (.*--server.*)$", text, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token.txt").write_text("Bearer x-y-z")
    store = Store()
    with served(store) as url:
        for line in lines:
            arguments = shlex.split(line.replace("https://ehr.example/fhir", url))
            assert CliRunner().invoke(command, arguments, catch_exceptions=False).exit_code == 0
    assert [method for method, _ in store.writes] == ["POST", "POST"]  # no write in the dry run
    assert store.resources == {}
    assert (tmp_path / "load.json").exists()


def test_exit_codes(folder: Path) -> None:
    store = stocked()
    store.put(untagged(SMALL[1], "theirs"))
    with served(store) as url:
        assert run(folder, url).exit_code == 1
        assert run(folder, url, "--dry-run").exit_code == 1
        assert run(folder, f"{url}/nowhere").exit_code == 3
    assert run(folder, "ehr.example").exit_code == 2
    assert run(folder, "http://h", "--header", "x").exit_code == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"url": None}, "has neither url nor identifier, so a server could not find it; give it one"),
        ({"meta": {}}, "has no tag, so it could not be told from others' resources; give it the package's"),
    ],
)
def test_what_could_not_be_known_again_is_not_loaded(tmp_path: Path, change: Resource, reason: str) -> None:
    changed = {key: value for key, value in {**SMALL[1], **change}.items() if value is not None}
    changed.pop("identifier", None)
    (tmp_path / "x.json").write_text(json.dumps(changed))
    result = run(tmp_path, "http://h")
    assert (result.exit_code, result.stderr) == (2, f"ValueSet/cervical-pain-symptoms: {reason}\n")


@pytest.mark.parametrize("kind", ["header", "file", "environment"])
def test_a_token_is_sent_to_the_server_and_told_nobody(folder: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "token").write_text(f"Bearer {CANARY}\n")
    given = {
        "header": ["--header", f"Authorization=Bearer {CANARY}"],
        "file": ["--header", f"Authorization=@{tmp_path / 'token'}"],
        "environment": [],
    }[kind]
    environment = {"CERVICAL_OPTIONS_TOKEN": CANARY} if kind == "environment" else {}
    echo = outcome({"severity": "error", "code": "invalid", "diagnostics": f"{'x' * 290} Bearer {CANARY} is no good"})
    store = stocked()
    with served(store) as url:
        store.faults = [Fault("status", "POST", "", status=422, body=echo)]
        store.put({**SMALL[1], "title": f"stolen {CANARY}"})
        results = [run(folder, url, *given, "--report", str(tmp_path / "report"), **environment)]
        store.faults = [Fault("status", "GET", "metadata", status=401, body=echo)]
        results.append(run(folder, url, *given, **environment))
        store.faults = [
            Fault("redirect", "GET", "metadata", status=307, headers={"Location": f"http://x/{CANARY}?t={CANARY}"})
        ]
        results.append(run(folder, url, *given, **environment))
        results.append(run(folder, url, *given, "--dry-run", **environment))
    assert {headers["authorization"] for headers in store.headers} == {f"Bearer {CANARY}"}
    assert [result.exit_code for result in results] == [1, 3, 3, 0]
    said = "".join(result.output + result.stderr for result in results) + (tmp_path / "report").read_text()
    assert "***" in said
    assert [part for part in (CANARY, CANARY[:9]) if part in said] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("when", [("GET", "metadata"), ("POST", "")])
def test_nothing_is_sent_on_to_another_host(folder: Path, status: int, when: tuple[str, str]) -> None:
    store, other = stocked(), Store()
    with served(store) as url, served(other) as elsewhere:
        store.faults = [Fault("redirect", *when, status=status, headers={"Location": f"{elsewhere}/x?key=1"})]
        result = run(folder, url, "--header", f"Authorization=Bearer {CANARY}")
    where = f"{url}/metadata" if when[0] == "GET" else url
    told = f"{where}: sends on to '{elsewhere}/x', where nothing was sent; give that as --server if it is right"
    assert (result.exit_code, result.stderr.splitlines()[0]) == (3, told)
    assert other.requests == []
    assert others(store) == others(stocked())


def test_a_server_that_is_down(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "FIRST_PAUSE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = run(folder, url)
    where = f"{url}/metadata: can't be reached (ConnectionError)"
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        *[f"{where}; trying again in 0 s"] * 4,
        f"{where}, 5 times; check address and network",
        f"{url}: nothing was asked",
    ]


# ---- Its parts ----

PLAIN: Resource = {
    "resourceType": "Basic",
    "id": "b",
    "a": [{"b": 1.0, "c": True}],
    "reference": "Basic/x",
    "data": "QUJD",
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"meta": {"versionId": "3", "lastUpdated": "x", "source": "#1"}}, [], id="bookkeeping"),
        pytest.param({"text": {"status": "generated", "div": "<div>made</div>"}}, [], id="narrative-made-there"),
        pytest.param({"reference": "http://h/fhir/Basic/x/_history/2"}, [], id="reference-absolute"),
        pytest.param({"data": "QU\nJD"}, [], id="base64-in-lines"),
        pytest.param({"a": [{"b": 1, "c": True}]}, [], id="number-written-otherwise"),
        pytest.param({"a": [{"b": 1.0, "c": 1}]}, ["Basic.a[0].c: changed to 1"], id="boolean-turned-number"),
        pytest.param({"a": [{"b": 2, "c": True}]}, ["Basic.a[0].b: changed to 2"], id="changed"),
        pytest.param({"a": []}, ["Basic.a: 0 in place of 1"], id="shorter"),
        pytest.param({"d": 1}, ["Basic.d: added"], id="added"),
        pytest.param({"data": ...}, ["Basic.data: dropped"], id="dropped"),
        pytest.param({"id": "c"}, ["Basic.id: changed to 'c'"], id="another-id"),
    ],
)
def test_what_differs(change: Resource, told: list[str]) -> None:
    kept = {key: value for key, value in {**PLAIN, **change}.items() if value is not ...}
    assert compare.differences(PLAIN, kept, "http://h/fhir") == told


def test_what_differs_in_meta_and_narrative() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; "b"</p></div>'
    sent = {**PLAIN, "meta": {"profile": ["p"], "tag": [TAG]}, "text": {"status": "generated", "div": div}}
    same = {**sent, "meta": {"profile": ["q", "p"], "tag": [{**TAG, "display": "x"}]}}
    same["text"] = {"status": "extensions", "div": div.replace('"b"', "&quot;b&quot;").replace("<p>", "\n <p>")}
    assert compare.differences(sent, same, "") == []
    other = {**sent, "meta": {"profile": []}, "text": {"status": "generated", "div": div.replace("a", "c")}}
    assert compare.differences(sent, other, "") == [
        "Basic.meta.profile[0]: dropped",
        "Basic.meta.tag[0]: dropped",
        "Basic.text.div: changed",
    ]


@pytest.mark.parametrize(
    ("value", "text", "told"),
    [
        ("Bearer abcd", "abcd and Bearer abcd", "*** and ***"),
        ("Basic amFuZTpwYXNzd29yZA==", "password amFuZTpwYXNzd29yZA==", "*** ***"),
        ("en", "an end", "an end"),
    ],
)
def test_masked(value: str, text: str, told: str) -> None:
    assert masked(text, {"Authorization": value}) == told


def test_where_no_politeness_is_needed() -> None:
    hosts = ["http://localhost/fhir", "http://127.0.0.1:8080", "http://[::1]/", "https://hapi.fhir.org/baseR4"]
    assert [is_here(each) for each in hosts] == [True, True, True, False]


def test_certificates_are_checked_and_told(tmp_path: Path) -> None:
    report = run(tmp_path, "https://h", "--ca", str(tmp_path / "none.pem"))
    assert (report.exit_code, report.stderr) == (
        2,
        f"--ca: {tmp_path / 'none.pem'}: no such file; name a file with certificates\n",
    )


def test_a_server_is_trusted_by_the_certificates_that_are_named(folder: Path, tmp_path: Path) -> None:
    named, tls = certificate(tmp_path)
    store = stocked()
    with served(store, tls) as url:
        refused = run(folder, url)
        assert refused.exit_code == 3
        assert "its certificate is not trusted; name its issuer with --ca" in refused.stderr
        assert store.requests == []
        assert run(folder, url, "--ca", str(named)).exit_code == 0
    assert loaded_once(store)
