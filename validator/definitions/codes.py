"""Code systems whose codes are all known, and value sets counted out."""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class CodeSystem:
    """All codes of a system with their displays."""

    url: str
    displays: dict[str, tuple[str, ...]]
    case_sensitive: bool = True

    def canonical(self, code: str) -> str | None:
        """The code as the system writes it; None where it has no such code."""
        if code in self.displays:
            return code
        if not self.case_sensitive:
            return next((own for own in self.displays if own.casefold() == code.casefold()), None)
        return None


class Codes:
    """What is known of code systems and value sets: R4's own, and more as they are added."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._rows: dict[str, Any] = table["systems"]
        self._systems: dict[str, CodeSystem | None] = {}
        self._sets: dict[str, dict[str, frozenset[str]]] = {}
        self._set_rows: dict[str, dict[str, list[str]]] = table["sets"]

    def system(self, url: str) -> CodeSystem | None:
        """A code system whose codes are all known."""
        if url not in self._systems:
            row = self._rows.get(url)
            self._systems[url] = None if row is None else _system(url, row)
        return self._systems[url]

    def add_system(self, system: CodeSystem) -> None:
        self._systems[system.url] = system

    def value_set(self, url: str) -> dict[str, frozenset[str]] | None:
        """The codes of a value set by system; None where they can't be counted out."""
        if url not in self._sets and url in self._set_rows:
            self._sets[url] = {system: frozenset(codes) for system, codes in self._set_rows[url].items()}
        return self._sets.get(url)

    def add_value_set(self, url: str, codes: dict[str, frozenset[str]]) -> None:
        self._sets[url] = codes


def _system(url: str, row: dict[str, Any]) -> CodeSystem:
    displays = {
        code: tuple(names) if isinstance(names, list) else (names,) if names else ()
        for code, names in row["codes"].items()
    }
    return CodeSystem(url, displays, row.get("caseSensitive", True))
