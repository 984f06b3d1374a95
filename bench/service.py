"""How long a call of the CDS service takes, beside HAPI's CDS Hooks on the same requests; and what size costs.

    make bench

Both are processes on this machine, asked over HTTP with connections kept. A patient of 20 records; the same requests in
the same order. What counts is the ratio: the machine's noise is in both. The growth is ours alone, drawn as bars.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.acceptance.test_cards import request as hapi_request  # noqa: E402
from tests.cds.calls import VIEW, request  # noqa: E402
from tests.cds.serving import serving  # noqa: E402
from tests.hapi import JAR, started  # noqa: E402
from tests.patients import cases  # noqa: E402

CLIENTS = (1, 4, 16)
CALLS = 400  # ours, for each number of clients
THEIRS = 80  # HAPI's
SIZES = (20, 100, 1_000, 10_000)
RECORDS = 20

Post = Callable[[requests.Session], None]


def patient(records: int) -> dict[str, Any]:
    """A patient whose facts are all answered, with other observations and diagnoses up to that many records."""
    bundle = next(case.bundle for case in cases() if case.name == "every-fact-answered")
    entries = list(bundle["entry"])
    subject = {"reference": "Patient/every-fact-answered"}
    for number in range(max(0, records - len(entries))):
        coding = {"system": "http://snomed.info/sct", "code": "38341003"}
        status = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
        record = {
            "resourceType": "Condition",
            "id": f"other-{number}",
            "subject": subject,
            "code": {"coding": [coding]},
        }
        entries.append({"resource": {**record, "clinicalStatus": {"coding": [status]}}})
    return {**bundle, "entry": entries}


def post(url: str, body: bytes) -> Post:
    def once(session: requests.Session) -> None:
        answer = session.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=120)
        assert answer.status_code == 200, answer.text[:500]
        assert len(answer.json()["cards"]) == 3

    return once


def timed(call: Post, calls: int, clients: int) -> tuple[list[float], float]:
    """Milliseconds of each call, and calls a second."""

    def some(number: int) -> list[float]:
        took = []
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(number):
                start = perf_counter()
                call(session)
                took.append((perf_counter() - start) * 1000)
        return took

    start = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        found = [each for part in pool.map(some, [calls // clients] * clients) for each in part]
    return found, len(found) / (perf_counter() - start)


def told(name: str, took: list[float], rate: float) -> float:
    cuts = quantiles(took, n=100)
    print(
        f"  {name:<24} p50 {cuts[49]:7.1f} ms   p95 {cuts[94]:7.1f} ms   p99 {cuts[98]:7.1f} ms   {rate:7.1f} calls/s"
    )
    return cuts[49]


@contextmanager
def hapi() -> Iterator[tuple[str, dict[str, Any]] | None]:
    """HAPI's service, where the server is built."""
    if not JAR.is_file():
        print("server is not built (make server-jar): HAPI is not measured")
        yield None
        return
    from cervical_options.packages.bundle import by_id

    from cervical_options import resources

    with started() as server:
        server.load(by_id(resources()))
        services = server.services_when(lambda found: VIEW in found)
        yield f"{server.root}/cds-services/{VIEW}", services[VIEW]


def start_up() -> None:
    """From the command to the first answer."""
    took = []
    for _ in range(5):
        with TemporaryDirectory() as folder:
            start = perf_counter()
            with serving(Path(folder)) as service:
                assert service.get("/cds-services").status_code == 200
                took.append(perf_counter() - start)
    print(f"start to first answer: {min(took):.2f} to {max(took):.2f} s")


def growth(base: str) -> None:
    """What a call costs by the number of records."""
    print("what records cost (one client)")
    found = []
    for size in SIZES:
        body = json.dumps(request(patient(size))).encode()
        took, _ = timed(post(f"{base}/cds-services/{VIEW}", body), max(10, 200 // max(1, size // 100)), 1)
        found.append((size, sorted(took)[len(took) // 2], len(body)))
    largest = max(middle for _, middle, _ in found)
    for size, middle, length in found:
        bar = "#" * max(1, round(50 * middle / largest))
        print(f"  {size:>6} records {length / 1e6:6.2f} MB {middle:8.1f} ms {1000 * middle / size:7.1f} us each  {bar}")


def main() -> None:
    start_up()
    body = json.dumps(request(patient(RECORDS))).encode()
    with TemporaryDirectory() as folder, serving(Path(folder)) as service, hapi() as theirs:
        ours = post(f"{service.base}/cds-services/{VIEW}", body)
        timed(ours, 50, 1)
        other = None
        if theirs is not None:
            url, described = theirs
            other = post(url, json.dumps(hapi_request(described, patient(RECORDS))).encode())
            timed(other, 60, 2)
        for clients in CLIENTS:
            print(f"patient-view, {RECORDS} records, {clients} clients")
            took, rate = timed(ours, CALLS, clients)
            middle = told("cervical-options serve", took, rate)
            if other is not None:
                took, their_rate = timed(other, THEIRS, clients)
                their_middle = told("HAPI CDS Hooks", took, their_rate)
                slower, faster = their_middle / middle, rate / their_rate
                print(f"  HAPI's p50 is {slower:.1f} times ours, our rate {faster:.1f} times HAPI's")
        growth(service.base)


if __name__ == "__main__":
    try:
        main()
    except (subprocess.SubprocessError, pytest.skip.Exception) as error:
        sys.exit(f"{error}")
