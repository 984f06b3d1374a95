"""JSON as FHIR wants it: a key once, UTF-8 without a byte order mark, numbers with the digits they were written in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from math import isinf
from typing import Any

from .place import Place
from .rule import Finding, Layer, Wording, rule

MARK = b"\xef\xbb\xbf"
LONGEST_WHOLE = 300  # digits: a double holds few more
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
COLON = re.compile(r"\s*:")


@rule(Layer.JSON)
def json_syntax(what: str) -> Wording:
    """The text is JSON."""
    return f"this is not JSON ({what})", "mend the text here"


@rule(Layer.JSON)
def json_encoding(byte: int) -> Wording:
    """The file is UTF-8."""
    return f"byte {byte} is not UTF-8", "save the file as UTF-8"


@rule(Layer.JSON)
def json_byte_order_mark() -> Wording:
    """No byte order mark stands before the text: many readers refuse it."""
    return "a byte order mark stands before the text", "save the file without it"


@rule(Layer.JSON)
def json_duplicate_key(key: str) -> Wording:
    """A key stands once in an object: of two, readers take the one or the other."""
    return f"the key {key!r} is given twice in one object", "keep one of them"


@rule(Layer.JSON)
def json_number(text: str) -> Wording:
    """A number is one that JSON has and that readers can hold: no NaN, no Infinity, no 1e400."""
    text = text if len(text) <= 40 else f"{text[:37]}..."
    return f"{text} is no number that JSON and its readers can hold", "write a number, or leave the element out"


@rule(Layer.JSON)
def json_surrogate() -> Wording:
    """No text holds half a character (a lone surrogate)."""
    return "half of a surrogate pair stands in this text", "write the whole character"


@rule(Layer.JSON)
def json_depth() -> Wording:
    """The text is nested no deeper than readers follow."""
    return "the text is nested too deeply to be read", "flatten it"


@rule(Layer.JSON)
def json_root(found: str) -> Wording:
    """A document is one object: a resource."""
    return f"the document is {found}, not an object", "write one resource"


@rule(Layer.JSON)
def json_null() -> Wording:
    """Null stands only in a list of primitives, to keep its place beside the other list (R4 json.html#null)."""
    return "null is no value in FHIR", "leave the element out"


@rule(Layer.JSON)
def json_empty(kind: str) -> Wording:
    """Arrays and objects are not empty: what has no content is left out (R4 json.html)."""
    return f"this {kind} is empty", "leave the element out"


@dataclass(slots=True)
class Parsed:
    """What a text holds: the value, None where it can't be read, and faults with their offset in the text."""

    text: str
    value: Any = None
    faults: list[tuple[int, Finding]] = field(default_factory=list)
    read: bool = True


ROOT = Place.root("")


def parse(data: bytes) -> Parsed:
    """Read JSON; everything that is wrong in it is told, and as much as can be is read."""
    faults: list[tuple[int, Finding]] = []
    skipped = 0
    if data.startswith(MARK):
        faults.append((0, json_byte_order_mark(ROOT)))
        skipped = len(MARK)
        data = data[skipped:]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace")
        faults.append((len(data[: error.start].decode("utf-8")), json_encoding(ROOT, error.start + skipped)))
    parsed = Parsed(text, faults=faults)
    suspect: list[str] = []  # what needs a second, slower look for its places

    def an_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            suspect.append("key")
        return made

    def a_constant(_: str) -> Decimal:
        suspect.append("number")
        return Decimal(0)  # told; in its place stands what no other layer stumbles over

    def a_decimal(text: str) -> Decimal:
        if _out_of_range(text):
            return a_constant(text)
        return Decimal(text)

    def a_whole(text: str) -> int:
        if len(text) > LONGEST_WHOLE:
            a_constant(text)
            return 0
        return int(text)

    try:
        parsed.value = json.loads(
            text, object_pairs_hook=an_object, parse_constant=a_constant, parse_float=a_decimal, parse_int=a_whole
        )
    except json.JSONDecodeError as error:
        parsed.faults.append((error.pos, json_syntax(ROOT, error.msg)))
        parsed.read = False
    except RecursionError:
        parsed.faults.append((0, json_depth(ROOT)))
        parsed.read = False
    if "\\u" in text and re.search(r"\\u[dD][89a-fA-F]", text):
        suspect.append("surrogate")
    if suspect and parsed.read:
        parsed.faults.extend(_second_look(text))
        if "surrogate" in suspect:
            parsed.value = _whole(parsed.value)
    return parsed


def _whole(value: Any) -> Any:
    """The value with a mark in place of each half character, so that every reader can hold it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value


def _second_look(text: str) -> Iterator[tuple[int, Finding]]:
    """Places of keys given twice, numbers out of range and half characters."""
    keys: list[set[str]] = []
    before = ""
    for match in TOKEN.finditer(text):
        part = match.group()
        if part in ("{", "["):
            keys.append(set())
        elif part in ("}", "]"):
            keys.pop()
        elif part[0] == '"':
            word = json.loads(part)
            try:
                word.encode("utf-8")
            except UnicodeEncodeError:
                yield match.start(), json_surrogate(ROOT)
            if before in ("{", ",") and COLON.match(text, match.end()):
                if word in keys[-1]:
                    yield match.start(), json_duplicate_key(ROOT, word)
                keys[-1].add(word)
        elif part in ("NaN", "Infinity", "-Infinity") or _out_of_range(part):
            yield match.start(), json_number(ROOT, part)
        before = part


def _out_of_range(part: str) -> bool:
    """Whether most readers would see infinity, or nothing where there is something."""
    if part[0] not in "-0123456789":
        return False
    try:
        read = float(part)
    except ValueError:
        return False
    return isinf(read) or (read == 0 and Decimal(part) != 0)
