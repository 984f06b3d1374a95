"""The service as its own process, as who runs it starts it: on a free port of 127.0.0.1, gone with the test."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

COMMAND = [sys.executable, "-m", "cervical_options", "serve"]
TALK_WITHIN = 60.0


@dataclass
class Serving:
    """A running service."""

    process: "subprocess.Popen[str]"
    base: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    def post(self, path: str, body: Any, **more: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        return requests.post(f"{self.base}{path}", data=data, headers=headers, timeout=TALK_WITHIN, **more)

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.base}{path}", timeout=TALK_WITHIN)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=TALK_WITHIN)

    def lines(self) -> list[dict[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


@contextmanager
def serving(folder: Path, *arguments: str | Path, **environment: str) -> Iterator[Serving]:
    """A service that is ready; it is told to stop at the end, and has to."""
    log = folder / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            env=os.environ | environment,
            cwd=folder,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.endswith("/cds-services"), log.read_text()
        yield Serving(process, line.removesuffix("/cds-services"), log)
    finally:
        process.terminate()
        try:
            process.wait(TALK_WITHIN)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
