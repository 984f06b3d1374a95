"""How long the commands take as whole processes, beside the bare start of the interpreter.

    make bench

`cold` runs compile every module anew (an empty bytecode cache); `warm` runs are what a user has from the second on.
Medians of several runs; the machine's noise is in the range beside them. Ratios are to the interpreter's own start.
"""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "cervical_options"]
RUNS = 7
AIM = 1.5  # seconds, for what an integrator waits for


def once(command: list[str], environment: dict[str, str], code: int = 0) -> float:
    start = perf_counter()
    done = subprocess.run(command, env=os.environ | environment, check=False, capture_output=True, cwd=ROOT)
    took = perf_counter() - start
    if done.returncode != code:
        raise SystemExit(f"{command}: {done.returncode}, not {code}: {done.stderr.decode()}")
    return took


def measure(
    name: str, command: list[str], floor: float, *, cold: bool = False, aim: float | None = None, code: int = 0
) -> float:
    """Print and return the median of the runs, in seconds."""
    times = []
    for run in range(RUNS + 1):
        with TemporaryDirectory() as cache:
            took = once(command, {"PYTHONPYCACHEPREFIX": cache} if cold else {}, code)
        times += [took] if run else []  # the first run warms the disk
    middle = median(times)
    ratio = f"{middle / floor:5.1f}x" if floor else ""
    wanted = f"  aim {aim} s: {'met' if middle <= aim else 'MISSED'}" if aim else ""
    print(f"{name:<42} {middle:6.3f} s  ({min(times):.3f} to {max(times):.3f})  {ratio}{wanted}")
    return middle


def main() -> None:
    with TemporaryDirectory() as scratch:
        out, dist = f"{scratch}/fhir", f"{scratch}/dist"
        floor = measure("interpreter alone", [sys.executable, "-c", "pass"], 0)
        measure("cervical-options --help", [*COMMAND, "--help"], floor)
        measure("generate --check, unchanged", [*COMMAND, "generate", "--check"], floor)
        measure("generate, unchanged, validated", [*COMMAND, "generate", "--out", out], floor)
        measure("generate, cold, validated", [*COMMAND, "generate", "--out", out], floor, cold=True)
        measure("package", [*COMMAND, "package", "--out", dist], floor, aim=AIM)
        packed = next(str(each) for each in Path(dist).glob("*.tgz"))
        changed = f"{scratch}/changed"
        copytree(ROOT / "fhir", changed)
        for file in Path(changed).rglob("*.json"):  # words, all over
            file.write_bytes(file.read_bytes().replace(b"cervical cancer", b"cancer of the cervix"))
        measure("diff, two equal packages", [*COMMAND, "diff", packed, packed], floor, aim=AIM)
        measure("diff, words changed all over", [*COMMAND, "diff", packed, changed], floor, aim=AIM, code=1)
        measure("trace --format json", [*COMMAND, "trace", "--format", "json"], floor)


if __name__ == "__main__":
    main()
