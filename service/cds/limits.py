"""What a request may cost: the size of its body and the time to send it, and how many are answered at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

SWALLOWED = 8  # times the largest body that is read and thrown away, so that a client gets to read why
CLOSE = ("Connection", "close")


async def body_of(request: "Request", largest: int, seconds: float) -> bytes:
    """The body of a request.

    Raises Problem: 408, 413 or 415; starlette's ClientDisconnect where the client has gone.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "Content-Type: not application/json; send JSON, and say so", headers=[CLOSE])
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Content-Encoding: packed bodies are not read; send it plain", headers=[CLOSE])
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            size = 0
            async for part in _parts(request):
                size += len(part)
                if size <= largest:
                    parts.append(part)
                else:
                    parts.clear()
                if size > largest * SWALLOWED:
                    break
    except TimeoutError:
        raise Problem(408, f"body: not all of it came within {seconds:g} s; send it faster", headers=[CLOSE]) from None
    if size > largest:
        raise Problem(413, f"body: more than {largest} bytes; send what the prefetch asks for only", headers=[CLOSE])
    return b"".join(parts)


async def _parts(request: "Request") -> AsyncIterator[bytes]:
    async for part in request.stream():
        yield part


class Places:
    """Places for calls; a call that finds none is told to come back."""

    def __init__(self, number: int) -> None:
        self.free = number

    @contextmanager
    def one(self) -> "Iterator[None]":
        """Raises Problem (503)."""
        if self.free <= 0:
            raise Problem(503, "too many calls at a time; call again in a second", headers=[("Retry-After", "1")])
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1
