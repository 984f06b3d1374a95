"""`cervical-options review`."""

import webbrowser
from pathlib import Path

import click

from .. import path
from ..console import fhir_folder, read_or_refuse, refuse, say

EXAMPLES = """\b
Examples:
  cervical-options review                      # dist/review/index.html, to be opened from the disk
  cervical-options review --out public --open

Exit codes: 0 written, 2 no resources to read, or a folder that can't be written.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("dist/review"),
    show_default=True,
    help="Folder of the pages; other files in it are left alone.",
)
@click.option("--open", "opens", is_flag=True, help="Open the first page in a browser.")
@click.option(
    "--patients",
    type=click.Path(path_type=Path),
    help="Folder of written patients, each with records and case.toml; by default those that come with this command.",
)
@click.option(
    "--cards",
    type=click.Path(path_type=Path),
    help="Folder of a CDS Hooks service's answers, <service>/<outcome>/response.json, to be shown too.",
)
@fhir_folder
def review(out: Path, opens: bool, patients: Path | None, cards: Path | None, fhir: Path | None) -> None:
    """Write the review pages: statement, condition, action and patient side by side, as a static site.

    They work from a file, an intranet or a web server, and ask nothing of any other address.
    """
    try:
        from .site import site
    except ModuleNotFoundError as error:
        refuse(f"{error.name} is not installed; install cervical-options[review]")
    from ..packages.files import write
    from ..service.package import PlanError
    from .cards import PairsError, answered
    from .content import Content
    from .written import PatientsError
    from .written import patients as read_patients

    resources = read_or_refuse(fhir)
    if out.exists() and not out.is_dir():
        refuse(f"{out}: a file, not a folder; choose another one")
    try:
        written = read_patients(patients or path().parent / "patients")
        made = site(Content(resources, written, answered(cards) if cards else None))
    except PatientsError as error:
        refuse(*error.reasons)
    except (PlanError, PairsError) as error:
        refuse(str(error))
    except LookupError as error:
        refuse(f"{error}; name a folder of this package with --fhir")
    try:
        write(made, out)
    except OSError as error:
        refuse(f"{error.filename or out}: {error.strerror}; choose a folder that can be written")
    first = out / "index.html"
    say(f"{len(made)} files, {sum(map(len, made.values())):,} bytes; open {first}")
    if opens and not webbrowser.open(first.resolve().as_uri()):
        say("no browser could be started; open it by hand")
