"""Each closure that `cervical-options package` writes, alone on a real server: its plan can be applied."""

import json
import re
from base64 import b64decode, b64encode
from time import monotonic

import pytest
from cervical_options.packages.files import distribution

from cervical_options import resources

from ..hapi import Hapi, Resource, as_stored, complaints, told_by_apply
from ..patients import cases
from ..reports import report
from ..resources import VERSION
from .test_apply import applied, written
from .test_load import there

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

FILES = distribution(resources(), []).files
CLOSURES = sorted(name for name in FILES if name.startswith("closures/"))
EVERY_FACT = next(each for each in cases() if each.name == "every-fact-answered")


def closure(name: str, version: str) -> Resource:
    """A closure under a version of its own: HAPI remembers logic by url and version, also when it is gone."""
    own = re.compile(rf"\b{re.escape(VERSION)}\b")
    bundle: Resource = json.loads(own.sub(version, FILES[name].decode()))
    for entry in bundle["entry"]:
        for content in entry["resource"].get("content", ()) if entry["resource"]["resourceType"] == "Library" else ():
            content["data"] = b64encode(own.sub(version, b64decode(content["data"]).decode()).encode()).decode()
    return bundle


def test_each_closure_alone_is_enough_to_apply_its_plan(unloaded: Hapi) -> None:
    hapi, start = unloaded, monotonic()
    right = written(EVERY_FACT)
    assert len(CLOSURES) == 11 + 2  # the options, and the plans behind the hooks
    for number, name in enumerate(CLOSURES):
        assert there(hapi).total() == 0
        hapi.load(closure(name, f"9.1.{number}"))
        plan = name.removeprefix("closures/").removesuffix(".json")
        told = told_by_apply(applied(hapi, plan, EVERY_FACT.bundle))
        option = plan.removeprefix("cervical-offer-")
        assert told == ({option: right[option]} if option in right else {})
        hapi.load(json.loads(FILES["unload.json"]))
    report("hapi-closures", [f"HAPI: {len(CLOSURES)} closures, each alone, in {monotonic() - start:.0f} s"])


def test_a_closure_without_its_logic_is_not_enough(unloaded: Hapi) -> None:
    bundle = closure("closures/cervical-offer-cemiplimab.json", "9.2.0")
    bundle["entry"] = [each for each in bundle["entry"] if each["resource"]["id"] != "CervicalOptionsLogic"]
    unloaded.load(bundle)
    patient, records = as_stored(EVERY_FACT.bundle)
    assert complaints(unloaded.apply("cervical-offer-cemiplimab", patient, records)) != []
