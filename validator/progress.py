"""A bar for a person who waits; nothing for a pipe, and nothing where there is no time to wait."""

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds before a bar is worth drawing


class Bar:
    """Appears with the first file after a second, where files are left then."""

    def __init__(self) -> None:
        self._began = monotonic()
        self._drawn: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._drawn is None:
            if done >= total or monotonic() - self._began < PATIENCE:
                return
            self._drawn = self._draw(total)
        progress, task = self._drawn
        progress.update(task, completed=done, total=total)

    def _draw(self, total: int) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import Progress

        progress = Progress(console=Console(stderr=True), transient=True)
        task = progress.add_task("validating files", total=total)
        progress.start()
        return progress, task

    def clear(self) -> None:
        if self._drawn is not None:
            self._drawn[0].stop()


@contextmanager
def progress() -> "Iterator[Callable[[int, int], None] | None]":
    """What to call after each file; None where nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.clear()
