"""Single-fault mutants of valid resources: the table, and how one fault is put into the text of its base.

Only the place of the fault changes. The rest of the file stays as it was, byte for byte, so that a line or column
that a reader sees in a finding is the one in the base.
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("mutants.toml")
EXAMPLES = "examples/"  # a base that begins so lies in the folder of the official examples, any other under the root

CHANGES = ("set", "remove", "rename", "insert", "text")
LAYERS = ("json", "structure", "invariants", "terminology", "references", "profiles", "package")
SEVERITIES = ("error", "warning", "information")

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: what is changed in which valid file, where it should be found, by which layer, how severe it is."""

    id: str
    base: str
    fault: str
    path: str  # FHIRPath of the faulty element, of its parent where the element is missing
    change: str
    layer: str
    severity: str
    at: str = ""  # JSON pointer; "" is the whole document
    value: str = ""  # JSON text; for a rename the new key
    find: str = ""
    replace: str = ""
    replace_hex: str = ""  # instead of `replace`: bytes that no TOML string can hold
    nth: int = 0  # which occurrence of `find`, from 1; 0: the only one
    beside: tuple[str, ...] = ()  # files, unchanged, without which the fault can't be seen

    def __post_init__(self) -> None:
        for name, known in (("change", CHANGES), ("layer", LAYERS), ("severity", SEVERITIES)):
            if getattr(self, name) not in known:
                raise ValueError(f"mutant {self.id!r}: {name} {getattr(self, name)!r} is none of {', '.join(known)}")
        if self.change == "text" and (not self.find or self.at or self.value):
            raise ValueError(f"mutant {self.id!r}: a text change has find, and neither at nor value")
        if self.change != "text" and (self.find or self.replace or self.replace_hex or self.nth):
            raise ValueError(f"mutant {self.id!r}: find, replace, replace_hex and nth belong to a text change")


def load(table: Path = TABLE) -> tuple[Mutant, ...]:
    """All mutants, in the order of the table."""
    rows = tomllib.loads(table.read_text(encoding="utf-8"))["mutant"]
    return tuple(_mutant(row) for row in rows)


def _mutant(row: dict[str, Any]) -> Mutant:
    beside = tuple(row.get("with", ()))  # `with` is a word of the language, so the field has another name
    return Mutant(**{key: value for key, value in row.items() if key != "with"}, beside=beside)


def base_file(mutant: Mutant, examples: Path, root: Path) -> Path:
    if mutant.base.startswith(EXAMPLES):
        return examples / mutant.base.removeprefix(EXAMPLES)
    return root / mutant.base


def applied(mutant: Mutant, examples: Path, root: Path) -> bytes:
    """The base with the fault in it. Raises ValueError where the change does not fit the base or changes nothing."""
    before = base_file(mutant, examples, root).read_bytes()
    try:
        after = _text_changed(mutant, before) if mutant.change == "text" else _value_changed(mutant, before)
    except ValueError as error:
        raise ValueError(f"mutant {mutant.id!r} does not fit {mutant.base}: {error}") from error
    if after == before:
        raise ValueError(f"mutant {mutant.id!r} changes nothing in {mutant.base}")
    return after


def _text_changed(mutant: Mutant, before: bytes) -> bytes:
    find = mutant.find.encode()
    count = before.count(find)
    if count == 0:
        raise ValueError(f"{mutant.find!r} does not occur")
    if mutant.nth > count or (not mutant.nth and count > 1):
        raise ValueError(f"{mutant.find!r} occurs {count} times, wanted is {mutant.nth or 'the only one'}")
    start = -1
    for _ in range(mutant.nth or 1):
        start = before.index(find, start + 1)
    new = bytes.fromhex(mutant.replace_hex) if mutant.replace_hex else mutant.replace.encode()
    return before[:start] + new + before[start + len(find) :]


def _value_changed(mutant: Mutant, before: bytes) -> bytes:
    text = before.decode()
    if mutant.change != "remove":
        json.loads(mutant.value)
    if not mutant.at:
        if mutant.change != "set":
            raise ValueError("the whole document can only be set")
        return mutant.value.encode()
    steps = [step.replace("~1", "/").replace("~0", "~") for step in mutant.at.removeprefix("/").split("/")]
    start = _skip(text, 0)
    for step in steps[:-1]:
        start = _child(text, start, step).start
    return _spliced(text, start, steps[-1], mutant).encode()


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member of an object or array stands in the text: from its key (or value) to behind its value."""

    key: str
    begin: int
    start: int
    end: int


def _spliced(text: str, start: int, step: str, mutant: Mutant) -> str:
    members = _members(text, start)
    is_object = text[start] == "{"
    named = next((member for member in members if member.key == step), None)
    match mutant.change:
        case "set" if named:
            return text[: named.start] + mutant.value + text[named.end :]
        case "set" if is_object:
            return _added(text, start, members, f"{json.dumps(step)}: {mutant.value}")
        case "insert" if not is_object and step in ("-", str(len(members))):
            return _added(text, start, members, mutant.value)
        case "insert" if not is_object and named:
            return text[: named.begin] + mutant.value + ", " + text[named.begin :]
        case "rename" if is_object and named:
            return text[: named.begin] + mutant.value + text[_DECODER.raw_decode(text, named.begin)[1] :]
        case "remove" if named:
            return _removed(text, members, named)
        case _:
            raise ValueError(f"{mutant.at} can't be {mutant.change}: no such member, or of another kind")


def _added(text: str, start: int, members: list[_Member], member: str) -> str:
    if not members:
        return text[: start + 1] + member + text[start + 1 :]
    end = members[-1].end
    lead = text[members[-2].end + 1 : members[-1].begin] if len(members) > 1 else " "
    return text[:end] + "," + lead + member + text[end:]


def _removed(text: str, members: list[_Member], gone: _Member) -> str:
    """Without the member and the one comma that parted it from its neighbour."""
    place = members.index(gone)
    if place + 1 < len(members):
        return text[: gone.begin] + text[members[place + 1].begin :]
    if place:
        return text[: members[place - 1].end] + text[gone.end :]
    return text[: gone.begin] + text[gone.end :]


def _child(text: str, start: int, step: str) -> _Member:
    for member in _members(text, start):
        if member.key == step:
            return member
    raise ValueError(f"there is no {step!r} on the way")


def _members(text: str, start: int) -> list[_Member]:
    if text[start] not in "{[":
        raise ValueError(f"{text[start : start + 20]!r} is neither object nor array")
    is_object = text[start] == "{"
    found: list[_Member] = []
    place = _skip(text, start + 1)
    while text[place] not in "}]":
        begin, key = place, str(len(found))
        if is_object:
            key, place = _DECODER.raw_decode(text, place)
            place = _skip(text, _skip(text, place) + 1)
        value = place
        _, place = _DECODER.raw_decode(text, value)
        found.append(_Member(key, begin, value, place))
        place = _skip(text, place)
        if text[place] == ",":
            place = _skip(text, place + 1)
    return found


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place
