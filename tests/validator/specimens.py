"""Resources that just meet a profile, and the same with one thing changed: read from our table, not by its reader."""

import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from ..conftest import ROOT

Resource = dict[str, Any]
Row = dict[str, Any]
Steps = tuple[tuple[str, bool, str], ...]  # name, nested, what is between brackets
Keys = tuple[str | int, ...]

TABLES = [tomllib.loads((ROOT / "validator" / "profiles" / f"{name}.toml").read_text()) for name in ("cpg", "crmi")]
PROFILES: dict[str, Row] = {name: found for table in TABLES for name, found in table["profiles"].items()}
EXTENSIONS: dict[str, Row] = {name: found for table in TABLES for name, found in table["extensions"].items()}
VALUE_SETS: dict[str, Row] = {name: found for table in TABLES for name, found in table.get("value-sets", {}).items()}
SYSTEMS = {name: url for table in TABLES for name, url in table["systems"].items()}
ELSEWHERE = {name: url for table in TABLES for name, url in table.get("urls", {}).items()}
SINGLE = ("code", "type", "reference", "expansion", "compose", "detail")  # objects that R4 has no list of
FIXED: dict[str, Row] = {  # extensions whose value a profile says
    row["path"].split("[")[1].split("]")[0]: row
    for found in PROFILES.values()
    for row in found.get("rows", [])
    if row["path"].endswith("].value[x]") and "value" in row
}
VALUES: Resource = {
    "Reference": {"reference": "Basic/x"},
    "CodeableConcept": {"text": "x"},
    "Expression": {"language": "text/cql", "expression": "x"},
    "Attachment": {"url": "http://example.org/x"},
    "boolean": True,
}


def inner_names() -> set[str]:
    """The names of elements that have elements in them, as far as any path goes."""
    paths = [row["path"] for found in PROFILES.values() for row in found.get("rows", [])]
    return {name for path in paths for name, _, _ in steps(path)[:-1]}


def url(name: str) -> str:
    for table in TABLES:
        if name in table["profiles"] or name in table["extensions"]:
            return f"{table['canonical']}/StructureDefinition/{name}"
    return ELSEWHERE.get(name) or f"http://hl7.org/fhir/StructureDefinition/{name}"


def steps(path: str) -> Steps:
    parts = re.findall(r"(\w+(?:\[x])?)(\*?)(?:\[([^]]+)])?(?:\.|$)", path)
    return tuple((name, bool(star), among) for name, star, among in parts)


INNER = inner_names()


def lineage(name: str) -> list[str]:
    base = PROFILES[name].get("base")
    return [name, *(lineage(base) if base else [])]


def rows(name: str) -> list[Row]:
    """What the profile and its bases ask, all that they ask of one element in one row."""
    found: dict[str, Row] = {}
    for each in reversed(lineage(name)):
        for row in PROFILES[each].get("rows", []):
            at = row.get("id", row["path"])
            found[at] = found.get(at, {}) | row
    return list(found.values())


def resource_type(target: str) -> str:
    return str(PROFILES[target]["type"]) if target in PROFILES else target


def key(name: str, row: Row) -> str:
    """The key of a choice; of any other element its name."""
    type = (row.get("types") or ["string"])[0]
    return name.replace("[x]", type[0].upper() + type[1:])


def coding(text: str) -> Resource:
    system, _, code = text.rpartition("#")
    return {"coding": [{"system": SYSTEMS.get(system, system), "code": code}]}


def sample(row: Row, among: str, name: str) -> Any:
    """The least element that meets a row."""
    if "extension" in name.lower():
        own = EXTENSIONS.get(among) or FIXED.get(among, {})
        type = (own.get("types") or ["string"])[0]
        return {"url": url(among), f"value{type[0].upper()}{type[1:]}": valued(type, own)}
    if among:
        at, equals, wanted = among.rpartition("=")
        held = coding(wanted) if "#" in wanted else wanted.split("|")[0]
        return {at: held} if equals else held
    if "value" in row:
        return row["value"]
    if "canonical" in row:
        return url(row["canonical"])
    if "code" in row:
        return coding(row["code"])
    if "extensible" in row or "required" in row:
        return in_set(row.get("extensible") or row["required"])
    if "targets" in row:
        canonical = row.get("types") == ["canonical"] or name in ("instantiatesCanonical", "measure")
        return "http://example.org/x" if canonical else {"reference": f"{resource_type(row['targets'][0])}/x"}
    return {} if name in INNER else "x"


def valued(type: str, own: Row) -> Any:
    """The value of an extension."""
    if "required" in own:
        return in_set(own["required"]) if type == "CodeableConcept" else VALUE_SETS[own["required"]]["codes"][0]
    if type == "Reference" and "targets" in own:
        return {"reference": f"{resource_type(own['targets'][0])}/x"}
    return own.get("value") or VALUES.get(type, "x")


def in_set(name: str) -> Resource:
    return {"coding": [{"system": VALUE_SETS[name]["system"], "code": VALUE_SETS[name]["codes"][-1]}]}


def owners(value: Any, path: Steps, at: Keys = ()) -> Iterator[tuple[Resource, Keys]]:
    """What the last name of a path stands in, with its keys from the resource."""
    if len(path) == 1:
        yield value, at
        return
    name, nested, among = path[0]
    for under, keys in elements(value, name, among, at):
        yield from owners(under, path[1:], keys)
        if nested:
            yield from owners(under, path, keys)


def elements(owner: Resource, name: str, among: str, at: Keys = ()) -> list[tuple[Any, Keys]]:
    names = [each for each in owner if each == name or (name.endswith("[x]") and each.startswith(name[:-3]))]
    found = [
        (each, (*at, key, *index))
        for key in names
        for index, each in (
            [((number,), one) for number, one in enumerate(owner[key])]
            if isinstance(owner[key], list)
            else [((), owner[key])]
        )
    ]
    return [(each, keys) for each, keys in found if not among or told(each, name, among)]


def told(element: Any, name: str, among: str) -> bool:
    """Whether an element is one that the brackets mean: as its least sample, perhaps with more in it."""
    least = sample({}, among, name)
    if "extension" in name.lower():
        return bool(element.get("url") == least["url"])
    if isinstance(least, dict) and isinstance(element, dict):
        return all(element.get(key) == value for key, value in least.items())
    return bool(element == least)


def grown(owner: Resource, name: str, value: Any) -> None:
    """One more element of a name: a list where there was one already, or where the element is mostly in a list."""
    if name in owner:
        owner[name] = [*(owner[name] if isinstance(owner[name], list) else [owner[name]]), value]
    else:
        owner[name] = [value] if isinstance(value, dict) and name not in SINGLE else value


def reached(resource: Resource, path: Steps, deep: bool) -> tuple[Resource, Keys]:
    """The last owner of a path, made where it is not there; as deep as it nests, or not."""
    at: Resource = resource
    keys: Keys = ()
    for name, nested, among in path[:-1]:
        for _ in range(2 if nested and deep else 1):
            if not elements(at, name, among):
                grown(at, key(name, {"types": ["Reference"]}), sample({}, among, name) if among else {})
            at, keys = elements(at, name, among, keys)[0]
            assert isinstance(at, dict)
    return at, keys


def complete(resource: Resource, profile: str) -> Resource:
    """Adds what the profile requires, in everything that is there."""
    for _ in range(3):
        for row in rows(profile):
            path = steps(row["path"])
            if row.get("min"):
                name, _, among = path[-1]
                for owner, _ in list(owners(resource, path)):
                    if not elements(owner, name, among):
                        grown(owner, key(name, row), deepcopy(sample(row, among, name)))
            for alternative in row.get("one-of", [])[:1]:
                for context, _ in contexts(resource, path):
                    if not any(there(context, each) for each in row["one-of"]):
                        made(context, alternative)
    return resource


def contexts(resource: Resource, path: Steps) -> list[tuple[Resource, Keys]]:
    if not path:
        return [(resource, ())]
    name, _, among = path[-1]
    return [found for owner, at in owners(resource, path) for found in elements(owner, name, among, at)]


def there(context: Resource, path: str) -> bool:
    name, _, among = steps(path)[-1]
    return any(elements(owner, name, among) for owner, _ in owners(context, steps(path)))


def made(context: Resource, path: str) -> None:
    owner, _ = reached(context, steps(path), deep=False)
    name, _, among = steps(path)[-1]
    grown(owner, name, sample({}, among, name))


def good(profile: str) -> Resource:
    resource = {"resourceType": PROFILES[profile]["type"], "meta": {"profile": [url(profile)]}}
    return complete(resource, profile)


def fhirpath(type: str, keys: Keys) -> str:
    return type + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
