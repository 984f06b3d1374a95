"""Habits that all commands share: data on stdout, talk on stderr, exit codes, and the folder they read."""

import sys
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

import click

from . import path
from .folder import FolderError, Resource, read


class ExitCode(IntEnum):
    """What a command's exit code says; the codes are part of its interface."""

    DONE = 0
    FINDINGS = 1
    MISUSE = 2
    NOT_ASKED = 3


fhir_folder = click.option(
    "--fhir",
    type=click.Path(path_type=Path),
    help="Folder or package (.tgz) of resources; by default those that come with this command.",
)


def read_or_refuse(folder: Path | None) -> list[Resource]:
    """The resources of a folder, by default the package's own; what is no resource ends the command."""
    try:
        return read(folder or path())
    except FolderError as error:
        refuse(*error.reasons)


def refuse(*reasons: str) -> NoReturn:
    """End the command as misused or badly fed, saying every reason."""
    say(*reasons)
    sys.exit(ExitCode.MISUSE)


def say(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)
