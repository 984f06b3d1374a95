"""How long an answer takes: our evaluator beside cql-execution on the same patients, and a growing record.

    make bench

Both run warm, on one core, one after the other in one run; patients are Bundles in memory. What counts is the ratio.
"""

import json
import subprocess
import sys
from copy import deepcopy
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cervical_options.service.application import Application  # noqa: E402

from cervical_options import resources  # noqa: E402
from tests.cohort import scattered  # noqa: E402
from tests.engines import NODE, embedded_elm  # noqa: E402

RECORDS = 20
PATIENTS = 400
Bundle = dict[str, Any]


def padded(bundle: Bundle, records: int) -> Bundle:
    """The Bundle with laboratory results of the patient, until it has so many records."""
    made = deepcopy(bundle)
    (patient,) = (each["resource"] for each in made["entry"] if each["resource"]["resourceType"] == "Patient")
    for number in range(records - len(made["entry"]) + 1):
        result = {
            "resourceType": "Observation",
            "id": f"lab-{records}-{number}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
            "subject": {"reference": f"Patient/{patient['id']}"},
            "valueQuantity": {"value": 70 + number % 30, "unit": "umol/L"},
        }
        made["entry"].append({"resource": result})
    return made


def seconds(application: Application, bundles: list[Bundle]) -> float:
    """The shortest of three runs over all Bundles."""
    times = []
    for _ in range(3):
        start = process_time()
        for bundle in bundles:
            application.answers(bundle)
        times.append(process_time() - start)
    return min(times)


def peer(bundles: list[Bundle]) -> float | None:
    """What cql-execution takes for the same Bundles, in seconds; None where Node is not installed."""
    if not (NODE / "node_modules").is_dir():
        return None
    with TemporaryDirectory() as name:
        folder = Path(name)
        elm = [argument for file in embedded_elm(folder) for argument in ("--elm", str(file))]
        (folder / "patients.ndjson").write_text("".join(f"{json.dumps(bundle)}\n" for bundle in bundles))
        sets = [each for each in resources() if each["resourceType"] == "ValueSet"]
        (folder / "sets.json").write_text(json.dumps(sets))
        files = ["--bundles", str(folder / "patients.ndjson"), "--valuesets", str(folder / "sets.json")]
        command = ["node", str(NODE / "bench.mjs"), *elm, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["seconds"])


def main() -> None:
    start = perf_counter()
    application = Application(resources())
    bundles = [padded(member.bundle, RECORDS) for member in islice(scattered(), PATIENTS)]
    ready = perf_counter()
    application.answers(bundles[0])
    print(f"reading the package and making patients {ready - start:.2f} s; first answer {perf_counter() - ready:.2f} s")
    ours = seconds(application, bundles)
    each = ours / len(bundles) * 1000
    print(f"our evaluator    {each:8.2f} ms a patient of {RECORDS} records   {1000 / each:8.0f} patients a second")
    theirs = peer(bundles)
    if theirs is None:
        print("cql-execution    not installed (make node)")
    else:
        peer_each = theirs / len(bundles) * 1000
        ratio = f"{peer_each / each:.0f}x ours"
        print(
            f"cql-execution    {peer_each:8.2f} ms a patient of {RECORDS} records   {1000 / peer_each:8.0f}   {ratio}"
        )
    print("a growing record:")
    for records in (10, 100, 1_000, 10_000):
        grown = [padded(bundles[number], records) for number in range(3)]
        took = seconds(application, grown) / len(grown) * 1000
        print(f"  {records:6} records {took:9.2f} ms   {took / records * 1000:7.1f} us a record")


if __name__ == "__main__":
    main()
