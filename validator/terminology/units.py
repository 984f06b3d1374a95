"""Units of UCUM, by a library's grammar."""

from functools import cache, lru_cache
from typing import Any

LONGEST = 100  # no unit is written longer, and parsing takes long then


@cache
def _parser() -> Any:
    from ucumvert import get_ucum_parser  # type: ignore[import-untyped]

    return get_ucum_parser()


@lru_cache(maxsize=4096)
def is_ucum(code: str) -> bool:
    """Whether a code is a UCUM unit, case-sensitive."""
    from lark.exceptions import LarkError

    if not code or len(code) > LONGEST or not code.isascii() or any(character.isspace() for character in code):
        return False
    try:
        _parser().parse(code)
    except LarkError:
        return False
    return True
