"""What the validator tells: one finding about one place in one file."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "information"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding, ready to be printed.

    `line` and `column` count from 1, in characters, and are None where a file could not be read at all. `path` is
    FHIRPath from the outermost resource of the file, empty where there is none. `message` says what is so and what to
    do. `source` is the layer that found it; `confirmed_by` names layers that found the same independently.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    severity: Severity
    rule: str
    message: str
    source: str
    confirmed_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.severity}: {f'{self.path}: ' if self.path else ''}{self.message} [{self.rule}]"
