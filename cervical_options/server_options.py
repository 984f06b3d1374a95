"""What commands that ask a server share: its address, headers and certificates, read without telling secrets."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .client import is_address
from .console import refuse

HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?P<value>[!-~]([ -~]*[!-~])?)")
VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
TOKEN = "CERVICAL_OPTIONS_TOKEN"  # noqa: S105 (the name of a variable)

_header = click.option(
    "--header",
    "headers",
    metavar="NAME=VALUE",
    multiple=True,
    help="Header for that server only, such as Authorization; repeatable. NAME=@FILE takes the value from a file. "
    f"A bearer token may also stand in the variable {TOKEN}. No value is ever printed.",
)
_ca = click.option(
    "--ca",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Certificates (PEM) of who vouches for the server, where this machine does not know them.",
)


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--header` and `--ca`; `--server` is each command's own, as it says what for."""
    return _header(_ca(command))


def read_headers(given: tuple[str, ...], server: str | None, ca: Path | None = None) -> dict[str, str]:
    """Headers by name; every fault ends the command. What is wrong is told without its text, which may be a secret."""
    found: dict[str, str] = {}
    reasons = []
    for number, each in enumerate(given, start=1):
        match = HEADER.fullmatch(each)
        if match is None:
            reasons.append(f"--header number {number}: not NAME=VALUE in plain ASCII; write it like Accept-Language=en")
        elif match["value"].startswith("@"):
            try:
                found[match["name"]] = _of_file(Path(match["value"][1:]))
            except ValueError as error:
                reasons.append(f"--header number {number}: {error}")
        else:
            found[match["name"]] = match["value"]
    if server is None:
        reasons += [f"{option}: is for a server; name it with --server" for option in _lonely(given, ca)]
    elif not is_address(server):
        reasons.append(
            "--server: no address of a FHIR base; write it like https://ehr.example/fhir, without a password"
        )
    if ca is not None and not ca.is_file():
        reasons.append(f"--ca: {ca}: no such file; name a file with certificates")
    token = os.environ.get(TOKEN, "").strip() if server is not None else ""
    if token and not any(name.lower() == "authorization" for name in found):
        if VALUE.fullmatch(token):
            found["Authorization"] = f"Bearer {token}"
        else:
            reasons.append(f"{TOKEN}: not in plain ASCII; put the token alone in it")
    if reasons:
        refuse(*reasons)
    return found


def _lonely(given: tuple[str, ...], ca: Path | None) -> list[str]:
    return [option for option, has in (("--header", bool(given)), ("--ca", ca is not None)) if has]


def _of_file(path: Path) -> str:
    """Raises ValueError with what is wrong and what to do."""
    try:
        text = path.read_text("ascii").strip()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}; name a file that can be read") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not in plain ASCII; put the value alone in it") from None
    if not VALUE.fullmatch(text):
        raise ValueError(f"{path}: not one line in plain ASCII; put the value alone in it")
    return text
