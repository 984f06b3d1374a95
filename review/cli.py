"""`cervical-options trace` and `docs`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say

if TYPE_CHECKING:
    from .trace import Trace

EXAMPLES = """\b
Examples:
  cervical-options trace                       # every statement, then every carrier
  cervical-options trace S-49 S-52             # only these statements
  cervical-options trace --format csv > trace.csv

Exit codes: 0 printed, 2 no such statement or no resources to read.
"""


@click.command(epilog=EXAMPLES)
@click.argument("statement", nargs=-1)
@click.option(
    "--format",
    type=click.Choice(["text", "csv", "json"]),
    default="text",
    show_default=True,
    help="How the trace is printed.",
)
@fhir_folder
def trace(statement: tuple[str, ...], format: str, fhir: Path | None) -> None:
    """Show which statement of the page went into which resource, action and concept, and what was left out.

    STATEMENT limits the trace to these statement ids.
    """
    from .trace import Trace
    from .trace import trace as follow

    writers = {"text": _text, "csv": _csv, "json": _json}
    try:
        found = follow(read_or_refuse(fhir))
    except LookupError as error:
        refuse(f"{error}; name a folder of this package with --fhir")
    statement = tuple(id.upper() for id in statement)
    if statement:
        unknown = sorted(set(statement) - {each.id for each in found.statements})
        if unknown:
            refuse(
                f"no statement {', '.join(unknown)}; the ids are S-01 to S-69, and L-01 and on for what was left out"
            )
        found = Trace(tuple(each for each in found.statements if each.id in statement))
    writers[format](found)


def _text(found: "Trace") -> None:
    for each in found.statements:
        print(f"{each.id}  {each.text}")
        for carrier in each.carriers:
            print(f"      {carrier}")
        if each.left_out:
            print(f"      {each.left_out}")
    print()
    for carrier, statements in found.carriers.items():
        print(f"{carrier}  {', '.join(statements)}")


def _csv(found: "Trace") -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("statement", "section", "text", "resource", "element", "left out"))
    for each in found.statements:
        for carrier in each.carriers or ("",):
            resource, _, element = carrier.partition("#")
            writer.writerow((each.id, each.section, each.text, resource, element, each.left_out or ""))


def _json(found: "Trace") -> None:
    import json

    statements = [
        {"id": s.id, "section": s.section, "text": s.text, "carriers": list(s.carriers), "leftOut": s.left_out}
        for s in found.statements
    ]
    print(json.dumps({"statements": statements, "carriers": found.carriers}, indent=2, ensure_ascii=False))


DOCS_EXAMPLES = """\b
Examples:
  cervical-options docs                        # docs/options.svg, and the marked parts of docs/*.md
  cervical-options docs --check                # exit 1 where they are not what the resources make

Exit codes: 0 written or current, 1 --check found stale files, 2 no resources to read, or a document or marker missing.
"""


@click.command(epilog=DOCS_EXAMPLES)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("docs"),
    show_default=True,
    help="Folder of the documents; they must be there, with their markers.",
)
@click.option("--check", is_flag=True, help="Write nothing; name every file that is stale.")
@fhir_folder
def docs(out: Path, check: bool, fhir: Path | None) -> None:
    """Draw the package on one page, and make the lists in the integrator's documents anew.

    In a document only what stands between its markers is replaced; no file is written unless all can be made.
    """
    from ..packages.files import write
    from .documents import DOCUMENTS, MarkerError, fill
    from .picture import picture

    resources = read_or_refuse(fhir)
    try:
        old = {name: (out / name).read_bytes() for name in DOCUMENTS}
        made = {name: fill(name, text.decode("utf-8"), resources).encode() for name, text in old.items()}
        made["options.svg"] = picture(resources).encode()
    except LookupError as error:
        refuse(f"{error}; name a folder of this package with --fhir")
    except MarkerError as error:
        refuse(f"{out / error.document}: {error}")
    except UnicodeDecodeError as error:
        refuse(f"{out}: a document is not UTF-8 ({error.reason}); mend it")
    except OSError as error:
        refuse(f"{error.filename or out}: {error.strerror}; name the folder of the documents with --out")
    drawing = out / "options.svg"
    old["options.svg"] = drawing.read_bytes() if drawing.is_file() else b""
    stale = {name: data for name, data in sorted(made.items()) if data != old[name]}
    if check:
        for name in stale:
            print(f"stale: {out / name}")
        say(f"{len(stale)} stale; run 'cervical-options docs' to write" if stale else f"{out} is current")
        sys.exit(ExitCode.FINDINGS if stale else ExitCode.DONE)
    try:
        write(stale, out)
    except OSError as error:
        refuse(f"{error.filename or out}: {error.strerror}; choose a folder that can be written")
    for name in stale:
        say(f"wrote {out / name}")
    if not stale:
        say(f"{out} is current")
