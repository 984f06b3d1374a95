"""The formats of R4's primitive types (datatypes.html#primitive)."""

import re
from calendar import monthrange
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .narrative import no_xhtml
from .rule import Layer, Wording, rule

Fault = tuple[str, str]  # what is so, what to do
LONGEST_TEXT = 1024 * 1024

DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
TIME = r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(\.[0-9]+)?"
ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)"
DATE_TIME = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})T{TIME}{ZONE}")
TIME_OF_DAY = re.compile(TIME)
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
CODE = re.compile(r"[^\s\x00-\x1f]+(?:[ ][^\s\x00-\x1f]+)*")
OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
SPACE = re.compile(r"\s")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@rule(Layer.STRUCTURE)
def primitive_format(type: str, value: Any, what: str, remedy: str) -> Wording:
    """A primitive value has the JSON type and the format that R4 gives its type (datatypes.html#primitive)."""
    return f"{_shown(value)} is no {type}: {what}", remedy


@rule(Layer.STRUCTURE, "warning")
def text_blank() -> Wording:
    """A text is more than white space (R4 datatypes.html#string says it should be)."""
    return "the text is white space only", "write a text, or leave the element out"


@rule(Layer.STRUCTURE, "warning")
def text_edges(value: Any) -> Wording:
    """A text neither begins nor ends with white space: it is seldom meant, and two texts that look alike differ."""
    return f"the text {_shown(value)} begins or ends with white space", "trim it"


@rule(Layer.STRUCTURE)
def canonical_absolute(value: str) -> Wording:
    """A canonical is an absolute url or a fragment, never a relative reference (R4 datatypes.html#canonical)."""
    return f"the canonical {_shown(value)} is neither absolute nor a fragment", "write the whole url of what is meant"


def is_absolute(canonical: str) -> bool:
    return canonical.startswith("#") or ABSOLUTE.match(canonical) is not None


def fault_of(type: str, value: Any) -> Fault | None:
    """What is wrong with a value of a primitive type, if anything."""
    check = CHECKS.get(type)
    return None if check is None else check(value)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return repr(text) if isinstance(value, str) else text


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (int, Decimal)):
        return "a number"
    return "an object" if isinstance(value, dict) else "an array" if isinstance(value, list) else "null"


def _boolean(value: Any) -> Fault | None:
    if isinstance(value, bool):
        return None
    return f"it is {_json_type(value)}", "write true or false, without quotes"


def _whole(low: int) -> Callable[[Any], Fault | None]:
    def check(value: Any) -> Fault | None:
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return f"it is {_json_type(value)}", "write a whole number, without quotes"
        if isinstance(value, Decimal):
            return "it is written with a point or an exponent", "write the whole number"
        if not low <= value <= 2**31 - 1:
            return f"it lies outside {low} to {2**31 - 1}", "write a number in that range"
        return None

    return check


def _decimal(value: Any) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return f"it is {_json_type(value)}", "write a number, without quotes"
    return None


def _text(check: Callable[[str], Fault | None]) -> Callable[[Any], Fault | None]:
    def checked(value: Any) -> Fault | None:
        if not isinstance(value, str):
            return f"it is {_json_type(value)}", "write a string, in quotes"
        if not value:
            return "it is empty", "write a text, or leave the element out"
        return check(value)

    return checked


def _string(value: str) -> Fault | None:
    if len(value) > LONGEST_TEXT:
        return f"it has {len(value)} characters, and at most {LONGEST_TEXT} are allowed", "shorten it"
    if CONTROL.search(value):
        return "it holds a control character", "take it out"
    return None


def _uri(value: str) -> Fault | None:
    if SPACE.search(value):
        return "it holds white space", "write it without, or encode it as %20"
    if CONTROL.search(value):
        return "it holds a control character", "take it out"
    if value.startswith("urn:uuid:") and not UUID.fullmatch(value.lower()):
        return "what follows urn:uuid: is no UUID", "write 8-4-4-4-12 hexadecimal digits"
    if value.startswith("urn:oid:") and not OID.fullmatch(value.partition("|")[0]):
        return "what follows urn:oid: is no OID", "write numbers with points between them"
    return None


def _pattern(pattern: re.Pattern[str], what: str, remedy: str) -> Callable[[str], Fault | None]:
    return lambda value: None if pattern.fullmatch(value) else (what, remedy)


def _date(value: str) -> Fault | None:
    match = DATE.fullmatch(value)
    if not match:
        return "it is not written YYYY, YYYY-MM or YYYY-MM-DD", "write it so"
    return _calendar(*match.groups())


def _date_time(value: str) -> Fault | None:
    if "T" not in value:
        return _date(value)
    match = DATE_TIME.fullmatch(value)
    if not match:
        return "a time needs seconds and a time zone", "write it as 2020-01-31T09:30:00+01:00"
    return _calendar(*match.groups()[:3])


def _instant(value: str) -> Fault | None:
    match = DATE_TIME.fullmatch(value)
    if not match:
        return "an instant has a day, a time with seconds, and a time zone", "write it as 2020-01-31T09:30:00+01:00"
    return _calendar(*match.groups()[:3])


def _calendar(year: str, month: str | None, day: str | None) -> Fault | None:
    there = 1 <= int(month or 1) <= 12 and int(year) > 0
    if there and 1 <= int(day or 1) <= monthrange(int(year), int(month or 1))[1]:
        return None
    return "there is no such day in the calendar", "write a day that exists"


def _xhtml(value: str) -> Fault | None:
    wrong = no_xhtml(value)
    return None if wrong is None else (wrong, "write well-formed XHTML in one <div>")


def _base64(value: str) -> Fault | None:
    compact = "".join(value.split()) if SPACE.search(value) else value
    if len(compact) % 4 or not BASE64.fullmatch(compact):
        return "it is not base64", "encode the bytes again"
    return None


def _checks() -> dict[str, Callable[[Any], Fault | None]]:
    uuid = _pattern(
        UUID, "it is not urn:uuid: with a UUID in small letters", "write urn:uuid: and 8-4-4-4-12 hexadecimal digits"
    )
    oid = _pattern(OID, "it is not urn:oid: with an OID", "write urn:oid: and numbers with points between them")
    id = _pattern(ID, "an id is 1 to 64 letters, digits, '-' or '.'", "write such an id")
    code = _pattern(
        CODE, "a code has no white space at its ends and only single spaces inside", "write the code as it is defined"
    )
    time = _pattern(TIME_OF_DAY, "a time is written hh:mm:ss", "write it so")
    return {
        "boolean": _boolean,
        "integer": _whole(-(2**31)),
        "unsignedInt": _whole(0),
        "positiveInt": _whole(1),
        "decimal": _decimal,
        "string": _text(_string),
        "markdown": _text(_string),
        "xhtml": _text(_xhtml),
        "uri": _text(_uri),
        "url": _text(_uri),
        "canonical": _text(_uri),
        "code": _text(code),
        "id": _text(id),
        "oid": _text(oid),
        "uuid": _text(uuid),
        "date": _text(_date),
        "dateTime": _text(_date_time),
        "instant": _text(_instant),
        "time": _text(time),
        "base64Binary": _text(_base64),
    }


CHECKS = _checks()
