"""Files in, issues out: whether FHIR R4 content is right, layer by layer. It knows nothing of how it was made.

from cervical_options.validator import validate

for issue in validate(["fhir", "bundle.json"]):
    print(issue.file, issue.line, issue.path, issue.severity, issue.rule, issue.message)
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .issue import Issue, Severity

if TYPE_CHECKING:
    from .inputs import InputError

__all__ = ["InputError", "Issue", "Severity", "validate"]


def validate(
    paths: Sequence[str | Path],
    *,
    ignore: Iterable[str] = (),
    packages: Iterable[str | Path] = (),
    jobs: int = 1,
) -> list[Issue]:
    """Every issue of files, folders, NDJSON files and FHIR packages (.tgz), by file, line, column and rule.

    `ignore` names rules to leave out, `packages` are further FHIR packages whose definitions are known, `jobs` is the
    number of processes. What can't be checked is an issue of severity "information", never passed in silence.
    Raises InputError, with every path that can't be read.
    """
    from .run import Options, run

    options = Options(frozenset(ignore), tuple(Path(package) for package in packages), jobs)
    return run(paths, options).issues


def __getattr__(name: str) -> object:
    """`InputError` without reading the tables before they are needed."""
    if name == "InputError":
        from .inputs import InputError

        return InputError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
