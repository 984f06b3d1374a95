"""The review pages: how long they take to be made, what they weigh, and how fast a switch answers in Chromium.

make bench
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

ROOT = Path(__file__).parent.parent
BROWSE = ROOT / "review" / "js" / "browse.mjs"
FIRST = ("index.html", "site.css", "print.js", "options.svg")  # what a browser loads for the first page
RUNS = 5


def build(out: Path) -> float:
    start = perf_counter()
    command = [sys.executable, "-m", "cervical_options", "review", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return perf_counter() - start


def main() -> None:
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "pages"
        build(out)  # warms the disk
        times = [build(out) for _ in range(RUNS)]
        print(f"review, whole process      {median(times):6.2f} s   ({min(times):.2f} to {max(times):.2f})")
        weight = {file.name: file.stat().st_size for file in out.iterdir()}
        print(f"first page in all          {sum(weight[name] for name in FIRST) / 1000:6.0f} kB")
        trying = ("try.html", "site.css", "print.js", "try.js", "try-data.js")
        print(f"try a patient in all       {sum(weight[name] for name in trying) / 1000:6.0f} kB")
        chromium, node = shutil.which("chromium"), shutil.which("node")
        if not (chromium and node and (BROWSE.parent / "node_modules").is_dir()):
            print("a switch in Chromium       not measured: chromium or node is missing (make node)")
            return
        command = [node, BROWSE, "time", "--site", out, "--chromium", chromium, "--rounds", "144"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        took = json.loads(done.stdout)
        last = quantiles(took, n=20)[-1]
        print(f"a switch in Chromium       {median(took):6.1f} ms  (95 of 100 under {last:.1f}, {len(took)} switches)")


if __name__ == "__main__":
    main()
