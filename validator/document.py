"""One document through all layers: text in, issues out."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from . import models, package_rules, profiles
from .catalogue import Catalogue, Entry
from .definitions import Definitions
from .invariants import Invariants, expressions
from .issue import Issue
from .locator import Locator, Steps
from .paths import Paths
from .place import Place
from .references import References
from .rule import Finding, Layer, Wording, rule
from .schema import Schemas
from .strict_json import json_depth, parse
from .structure import Walk
from .terminology import Terminology
from .visit import Visit

DEEPEST = 20_000  # frames; the reader of JSON stops before that many are needed
STACK = 256 * 1024 * 1024  # bytes, taken only as they are used
AROUND = "*"  # no key of JSON in FHIR
SECOND_OPINIONS = (Layer.SCHEMA, Layer.MODELS)
FIRST_OPINIONS = (Layer.JSON, Layer.STRUCTURE)


@rule(Layer.JSON)
def layer_failed(layer: str, error: str) -> Wording:
    """A layer that breaks on a document says so: what it would have found is then not known."""
    return f"the layer {layer} broke on this document ({error})", "report it, with the document"


@rule(Layer.JSON, "information")
def depth_not_checked(layer: str) -> Wording:
    """A layer that can't follow a document to its depth says so."""
    return f"not checked: the document is nested too deeply for the layer {layer}", "flatten it, or judge it by hand"


class Layers:
    """All layers with what they know of the input; made once a run."""

    def __init__(self, definitions: Definitions, catalogue: Catalogue, ignore: frozenset[str] = frozenset()) -> None:
        self._definitions = definitions
        self._catalogue = catalogue
        self._ignore = ignore
        self._schemas = Schemas()
        self._invariants = Invariants(definitions)
        self._terminology = Terminology(definitions, catalogue)
        self._references = References(definitions, catalogue)

    def prepare(self, types: Iterable[str]) -> None:
        """Load once what processes made from this one would each load for themselves."""
        for name in types:
            self._schemas.prepare(name)
            models.prepare(name)

    def issues(self, data: bytes, file: str, entry: Entry | None = None, line: int = 1) -> list[Issue]:
        """Every issue of one document, in the order of its text. `line` is where it begins in its file."""
        parsed = parse(data)
        findings: list[Finding] = []
        if parsed.read:
            try:
                findings = self._found(parsed.value, entry, last=False)
            except RecursionError:  # Questionnaires may be nested deeply
                findings = _deep(lambda: self._found(parsed.value, entry, last=True))
        kept = [(finding, confirmed) for finding, confirmed in _folded(findings) if finding.rule.id not in self._ignore]
        told = [(offset, finding) for offset, finding in parsed.faults if finding.rule.id not in self._ignore]
        if not kept and not told:
            return []
        return located(parsed.text, parsed.value, file, line, self._definitions, kept, told)

    def _found(self, value: object, entry: Entry | None, last: bool) -> list[Finding]:
        """All findings. Raises RecursionError where there is a `last` try to come, with more room."""
        walk = Walk(self._definitions)
        findings: list[Finding] = []
        try:
            findings += walk.document(value)
            for layer, check in self._after(walk.visit, entry) if walk.visit.resources else ():
                try:
                    findings += check()
                except RecursionError:
                    if not last:
                        raise
                    findings.append(depth_not_checked(Place.root(walk.visit.outermost.type.name), layer))
                except Exception as error:  # nothing is passed in silence, and no document ends the run
                    findings.append(_broken(walk.visit, layer, error))
        except RecursionError:
            if not last:
                raise
            findings.append(json_depth(Place.root("")))
        except Exception as error:
            findings.append(_broken(walk.visit, Layer.STRUCTURE, error))
        return findings

    def _after(self, visit: Visit, entry: Entry | None) -> Iterator[tuple[str, Callable[[], Iterable[Finding]]]]:
        """The layers after the walk. Each is asked in turn, and breaks alone."""
        seen = visit.resources
        yield Layer.SCHEMA, lambda: [found for each in seen for found in self._schemas.check(each)]
        yield Layer.MODELS, lambda: list(models.check(visit))
        yield (
            Layer.INVARIANTS,
            lambda: [*self._invariants.check(visit), *(found for each in seen for found in expressions.check(each))],
        )
        yield Layer.TERMINOLOGY, lambda: list(self._terminology.check(visit))
        yield Layer.REFERENCES, lambda: list(self._references.check(visit, entry))
        for layer, judge in ((Layer.PROFILES, profiles.check), (Layer.PACKAGE, package_rules.check)):
            yield (
                layer,
                lambda judge=judge: [  # type: ignore[misc]
                    found
                    for each in seen
                    if each.container is None
                    for found in judge(each.node, each.place, self._catalogue)
                ],
            )


def located(
    text: str,
    value: object,
    file: str,
    line: int,
    definitions: Definitions,
    found: Sequence[tuple[Finding, tuple[str, ...]]],
    told: Sequence[tuple[int, Finding]] = (),
) -> list[Issue]:
    """Findings, with the layers that confirm each, as issues of a file; those `told` have their offset already."""
    locator = Locator(text)
    offsets = locator.offsets({finding.place.steps() for finding, _ in found}) if found else {}
    rows: list[tuple[int, Finding, tuple[str, ...]]] = [(offset, finding, ()) for offset, finding in told]
    rows += [(offsets[finding.place.steps()], finding, confirmed) for finding, confirmed in found]
    paths = Paths(definitions, value)
    made = [_issue(file, line, locator, *row, paths.of(row[1].place)) for row in rows]
    return sorted(made, key=lambda each: (each.line or 0, each.column or 0, each.path, each.rule, each.message))


def _deep(work: Callable[[], list[Finding]]) -> list[Finding]:
    """Do the work where there is room for deep nesting: in a thread with a stack of its own size."""
    limit, size = sys.getrecursionlimit(), threading.stack_size(STACK)
    sys.setrecursionlimit(max(limit, DEEPEST))
    try:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(work).result()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)


def _broken(visit: Visit, layer: str, error: Exception) -> Finding:
    root = Place.root(visit.outermost.type.name if visit.resources else "")
    return layer_failed(root, layer, f"{type(error).__name__}: {error}"[:200])


def _folded(findings: list[Finding]) -> Iterator[tuple[Finding, tuple[str, ...]]]:
    """Second opinions that say what a first one says, at its place or next to it, confirm it and are not told again."""
    first: dict[Steps, list[Finding]] = {}  # by place, and by the place around it
    for finding in findings:
        if finding.severity == "error" and finding.rule.layer in FIRST_OPINIONS and finding.rule is not layer_failed:
            steps = finding.place.steps()
            first.setdefault(steps, []).append(finding)
            if steps:
                first.setdefault((*steps[:-1], AROUND), []).append(finding)
    confirmed: dict[int, list[str]] = {}
    for finding in findings:
        if finding.rule.layer not in SECOND_OPINIONS:
            continue
        steps = finding.place.steps()
        near = [*first.get(steps, ()), *first.get((*steps, AROUND), ())]
        near += [other for end in range(1, len(steps)) for other in first.get(steps[:end], ())]
        for other in near:
            confirmed.setdefault(id(other), []).append(finding.rule.layer)
        if near:
            confirmed.setdefault(id(finding), [])
    for finding in findings:
        if finding.rule.layer in SECOND_OPINIONS:
            if id(finding) not in confirmed:
                yield finding, ()
        else:
            yield finding, tuple(dict.fromkeys(confirmed.get(id(finding), ())))


def _issue(
    file: str, first: int, locator: Locator, offset: int, finding: Finding, confirmed: tuple[str, ...], path: str
) -> Issue:
    line, column = locator.line_and_column(offset)
    return Issue(
        file=file,
        line=first + line - 1,
        column=column,
        path=path,
        severity=finding.severity,
        rule=finding.rule.id,
        message=f"{finding.what}; {finding.remedy}",
        source=finding.rule.layer.value,
        confirmed_by=confirmed,
    )
