"""`cervical-options load`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say
from ..server_options import read_headers, server_options

if TYPE_CHECKING:
    from .loader.report import Report

EXAMPLES = """\b
Examples:
  cervical-options load --server https://ehr.example/fhir --dry-run
  cervical-options load --server https://ehr.example/fhir --header Authorization=@token.txt --report load.json
  cervical-options load --server https://ehr.example/fhir --by url
  cervical-options load --server https://ehr.example/fhir --unload

\b
Exit codes: 0 done, or nothing to do; 1 refused, by this command or the server, or the server made something else of
it; 2 misuse; 3 the server could not be asked, or was lost on the way. Run it again: it goes on where it stopped.
"""


@click.command(epilog=EXAMPLES)
@click.option("--server", metavar="URL", required=True, help="Base of the FHIR R4 server.")
@click.option(
    "--by",
    type=click.Choice(["id", "url"]),
    default="id",
    show_default=True,
    help="Under the package's own ids, or under ids that the server chooses and finds again by url.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done; nothing is written.")
@click.option("--unload", "unloads", is_flag=True, help="Take off the server what is ours, and nothing else.")
@click.option(
    "--report", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write a report there, as JSON."
)
@server_options
@fhir_folder
def load(
    server: str,
    by: str,
    dry_run: bool,
    unloads: bool,
    file: Path | None,
    headers: tuple[str, ...],
    ca: Path | None,
    fhir: Path | None,
) -> None:
    """Load the package onto a FHIR R4 server: what is missing or differs there is written, and read back.

    Looks before it writes anything, and refuses where that would touch what is not ours: ours is what has our url (a
    Medication: identifier) and the package's tag. One transaction, or resource by resource where the server takes
    none. A second load writes nothing.
    """
    from ..client import Client, masked
    from .loader.load import load as bring
    from .loader.load import unload as take
    from .loader.ownership import faults

    named = read_headers(headers, server, ca)
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        refuse(f"--report: {file}: no file can be written there; choose another")
    resources = read_or_refuse(fhir)
    if reasons := faults(resources):
        refuse(*reasons)

    def tell(text: str) -> None:
        say(masked(text, named))

    with Client(server, named, ca, tell=tell) as client:
        if unloads:
            report = take(client, resources, dry_run=dry_run)
        else:
            report = bring(client, resources, "url" if by == "url" else "id", dry_run=dry_run)
    for line in report.lines():
        click.echo(masked(line, named))
    if file is not None:
        _write(report, file, named)
    for each in (*report.notes, report.trouble):
        if each:
            tell(each)
    tell(report.summary())
    if report.trouble:
        sys.exit(ExitCode.NOT_ASKED)
    sys.exit(ExitCode.FINDINGS if report.failed else ExitCode.DONE)


def _write(report: "Report", file: Path, headers: dict[str, str]) -> None:
    import orjson

    from ..client import masked

    text = orjson.dumps(report.data(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    try:
        file.write_text(masked(text, headers), encoding="utf-8")
    except OSError as error:
        say(f"--report: {file}: {error.strerror}; the report is as above")
        sys.exit(ExitCode.MISUSE)
