"""What a load or unload did, resource by resource: for people in lines, for programs as JSON."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..shape import Resource
from .ownership import name, place


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    ABSENT = "absent"  # unloading: it was not there
    LEFT = "left"  # unloading: somebody else's
    REFUSED = "refused"  # by the loader, before anything was written
    REJECTED = "rejected"  # by the server
    DIFFERS = "differs"  # written, and the server made something else of it
    UNKNOWN = "unknown"  # sent, and no answer came
    UNDONE = "not written"


OPEN = frozenset({Outcome.REFUSED, Outcome.REJECTED, Outcome.DIFFERS, Outcome.UNKNOWN, Outcome.UNDONE})
QUIET = frozenset({Outcome.UNCHANGED, Outcome.ABSENT})  # counted, not listed
PLANNED = {Outcome.CREATED: "to create", Outcome.UPDATED: "to update", Outcome.DELETED: "to delete"}
WIDTH = max(map(len, Outcome))


@dataclass(slots=True)
class Row:
    """One resource of the package, where the server has it, and what became of it."""

    mine: Resource
    outcome: Outcome = Outcome.UNDONE
    at: str | None = None
    why: str = ""
    intended: Outcome = Outcome.UNCHANGED
    differences: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """The whole: `trouble` is why it ended early, `faults` why nothing was begun."""

    server: str
    task: str  # load or unload
    by: str
    dry_run: bool = False
    software: str = ""
    way: str = ""  # transaction, or one by one
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    trouble: str | None = None

    @property
    def failed(self) -> bool:
        return bool(self.faults) or any(row.outcome in OPEN for row in self.rows)

    def lines(self) -> Iterator[str]:
        """A line for each resource that something is to be said of."""
        yield from self.faults
        for row in self.rows:
            if row.outcome in QUIET or (row.outcome is Outcome.UNDONE and not row.why):
                continue
            own = place(row.mine)
            where = f" as {row.at}" if row.at not in (None, own) and row.at not in row.why else ""
            yield f"{self._word(row.outcome):<{WIDTH}}  {own}{where}{f': {row.why}' if row.why else ''}"
            yield from (f"{'':<{WIDTH}}    {each}" for each in row.differences)

    def summary(self) -> str:
        counts = Counter(row.outcome for row in self.rows)
        told = ", ".join(f"{counts[each]} {self._word(each)}" for each in Outcome if counts[each])
        nothing = not self.failed and not self.trouble and not counts.keys() - QUIET - {Outcome.LEFT}
        if nothing and self.task == "load":
            return f"{self.server}: nothing to write, all {len(self.rows)} resources are there as they are here"
        if nothing:
            left = f"; {counts[Outcome.LEFT]} of others left alone" if counts[Outcome.LEFT] else ""
            return f"{self.server}: nothing of ours is there, nothing to delete{left}"
        unwritten = self.dry_run or (counts[Outcome.REFUSED] and not self._wrote(counts))
        before = "nothing was written: " if unwritten else ""
        return f"{self.server}: {before}{told or 'nothing was asked'}"

    def _wrote(self, counts: Counter[Outcome]) -> bool:
        return not self.dry_run and any(counts[each] for each in (*PLANNED, Outcome.DIFFERS, Outcome.UNKNOWN))

    def _word(self, outcome: Outcome) -> str:
        return PLANNED.get(outcome, outcome) if self.dry_run else outcome

    def data(self) -> dict[str, Any]:
        """For programs: the same keys each time."""
        return {
            "server": self.server,
            "software": self.software,
            "task": self.task,
            "by": self.by,
            "dryRun": self.dry_run,
            "way": self.way or None,
            "counts": {str(k): v for k, v in sorted(Counter(row.outcome for row in self.rows).items())},
            "faults": self.faults,
            "trouble": self.trouble,
            "notes": self.notes,
            "resources": [
                {
                    "resource": place(row.mine),
                    "name": name(row.mine),
                    "at": row.at,
                    "outcome": str(row.outcome),
                    "why": row.why or None,
                    "differences": row.differences,
                }
                for row in self.rows
            ],
        }
