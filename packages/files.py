"""The files of a distribution folder: what is in them, and how they get there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from ..checksums import FILE, sums
from . import npm
from .bundle import Resource, by_id, by_url, closure, collection, unload
from .closure import closures
from .ndjson import by_type
from .summary import summary

_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True, slots=True)
class Distribution:
    """File name (a path with `/`) -> bytes, the checksums of all others last; and what is not there, and why."""

    files: dict[str, bytes]
    without: str | None = None


def distribution(resources: Sequence[Resource], examples: Sequence[Resource], time: int | None = None) -> Distribution:
    """Everything that integrators take. `time`: of what is packed, by default the date of the content."""
    made = {
        "bundle-by-id.json": orjson.dumps(by_id(resources), option=_INDENTED),
        "bundle-by-url.json": orjson.dumps(by_url(resources), option=_INDENTED),
        "unload.json": orjson.dumps(unload(resources), option=_INDENTED),
        "collection.json": orjson.dumps(collection(resources), option=_INDENTED),
    }
    made |= {f"ndjson/{type}.ndjson": lines for type, lines in by_type(resources).items()}
    needed = closures(resources)
    bundles = {id: f"closures/{id}.json" for id in needed}
    made |= {bundles[id]: orjson.dumps(closure(id, each), option=_INDENTED) for id, each in needed.items()}
    made["summary.json"] = orjson.dumps(summary(resources, needed, bundles), option=_INDENTED)
    without = None
    try:
        guide = npm.guide(resources)
        made[npm.file_name(guide)] = npm.tgz(resources, examples, npm.day(guide) if time is None else time)
    except npm.NoGuideError as error:
        without = f"no FHIR package is written: {error}"
    return Distribution({**made, FILE: sums(made)}, without)


def write(made: Mapping[str, bytes], folder: Path) -> None:
    """Write the files, each whole or not at all, and leave others in the folder alone.

    Raises OSError where the folder can't be written.
    """
    places = {name: folder / name for name in made}
    for parent in dict.fromkeys(place.parent for place in places.values()):
        parent.mkdir(parents=True, exist_ok=True)
    new = {name: place.with_name(f".{place.name}.new") for name, place in places.items()}
    try:
        for name, data in made.items():
            new[name].write_bytes(data)
        for name, path in new.items():  # the checksums come last, so they never vouch for what is not there
            path.replace(places[name])
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)
