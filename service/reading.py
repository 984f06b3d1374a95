"""Records as they are given: a Bundle, several one a line, a folder of resources, or standard input."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .patient_record import RecordsError
from .strict import JsonError, parse


@dataclass(frozen=True, slots=True)
class Given:
    """One Bundle, with the place it came from, or why there is none."""

    place: str
    bundle: Any
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """All that was given. `several`: Bundles one a line (NDJSON), answered one a line, as is one that is one line."""

    given: Iterator[Given]
    several: bool
    one_line: bool = False


def read(path: Path) -> Input:
    """What a path holds; `-` is standard input.

    Raises RecordsError where it can't be read at all. A line that holds no Bundle is given as its fault.
    """
    if path.is_dir():
        return Input(iter([Given(str(path), _folder(path))]), several=False)
    name = "stdin" if str(path) == "-" else str(path)
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise RecordsError(
            [f"{path}: {error.strerror}; name a Bundle, a folder of resources, or - for stdin"]
        ) from error
    lines = data.split(b"\n")
    if lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise RecordsError([f"{name}: empty; give a Bundle with the patient and the records"])
    if path.suffix in (".ndjson", ".jsonl") or (len(lines) > 1 and _stands_alone(lines[0])):
        return Input((_line(name, number, line) for number, line in enumerate(lines, start=1)), several=True)
    try:
        return Input(iter([Given(name, parse(data))]), several=False, one_line=len(lines) == 1)
    except JsonError as error:
        raise RecordsError([f"{name}: {error}"]) from error


def _stands_alone(line: bytes) -> bool:
    """Whether a first line is a value by itself, so that each further line is one too."""
    text = line.strip()
    return (text.endswith(b"}") and (text.startswith(b"{") and _parses(text))) or (bool(text) and text[:1] not in b"{[")


def _parses(text: bytes) -> bool:
    try:
        parse(text)
    except JsonError:
        return False
    return True


def _line(name: str, number: int, line: bytes) -> Given:
    place = f"{name}:{number}"
    if not line.strip():
        return Given(place, None, "an empty line; give a Bundle in each line")
    try:
        return Given(place, parse(line))
    except JsonError as error:
        return Given(place, None, str(error))


def _folder(path: Path) -> dict[str, Any]:
    """The resources of a folder as one Bundle, one file each."""
    faults, entries = [], []
    for file in sorted(path.rglob("*.json")):
        try:
            resource = parse(file.read_bytes())
            if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
                faults.append(f"{file}: a Bundle among single resources; give it by itself")
            entries.append({"resource": resource})
        except OSError as error:
            faults.append(f"{file}: {error.strerror}; make it readable")
        except JsonError as error:
            faults.append(f"{file}: {error}")
    if faults:
        raise RecordsError(faults)
    if not entries:
        raise RecordsError([f"{path}: holds no *.json; name a folder with a patient's records, one resource a file"])
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
