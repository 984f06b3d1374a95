"""The services over HTTP: routes, and what surrounds every answer. All that they say comes from elsewhere."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
from anyio import to_thread
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

from . import schema
from .answering import Answered, Answering, Fetch
from .feedback import Feedback
from .limits import Places, body_of
from .log import say
from .problem import Problem
from .request import decoded
from .settings import Settings

if TYPE_CHECKING:
    from .auth import Gate
    from .fetching import Fetcher, Lookup

LARGE = 200_000  # bytes of a body from which it is answered beside the loop, so that small ones need not wait
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# What a call may be told besides cards, and when.
TOLD = {
    400: "The request is not as CDS Hooks has it.",
    401: "The client did not prove who it is.",
    404: "There is no such service, or no feedback is kept.",
    408: "The body did not come in time.",
    412: "Records are neither sent nor can they be fetched.",
    413: "The body is too large.",
    415: "The body is no plain JSON.",
    422: "A condition can't be answered on these records.",
    503: "Too many calls at a time.",
}


class App:
    """What the routes share."""

    def __init__(self, settings: Settings, answering: Answering, lookup: "Lookup | None" = None) -> None:
        self.settings, self.answering = settings, answering
        self.fetcher = _fetcher(settings, lookup)
        self.gate = _gate(settings, self.fetcher)
        self.feedback = Feedback(settings.feedback_file) if settings.feedback_file else None
        self.places = Places(settings.concurrency)

    async def close(self) -> None:
        if self.fetcher is not None:
            await self.fetcher.aclose()
        if self.gate is not None:
            self.gate.close()
        if self.feedback is not None:
            self.feedback.close()

    @property
    def fetch(self) -> Fetch | None:
        return None if self.fetcher is None else self.fetcher.records

    async def admit(self, request: Request) -> None:
        if self.gate is not None:
            await self.gate.admit(request.headers.get("authorization"), request.url.path)

    async def body(self, request: Request) -> bytes:
        return await body_of(request, self.settings.body_bytes, self.settings.body_seconds)

    async def cards(self, request: Request, id: str) -> Answered:
        self.answering.named(id)
        await self.admit(request)
        with self.places.one():
            body = await self.body(request)
            if len(body) < LARGE:
                asked = self.answering.called(id, body, self.settings.depth)
                fetched = await self.answering.fetched(asked, self.fetch)
                return self.answering.judged(asked, fetched)
            asked = await to_thread.run_sync(self.answering.called, id, body, self.settings.depth)
            fetched = await self.answering.fetched(asked, self.fetch)
            return await to_thread.run_sync(self.answering.judged, asked, fetched)

    async def keep(self, request: Request, id: str) -> int:
        """Keep feedback; how many entries."""
        self.answering.named(id)
        await self.admit(request)
        with self.places.one():
            if self.feedback is None:
                raise Problem(404, "no feedback is kept here; the setting feedback_file turns it on")
            told = decoded(await self.body(request), self.settings.depth)
            if wrong := list(schema.faults(schema.FEEDBACK, told)):
                raise Problem(400, *wrong)
            await to_thread.run_sync(self.feedback.keep, id, told["feedback"])
            return len(told["feedback"])


def _fetcher(settings: Settings, lookup: "Lookup | None") -> "Fetcher | None":
    """What fetches, where the settings allow any server or name keys by URL; else its libraries are not even read."""
    if not settings.fhir_servers and not (settings.authenticates and any(each.by_url for each in settings.clients)):
        return None
    from .fetching import Fetcher, looked_up

    return Fetcher(settings, lookup or looked_up)


def _gate(settings: Settings, fetcher: "Fetcher | None") -> "Gate | None":
    if not settings.authenticates:
        return None
    from .auth import Gate

    return Gate(settings, fetcher)


def create(settings: Settings, answering: Answering, lookup: "Lookup | None" = None) -> FastAPI:
    """The service as an ASGI application."""
    shared = App(settings, answering, lookup)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await shared.close()

    app = FastAPI(
        title="Cervical Options: CDS Hooks",
        summary="PlanDefinitions as CDS Hooks 2.0 services. Draft, not medical advice.",
        version=_version(answering),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    _routes(app, shared)
    app.add_exception_handler(HTTPException, _refused)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            max_age=600,
        )
    app.add_middleware(Edge, secure=settings.public_url.startswith("https://"))
    return app


def _routes(app: FastAPI, shared: App) -> None:
    ids = list(dict.fromkeys(each.id for each in shared.answering.services))
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "enum": ids}}

    def documented(body: schema.Schema, *told: int) -> dict[str, Any]:
        problems = {str(status): _content(schema.PROBLEM, TOLD[status]) for status in told}
        return {"parameters": [parameter], "requestBody": {"required": True, **_content(body)}, "responses": problems}

    @app.get("/cds-services", responses={200: _content(schema.DISCOVERY, "The services.")}, response_class=Response)
    async def discovery() -> Response:
        """The services, and which records each asks for."""
        return _json(shared.answering.discovery())

    @app.post(
        "/cds-services/{id}",
        responses={200: _content(schema.RESPONSE, "The cards.")},
        openapi_extra=documented(schema.REQUEST, 400, 401, 404, 408, 412, 413, 415, 422, 503),
        response_class=Response,
    )
    async def cards(request: Request) -> Response:
        """Cards for a patient."""
        id = request.path_params["id"]

        async def answer() -> tuple[Response, dict[str, Any]]:
            found = await shared.cards(request, id)
            about = {"hook": found.hook, "cards": len(found.cards), "unread": found.unread, "fetched": found.fetched}
            return _json(found.body), {**about, "notes": found.notes}

        return await _told(request, shared, id, answer)

    @app.post(
        "/cds-services/{id}/feedback",
        responses={200: _content({"type": "object"}, "Kept.")},
        openapi_extra=documented(schema.FEEDBACK, 400, 401, 404, 408, 413, 415, 503),
        response_class=Response,
    )
    async def feedback(request: Request) -> Response:
        """What became of cards."""
        id = request.path_params["id"]

        async def answer() -> tuple[Response, dict[str, Any]]:
            return _json({}), {"feedback": await shared.keep(request, id)}

        return await _told(request, shared, id, answer)

    @app.get("/health", responses={200: _content({"type": "object"}, "It runs.")}, response_class=Response)
    async def health() -> Response:
        """Whether the process runs."""
        return _json({"status": "ok"})

    @app.get(
        "/ready",
        responses={200: _content({"type": "object"}, "It answers."), 503: _content({"type": "object"}, "It is full.")},
        response_class=Response,
    )
    async def ready() -> Response:
        """Whether a call would be answered: services are there, and a place is free."""
        free = shared.places.free
        content = {
            "services": len(shared.answering.services),
            "free": free,
            "leftOut": len(shared.answering.offer.left_out),
        }
        return _json(content, 200 if free > 0 and shared.answering.services else 503)


async def _told(
    request: Request, shared: App, id: str, answer: Callable[[], Awaitable[tuple[Response, dict[str, Any]]]]
) -> Response:
    """An answer or what is wrong, and one line of log about it."""
    began = perf_counter()
    about: dict[str, Any]
    try:
        response, about = await answer()
    except Problem as problem:
        response = _problem(problem)
        about = {"reasons": problem.reasons}
    except ClientDisconnect:
        response, about = Response(status_code=400), {"reasons": ["the client has gone"]}
    except Exception as error:  # the last resort: what it says may hold what stands in a record
        response = _json({"errors": ["the service failed; whoever runs it finds the place in its log"]}, 500)
        about = {"failed": type(error).__name__, "at": _at(error)}
    known = any(each.id == id for each in shared.answering.services)
    say(
        "call",
        request=request.scope.get("request_id"),
        service=id if known else None,
        status=response.status_code,
        ms=round((perf_counter() - began) * 1000, 1),
        **about,
    )
    return response


def _at(error: BaseException) -> str:
    """The line of code that failed, and nothing of what it worked on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else "?"


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _problem(problem: Problem) -> Response:
    response = _json({"errors": list(problem.reasons)}, problem.status)
    for name, value in problem.headers:
        response.headers[name] = value
    return response


async def _refused(_: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "no such path; see /cds-services", 405: "not with this method; see /openapi.json"}
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    response = _json({"errors": [what.get(status, "not taken")]}, status)
    response.headers.update(headers)
    return response


def _content(of: schema.Schema, description: str | None = None) -> dict[str, Any]:
    about = {"description": description} if description is not None else {}
    return {**about, "content": {"application/json": {"schema": of}}}


def _version(answering: Answering) -> str:
    return next((str(each.plan["version"]) for each in answering.services if "version" in each.plan), "0")


class Edge:
    """Around everything: the headers of every answer, and a name for every request."""

    def __init__(self, app: Any, *, secure: bool) -> None:
        self._app = app
        more = {"Strict-Transport-Security": "max-age=31536000"} if secure else {}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in (HEADERS | more).items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = name = str(uuid4())

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers, (b"x-request-id", name.encode())]
            await send(message)

        await self._app(scope, receive, sent)
