"""Literal references, taken apart (R4 references.html#literal)."""

import re

ID = r"[A-Za-z0-9\-.]{1,64}"
HISTORY = rf"(?:/_history/{ID})?"
RELATIVE = re.compile(rf"([A-Za-z][A-Za-z0-9]*)/({ID}){HISTORY}")
ABSOLUTE = re.compile(rf"https?://.+/([A-Z][A-Za-z]+)/({ID}){HISTORY}")
CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?.*", re.DOTALL)
URN = ("urn:uuid:", "urn:oid:")


def relative(reference: str) -> tuple[str, str] | None:
    """Type and id of `Patient/p`, with or without a version; the type may be one that R4 has not."""
    match = RELATIVE.fullmatch(reference)
    return (match[1], match[2]) if match else None


def absolute(reference: str) -> tuple[str, str] | None:
    """Type and id of the address of a resource on a server."""
    match = ABSOLUTE.fullmatch(reference)
    return (match[1], match[2]) if match else None


def searched(reference: str) -> str | None:
    """The type that a conditional reference of a transaction looks for, as in `Patient?identifier=…`."""
    match = CONDITIONAL.fullmatch(reference)
    return match[1] if match else None
