"""The package's own rules: each trips on one change of a good resource, and on nothing that is only near it."""

import json
import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import pytest
from cervical_options.validator.catalogue import Catalogue, Entry
from cervical_options.validator.package_rules import check
from cervical_options.validator.place import Place
from cervical_options.validator.rule import RULES, Layer
from hypothesis import given, settings
from hypothesis import strategies as st

from ..conftest import ROOT
from ..resources import BASE, PACKAGE, Package, Resource, changed
from .package_cases import ACTIVITY, DRUG, LIST, MANIFEST, NEAR, PAIR, TAG, TAGS, TRIPS, VIEW, Change

# rules that one change of one resource can't trip, with the test that does
ELSEWHERE = {
    "package-owner": "test_an_id_like_ours_says_whose_it_is",
    "package-statement-known": "test_a_statement_is_in_the_list_where_that_is_at_hand",
}


def catalogue(package: Package) -> Catalogue:
    found = Catalogue()
    for place, resource in package.items():
        found.add(Entry(f"fhir/{place}.json", (), resource))
    return found


def told(package: Package, places: Iterable[str]) -> list[str]:
    at_hand = catalogue(package)
    return [
        f"{finding.place}: {finding.what}; {finding.remedy} [{finding.rule.id}]"
        for place in places
        for finding in check(package[place], Place.root(str(package[place].get("resourceType"))), at_hand)
    ]


TABLE = [
    pytest.param(rule, change, message, id=f"{rule}-{number}")
    for rule, rows in TRIPS.items()
    for number, (change, message) in enumerate(rows, 1)
]


@pytest.mark.parametrize(("rule", "change", "message"), TABLE)
def test_one_change_trips_one_rule(rule: str, change: Change, message: str) -> None:
    assert told(changed(*change), [change[0]]) == [f"{message} [{rule}]"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=f"{rule}-{number}")
        for rule, changes in NEAR.items()
        for number, change in enumerate(changes, 1)
    ],
)
def test_what_is_near_trips_nothing(change: Change) -> None:
    assert told(changed(*change), [change[0]]) == []


def test_every_rule_has_a_case_and_a_near_miss() -> None:
    rules = {rule.id for rule in RULES.values() if rule.layer is Layer.PACKAGE}
    assert {*TRIPS, *ELSEWHERE} == rules
    assert {rule for rule, changes in NEAR.items() if changes} == rules - ELSEWHERE.keys()
    assert all(name in globals() for name in ELSEWHERE.values())
    assert {rule.id for rule in RULES.values() if rule.id.startswith("package-")} == rules


def test_the_package_is_clean() -> None:
    assert len(PACKAGE) == 111
    assert told(PACKAGE, PACKAGE) == []


def test_each_resource_is_clean_alone() -> None:
    """What is not at hand is not told of."""
    assert [message for place in PACKAGE for message in told({place: PACKAGE[place]}, [place])] == []


def bare(id: str, **elements: Any) -> Package:
    """A ValueSet of which nothing says whose it is."""
    return {"ValueSet/x": {"resourceType": "ValueSet", "id": id, **elements}}


def test_an_id_like_ours_says_whose_it_is() -> None:
    assert told(bare("cervical-spine-levels"), ["ValueSet/x"]) == [
        "ValueSet: the id is like this package's, and nothing says whose the ValueSet is; "
        f"add {TAG} to meta.tag, or take another id [package-owner]"
    ]
    assert RULES["package-owner"].severity == "warning"


@pytest.mark.parametrize(
    "package",
    [
        pytest.param(bare("spine-levels"), id="other-id"),
        pytest.param(bare("cervical-spine-levels", url="https://example.org/ValueSet/levels"), id="other-url"),
        pytest.param(bare("cervical-spine-levels", identifier=[{"value": "7"}]), id="other-identifier"),
        pytest.param(
            bare("cervical-x", meta={"tag": [{"system": TAG.partition("|")[0], "code": "example"}]}), id="example"
        ),
    ],
)
def test_an_id_like_ours_is_anybodys_who_says_so(package: Package) -> None:
    assert told(package, package) == []


def test_a_statement_is_in_the_list_where_that_is_at_hand() -> None:
    message = (
        "ActivityDefinition.relatedArtifact[0].label: S-23 is not in CodeSystem cervical-statements; "
        "name the right one, or add it there [package-statement-known]"
    )
    without = changed(LIST, "concept[22]", None)
    assert told(without, [ACTIVITY]) == [message]
    del without[LIST]
    assert told(without, [ACTIVITY]) == []


def test_what_a_manifest_lacks_is_told_once() -> None:
    short = changed(MANIFEST, "relatedArtifact", PACKAGE[MANIFEST]["relatedArtifact"][:10])
    [message] = told(short, [MANIFEST])
    assert " and 99 more; " in message


def test_a_version_is_compared_with_what_is_at_hand() -> None:
    """Alone, by what the resource itself refers to; where there is nothing to compare with, not at all."""
    alone = {ACTIVITY: changed(ACTIVITY, "version", "0.2.0")[ACTIVITY], TAGS: changed(TAGS, "version", "0.2.0")[TAGS]}
    assert told(alone, [ACTIVITY]) == [
        "ActivityDefinition.version: the version is 0.2.0, and that of the release is 0.1.0; "
        "write 0.1.0, or a new one for all [package-one-version]"
    ]
    assert told(alone, [TAGS]) == []


def test_a_change_of_the_medication_is_told_of_the_activity() -> None:
    [message] = told(changed(DRUG, "code.text", "Cisplatin"), [ACTIVITY])
    assert message.endswith("[package-drug-codes]")


def test_a_medication_of_another_with_the_same_id_is_not_compared() -> None:
    other = {**PACKAGE, DRUG: {"resourceType": "Medication", "id": "cervical-cisplatin", "code": {"text": "other"}}}
    assert told(other, [ACTIVITY]) == []


def foreign(resource: Resource) -> Resource:
    """The same as somebody else's, at another base."""
    text = json.dumps(resource)
    found: Resource = json.loads(text.replace(BASE, "https://example.org/other"))
    return found


def test_a_resource_of_another_trips_nothing() -> None:
    """Not the good ones under another base, nor with all that trips ours."""
    others = {place: foreign(resource) for place, resource in PACKAGE.items()}
    assert told({**others, LIST: PACKAGE[LIST]}, others.keys() - {LIST}) == []
    for rows in TRIPS.values():
        for (place, path, value), _ in rows:
            if path != "url" or value is not None:  # without it nothing says whose it is
                assert told({place: foreign(changed(place, path, value)[place])}, [place]) == [], (place, path)


@pytest.mark.parametrize("folder", ["examples", "patients"])
def test_records_of_patients_are_not_of_the_package(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.json"))
    bundles = [json.loads(file.read_text("utf-8")) for file in files]
    held = [resource for each in bundles for resource in (each, *(e["resource"] for e in each.get("entry", ())))]
    assert len(held) >= len(files) > 0
    numbered: Package = {str(number): resource for number, resource in enumerate(held) if isinstance(resource, dict)}
    assert told(numbered, numbered) == []


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "type", "system", "code", "action", "extension", "label", "x"])
            | st.text(max_size=3),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
PLACES = sorted(PACKAGE, key=lambda place: (place != VIEW, place))


def steps(value: Any, data: st.DataObject) -> list[str | int]:
    """A way down to some node, not the root."""
    way: list[str | int] = []
    while isinstance(value, dict | list) and value:
        step = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        way.append(step)
        value = value[step]
        if data.draw(st.integers(0, 3)) == 0:
            break
    return way


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_odd_data_never_raises(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(PLACES))
    resource = deepcopy(PACKAGE[place])
    *parents, last = steps(resource, data)
    node: Any = resource
    for step in parents:
        node = node[step]
    node[last] = data.draw(ODD)
    odd = {**PACKAGE, place: resource}
    for message in told(odd, [place, ACTIVITY, VIEW]):
        assert re.search(r"^\w+[^:]*: .+; .+ \[package-[a-z-]+\]$", message, re.DOTALL), message


@pytest.mark.parametrize("odd", [{}, {"resourceType": 7}, {"resourceType": "ValueSet", "url": ["x"], "meta": []}])
def test_what_is_hardly_a_resource_never_raises(odd: Resource) -> None:
    assert told({"x": odd}, ["x"]) == []


def test_deep_nesting_is_walked() -> None:
    deep: Any = {"prefix": "1."}
    for _ in range(5_000):
        deep = {"action": [deep]}
    resource = {**PACKAGE[PAIR], "action": [deep]}
    found = check(resource, Place.root("PlanDefinition"), Catalogue())
    assert sum(finding.rule.id == "package-no-order" for finding in found) == 1
