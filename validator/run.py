"""A run: paths in, a report out, over one process or several."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from .catalogue import Catalogue, Entry
from .document import Layers
from .inputs import InputError, Source, sources
from .issue import Issue
from .rules import definitions, made
from .strict_json import parse

__all__ = ["InputError", "Options", "Report", "run"]

# Of these the content is looked up by others; of all else only type, id and claims are kept.
DEFINING = frozenset(
    {
        "ActivityDefinition",
        "CodeSystem",
        "Library",
        "Measure",
        "Medication",
        "PlanDefinition",
        "Questionnaire",
        "StructureDefinition",
        "ValueSet",
    }
)
GIVEN_WHOLE = ("collection", "document", "message", "transaction")  # Bundles that someone put together
KEPT = ("resourceType", "id", "url", "version", "meta")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is made: rules left out, further FHIR packages, and the number of processes."""

    ignore: frozenset[str] = frozenset()
    packages: tuple[Path, ...] = ()
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found: issues by file, line, column and rule; how many files and resources were read."""

    issues: list[Issue]
    files: int
    resources: int


def run(
    paths: Sequence[str | Path],
    options: Options = Options(),
    *,
    stdin: bytes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Validate files, folders, NDJSON, packages, or "-" for `stdin`. `progress` is told files done and files in all.

    Raises InputError with every path that can't be read.
    """
    files, whole = sources(paths, stdin)
    known = definitions()
    catalogue, firsts, resources = _catalogue(files, whole)
    own = [each.resource for each in catalogue.of_type("StructureDefinition") if each.url is not None]
    if options.packages or own:
        from .packages import add, learn

        known = made()  # what packages and this input add is not known to other runs
        add(options.packages, known)
        for resource in own:
            learn(resource, known)
    work = _Work(files, firsts, Layers(known, catalogue, options.ignore))
    issues: list[Issue] = []
    for done, found in enumerate(work.by(options.jobs), start=1):
        issues += found
        if progress is not None:
            progress(done, len(files))
    return Report(sorted(issues, key=_order), len(files), resources)


def merged(report: Report, issues: Sequence[Issue]) -> Report:
    """The report with further issues in their places."""
    return Report(sorted([*report.issues, *issues], key=_order), report.files, report.resources)


def _order(issue: Issue) -> tuple[Any, ...]:
    return issue.file, issue.line or 0, issue.column or 0, issue.path, issue.rule, issue.message


def _catalogue(files: list[Source], whole: bool) -> tuple[Catalogue, dict[tuple[str, int | None], Entry], int]:
    """What all files hold, before any is judged; what can't be read is the judge's to tell."""
    catalogue = Catalogue(whole=whole)
    firsts: dict[tuple[str, int | None], Entry] = {}
    reasons: list[str] = []
    for file in files:
        try:
            data = file.read()
        except OSError as error:
            reasons.append(f"{file.name}: {error.strerror}; make it readable")
            continue
        for row, text in enumerate(data.split(b"\n"), start=1) if file.ndjson else [(None, data)]:
            try:
                resource = orjson.loads(text)
            except orjson.JSONDecodeError:
                resource = parse(text).value  # what has faults may still be read
            if not isinstance(resource, dict):
                continue
            for entry in entries(file.name, row, resource):
                catalogue.add(entry)
                firsts.setdefault((file.name, row), entry)
            alone = len(files) == 1 and row is None and resource.get("resourceType") == "Bundle"
            catalogue.whole = catalogue.whole or (alone and resource.get("type") in GIVEN_WHOLE)
    if reasons:
        raise InputError(reasons)
    return catalogue, firsts, len(catalogue.entries)


def entries(file: str, row: int | None, resource: dict[str, Any]) -> Iterator[Entry]:
    yield Entry(file, (), _kept(resource), row)
    if resource.get("resourceType") == "Bundle" and isinstance(resource.get("entry"), list):
        for index, entry in enumerate(resource["entry"]):
            held = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(held, dict):
                yield Entry(file, ("entry", index, "resource"), _kept(held), row)


def _kept(resource: dict[str, Any]) -> dict[str, Any]:
    type = resource.get("resourceType")
    if isinstance(type, str) and type in DEFINING:
        return resource
    return {name: resource[name] for name in KEPT if name in resource}


class _Work:
    """The files of a run, to be judged one by one, here or in processes that know the same."""

    def __init__(self, files: list[Source], firsts: dict[tuple[str, int | None], Entry], layers: Layers) -> None:
        self._files = files
        self._firsts = firsts
        self._layers = layers

    def by(self, jobs: int) -> Iterator[list[Issue]]:
        """The issues of each file, as they are done."""
        jobs = min(jobs, len(self._files))
        if jobs < 2:
            yield from (self.judged(index) for index in range(len(self._files)))
            return
        self._layers.prepare(sorted({entry.type for entry in self._firsts.values()}))
        global _here
        _here = self
        fork = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(jobs, mp_context=fork) as pool:
            waiting = [pool.submit(_judged, share) for share in self._shares(jobs)]
            try:
                for each in as_completed(waiting):
                    yield from each.result()
            except BaseException:  # also an interrupt: what is queued is not begun, what runs is ended
                workers = multiprocessing.active_children()
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in workers:
                    worker.terminate()
                raise

    def _shares(self, jobs: int) -> list[range]:
        """Neighbours stay together, as they are of one type and need the same tables; no share is much larger."""
        sizes = [file.size + 2000 for file in self._files]  # a file costs something even when small
        most = max(sum(sizes) / (jobs * 4), 1)
        shares: list[range] = []
        start, held = 0, 0.0
        for index, size in enumerate(sizes):
            held += size
            if held >= most:
                shares.append(range(start, index + 1))
                start, held = index + 1, 0.0
        return [*shares, range(start, len(sizes))] if start < len(sizes) else shares

    def judged(self, index: int) -> list[Issue]:
        file = self._files[index]
        data = file.read()
        if not file.ndjson:
            return self._layers.issues(data, file.name, self._firsts.get((file.name, None)))
        found: list[Issue] = []
        for row, text in enumerate(data.split(b"\n"), start=1):
            if text.strip():
                found += self._layers.issues(text, file.name, self._firsts.get((file.name, row)), line=row)
        return found


_here: _Work


def _judged(share: range) -> list[list[Issue]]:
    return [_here.judged(index) for index in share]
