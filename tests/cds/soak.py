"""Calls without end: every golden request and faulty ones, in turn, while memory is watched.

python -m tests.cds.soak 100000
"""

import json
import sys
from collections import Counter
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import requests

from ..conftest import ROOT
from .calls import VIEW
from .serving import Serving, serving

WARM = 300  # calls until caches are full
GROWTH = 6_000_000  # bytes that memory may differ after it is warm; a leak of 100 bytes a call shows in 100,000 calls


def requests_() -> list[tuple[str, bytes, int]]:
    """Path, body and status of every golden request, and of some that are refused."""
    found = []
    for file in sorted((ROOT / "docs" / "cds-hooks").glob("*/*/request.json")):
        status = 400 if file.parent.name == "refused" else 200
        found.append((f"/cds-services/{file.parent.parent.name}", file.read_bytes(), status))
    call = f"/cds-services/{VIEW}"
    faulty = [(call, b"{", 400), (call, b"[" * 5000, 400), ("/cds-services/nothing", b"{}", 404)]
    return [*found, *faulty, (call, json.dumps({"hook": "x" * 5000}).encode(), 400)]


def memory(pid: int) -> int:
    """Resident memory in bytes."""
    (line,) = (each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def soaked(service: Serving, seconds: float | None = None, calls: int | None = None) -> tuple[Counter[int], int, int]:
    """Statuses, and memory when warm and at the end. Every status is what it should be."""
    counted: Counter[int] = Counter()
    start, warm = monotonic(), 0
    with requests.Session() as session:
        session.headers["Content-Type"] = "application/json"
        for number, (path, body, status) in enumerate(cycle(requests_())):
            answer = session.post(f"{service.base}{path}", data=body, timeout=60)
            assert answer.status_code == status, answer.text
            counted[answer.status_code] += 1
            if number == WARM:
                warm = memory(service.process.pid)
            if number >= WARM and (number >= (calls or 0) if seconds is None else monotonic() - start > seconds):
                return counted, warm, memory(service.process.pid)
    raise AssertionError("without end")


def main() -> None:
    with TemporaryDirectory() as folder, serving(Path(folder)) as service:
        start = monotonic()
        counted, warm, end = soaked(service, calls=int(sys.argv[1]))
        seconds = monotonic() - start
    total = counted.total()
    print(f"{total} calls in {seconds:.0f} s ({total / seconds:.0f}/s), {dict(counted)}")
    print(f"memory: {warm / 1e6:.1f} MB when warm, {end / 1e6:.1f} MB at the end")
    sys.exit(end - warm > GROWTH)


if __name__ == "__main__":
    main()
