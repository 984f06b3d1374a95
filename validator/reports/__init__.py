"""A report in the form its reader wants. Each format is a pure function in FORMATS; adding one is a line here."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from .as_json import as_json
from .fhir import fhir
from .junit import junit
from .sarif import sarif
from .text import text
from .words import Setting

if TYPE_CHECKING:
    from ..run import Report

__all__ = ["FORMATS", "Setting"]

FORMATS: dict[str, Callable[["Report", Setting], str]] = {
    "text": text,
    "json": as_json,
    "fhir": fhir,
    "junit": junit,
    "sarif": sarif,
}
