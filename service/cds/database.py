"""A small SQLite database that several threads and processes share; without a file, in memory and of one process."""

import sqlite3
from collections.abc import Callable
from threading import Lock
from typing import ClassVar, TypeVar

T = TypeVar("T")
BUSY = 5.0  # seconds to wait for another process


class Database:
    """One connection, used by one thread at a time."""

    tables: ClassVar[str]

    def __init__(self, file: str) -> None:
        self._db = sqlite3.connect(file or ":memory:", timeout=BUSY, check_same_thread=False)
        self._lock = Lock()
        if file:
            self._db.execute("PRAGMA journal_mode=WAL")
        self.run(lambda db: db.executescript(self.tables))

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work done whole, or not at all."""
        with self._lock, self._db:
            return work(self._db)

    def close(self) -> None:
        with self._lock:
            self._db.close()
