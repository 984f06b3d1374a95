"""What became of cards: accepted or set aside, and why. Kept in a local file, where the settings name one.

A clinician's free comment may name a patient, so it is not kept.
"""

import sqlite3
from typing import Any

from .database import Database


class Feedback(Database):
    """The file of feedback: one row for each card that was acted upon, as often as it is told."""

    tables = (
        "CREATE TABLE IF NOT EXISTS feedback (service TEXT NOT NULL, card TEXT NOT NULL, outcome TEXT NOT NULL, "
        "suggestions TEXT NOT NULL, reason_system TEXT, reason_code TEXT, at TEXT NOT NULL)"
    )

    def keep(self, service: str, entries: list[dict[str, Any]]) -> None:
        """Keep the entries of one feedback (CDS Hooks 2.0, Feedback)."""
        rows = [
            (
                service,
                each["card"].lower(),
                each["outcome"],
                " ".join(one["id"].lower() for one in each.get("acceptedSuggestions", ())),
                each.get("overrideReason", {}).get("reason", {}).get("system"),
                each.get("overrideReason", {}).get("reason", {}).get("code"),
                each["outcomeTimestamp"],
            )
            for each in entries
        ]

        def write(db: sqlite3.Connection) -> None:
            db.executemany("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

        self.run(write)

    def counts(self) -> dict[tuple[str, str], int]:
        """How often each service's cards had each outcome."""
        found = self.run(
            lambda db: db.execute("SELECT service, outcome, count(*) FROM feedback GROUP BY 1, 2").fetchall()
        )
        return {(service, outcome): number for service, outcome, number in found}
