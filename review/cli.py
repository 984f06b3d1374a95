"""`cervical-options trace`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..console import fhir_folder, read_or_refuse, refuse

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
