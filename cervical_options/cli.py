"""The command `cervical-options`. Each part of the project brings its own commands; this puts them together."""

import click

from .generator.cli import examples, generate
from .packages.cli import package
from .review.cli import docs, trace
from .service.cli import record


@click.group()
@click.version_option(package_name="cervical-options", message="%(version)s")
def app() -> None:
    """Treatment options for recurrent cervical cancer as a FHIR R4 package. Draft, not medical advice.

    \b
    Shell completion, for bash (zsh and fish likewise):
      eval "$(_CERVICAL_OPTIONS_COMPLETE=bash_source cervical-options)"
    """


for command in (generate, examples, docs, package, record, trace):
    app.add_command(command)
