"""How the service is set: a TOML file, variables of the environment over it, options of the command over both.

Everything is checked at the start, and every fault is told. docs/cds-hooks.md has the table; a test holds it to this.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...client import is_address

PREFIX = "CERVICAL_OPTIONS_CDS_"
AUTHENTICATION = ("auto", "required", "off")


class SettingsError(Exception):
    """The service can't be started so. `reasons` has one line a fault: which setting, what is so, what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True)
class Client:
    """Who may call: the issuer of their tokens, and where their keys are: a URL (https), or a file with a JWK Set."""

    issuer: str
    keys: str

    @property
    def by_url(self) -> bool:
        return self.keys.startswith(("https://", "http://"))


def _setting(default: Any, about: str) -> Any:
    made = {"default_factory": default} if callable(default) else {"default": default}
    return field(**made, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with what it is for; sizes in bytes, times in seconds."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8090, "Port to listen on; 0 takes a free one.")
    workers: int = _setting(1, "Processes that answer; they share nothing but the files named below.")
    package: str = _setting("", "Folder or package (.tgz) of resources, or base of a FHIR server; empty: our own.")
    public_url: str = _setting(
        "", "Base under which clients call, as their tokens name it; needed with authentication."
    )
    authentication: str = _setting("auto", "auto: required unless `host` is loopback; or required, or off.")
    clients: tuple[Client, ...] = _setting((), "Who may call: `issuer` of their tokens, `keys` (URL or file).")
    replay_file: str = _setting(
        "", "SQLite file of tokens seen, which all workers share; needed where there are several."
    )
    token_seconds: int = _setting(300, "Longest life of a client's token.")
    origins: tuple[str, ...] = _setting((), "Origins of browser clients (CORS); none: no browser from elsewhere.")
    fhir_servers: tuple[str, ...] = _setting((), "Bases of FHIR servers that may be asked; none: nothing is fetched.")
    private_addresses: bool = _setting(
        False, "Whether those servers may have private, link-local or loopback addresses."
    )
    ca: str = _setting(
        "", "Certificates (PEM) of who vouches for those servers, where this machine does not know them."
    )
    fetch_seconds: float = _setting(5.0, "Time for all that is fetched for one call.")
    fetch_bytes: int = _setting(20_000_000, "Largest answer of a FHIR server.")
    fetch_pages: int = _setting(20, "Most pages of one search.")
    fetch_connections: int = _setting(20, "Most connections to each FHIR server.")
    body_bytes: int = _setting(20_000_000, "Largest body of a request.")
    body_seconds: float = _setting(10.0, "Time for a client to send its body.")
    depth: int = _setting(100, "Deepest nesting of JSON.")
    concurrency: int = _setting(64, "Most calls at a time in one process; one more is told to come back (503).")
    feedback_file: str = _setting("", "SQLite file that keeps feedback; empty: none is kept.")
    drain_seconds: int = _setting(20, "Time at the end for calls that are under way.")

    @property
    def loopback(self) -> bool:
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def authenticates(self) -> bool:
        return self.authentication == "required" or (self.authentication == "auto" and not self.loopback)


def read(file: Path | None, environment: Mapping[str, str] = os.environ, **options: Any) -> Settings:
    """The settings; an option that is None is not given.

    Raises SettingsError with every fault.
    """
    reasons: list[str] = []
    given: dict[str, tuple[str, Any]] = {}
    for name, value in _of_file(file, reasons).items():
        given[name] = f"{file}: {name}", value
    for name, text in _of_environment(environment, reasons).items():
        given[name] = f"{PREFIX}{name.upper()}", text
    for name, value in options.items():
        if value is not None:
            given[name] = f"--{name.replace('_', '-')}", value
    values = {}
    for each in fields(Settings):
        if each.name in given:
            place, value = given[each.name]
            try:
                values[each.name] = _typed(each.name, value)
            except ValueError as error:
                reasons.append(f"{place}: {error}")
    settings = Settings(**values)
    reasons += _faults(settings)
    if reasons:
        raise SettingsError(reasons)
    return settings


def _of_file(file: Path | None, reasons: list[str]) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        reasons.append(f"{file}: {error.strerror}; name a TOML file")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reasons.append(f"{file}: no TOML ({error}); mend it")
        return {}
    known = {each.name for each in fields(Settings)}
    reasons += [
        f"{file}: {name}: no such setting; there are {', '.join(sorted(known))}" for name in found.keys() - known
    ]
    return {name: value for name, value in found.items() if name in known}


def _of_environment(environment: Mapping[str, str], reasons: list[str]) -> dict[str, str]:
    known = {each.name for each in fields(Settings)}
    found = {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX).lower()
            if name in known:
                found[name] = text
            else:
                reasons.append(f"{variable}: no such setting; see the table in docs/cds-hooks.md")
    return found


def _typed(name: str, value: Any) -> Any:
    """A value as the setting has it; in a variable, a list has its values one after another, with spaces between.

    Raises ValueError.
    """
    default = Settings.__dataclass_fields__[name].default
    if name == "clients":
        return tuple(_clients(value))
    if isinstance(default, tuple):
        values = value.split() if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
            raise ValueError("no list of texts; write it as one")
        return tuple(each.rstrip("/") for each in values)
    if isinstance(default, bool):
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise ValueError("neither true nor false; write one of them")
        return value
    if isinstance(default, int | float):
        try:
            number = type(default)(value)
        except (TypeError, ValueError):
            number = -1
        if isinstance(value, bool) or number != number or not (0 if name == "port" else 1e-3) <= number < 1e12:
            raise ValueError("no number that fits; write a positive one")
        return number
    if not isinstance(value, str):
        raise ValueError("no text; write it in quotes")
    return value


def _clients(value: Any) -> Iterator[Client]:
    """Tables with issuer and keys; in a variable `issuer=keys`, with spaces between."""
    for each in value.split() if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, Client):
            yield each
            continue
        if isinstance(each, str):
            issuer, _, keys = each.partition("=")
            each = {"issuer": issuer, "keys": keys}
        if not isinstance(each, dict) or each.keys() != {"issuer", "keys"}:
            raise ValueError("a client has issuer and keys, and nothing else; write [[clients]] with both")
        if not all(isinstance(text, str) and text for text in each.values()):
            raise ValueError("issuer and keys are texts that are not empty; mend them")
        yield Client(each["issuer"], each["keys"])


def _faults(settings: Settings) -> Iterator[str]:
    if settings.authentication not in AUTHENTICATION:
        yield f"authentication: no such choice; write one of {', '.join(AUTHENTICATION)}"
    if not 0 <= settings.port <= 65535:
        yield "port: no port; write 0 to 65535"
    if settings.public_url and not is_address(settings.public_url):
        yield "public_url: no base; write it like https://cds.example"
    for base in settings.fhir_servers:
        if not is_address(base):
            yield "fhir_servers: one is no base of a FHIR server; write it like https://ehr.example/fhir"
    for origin in settings.origins:
        parts = urlsplit(origin)
        if not is_address(origin) or parts.path:
            yield "origins: one is no origin; write it like https://ehr.example, and never *"
    for name in ("ca", *(f"clients {each.issuer}" for each in settings.clients if not each.by_url)):
        path = settings.ca if name == "ca" else next(c.keys for c in settings.clients if f"clients {c.issuer}" == name)
        if path and not Path(path).is_file():
            yield f"{name}: {path}: no such file; name one that can be read"
    for client in settings.clients:
        if client.keys.startswith("http://"):
            yield f"clients {client.issuer}: its keys come without TLS, so anyone could change them; use https"
    for name in ("feedback_file", "replay_file"):
        path = getattr(settings, name)
        if path and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
            yield f"{name}: {path}: no file can be written there; name another"
    if settings.authenticates:
        why = f"on {settings.host} clients must prove who they are"
        if not settings.clients:
            yield f'clients: none, and {why}; name them, or set authentication = "off" behind a gateway that asks'
        if not settings.public_url:
            yield f"public_url: missing, and {why} by tokens that name it; write the base that they call"
        if settings.workers > 1 and not settings.replay_file:
            yield "replay_file: missing, and several workers must know which tokens were seen; name a file"
