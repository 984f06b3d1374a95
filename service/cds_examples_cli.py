"""`cervical-options cds-examples`."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say

if TYPE_CHECKING:
    from .cds.examples import Case

EXAMPLES = """\b
Examples:
  cervical-options cds-examples
  cervical-options cds-examples --check

Exit codes: 0 written, or as they are; 1 --check found another; 2 misuse.
"""


@click.command(name="cds-examples", epilog=EXAMPLES)
@click.option(
    "--out", metavar="DIR", type=click.Path(path_type=Path), default=Path("docs/cds-hooks"), show_default=True
)
@click.option("--patients", metavar="DIR", type=click.Path(path_type=Path), default=Path("patients"), show_default=True)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not what would be written.")
@fhir_folder
def cds_examples(out: Path, patients: Path, check: bool, fhir: Path | None) -> None:
    """Write an example request and its response for each service and outcome that DIR/cases.toml names.

    DIR/<service>/<outcome>/request.json and response.json; the records are those of the written patients.
    """
    from .cds.answering import Answering
    from .cds.examples import pair

    try:
        table = tomllib.loads((out / "cases.toml").read_text("utf-8"))["case"]
        cases = [_case(each) for each in table]
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        refuse(f"{out / 'cases.toml'}: no table of cases ({error}); name the folder that has it with --out")
    answering = Answering(read_or_refuse(fhir))
    files: dict[Path, bytes] = {}
    for case in cases:
        try:
            made = pair(answering, case, list(_records(patients / case.patient)))
        except (LookupError, ValueError, OSError) as error:
            refuse(f"{case.service}/{case.outcome}: {error}; mend the case")
        if made.status != case.status:
            refuse(f"{case.service}/{case.outcome}: answered {made.status}, not {case.status}; mend the case")
        folder = out / case.service / case.outcome
        files[folder / "request.json"] = _text(made.request)
        files[folder / "response.json"] = _text(made.response)
    there = {path for path in out.glob("*/*/*") if path.is_file()}
    differ = sorted(path for path in files.keys() | there if not path.is_file() or path.read_bytes() != files.get(path))
    if check:
        for path in differ:
            click.echo(f"{path}: not what the services answer; run 'cervical-options cds-examples'")
        sys.exit(ExitCode.FINDINGS if differ else ExitCode.DONE)
    for path in differ:
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
        else:
            path.unlink()
    say(f"{len(files)} files, {len(differ)} of them changed")


def _records(folder: Path) -> Iterator[dict[str, object]]:
    for file in sorted(folder.glob("*.json")):
        yield orjson.loads(file.read_bytes())


def _case(row: dict[str, Any]) -> "Case":
    from .cds.examples import Case

    read: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Case(**read)


def _text(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
