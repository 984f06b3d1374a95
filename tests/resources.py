"""The committed resources, read as plain JSON; ways to walk them, and to break a copy in one place."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from .conftest import ROOT
from .oracle import OPTIONS as OPTIONS

FHIR = ROOT / "fhir"
BASE = "https://w3id.org/cervical-options"
VERSION = (ROOT / "generator" / "source" / "VERSION").read_text("utf-8").strip()
LIBRARY = "Library/CervicalOptionsLogic"
STRATEGY = "PlanDefinition/cervical-recurrence"

Resource = dict[str, Any]
Package = dict[str, Resource]


def package_in(folder: Path) -> Package:
    """The resources of a folder by `Type/id` as the file says, not as the resource says: a test compares the two."""
    return {
        file.relative_to(folder).with_suffix("").as_posix(): json.loads(file.read_text("utf-8"))
        for file in sorted(folder.glob("*/*.json"))
    }


PACKAGE = package_in(FHIR)


def of_type(package: Package, kind: str) -> Package:
    return {place: resource for place, resource in package.items() if place.startswith(f"{kind}/")}


def pascal(id: str) -> str:
    return "".join(part.capitalize() for part in id.split("-"))


def offer(option: str) -> str:
    return f"PlanDefinition/cervical-offer-{option}"


def actions(resource: Resource) -> Iterator[Resource]:
    """Every action of a plan, depth first."""
    for action in resource.get("action", ()):
        yield action
        yield from actions(action)


def action(package: Package, place: str, id: str) -> Resource:
    """The one action of a plan with that id."""
    [found] = [each for each in actions(package[place]) if each["id"] == id]
    return found


def leads_to(action: Resource) -> str | None:
    """`Type/id` of the definition that an action points at."""
    canonical = action.get("definitionCanonical")
    return None if canonical is None else str(canonical).removeprefix(f"{BASE}/").partition("|")[0]


def labels(artifacts: list[Resource]) -> list[str]:
    """Statement ids in the labels of related artifacts or documentation."""
    return [label for artifact in artifacts for label in artifact.get("label", "").split(", ") if label]


def nodes(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below this one with its path, for instance `action[0].title`."""
    if isinstance(value, dict):
        below = [(f"{path}.{key}".lstrip("."), child) for key, child in value.items()]
    elif isinstance(value, list):
        below = [(f"{path}[{index}]", child) for index, child in enumerate(value)]
    else:
        return
    for place, child in below:
        yield place, child
        yield from nodes(child, place)


def texts(resource: Resource) -> Iterator[tuple[str, str]]:
    """Every string of a resource with its path; the content of a Library as what it says."""
    for path, value in nodes(resource):
        if isinstance(value, str):
            yield path, b64decode(value).decode() if path.endswith("].data") else value


def cql(package: Package) -> str:
    """The logic as text."""
    [content] = [each for each in package[LIBRARY]["content"] if each["contentType"] == "text/cql"]
    return b64decode(content["data"]).decode()


def defines(package: Package) -> dict[str, str]:
    """Each define of the logic without a parameter, on one line."""
    found = re.findall(r"^define (\w+):(.*?)(?=^\S|\Z)", cql(package), re.MULTILINE | re.DOTALL)
    return {name: " ".join(body.split()) for name, body in found}


def changed_cql(old: str, new: str) -> Package:
    """The package with its logic changed in one place."""
    text = cql(PACKAGE)
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the logic"
    data = b64encode(text.replace(old, new).encode()).decode()
    index = [each["contentType"] for each in PACKAGE[LIBRARY]["content"]].index("text/cql")
    return changed(LIBRARY, f"content[{index}].data", data)


def changed(place: str, path: str, value: Any) -> Package:
    """The package with one value put, or with None taken away, at a path of one resource."""
    resource = deepcopy(PACKAGE[place])
    *parents, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    node: Any = resource
    for step in parents:
        node = node[step]
    if value is None:
        del node[last]
    elif isinstance(node, list) and last == len(node):
        node.append(value)
    else:
        node[last] = value
    return {**PACKAGE, place: resource}
