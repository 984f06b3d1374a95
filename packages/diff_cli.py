"""`cervical-options diff`."""

from pathlib import Path

import click

from ..console import ExitCode, refuse, say

FORMATS = ("text", "json", "markdown")  # the keys of difference.report.FORMATS, which --help need not import
EXAMPLES = """\b
Examples:
  cervical-options diff org.w3id.cervical-options-0.1.0.tgz org.w3id.cervical-options-0.2.0.tgz
  cervical-options diff old-dist dist --format json
  cervical-options diff installed.json dist/collection.json --format markdown > changes.md

\b
Each change has a class:
  breaking   an id, url, code, define, hook or wanted data that others rely on is gone or named otherwise
  clinical   what may be offered, to whom, why, or by which code it is recognised; and what is not known to be less
  editorial  words, dates, narrative

Exit codes: 0 the same, and nothing is said; 1 they differ; 2 misuse, or a release that can't be read.
"""


@click.command(epilog=EXAMPLES)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--format", type=click.Choice(FORMATS), default="text", show_default=True, help="How changes are told.")
def diff(old: Path, new: Path, format: str) -> None:
    """Say what a new release changes, by meaning: OLD and NEW are folders, FHIR packages (.tgz) or Bundles (.json).

    Works on any two sets of FHIR R4 resources with PlanDefinitions. A new version number, and canonicals that are
    pinned to it, are one change and no more. The examples of a package are not compared.
    """
    from ..folder import FolderError
    from .difference.compare import compare
    from .difference.release import read_release
    from .difference.report import FORMATS as REPORTS

    read, reasons = [], []
    for path in (old, new):
        try:
            read.append(read_release(path))
        except FolderError as error:
            reasons += error.reasons
    if reasons:
        refuse(*dict.fromkeys(reasons))
    before, after = read
    changes = compare(before, after)
    click.echo(REPORTS[format](changes, before, after), nl=False)
    if changes and format == "text":
        say(f"{len(changes)} changes from {old} to {new}")
    raise SystemExit(ExitCode.FINDINGS if changes else ExitCode.DONE)
