"""Two releases in, changes out, the weightiest first. Pure: what was read is all it knows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from . import logic, plans, terms
from .change import Change, Class, Resource, place, subject
from .elements import Difference, differences
from .release import VERSION, Release, normal, restored
from .wording import NARRATIVE, in_words

Words = Callable[[Resource, Resource, Sequence[Difference]], Iterator[Change]]
BY_TYPE: Mapping[str, Words] = {
    "CodeSystem": terms.code_system,
    "Library": logic.changes,
    "PlanDefinition": plans.changes,
    "Questionnaire": terms.questionnaire,
    "ValueSet": terms.value_set,
}


FIRST = {"condition-removed", "condition-added"}  # what all else in its class follows from


def compare(old: Release, new: Release) -> list[Change]:
    """Every change; by class, conditions first, then by resource."""
    found = list(_of_release(old, new))
    for key, resource in old.resources.items():
        if key not in new.resources:
            found.append(_whole(resource, Class.BREAKING, "removed"))
    for key, resource in new.resources.items():
        if key not in old.resources:
            found.append(_whole(resource, Class.CLINICAL, "added"))
        else:
            for each in _of_resource(normal(old, key, new), normal(new, key, old)):
                what = each.what.replace(f"|{VERSION}", "").replace(VERSION, "its version")
                found.append(replace(each, what=what, old=restored(each.old, old), new=restored(each.new, new)))
    return sorted(found, key=lambda each: (each.severity.rank, each.kind not in FIRST, each.resource))


def _of_release(old: Release, new: Release) -> Iterator[Change]:
    name = new.package or new.name
    if old.package != new.package:
        what = f"package is {new.package or 'without a name'}, was {old.package or 'without a name'}"
        yield Change(Class.BREAKING, "package-changed", name, "", "", what, old.package, new.package)
    for kind, was, now in (("version", old.version, new.version), ("date", old.date, new.date)):
        if was != now:
            what = f"{kind} is {now or 'not said'}, was {was or 'not said'}"
            yield Change(Class.EDITORIAL, f"{kind}-changed", name, "", "", what, was, now)


def _whole(resource: Resource, severity: Class, done: str) -> Change:
    sides = (place(resource), None) if done == "removed" else (None, place(resource))
    return Change(severity, f"resource-{done}", subject(resource), place(resource), "", done, *sides)


def _of_resource(old: Resource, new: Resource) -> Iterator[Change]:
    if "id" not in old or "id" not in new:  # a Bundle that lets the server choose
        old, new = ({key: each for key, each in side.items() if key != "id"} for side in (old, new))
    found = list(differences(old, new, new["resourceType"]))
    if found:
        changes = list(BY_TYPE.get(new["resourceType"], _generic)(old, new, found))
        yield from [each for each in changes if each.kind != NARRATIVE] or changes  # a narrative follows what changed


def _generic(_: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    yield from in_words(new, found)
