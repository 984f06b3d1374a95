"""JSON that means one thing: a key given twice, NaN, or a number out of range is refused, not guessed at."""

import json
from typing import Any, NoReturn


class JsonError(ValueError):
    """The text is no JSON that means one thing; the message says where and what."""


def parse(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises JsonError.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_object, parse_constant=_constant, parse_float=_number)
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        what = "a byte order mark stands before it" if decoded.startswith("\ufeff") else error.msg
        raise JsonError(f"line {error.lineno}, column {error.colno}: not JSON ({what}); mend it") from error
    except RecursionError as error:
        raise JsonError("nested too deeply to be read; mend it") from error
    except JsonError:
        raise
    except ValueError as error:  # a whole number of thousands of digits
        raise JsonError(f"not JSON that can be read ({error}); mend it") from error


def _whole(value: Any) -> None:
    """Refuse half a character (a lone surrogate): no text can hold it."""
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise JsonError("half of a surrogate pair stands in a text; mend it") from error
    elif isinstance(value, list):
        for each in value:
            _whole(each)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    for name, value in pairs:
        _whole(name)
        _whole(value)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonError(f"the key {twice!r} is given twice in one object; keep one of them")
    return found


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _constant(text)
    return number


def _constant(text: str) -> NoReturn:
    raise JsonError(f"{text} is no number of JSON; mend it")
