"""A report brought to where it shall be: to a file whole or not at all, or to standard output."""

import os
import sys
from pathlib import Path


class OutputError(Exception):
    """The file can't be written; says why and what to do."""


def check(file: Path) -> None:
    """Before the work is done: raises OutputError where the file could not be written afterwards."""
    if file.is_dir():
        raise OutputError(f"{file}: a folder; name a file")
    if not file.parent.is_dir():
        raise OutputError(f"{file}: there is no folder {file.parent}; make it, or choose another")


def write(text: str, file: Path) -> None:
    """Beside the file first, and then in its place, so that who reads it never sees half; a device is written to.

    Raises OutputError.
    """
    target = file.resolve()  # a link stays a link
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    data = text.encode()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        try:
            new.write_bytes(data)
            if target.exists():
                new.chmod(target.stat().st_mode & 0o7777)
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{file}: {error.strerror}; choose a file that can be written") from None


def is_colourful(stream: object) -> bool:
    """Whether a person looks at the stream and wants colour (https://no-color.org)."""
    isatty = getattr(stream, "isatty", lambda: False)
    return bool(isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show(text: str, *, words: bool) -> None:
    """To standard output: words in the terminal's encoding, data in UTF-8."""
    import click

    if words:
        encoding = sys.stdout.encoding or "utf-8"
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=is_colourful(sys.stdout))
    else:
        click.echo(text.encode(), nl=False)
