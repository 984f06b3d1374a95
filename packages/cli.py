"""`cervical-options package`."""

import os
from pathlib import Path

import click

from .. import examples_path
from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say

EXAMPLES = """\b
Examples:
  cervical-options package                     # dist/bundle-by-id.json and the rest
  cervical-options package --out /tmp/dist
  cervical-options package --check             # is dist/ what its SHA256SUMS says?
  SOURCE_DATE_EPOCH=0 cervical-options package

Same content, same bytes: no clock is read. What is packed has the date of the content, or that of SOURCE_DATE_EPOCH.

Exit codes: 0 written, or whole; 1 not whole (--check); 2 no resources to read, or a folder that can't be written.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Folder of the files; others in it are left alone.",
)
@click.option("--check", is_flag=True, help="Write nothing: say which files of the folder differ from its SHA256SUMS.")
@fhir_folder
@click.option(
    "--examples",
    type=click.Path(path_type=Path),
    help="Folder of example resources for the FHIR package; by default those that come with this command, and none "
    "with --fhir.",
)
def package(out: Path, check: bool, fhir: Path | None, examples: Path | None) -> None:
    """Write what integrators take: the FHIR package, Bundles to load and unload, NDJSON, checksums.

    \b
    org.w3id.cervical-options-VERSION.tgz   the FHIR package: resources and examples
    bundle-by-id.json, bundle-by-url.json   transactions that load everything
    unload.json                             the transaction that takes it off again
    closures/ID.json                        a transaction for one recommendation and all that it needs
    collection.json, ndjson/TYPE.ndjson     to read
    summary.json                            what is in it, for machines
    SHA256SUMS                              of all of these
    """
    if check:
        _check(out)
        return
    from ..service.loader.ownership import faults
    from .bundle import nameless
    from .files import distribution, write

    resources = read_or_refuse(fhir)
    if reasons := nameless(resources) or faults(resources):
        refuse(*reasons)
    beside = examples or (examples_path() if fhir is None else None)
    made = distribution(resources, read_or_refuse(beside) if beside else [], _time())
    if out.exists() and not out.is_dir():
        refuse(f"{out}: a file, not a folder; choose another one")
    try:
        write(made.files, out)
    except OSError as error:
        refuse(f"{error.filename or out}: {error.strerror}; choose a folder that can be written")
    for name, data in made.files.items():
        say(f"{out / name}  {len(data):,} bytes")
    if made.without:
        say(made.without)


def _time() -> int | None:
    said = os.environ.get("SOURCE_DATE_EPOCH")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and int(said) < 2**32):
        refuse(f"SOURCE_DATE_EPOCH is {said!r}: no number of seconds since 1970; set one below {2**32:,}, or none")
    return int(said)


def _check(folder: Path) -> None:
    from ..checksums import faults

    try:
        found = faults(folder)
    except ValueError as error:
        refuse(str(error))
    say(*found or [f"{folder}: every file is what its SHA256SUMS names"])
    raise SystemExit(ExitCode.FINDINGS if found else ExitCode.DONE)
