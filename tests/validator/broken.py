"""For each row of the table: a resource broken in one place, the place, and the least change that makes it right."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from .specimens import (
    EXTENSIONS,
    PROFILES,
    Resource,
    Row,
    coding,
    complete,
    contexts,
    elements,
    fhirpath,
    good,
    grown,
    key,
    made,
    owners,
    reached,
    resource_type,
    sample,
    steps,
    url,
    valued,
)

OTHER = {"coding": [{"system": "http://example.org/other", "code": "other"}]}
AT = "http://example.org/target"


@dataclass(frozen=True)
class Broken:
    """One fault, and the resource without it; what else is at hand then."""

    name: str
    rule: str
    path: str
    wrong: Resource
    right: Resource
    beside: Resource | None = None  # what AT is, for the right one; for the wrong one a Basic


def of_rows() -> Iterator[Broken]:
    for profile, found in PROFILES.items():
        for row in found.get("rows", []):
            for deep in (False, True) if "*" in row["path"] else (False,):
                yield from of_row(profile, row, deep)


def of_row(profile: str, row: Row, deep: bool) -> Iterator[Broken]:
    type, path = PROFILES[profile]["type"], steps(row["path"])
    name = f"{profile}-{row.get('id', row['path'])}{'-nested' if deep else ''}"
    last, _, among = path[-1] if path else ("", False, "")

    def told(facet: str, rule: str, at: tuple[str | int, ...], wrong: Resource, right: Resource, **more: Any) -> Broken:
        return Broken(f"{name}-{facet}", rule, fhirpath(type, at), wrong, right, **more)

    def with_elements(*values: Any) -> tuple[Resource, tuple[str | int, ...]]:
        """A good resource with these under the last name, in the first or the innermost owner."""
        resource = good(profile)
        owner, at = reached(resource, path, deep)
        cleared(owner, last)
        for value in values:
            grown(owner, key(last, row), deepcopy(value))
        if values:
            complete(resource, profile)
        return resource, at

    id = rule_id(profile, row)
    if "min" in row:
        wrong, at = with_elements()
        others(wrong, profile, path, deep)
        right, _ = with_elements(sample(row, among, last))
        yield told("missing", id, at, wrong, right)
    if "max" in row:
        most = row["max"]
        right, at = with_elements(*[sample(row, among, last)] * most)
        if most == 0:
            complete(right, profile)
        wrong, _ = with_elements(*[sample(row, among, last)] * (most + 1))
        (owner,) = [owner for owner, keys in owners(wrong, path) if keys == at]
        place = elements(owner, last, among, at)[most][1]
        yield told("too-many", id, place, wrong, right)
    if "value" in row or "canonical" in row:
        right, _ = with_elements(sample(row, among, last))
        value = sample(row, among, last)
        wrong, at = with_elements(not value if isinstance(value, bool) else f"{value}x")
        yield told("value", id, place_of(wrong, path, at), wrong, right)
    if "code" in row:
        sibling = coding(
            "activity#order-service" if row["code"] == "activity#send-message" else "activity#send-message"
        )
        wrong, at = with_elements(sibling)
        right, _ = with_elements({"coding": [*sibling["coding"], *sample(row, among, last)["coding"]]})
        yield told("code", id, place_of(wrong, path, at), wrong, right)
    if "extensible" in row:
        wrong, at = with_elements(OTHER)
        right, _ = with_elements({"coding": [*OTHER["coding"], *sample(row, among, last)["coding"]]})
        yield told("binding", f"{id}-binding", place_of(wrong, path, at), wrong, right)
    if "types" in row:
        wrong, right = good(profile), good(profile)
        owner, at = reached(wrong, path, deep)
        other = last.replace("[x]", "Uri" if last == "definition[x]" else "String")
        owner[other] = "x"
        owner.pop(key(last, row), None)
        complete_but(wrong, profile, owner, key(last, row))
        owner, _ = reached(right, path, deep)
        if key(last, row) not in owner:
            owner[key(last, row)] = sample(row, among, last)
        yield told("type", id, (*at, other), wrong, complete(right, profile))
    if "targets" in row:
        value = sample(row, among, last)
        if isinstance(value, str):
            wrong, at = with_elements(AT)
            target = row["targets"][0]
            beside = good(target) if target in PROFILES else {"resourceType": target}
            yield told("target", id, place_of(wrong, path, at), wrong, wrong, beside=beside | {"url": AT})
        else:
            wrong, at = with_elements({"reference": "Basic/x"})
            for target in row["targets"]:
                right, _ = with_elements({"reference": f"http://example.org/{resource_type(target)}/x/_history/2"})
                yield told(f"target-{target}", id, place_of(wrong, path, at), wrong, right)
    if "one-of" in row:
        for number, alternatives in enumerate([[], row["one-of"][:2]]):
            wrong, right = good(profile), good(profile)
            for resource in (wrong, right):
                if path:
                    owner, _ = reached(resource, path, deep)
                    if not elements(owner, last, among):
                        grown(owner, last, sample(row, among, last) if among else {})
                    complete(resource, profile)
            context, at = contexts(wrong, path)[0]
            for each in row["one-of"]:
                context.pop(steps(each)[0][0], None)
            for each in alternatives:
                made(context, each)
                complete(wrong, profile)
            yield told(f"one-of-{number}", id, at, wrong, right)
    if "if" in row:
        given = {"concept.concept": {"concept": [{"code": "a", "concept": [{"code": "b"}]}]}}
        held: Resource = given.get(row["if"], {"content": "complete"})
        then: Resource = {"hierarchyMeaning": "is-a"} if "concept" in held else {"concept": [{"code": "a"}]}
        yield told("if", id, (), good(profile) | held, good(profile) | held | then)
        yield told("if-not", id, (), good(profile) | held, good(profile) | then)


def rule_id(profile: str, row: Row) -> str:
    """As the reader of the table makes it, said another way: names in kebab-case, and what brackets choose."""
    parts = [str(row["id"])] if "id" in row else []
    for name, _, among in steps(row["path"]) if not parts else ():
        parts.append(name.removesuffix("[x]"))
        parts += [among.rpartition("=")[2].rpartition("#")[2]] if among else []
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in "-".join(parts))
    return f"{profile}-{kebab}"


def place_of(resource: Resource, path: Any, at: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The first element of a path's last name in the owner at these keys."""
    name = path[-1][0]
    (owner,) = [owner for owner, keys in owners(resource, path) if keys == at]
    return elements(owner, name, "", at)[0][1]


def others(resource: Resource, profile: str, path: Any, deep: bool) -> None:
    """All that the profile requires but the last name of the path in its owner."""
    owner, _ = reached(resource, path, deep)
    complete_but(resource, profile, owner, path[-1][0])


def complete_but(resource: Resource, profile: str, owner: Resource, name: str) -> None:
    complete(resource, profile)
    cleared(owner, name)


def cleared(owner: Resource, name: str) -> None:
    """Nothing of this name is left, whatever type a choice has."""
    choice = name.removesuffix("[x]")
    for each in [each for each in owner if each == name or (choice != name and each.startswith(choice))]:
        del owner[each]


def of_extensions() -> Iterator[Broken]:
    for name, found in EXTENSIONS.items():
        for context in found["contexts"]:
            yield from of_extension(name, found, context)


def of_extension(name: str, found: Row, context: str) -> Iterator[Broken]:
    type, *inner = ("Basic" if context == "Resource" else context).split(".")
    at = "modifierExtension" if found.get("modifier") else "extension"
    types = found.get("types", [])
    keys = [f"value{type[0].upper()}{type[1:]}" for type in types]
    value = {keys[0]: valued(types[0], found)} if types else {"valueString": "x"}
    fhir_path = fhirpath(type, tuple(part for each in inner for part in (each, 0)))

    def using(use: Resource, key: str = at, type: str = type) -> Resource:
        held: Resource = {key: [{"url": url(name)} | use]}
        for each in reversed(inner):
            held = {each: [held]}
        return {"resourceType": type} | held

    def told(facet: str, path: str, wrong: Resource, right: Resource | None = None, **more: Any) -> Broken:
        return Broken(
            f"{name}-{context}-{facet}", f"{name.lower()}-extension", path, wrong, right or using(value), **more
        )

    where = f"{fhir_path}.{at}[0]"
    away: Resource = {"resourceType": "Basic", "code": {at: [{"url": url(name)} | value]}}
    yield told("context", f"Basic.code.{at}[0]", away)
    other = "extension" if found.get("modifier") else "modifierExtension"
    yield told("modifier", f"{fhir_path}.{other}[0]", using(value, key=other))
    if not types:
        return
    yield told("none", where, using({}))
    yield told("type", f"{where}.valueDate", using({"valueDate": "2024"}))
    yield told("inside", f"{where}.extension[0]", using(value | {"extension": [{"url": "x", "valueCode": "x"}]}))
    for type_, each in zip(types, keys, strict=True):
        right = using({each: valued(type_, found)})
        yield told(f"type-{type_}", f"{where}.valueDate", using({"valueDate": "2024"}), right)
    if "required" in found:
        wrong = OTHER if types == ["CodeableConcept"] else "other"
        yield told("binding", f"{where}.{keys[0]}", using({keys[0]: wrong}))
    if "targets" in found and types == ["canonical"]:
        target = found["targets"][0]
        beside = good(target) if target in PROFILES else {"resourceType": target}
        use = using({keys[0]: AT})
        yield told("target", f"{where}.{keys[0]}", use, use, beside=beside | {"url": AT})
    elif "targets" in found:
        use = using({keys[0]: {"reference": f"{resource_type(found['targets'][0])}/x"}})
        yield told("target", f"{where}.{keys[0]}", using({keys[0]: {"reference": "Basic/x"}}), use)
