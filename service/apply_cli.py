"""`cervical-options apply`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say

if TYPE_CHECKING:
    from .application import Application
    from .reading import Given

EXAMPLES = """\b
Examples:
  cervical-options apply bundle.json
  cervical-options apply patients/spread-lung --explain
  cervical-options apply - --format json < bundles.ndjson > answers.ndjson
  cervical-options apply bundle.json --format fhir --plan cervical-offer-pembrolizumab
  cervical-options apply bundle.json --fhir other-content.tgz

Exit codes: 0 every Bundle was answered, 2 one was not, or misuse.
"""


@click.command(epilog=EXAMPLES)
@click.argument("records", metavar="RECORDS", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--plan", metavar="ID", help="Apply this PlanDefinition only; by default the strategy with all options.")
@click.option(
    "--format",
    type=click.Choice(["text", "json", "fhir"]),
    default="text",
    show_default=True,
    help="Words, the answer as JSON, or the CarePlan that $apply gives.",
)
@click.option("--explain", is_flag=True, help="Say which records prove which fact, and what was not recognised.")
@fhir_folder
def apply(records: Path, plan: str | None, format: str, explain: bool, fhir: Path | None) -> None:
    """Say what may be offered to a patient, what is missing, and what is not met, by the records of a Bundle.

    RECORDS is a Bundle with one Patient as JSON, Bundles one a line (NDJSON), or a folder with one resource a file;
    - reads standard input. NDJSON is answered line by line, also where a line is faulty.
    """
    from .application import Application, Refused
    from .package import PlanError
    from .patient_record import RecordsError
    from .reading import read

    if explain and format == "fhir":
        refuse("--explain: a CarePlan has no place for it; use it with --format text or json")
    try:
        application = Application(read_or_refuse(fhir), plan)
        given = read(records)
    except PlanError as error:
        refuse(str(error))
    except RecordsError as error:
        refuse(*error.reasons)
    whole = True
    for number, each in enumerate(given.given):
        try:
            answer = _answer(application, each, format, explain)
        except Refused as error:
            whole = False
            if given.several and format != "text":
                _print({"error": f"{each.place}: {error}"}, several=True)
            else:
                say(*(f"{each.place}: {reason}" for reason in error.reasons))
            continue
        if format == "text":
            _write(answer, first=number == 0)
        else:
            _print(answer, several=given.several or given.one_line)
    sys.exit(ExitCode.DONE if whole else ExitCode.MISUSE)


def _answer(application: "Application", given: "Given", format: str, explain: bool) -> Any:
    from .application import Refused

    if given.fault is not None:
        raise Refused([given.fault])
    if format == "fhir":
        return application.care_plan(given.bundle)
    if format == "json":
        return application.data(given.bundle, explain=explain)
    return application.words(given.bundle, explain=explain)


def _write(lines: list[tuple[str, str]], *, first: bool) -> None:
    from .told import one_line

    if not first:
        click.echo()
    for kind, text in lines:
        click.echo(click.style(one_line(text), bold=kind == "heading", fg="cyan" if kind == "option" else None))


def _print(answer: Any, *, several: bool) -> None:
    click.echo(orjson.dumps(answer, option=0 if several else orjson.OPT_INDENT_2))
