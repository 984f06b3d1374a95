"""The command `cervical-options`. Each part of the project brings its own commands; this puts them together."""

import os
import sys
from typing import Any

import click

from .console import ExitCode, say
from .generator.cli import examples, generate
from .packages.cli import package
from .packages.diff_cli import diff
from .review.cli import docs, trace
from .review.review_cli import review
from .service.apply_cli import apply
from .service.cds_examples_cli import cds_examples
from .service.cli import record
from .service.load_cli import load
from .service.serve_cli import serve
from .validator.cli import validate


class Commands(click.Group):
    """A group of commands that says in one line why its output can't be written."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        try:
            try:
                return super().main(*arguments, **options)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:  # who read the output has stopped, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(ExitCode.FINDINGS)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            say(f"the output can't be written: {error.strerror}; choose another place for it")
            sys.exit(ExitCode.MISUSE)


@click.group(cls=Commands)
@click.version_option(package_name="cervical-options", message="%(version)s")
def app() -> None:
    """Treatment options for recurrent cervical cancer as a FHIR R4 package. Draft, not medical advice.

    \b
    Shell completion, for bash (zsh and fish likewise):
      eval "$(_CERVICAL_OPTIONS_COMPLETE=bash_source cervical-options)"
    """


for command in (
    *(generate, examples, docs, package, diff, load, validate, record, apply, serve, cds_examples, trace, review),
):
    app.add_command(command)
