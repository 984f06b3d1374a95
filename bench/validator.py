"""How long our validator takes for the package, and what memory, beside HAPI's in Java over the same files.

    make bench

Cold is a whole process from its start to its exit, warm a pass over all files inside one process after a first pass.
Both run in one run on one machine; what counts is the ratio. HAPI judges by R4 core alone; ours does all it knows,
the profiles and the rules of the package too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.official import command  # noqa: E402

FOLDER = ROOT / "fhir"
OURS = [sys.executable, "-m", "cervical_options", "validate", str(FOLDER)]
JOBS = (1, 2)
RUNS = 3
PASSES = RUNS + 1  # the first makes what the others find ready

WARM = """
import json, sys
from time import perf_counter
from cervical_options.validator.run import Options, run

folder, jobs, passes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
took = []
for _ in range(passes):
    start = perf_counter()
    run([folder], Options(jobs=jobs))
    took.append(perf_counter() - start)
print(json.dumps({"passes": took}))
"""


@dataclass(frozen=True)
class Process:
    """One process, run to its end."""

    seconds: float
    megabytes: float  # the most that it held at once; of several processes, the largest
    last: str  # line of its output


def once(words: list[str]) -> Process:
    with TemporaryFile() as out:
        start = perf_counter()
        process = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        took = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)  # it is no more: nobody has to wait for it again
        out.seek(0)
        lines = out.read().decode().splitlines()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return Process(took, used.ru_maxrss * unit / 1e6, lines[-1] if lines else "")


def cold(words: Sequence[list[str]]) -> list[list[Process]]:
    """The runs of each. They take turns, so that what else the machine does falls on all alike."""
    rounds = [[once(each) for each in words] for _ in range(RUNS)]
    return [list(runs) for runs in zip(*rounds, strict=True)]


def passes(words: list[str]) -> list[float]:
    """The seconds of each pass but the first, as the process tells them."""
    return [float(each) for each in json.loads(once(words).last)["passes"][1:]]


def line(name: str, times: list[float], more: str = "") -> None:
    print(f"{name:<28} {median(times):7.2f} s  (best {min(times):.2f}, worst {max(times):.2f})  {more}")


def compare(hapi: list[str], jobs: int) -> None:
    """Print what each takes with so many jobs, and the ratios where HAPI is at hand."""
    number = ["--jobs", str(jobs)]
    commands = {"ours": [*OURS, *number]}
    repeated = {"ours": [sys.executable, "-c", WARM, str(FOLDER), str(jobs), str(PASSES)]}
    if hapi:
        commands["HAPI"] = [*hapi, *number, str(FOLDER)]
        repeated["HAPI"] = [*commands["HAPI"], "--repeat", str(PASSES)]
    runs = dict(zip(commands, cold(list(commands.values())), strict=True))
    seconds = {name: [run.seconds for run in each] for name, each in runs.items()}
    held = {name: max(run.megabytes for run in each) for name, each in runs.items()}
    warm = {name: passes(words) for name, words in repeated.items()}
    for name in commands:
        # Of several processes only the largest is measured: that says nothing of what they hold together.
        line(f"cold, {name}, jobs {jobs}", seconds[name], f"{held[name]:.0f} MB" if jobs == 1 else "")
        line(f"warm, {name}, jobs {jobs}", warm[name])
    if hapi:
        ratios = [f"{median(each['HAPI']) / median(each['ours']):.1f}x" for each in (seconds, warm)]
        memory = f", memory {held['HAPI'] / held['ours']:.1f}x" if jobs == 1 else ""
        print(f"HAPI to ours, jobs {jobs}: cold {ratios[0]}, warm {ratios[1]}{memory}")


def main() -> None:
    try:
        hapi = [*command(), "--strip-profiles"]
    except pytest.skip.Exception as missing:
        hapi = []
        print(missing)
    files = sorted(FOLDER.rglob("*.json"))
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1e6:.1f} MB; medians of {RUNS}")
    for jobs in JOBS:
        compare(hapi, jobs)


if __name__ == "__main__":
    main()
