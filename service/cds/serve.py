"""The processes that answer: one here, or several that uvicorn starts anew where one ends."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NoReturn

import orjson
import uvicorn
from fastapi import FastAPI

from .answering import Answering
from .app import create
from .content import content
from .log import to_stderr
from .settings import Client, Settings

HANDED = "CERVICAL_OPTIONS_SERVE"  # the settings as JSON, from the first process to its workers


class NotServedError(Exception):
    """The service can't be started: one line, with what to do."""


def answering(settings: Settings) -> Answering:
    """The services of the settings' package.

    Raises NotServedError where there is none, and what `content` raises.
    """
    found = Answering(content(settings.package))
    if not found.services:
        why = "; ".join(found.offer.left_out) or "no PlanDefinition has a trigger of a hook that is served"
        raise NotServedError(f"there is no service: {why}")
    return found


def run(settings: Settings, served: Answering, ready: Callable[[str], None]) -> None:
    """Serve until told to stop (SIGTERM, SIGINT); calls under way are answered first.

    Raises NotServedError where the address is taken; SystemExit at the end, as uvicorn hands the signal on.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _ended)
    listening = _listening(settings)
    base = f"http://{_shown(settings.host)}:{listening.getsockname()[1]}"
    if settings.workers > 1:
        os.environ[HANDED] = orjson.dumps(asdict(settings)).decode()
        ready(base)  # calls wait at the socket until the first worker takes them
        name = "cervical_options.service.cds.serve:worker"
        uvicorn.run(name, factory=True, fd=listening.fileno(), **_options(settings))
        return
    to_stderr()
    server = uvicorn.Server(uvicorn.Config(create(settings, served), **_options(settings)))
    ready(base)
    server.run(sockets=[listening])


def _ended(*_: object) -> NoReturn:
    sys.exit(0)


def worker() -> FastAPI:
    """The application of one worker, by the settings that the first process handed over."""
    handed = orjson.loads(os.environ[HANDED])
    handed["clients"] = tuple(Client(**each) for each in handed["clients"])
    handed |= {name: tuple(handed[name]) for name in ("origins", "fhir_servers")}
    settings = Settings(**handed)
    to_stderr()
    return create(settings, answering(settings))


def _listening(settings: Settings) -> socket.socket:
    try:
        kind = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.socket(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # Connections inherit it. Without it a head waits some 40 ms for the client's word before its body goes out.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(2048)
    except OSError as error:
        raise NotServedError(
            f"{settings.host}:{settings.port}: {error.strerror}; choose another with --host or --port"
        ) from None
    return listening


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": settings.drain_seconds,
        "timeout_keep_alive": 60,
    }


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
