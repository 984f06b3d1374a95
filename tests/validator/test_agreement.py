"""Every error that HAPI's validator finds is an error of ours or listed with the reason; what we find beyond is told.

Both judge the same single faults (mutants.toml) and the same files: our package and examples, and HL7's examples of R4.
HAPI sees each file apart and looks codes up in our package; we see what the fault needs beside it.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import wrap

import orjson
import pytest
from cervical_options.validator import Issue
from cervical_options.validator.catalogue import Catalogue, Entry
from cervical_options.validator.definitions import Definitions
from cervical_options.validator.document import Layers
from cervical_options.validator.packages import add
from cervical_options.validator.rules import definitions
from cervical_options.validator.run import Options, entries, run

from ..conftest import ROOT
from ..official import EXTENSIONS, Finding, validate
from ..official import definitions as guides
from ..reports import report
from .agreement import (
    HAPI_ERRORS,
    Compared,
    Missed,
    beyond,
    by_severity,
    missed_of_fault,
    missed_of_file,
    new,
    of_hapi,
    of_ours,
    rows,
)
from .mutants import Mutant, applied, base_file, load
from .test_mutants import beside
from .test_mutants_apply import EXAMPLES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("official")]

ROWS = rows()
# Types that define, of which there are hundreds of one kind: so many of each are enough.
DEFINING = ("CodeSystem", "OperationDefinition", "SearchParameter", "StructureDefinition", "ValueSet")
OF_EACH = 15
LARGEST = 200_000
LEAST_FILES = 700
AT_ONCE = min(2, os.cpu_count() or 1)
APART: tuple[str | Path, ...] = ("--apart", "--support", ROOT / "fhir", "--jobs", str(AT_ONCE))


@pytest.fixture(scope="module")
def by_core(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Compared], list[Compared]]:
    """All faults but those of profiles, and the files as they are: one run of HAPI's validator, with R4 core alone."""
    examples_at_hand()
    mutants, files = [mutant for mutant in load() if mutant.layer != "profiles"], unchanged()
    folder = written(mutants, tmp_path_factory.mktemp("core"))
    bases = {base_file(mutant, EXAMPLES, ROOT) for mutant in mutants}
    hapi = by_file(validate("--strip-profiles", *APART, folder, *sorted(bases.union(files))))
    return faults(mutants, folder, hapi, definitions()), as_they_are(files, hapi)


@pytest.fixture(scope="module")
def by_profiles(tmp_path_factory: pytest.TempPathFactory) -> list[Compared]:
    """The faults of profiles, with the guides and the extensions of R4 at hand for HAPI, the extensions for us."""
    examples_at_hand()
    known, mutants = guides(), [mutant for mutant in load() if mutant.layer == "profiles"]
    folder = written(mutants, tmp_path_factory.mktemp("profiles"))
    bases = {base_file(mutant, EXAMPLES, ROOT) for mutant in mutants}
    hapi = by_file(validate(*known, *APART, folder, *sorted(bases)))
    ours = definitions.__wrapped__()  # other tests do without
    add([EXTENSIONS], ours)
    return faults(mutants, folder, hapi, ours)


def examples_at_hand() -> None:
    if not EXAMPLES.is_dir():
        pytest.skip("tests/node is not installed (make node): the official examples are not at hand")


def unchanged() -> list[Path]:
    """Our package and examples, and of HL7's examples all but the large ones and those of which many are alike."""
    count: Counter[str] = Counter()
    chosen = [file for folder in ("fhir", "examples") for file in sorted((ROOT / folder).rglob("*.json"))]
    for file in sorted(EXAMPLES.glob("*-*.json")):
        type = file.name.partition("-")[0]
        if type[0].isupper() and file.stat().st_size < LARGEST:  # any other describes the npm package
            count[type] += 1
            chosen += [file] if type not in DEFINING or count[type] <= OF_EACH else []
    return chosen


def written(mutants: Iterable[Mutant], folder: Path) -> Path:
    for mutant in mutants:
        (folder / f"{mutant.id}.json").write_bytes(applied(mutant, EXAMPLES, ROOT))
    return folder


def by_file(findings: Iterable[Finding]) -> dict[Path, list[Finding]]:
    found: dict[Path, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.place, []).append(finding)
    return found


def faults(
    mutants: Iterable[Mutant], folder: Path, hapi: dict[Path, list[Finding]], known: Definitions
) -> list[Compared]:
    bases: dict[tuple[str, tuple[str, ...]], list[Issue]] = {}
    compared = []
    for mutant in mutants:
        file, base = folder / f"{mutant.id}.json", base_file(mutant, EXAMPLES, ROOT)
        key = mutant.base, mutant.beside
        if key not in bases:
            bases[key] = told(mutant, base.read_bytes(), known)
        ours = new(told(mutant, file.read_bytes(), known), bases[key], of_ours)
        theirs = new(hapi.get(file, []), hapi.get(base, []), of_hapi)
        compared.append(Compared(mutant.id, mutant.layer, tuple(theirs), tuple(ours)))
    return compared


def told(mutant: Mutant, data: bytes, known: Definitions) -> list[Issue]:
    """Our issues of a document, with the files that have to be at hand."""
    catalogue = Catalogue(whole=bool(mutant.beside))
    own = read(mutant.base, data)
    others = [(name, each) for folder in mutant.beside for name, each in beside(folder) if name != mutant.base]
    for entry in [*own, *(entry for name, each in others for entry in read(name, each))]:
        catalogue.add(entry)
    return Layers(known, catalogue).issues(data, mutant.base, next(iter(own), None))


def read(name: str, data: bytes) -> list[Entry]:
    try:
        resource = orjson.loads(data)
    except orjson.JSONDecodeError:
        return []
    return list(entries(name, None, resource)) if isinstance(resource, dict) else []


def as_they_are(files: Sequence[Path], hapi: dict[Path, list[Finding]]) -> list[Compared]:
    found: dict[Path, list[Issue]] = {}
    official = [file for file in files if file.is_relative_to(EXAMPLES)]
    for paths in ([ROOT / "fhir", ROOT / "examples"], official):
        for issue in run(paths, Options(jobs=AT_ONCE)).issues:
            found.setdefault(Path(issue.file), []).append(issue)
    return [Compared(file.name, "", tuple(hapi.get(file, ())), tuple(found.get(file, ()))) for file in files]


def unlisted(missed: Iterable[Missed]) -> list[str]:
    return [str(each) for each in missed if not any(row.covers(each) for row in ROWS)]


def listed(missed: Iterable[Missed]) -> list[str]:
    """The rows that explain what we miss, with how often."""
    count = Counter(row for each in missed for row in ROWS if row.covers(each))
    lines = [f"{'OPEN: ' if row.open else ''}{number} of {row}" for row, number in count.items()]
    return folded(sorted(lines))


def folded(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in wrap(line, 118, initial_indent="    ", subsequent_indent="      ")]


def report_faults(name: str, title: str, faults: Sequence[Compared]) -> list[Missed]:
    """Write who finds what into a report; what HAPI calls an error and we do not is given back."""
    missed = [each for fault in faults for each in missed_of_fault(fault)]
    alone = [fault for fault in faults if fault.our_severity in ("error", "warning") and not fault.hapi_severity]
    lines = [f"{title}: {len(faults)} single faults, and what each validator says that it does not say of the base"]
    lines += [*by_severity(faults), f"  found by us alone, HAPI says nothing: {len(alone)}"]
    for layer in dict.fromkeys(fault.layer for fault in alone):
        lines += folded([f"{layer}: {', '.join(fault.name for fault in alone if fault.layer == layer)}"])
    mutants = len({each.name for each in missed})
    lines += [f"  found by HAPI, and by us not or as less: {mutants}, each for a reason", *listed(missed)]
    report(name, lines)
    return missed


def test_every_fault_that_hapi_finds_is_found(by_core: tuple[list[Compared], list[Compared]]) -> None:
    faults, _ = by_core
    assert unlisted(report_faults("validator-agreement", "HAPI 8.8.0 beside ours", faults)) == []


def test_every_fault_of_profiles_that_hapi_finds_is_found(by_profiles: list[Compared]) -> None:
    missed = report_faults("validator-agreement-profiles", "HAPI 8.8.0 beside ours, with the profiles", by_profiles)
    assert unlisted(missed) == []


def test_every_error_that_hapi_finds_in_files_is_found(by_core: tuple[list[Compared], list[Compared]]) -> None:
    _, files = by_core
    missed = [each for file in files for each in missed_of_file(file)]
    errors = sum(finding.severity in HAPI_ERRORS for file in files for finding in file.hapi)
    ours = Counter(issue.rule for file in files for issue in beyond(file))
    lines = [
        f"HAPI 8.8.0 beside ours on {len(files)} files as they are: our package and examples, HL7's examples of R4"
    ]
    lines += [f"  HAPI's errors: {errors}; at the same element an error of ours: {errors - len(missed)}; the others:"]
    lines += [*listed(missed), f"  our errors where HAPI says nothing: {ours.total()}, by rule:"]
    lines += folded([", ".join(f"{rule} {count}" for rule, count in ours.most_common())])
    report("validator-agreement-files", lines)
    assert unlisted(missed) == []
    assert len(files) > LEAST_FILES


def test_every_reason_is_needed(by_core: tuple[list[Compared], list[Compared]], by_profiles: list[Compared]) -> None:
    faults, files = by_core
    missed = [each for fault in (*faults, *by_profiles) for each in missed_of_fault(fault)]
    missed += [each for file in files for each in missed_of_file(file)]
    assert [str(row) for row in ROWS if not any(row.covers(each) for each in missed)] == []
    names = {each.name for each in missed}
    assert {id for row in ROWS for id in row.mutants} <= names
    assert [str(row) for row in ROWS if len(row.reason) < 20] == []
