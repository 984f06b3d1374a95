"""Constraints in Python: those met most often, and those that the FHIRPath library cannot evaluate.

Each function says whether its constraint holds for a node of a resource, with an empty answer counted as holding, as
FHIRPath constraints are read. A test holds every one of them to the library where the library can answer.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from .. import literal, narrative
from ..odd import Node
from ..visit import Seen

Native = Callable[[Any, Seen], bool]
NATIVE: dict[str, Native] = {}
NAME = re.compile(r"[A-Z]([A-Za-z0-9_]){0,254}")
UCUM = "http://unitsofmeasure.org"
# Definitions whose name is a word that programs can use: each has the constraint under a key of its own.
NAMED = (
    "adf cid cmd cpb cpd csd ees esc evd evi evv gdf ig lib mea msd nsd opd pdf que red rsd rvs sdf smp spd tcp tst vsd"
).split()
# The choice elements that the constraints below name; no other element of theirs begins with the same letters.
CHOICES = {"abatement", "answer", "defaultValue", "fixed", "maxValue", "minValue", "pattern", "timing", "value"}
CLOSED = {"resolved", "remission", "inactive"}


def native(*keys: str) -> Callable[[Native], Native]:
    def made(function: Native) -> Native:
        NATIVE.update(dict.fromkeys(keys, function))
        return function

    return made


def has(node: Node, name: str) -> bool:
    """Whether an element is there; a choice element under any of its names, a primitive by its extension too."""
    if name in node or f"_{name}" in node:
        return True
    return name in CHOICES and any(key.removeprefix("_").startswith(name) for key in node)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def nodes(value: Any) -> list[Node]:
    """The objects in a value that may stand alone or in a list."""
    return [each for each in many(value) if isinstance(each, dict)]


@native("ext-1")
def _(node: Node, _: Seen) -> bool:
    return ("extension" in node) != any(key.removeprefix("_").startswith("value") for key in node)


@native("ref-1")
def _(node: Node, seen: Seen) -> bool:
    reference = node.get("reference")
    if not isinstance(reference, str) or not reference.startswith("#") or reference == "#":
        return True
    return reference[1:] in seen.contained


@native("dom-2")
def _(node: Node, _: Seen) -> bool:
    return not any("contained" in each for each in nodes(node.get("contained")))


@native("dom-3")
def _(node: Node, _: Seen) -> bool:
    contained = nodes(node.get("contained"))
    if not contained:
        return True
    pointed = set(_fragments(node))
    return all(
        (isinstance(each.get("id"), str) and each["id"] in pointed) or "" in set(_fragments(each)) for each in contained
    )


def _fragments(value: Any) -> Iterator[str]:
    """What stands after `#` in any text of a node: ids of contained resources that something points at."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _fragments(each)
    elif isinstance(value, list):
        for each in value:
            yield from _fragments(each)
    elif isinstance(value, str) and value.startswith("#"):
        yield value[1:]


@native("dom-4")
def _(node: Node, _: Seen) -> bool:
    metas = [meta for each in nodes(node.get("contained")) for meta in nodes(each.get("meta"))]
    return not any(has(meta, name) for meta in metas for name in ("versionId", "lastUpdated"))


@native("dom-5")
def _(node: Node, _: Seen) -> bool:
    return not any(has(meta, "security") for each in nodes(node.get("contained")) for meta in nodes(each.get("meta")))


@native("dom-6")
def _(node: Node, _: Seen) -> bool:
    return any(has(each, "div") for each in nodes(node.get("text")))


@native(*(f"{each}-0" for each in NAMED))
def _(node: Node, _: Seen) -> bool:
    name = node.get("name")
    return not isinstance(name, str) or NAME.fullmatch(name) is not None


def exists(*names: str) -> Native:
    """`a.exists() or b.exists()`."""
    return lambda node, _: any(has(node, name) for name in names)


def implies(name: str, *others: str) -> Native:
    """`a.empty() or b.exists()`: where there is a, there is one of the others."""
    return lambda node, _: not has(node, name) or any(has(node, other) for other in others)


def apart(*names: str) -> Native:
    """`a.empty() or b.empty()`: never together."""
    return lambda node, _: sum(has(node, name) for name in names) < 2


NATIVE.update(
    {
        "vsd-6": exists("code", "display"),
        "exp-1": exists("expression", "reference"),
        "vsd-1": exists("valueSet", "system"),
        "bdl-5": exists("resource", "request", "response"),
        "obs-3": exists("low", "high", "text"),
        "sdf-2": exists("name", "uri"),
        "vsd-10": implies("code", "system"),
        "cpt-2": implies("value", "system"),
        "qty-3": implies("code", "system"),
        "att-1": implies("data", "contentType"),
        "tim-1": implies("duration", "durationUnit"),
        "tim-2": implies("period", "periodUnit"),
        "tim-6": implies("periodMax", "period"),
        "tim-7": implies("durationMax", "duration"),
        "tim-8": implies("countMax", "count"),
        "trd-2": implies("condition", "data"),
        "eld-22": implies("sliceIsConstraining", "sliceName"),
        "vsd-3": apart("concept", "filter"),
        "trd-1": apart("data", "timing"),
        "tim-10": apart("timeOfDay", "when"),
        "obs-6": apart("dataAbsentReason", "value"),
        "que-4": apart("answerOption", "answerValueSet"),
        "que-11": apart("answerOption", "initial"),
        "eld-8": apart("pattern", "fixed"),
        "eld-15": apart("defaultValue", "meaningWhenMissing"),
    }
)


@native("vsd-9")
def _(node: Node, _: Seen) -> bool:
    return has(node, "code") or node.get("abstract") is True


@native("vsd-2")
def _(node: Node, _: Seen) -> bool:
    return not (has(node, "concept") or has(node, "filter")) or has(node, "system")


@native("drq-1")
def _(node: Node, _: Seen) -> bool:
    return has(node, "path") != has(node, "searchParam")


@native("trd-3")
def _(node: Node, _: Seen) -> bool:
    type = node.get("type")
    if not isinstance(type, str):
        return True
    wanted = {"named-event": "name", "periodic": "timing"}.get(type, "data" if type.startswith("data-") else None)
    return wanted is None or has(node, wanted)


@native("csd-1")
def _(node: Node, _: Seen) -> bool:
    codes = list(_codes(node))
    return len(codes) == len(set(codes))


def _codes(node: Node) -> Iterator[str]:
    for concept in nodes(node.get("concept")):
        if isinstance(concept.get("code"), str):
            yield concept["code"]
        yield from _codes(concept)


@native("que-2")
def _(node: Node, _: Seen) -> bool:
    found = list(_link_ids(node))
    return len(found) == len(set(found))


def _link_ids(node: Node) -> Iterator[str]:
    for item in nodes(node.get("item")):
        if isinstance(item.get("linkId"), str):
            yield item["linkId"]
        yield from _link_ids(item)


def of_item(holds: Callable[[Node, str], bool]) -> Native:
    """A constraint that looks at the type of a Questionnaire's item; without type it has nothing to say."""
    return lambda node, _: not isinstance(node.get("type"), str) or holds(node, node["type"])


NATIVE.update(
    {
        "que-1": of_item(
            lambda node, kind: (kind != "group" or has(node, "item")) and (kind != "display" or not has(node, "item"))
        ),
        "que-3": of_item(lambda node, kind: kind != "display" or not has(node, "code")),
        "que-5": of_item(
            lambda node, kind: (
                kind
                in ("choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity")
                or not (has(node, "answerValueSet") or has(node, "answerOption"))
            )
        ),
        "que-6": of_item(lambda node, kind: kind != "display" or not (has(node, "required") or has(node, "repeats"))),
        "que-8": of_item(lambda node, kind: kind not in ("group", "display") or not has(node, "initial")),
        "que-9": of_item(lambda node, kind: kind != "display" or not has(node, "readOnly")),
        "que-10": of_item(
            lambda node, kind: (
                kind in ("boolean", "decimal", "integer", "string", "text", "url", "open-choice")
                or not has(node, "maxLength")
            )
        ),
        "que-12": lambda node, _: len(many(node.get("enableWhen"))) <= 2 or has(node, "enableBehavior"),
        "que-13": lambda node, _: node.get("repeats") is True or len(many(node.get("initial"))) <= 1,
    }
)


@native("que-7")
def _(node: Node, _: Seen) -> bool:
    return node.get("operator") != "exists" or "answerBoolean" in node or not has(node, "answer")


@native("per-1")
def _(node: Node, _: Seen) -> bool:
    start, end = node.get("start"), node.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    return _in_order(start, end)


def _in_order(start: str, end: str) -> bool:
    """Whether one date is not after another; where their precision leaves it open, it counts as in order."""
    if len(start) > 10 and len(end) > 10:
        try:
            return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
        except (ValueError, TypeError):
            return True
    if len(start) > 10 or len(end) > 10:  # a time in some zone beside a day: a day's difference is left open
        try:
            return date.fromisoformat(start[:10]) - date.fromisoformat(end[:10]) <= timedelta(days=1)
        except ValueError:
            return True
    same = min(len(start), len(end))
    return start[:same] <= end[:same]


@native("inv-1/lastModified")
def _(node: Node, _: Seen) -> bool:
    authored, modified = node.get("authoredOn"), node.get("lastModified")
    return not (isinstance(authored, str) and isinstance(modified, str)) or _in_order(authored, modified)


@native("app-4")
def _(node: Node, _: Seen) -> bool:
    """R4 writes the code as `no-show`, which its own value set has not; `noshow` is what it means."""
    return not has(node, "cancelationReason") or node.get("status") in ("noshow", "cancelled")


@native("mdd-1")
def _(node: Node, _: Seen) -> bool:
    prepared, handed = node.get("whenPrepared"), node.get("whenHandedOver")
    return not (isinstance(prepared, str) and isinstance(handed, str)) or _in_order(prepared, handed)


ASSERTIONS = (
    "contentType expression headerField minimumId navigationLinks path requestMethod resource responseCode response "
    "validateProfileId"
).split()


@native("tst-5", "tst-6")
def _(node: Node, _: Seen) -> bool:
    return "extension" in node or sum(has(node, name) for name in ASSERTIONS) <= 1


@native("rng-2")
def _(node: Node, _: Seen) -> bool:
    low, high = node.get("low"), node.get("high")
    if not isinstance(low, dict) or not isinstance(high, dict):
        return True
    first, second = low.get("value"), high.get("value")
    if not isinstance(first, (int, Decimal)) or not isinstance(second, (int, Decimal)):
        return True
    same = all(low.get(name) == high.get(name) for name in ("system", "code", "unit"))
    return not same or first <= second


@native("rat-1")
def _(node: Node, _: Seen) -> bool:
    numerator, denominator = has(node, "numerator"), has(node, "denominator")
    return numerator == denominator and (numerator or "extension" in node)


def of_unit(more: Callable[[Node], bool] = lambda _: True, system: str = UCUM) -> Native:
    """A quantity with a value has a code, and its system is UCUM."""
    return lambda node, _: (
        (has(node, "code") or not has(node, "value"))
        and ("system" not in node or node["system"] == system)
        and more(node)
    )


NATIVE.update(
    {
        "age-1": of_unit(lambda node: not isinstance(node.get("value"), (int, Decimal)) or node["value"] > 0),
        "dis-1": of_unit(),
        "mqty-1": of_unit(system="urn:iso:std:iso:4217"),
        "cnt-3": of_unit(lambda node: node.get("code", "1") == "1" and "." not in str(node.get("value", ""))),
        "drt-1": lambda node, _: not has(node, "code") or (node.get("system") == UCUM and has(node, "value")),
    }
)


@native("con-4")
def _(node: Node, _: Seen) -> bool:
    if not has(node, "abatement"):
        return True
    codings = (
        nodes((node.get("clinicalStatus") or {}).get("coding")) if isinstance(node.get("clinicalStatus"), dict) else []
    )
    return any(
        each.get("system") == "http://terminology.hl7.org/CodeSystem/condition-clinical" and each.get("code") in CLOSED
        for each in codings
    )


@native("bdl-1")
def _(node: Node, _: Seen) -> bool:
    return not has(node, "total") or node.get("type") in ("searchset", "history")


@native("bdl-2")
def _(node: Node, _: Seen) -> bool:
    return node.get("type") == "searchset" or not any(has(entry, "search") for entry in nodes(node.get("entry")))


@native("bdl-3")
def _(node: Node, _: Seen) -> bool:
    wanted = node.get("type") in ("batch", "transaction", "history")
    return "type" not in node or all(has(entry, "request") == wanted for entry in nodes(node.get("entry")))


@native("bdl-4")
def _(node: Node, _: Seen) -> bool:
    wanted = node.get("type") in ("batch-response", "transaction-response", "history")
    return "type" not in node or all(has(entry, "response") == wanted for entry in nodes(node.get("entry")))


@native("bdl-7")
def _(node: Node, _: Seen) -> bool:
    if node.get("type") == "history":
        return True
    found = []
    for entry in nodes(node.get("entry")):
        if isinstance(entry.get("fullUrl"), str):
            held = entry.get("resource")
            meta = held.get("meta") if isinstance(held, dict) else None
            version = meta.get("versionId") if isinstance(meta, dict) else None
            found.append(f"{entry['fullUrl']}{version or ''}")
    return len(found) == len(set(found))


@native("bdl-8")
def _(node: Node, _: Seen) -> bool:
    return not isinstance(node.get("fullUrl"), str) or "/_history/" not in node["fullUrl"]


@native("bdl-9")
def _(node: Node, _: Seen) -> bool:
    identifier = node.get("identifier")
    whole = isinstance(identifier, dict) and has(identifier, "system") and has(identifier, "value")
    return node.get("type") != "document" or whole


@native("bdl-10")
def _(node: Node, _: Seen) -> bool:
    return node.get("type") != "document" or isinstance(node.get("timestamp"), str)


def begins_with(type: str, first: str) -> Native:
    def holds(node: Node, _: Seen) -> bool:
        if node.get("type") != type:
            return True
        entries = nodes(node.get("entry"))
        resource = entries[0].get("resource") if entries else None
        return not isinstance(resource, dict) or resource.get("resourceType") == first

    return holds


NATIVE.update({"bdl-11": begins_with("document", "Composition"), "bdl-12": begins_with("message", "MessageHeader")})


@native("txt-1")
def _(node: Any, _: Seen) -> bool:
    return not isinstance(node, str) or narrative.faults(node)[0] is None


@native("txt-2")
def _(node: Any, _: Seen) -> bool:
    return not isinstance(node, str) or narrative.faults(node)[1] is None


@native("eld-3")
def _(node: Any, _: Seen) -> bool:
    return not isinstance(node, str) or node == "*" or node.isdigit()


POINTING = ("Reference", "canonical")
DEFINED_ELSEWHERE = (
    "type",
    "defaultValue",
    "fixed",
    "pattern",
    "example",
    "minValue",
    "maxValue",
    "maxLength",
    "binding",
)
SLICE_NAME = re.compile(r"[a-zA-Z0-9/\-_\[\]@]+")
ELEMENT_PATH = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*(\[x])?)*")
PATH_PART = r"[^\s.,:;\\'\"/|?!@#$%&*()\[\]{}]{1,64}"
ANY_PATH = re.compile(rf"{PATH_PART}(\.{PATH_PART}(\[x\])?(:[^\s.]+)?)*")


@native("eld-2")
def _(node: Node, _: Seen) -> bool:
    low, high = node.get("min"), node.get("max")
    if not isinstance(low, int) or not isinstance(high, str) or not high.isdigit():
        return True
    return low <= int(high)


@native("eld-4")
def _(node: Node, _: Seen) -> bool:
    return not has(node, "aggregation") or node.get("code") in POINTING


@native("eld-17")
def _(node: Node, _: Seen) -> bool:
    return node.get("code") in POINTING or not has(node, "targetProfile")


@native("eld-5")
def _(node: Node, _: Seen) -> bool:
    return not has(node, "contentReference") or not any(has(node, name) for name in DEFINED_ELSEWHERE)


def of_one_type(name: str) -> Native:
    """A fixed value or pattern stands only where there is at most one type."""
    return lambda node, _: not has(node, name) or len(many(node.get("type"))) <= 1


def distinct(list_: str, name: str) -> Native:
    def holds(node: Node, _: Seen) -> bool:
        found = [each[name] for each in nodes(node.get(list_)) if isinstance(each.get(name), str)]
        return len(found) == len(set(found))

    return holds


def written(name: str, pattern: re.Pattern[str]) -> Native:
    """`name.matches(pattern)`, of the whole text."""
    return lambda node, _: not isinstance(node.get(name), str) or pattern.fullmatch(node[name]) is not None


NATIVE.update(
    {
        "eld-6": of_one_type("fixed"),
        "eld-7": of_one_type("pattern"),
        "eld-13": distinct("type", "code"),
        "eld-14": distinct("constraint", "key"),
        "eld-16": written("sliceName", SLICE_NAME),
        "eld-18": lambda node, _: node.get("isModifier") is not True or has(node, "isModifierReason"),
        "eld-19": written("path", ANY_PATH),
        "eld-20": written("path", ELEMENT_PATH),
        "eld-21": exists("expression"),
        "sqty-1": lambda node, _: not has(node, "comparator"),
        "cmd-1": lambda node, _: has(node, "comment") or node.get("equivalence") not in ("narrower", "inexact"),
        "sdf-10": lambda node, _: all(
            has(each, "valueSet") or has(each, "description") for each in nodes(node.get("binding"))
        ),
    }
)


@native("eld-12")
def _(node: Node, _: Seen) -> bool:
    value_set = node.get("valueSet")
    return not isinstance(value_set, str) or value_set.startswith(("http:", "https", "urn:", "#"))


@native("obs-7")
def _(node: Node, _: Seen) -> bool:
    if not has(node, "value"):
        return True
    codes = [json.dumps(each, default=str, sort_keys=True) for each in _codings(node.get("code"))]
    others = [coding for each in nodes(node.get("component")) for coding in _codings(each.get("code"))]
    return not any(json.dumps(each, default=str, sort_keys=True) in codes for each in others)


def _codings(concept: Any) -> list[Node]:
    return nodes(concept.get("coding")) if isinstance(concept, dict) else []


@native("ig-1")
def _(node: Node, _: Seen) -> bool:
    groups = [each.get("id") for each in nodes(node.get("grouping"))]
    return all(each["groupingId"] in groups for each in nodes(node.get("resource")) if "groupingId" in each)


@native("ig-2")
def _(node: Node, _: Seen) -> bool:
    versions = many(node.get("fhirVersion"))
    definition = node.get("definition")
    listed = nodes(definition.get("resource")) if isinstance(definition, dict) else []
    return all(version in versions for each in listed for version in many(each.get("fhirVersion")))


@native("ctm-1")
def _(node: Node, seen: Seen) -> bool:
    """`member.resolve()` needs what the reference points at: decided where it says its type or is contained."""
    member = node.get("member")
    if not has(node, "onBehalfOf") or not isinstance(member, dict):
        return True
    reference = member.get("reference")
    found = member.get("type")
    if isinstance(reference, str):
        named = literal.relative(reference) or literal.absolute(reference)
        found = named[0] if named else seen.contained.get(reference[1:], {}).get("resourceType", found)
    return not isinstance(found, str) or found == "Practitioner"
