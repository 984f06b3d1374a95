"""HAPI's validator and ours asked about the same: what each says of a fault or a file, and what is listed of it."""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cervical_options.validator import Issue
from cervical_options.validator.issue import SEVERITIES

from ..official import Finding

TABLE = Path(__file__).with_name("agreement.toml")
HAPI_ERRORS = ("fatal", "error")
# HAPI names the first entry, whichever entry it means.
FIRST_ENTRY = ("BUNDLE_ENTRY_URL_MATCHES_TYPE_ID",)

Said = TypeVar("Said", Issue, Finding)


@dataclass(frozen=True, slots=True)
class Compared:
    """What both say of one fault, new against its base, or of one file as it is."""

    name: str  # a mutant's id, or a file
    layer: str  # the mutant's; empty for a file
    hapi: tuple[Finding, ...]
    ours: tuple[Issue, ...]

    @property
    def hapi_severity(self) -> str:
        return _worst("error" if each.severity == "fatal" else each.severity for each in self.hapi)

    @property
    def our_severity(self) -> str:
        return _worst(each.severity for each in self.ours)


def _worst(severities: Iterable[str]) -> str:
    told = set(severities)
    return next((severity for severity in SEVERITIES if severity in told), "")


@dataclass(frozen=True, slots=True)
class Missed:
    """An error of HAPI's that is none of ours: not told, or told as less."""

    name: str
    finding: Finding
    told_as: str  # warning, information; empty: we say nothing

    def __str__(self) -> str:
        told = f"a {self.told_as} of ours" if self.told_as else "not told by us"
        return f"{self.name}: {self.finding.path}: {self.finding.message} [{self.finding.id}], {told}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: errors of HAPI's that are none of ours, and why."""

    reason: str
    mutants: frozenset[str] = frozenset()
    id: str = ""  # HAPI's id of the message
    says: str = ""  # regular expression that the message begins with
    warning: bool = False  # we tell it, as less than an error
    open: bool = False  # we ought to tell it

    def covers(self, missed: Missed) -> bool:
        if self.warning is not bool(missed.told_as):
            return False
        if self.mutants:
            return missed.name in self.mutants
        return self.id == missed.finding.id and re.match(self.says, missed.finding.message) is not None

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.mutants)) or ' '.join(filter(None, (self.id, self.says)))}: {self.reason}"


def rows(table: Path = TABLE) -> tuple[Row, ...]:
    read = tomllib.loads(table.read_text(encoding="utf-8"))["row"]
    return tuple(Row(**{**row, "mutants": frozenset(row.get("mutants", ()))}) for row in read)


def new(after: Sequence[Said], before: Sequence[Said], same: Callable[[Said], Hashable]) -> Iterator[Said]:
    """What is said of the mutant and not of its base. What is the same may stand at another index, or once more."""
    left = Counter(same(each) for each in before)
    for each in after:
        if left[same(each)]:
            left[same(each)] -= 1
        else:
            yield each


def of_hapi(finding: Finding) -> Hashable:
    message = re.sub(r"@[0-9a-f]+|\[\d+\]", "", finding.message)  # Java's name of an object, an index in a path
    return finding.id, finding.severity, without_index(place(finding)), message


def of_ours(issue: Issue) -> Hashable:
    return issue.rule, issue.severity, without_index(issue.path), issue.message


def place(finding: Finding) -> str:
    """HAPI's path as ours are written. Of a Bundle's references it names the place in the message alone."""
    path = finding.path or ""
    inside = re.search(r"\((Bundle\.[^ ()]+)\)", finding.message)
    if path == "Bundle" and inside is not None:
        path = inside[1]
    return re.sub(r"/\*.*?\*/|\.ofType\(\w+\)|\[[^]\d][^]]*\]", "", path)


def without_index(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def missed_of_fault(fault: Compared) -> Iterator[Missed]:
    """A fault that is an error for HAPI has to be one for us, wherever each sees it; of a warning we say something."""
    asked = HAPI_ERRORS if fault.our_severity else (*HAPI_ERRORS, "warning")
    if fault.our_severity != "error":
        for finding in fault.hapi:
            if finding.severity in asked:
                yield Missed(fault.name, finding, fault.our_severity)


def missed_of_file(file: Compared) -> Iterator[Missed]:
    """Each error of HAPI's has to be an error of ours at its element, or at that element's parent or child."""
    for finding in file.hapi:
        if finding.severity in HAPI_ERRORS and not any(
            issue.severity == "error" and beside(finding, issue) for issue in file.ours
        ):
            yield Missed(file.name, finding, "")


def beyond(file: Compared) -> Iterator[Issue]:
    """Our errors where HAPI says nothing."""
    for issue in file.ours:
        if issue.severity == "error" and not any(beside(finding, issue) for finding in file.hapi):
            yield issue


def beside(finding: Finding, issue: Issue) -> bool:
    """Whether both speak of one element, or of a parent and its child."""
    here, there = place(finding), re.sub(r"\.ofType\(\w+\)", "", issue.path)
    if finding.id in FIRST_ENTRY:
        here, there = without_index(here), without_index(there)
    one, other = here.split("."), there.split(".")
    least = min(len(one), len(other))
    return one[:least] == other[:least] and abs(len(one) - len(other)) <= 1


def by_severity(faults: Sequence[Compared]) -> Iterator[str]:
    """The faults of each layer, and how severe each validator calls them."""
    yield f"  {'':12} {'':6} | ours {'':15} | HAPI"
    yield f"  {'layer':12} faults | error   less   none | error   less   none"
    for layer in dict.fromkeys(fault.layer for fault in faults):
        yield _line(layer, [fault for fault in faults if fault.layer == layer])
    yield _line("all", faults)


def _line(layer: str, faults: Sequence[Compared]) -> str:
    ours, hapi = (_counts(fault.our_severity for fault in faults), _counts(fault.hapi_severity for fault in faults))
    return f"  {layer:12} {len(faults):6} | {ours} | {hapi}"


def _counts(severities: Iterable[str]) -> str:
    count = Counter({"error": "error", "": "none"}.get(severity, "less") for severity in severities)
    return f"{count['error']:5} {count['less']:6} {count['none']:6}"
