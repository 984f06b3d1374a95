"""Units of UCUM, by a library's grammar."""

from functools import cache, lru_cache
from typing import Any


@cache
def _parser() -> Any:
    from ucumvert import get_ucum_parser  # type: ignore[import-untyped]

    return get_ucum_parser()


@lru_cache(maxsize=4096)
def is_ucum(code: str) -> bool:
    """Whether a code is a UCUM unit, case-sensitive."""
    from lark.exceptions import LarkError

    if not code or not code.isascii() or any(character.isspace() for character in code):
        return False
    try:
        _parser().parse(code)
    except LarkError:
        return False
    return True
