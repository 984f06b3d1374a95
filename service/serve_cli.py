"""`cervical-options serve`."""

import sys
from importlib.util import find_spec
from pathlib import Path

import click

from ..console import ExitCode, refuse, say

EXAMPLES = """\b
Examples:
  cervical-options serve
  cervical-options serve --port 0 --package org.w3id.cervical-options-0.1.0.tgz
  cervical-options serve --config cds.toml --workers 2
  cervical-options serve --check --config cds.toml
  CERVICAL_OPTIONS_CDS_FHIR_SERVERS="https://ehr.example/fhir" cervical-options serve

\b
Exit codes: 0 stopped when told to, or --check found nothing; 2 settings or content that can't be served; 3 the FHIR
server that holds the content could not be asked.
"""
NEEDED = ("fastapi", "httpx", "jwt", "uvicorn")


@click.command(epilog=EXAMPLES)
@click.option("--host", metavar="ADDRESS", help="Address to listen on; by default 127.0.0.1.")
@click.option("--port", metavar="PORT", type=int, help="Port to listen on; by default 8090, and 0 takes a free one.")
@click.option(
    "--package", metavar="PATH", help="Folder or package (.tgz), or base of a FHIR server; by default our own."
)
@click.option("--workers", metavar="N", type=int, help="Processes that answer; by default 1.")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), help="Settings as TOML; docs/cds-hooks.md.")
@click.option("--check", is_flag=True, help="Only check settings and content; serve nothing.")
def serve(
    host: str | None, port: int | None, package: str | None, workers: int | None, config: Path | None, check: bool
) -> None:
    """Serve the package's PlanDefinitions as CDS Hooks 2.0 services.

    Prints the base under which it serves, then one JSON object a call on stderr, with nothing of the patient in it.
    Every setting may stand in a TOML file or in a variable CERVICAL_OPTIONS_CDS_<NAME>; options go before both.
    """
    if lacking := [each for each in NEEDED if find_spec(each) is None]:
        refuse(f"serve needs {', '.join(lacking)}; install the extra: pip install 'cervical-options[service]'")
    from ..client import AskError
    from ..folder import FolderError
    from .cds.content import ContentError
    from .cds.serve import NotServedError, answering, run
    from .cds.settings import SettingsError, read

    try:
        settings = read(config, host=host, port=port, package=package, workers=workers)
        served = answering(settings)
    except (SettingsError, FolderError) as error:
        refuse(*error.reasons)
    except (NotServedError, ContentError) as error:
        refuse(str(error))
    except AskError as error:
        say(str(error))
        sys.exit(ExitCode.NOT_ASKED)
    say(*(f"left out: {each}" for each in served.offer.left_out))
    if check:
        for each in served.services:
            click.echo(f"{each.id}  {each.hook}")
        return

    def ready(base: str) -> None:
        click.echo(f"{base}/cds-services")
        sys.stdout.flush()

    try:
        run(settings, served, ready)
    except NotServedError as error:
        refuse(str(error))
