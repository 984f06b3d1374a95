"""Why a request gets no cards: a status, and words that repeat nothing of it, for that may be a patient's."""

from collections.abc import Sequence


class Problem(Exception):  # noqa: N818 - the request has it, not the program
    """`reasons` has one line a fault: where, what, and what to do."""

    def __init__(self, status: int, *reasons: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.status, self.reasons, self.headers = status, reasons, tuple(headers)
        super().__init__("; ".join(reasons))
