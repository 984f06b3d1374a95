"""How long HAPI takes on our plans: `$apply` and CDS Hooks by call and by second, and the load of the package.

    make bench

One server with 1 GB of heap, as the acceptance tests start it; the same patients in turn for each kind of call. Our own
evaluator answers the same strategy beside it, in the same run.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cervical_options.packages.bundle import by_id, unload  # noqa: E402

from cervical_options import resources  # noqa: E402
from tests.acceptance.test_cards import draft, request  # noqa: E402
from tests.engines import evaluator  # noqa: E402
from tests.hapi import Hapi, as_stored, started  # noqa: E402
from tests.patients import Case, cases  # noqa: E402

WARM = 3  # rounds before anything is counted
PATIENTS = 18
CLIENTS = (1, 2)
Call = Callable[[Case], object]


def seconds(call: Call, case: Case) -> float:
    start = perf_counter()
    call(case)
    return perf_counter() - start


def measured(name: str, call: Call, some: Sequence[Case], clients: Sequence[int] = CLIENTS) -> float:
    """Print what the calls take with so many clients at a time; the median with one, in seconds."""
    for case in some[:WARM]:
        call(case)
    medians = []
    for number in clients:
        start = perf_counter()
        with ThreadPoolExecutor(number) as pool:
            took = sorted(pool.map(lambda case: seconds(call, case), some))
        whole = perf_counter() - start
        middle, late = took[len(took) // 2], took[int(len(took) * 0.95)]
        medians.append(middle)
        print(
            f"{name:<34} {number} at a time: p50 {middle * 1000:8.1f} ms, p95 {late * 1000:8.1f} ms, "
            f"{len(some) / whole:7.1f} a second"
        )
    return medians[0]


def load_times(hapi: Hapi) -> None:
    bundle = by_id(resources())
    for name in ("load, first", "load, again", "load, once more"):
        start = perf_counter()
        hapi.load(bundle)
        print(f"{name:<34} {perf_counter() - start:.1f} s for {len(bundle['entry'])} resources")
    hapi.load(unload(resources()))
    hapi.load(bundle)


def compare(hapi: Hapi) -> None:
    some = cases()[:: len(cases()) // PATIENTS]
    services = hapi.services_when(lambda found: len(found) == 2)
    records = {case.name: as_stored(case.bundle) for case in some}

    def applying(plan: str, operation: str = "$apply") -> Call:
        return lambda case: hapi.apply(plan, *records[case.name], operation)

    def hooked(id: str) -> Call:
        orders = [draft("pembrolizumab")] if id == "cervical-order-sign" else None
        asked = {case.name: request(services[id], case.bundle, orders) for case in some}
        return lambda case: hapi.cards(id, asked[case.name]).raise_for_status()

    strategy = measured("$apply, strategy", applying("cervical-recurrence"), some)
    measured("$r5.apply, strategy", applying("cervical-recurrence", "$r5.apply"), some)
    measured("$apply, a recommendation", applying("cervical-offer-pembrolizumab"), some)
    measured("CDS Hooks, patient-view", hooked("cervical-patient-view"), some)
    measured("CDS Hooks, order-sign", hooked("cervical-order-sign"), some)
    ours = measured("our evaluator, strategy", lambda case: evaluator([records[case.name][1]]), some, (1,))
    print(f"HAPI's $apply to our evaluator: {strategy / ours:.0f}x")


def main() -> None:
    try:
        start = perf_counter()
        with started() as hapi:
            print(f"{'start':<34} {perf_counter() - start:.1f} s")
            load_times(hapi)
            compare(hapi)
    except pytest.skip.Exception as missing:
        print(missing)


main()
