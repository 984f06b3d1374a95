"""The service over HTTP: what surrounds an answer, what a request may cost, and what is said in the log."""

import asyncio
import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from cervical_options.service.cds import app as app_module
from cervical_options.service.cds import schema
from cervical_options.service.cds.app import create
from cervical_options.service.cds.settings import Settings

from ..patients import cases
from .calls import INSTANCE, SIGN, VIEW, answered, answering, ask, asks, request
from .serving import serving

CASES = {case.name: case for case in cases()}
GOOD = request(CASES["every-fact-answered"].bundle)
CALL = f"/cds-services/{VIEW}"

# ---- Discovery, headers, CORS


def test_discovery_lists_the_services_as_the_specification_has_it() -> None:
    reply = ask(None, "/cds-services", "GET")
    assert reply.status == 200
    assert list(schema.faults(schema.DISCOVERY, reply.body)) == []
    services = {each["id"]: each for each in reply.body["services"]}
    assert {id: each["hook"] for id, each in services.items()} == {VIEW: "patient-view", SIGN: "order-sign"}
    for each in services.values():
        assert len(each["prefetch"]) <= 8
        assert all(len(query) < 1500 for query in each["prefetch"].values())
        assert each["prefetch"]["patient"] == "Patient/{{context.patientId}}"
        assert each["prefetch"]["condition"] == "Condition?patient={{context.patientId}}"


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/cds-services", "GET", 200),
        (CALL, "POST", 400),
        ("/nothing", "GET", 404),
        (CALL, "GET", 405),
        ("/health", "GET", 200),
    ],
)
def test_every_answer_has_the_security_headers_and_is_json(path: str, method: str, status: int) -> None:
    reply = ask(b"x" if method == "POST" else None, path, method)
    assert reply.status == status
    assert reply.body is not None
    for name, value in app_module.HEADERS.items():
        assert reply.headers[name] == value
    assert "server" not in reply.headers
    assert "strict-transport-security" not in reply.headers
    assert len(reply.headers["x-request-id"]) == 36


def test_tls_is_demanded_where_clients_come_by_tls() -> None:
    reply = ask(None, "/health", "GET", settings=Settings(public_url="https://cds.example"))
    assert reply.headers["strict-transport-security"] == "max-age=31536000"


def test_browsers_of_origins_that_are_named_may_call_and_no_others() -> None:
    settings = Settings(origins=("https://ehr.example",))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    ours = ask(None, CALL, "OPTIONS", {"Origin": "https://ehr.example", **asked}, settings)
    other = ask(None, CALL, "OPTIONS", {"Origin": "https://evil.example", **asked}, settings)
    assert (ours.status, ours.headers["access-control-allow-origin"]) == (200, "https://ehr.example")
    assert (other.status, other.headers.get("access-control-allow-origin")) == (400, None)
    none = ask(GOOD, headers={"Origin": "https://ehr.example"})
    assert "access-control-allow-origin" not in none.headers
    assert "access-control-allow-credentials" not in ours.headers


def test_readiness_tells_of_services_and_free_places() -> None:
    assert ask(None, "/ready", "GET").body == {"services": 2, "free": 64, "leftOut": 0}


# ---- What a request may cost


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "text/json"])
def test_a_body_that_does_not_say_that_it_is_json_is_refused(kind: str) -> None:
    reply = ask(GOOD, headers={"Content-Type": kind})
    assert (reply.status, reply.errors) == (415, ["Content-Type: not application/json; send JSON, and say so"])


def test_a_packed_body_is_refused() -> None:
    assert ask(GOOD, headers={"Content-Encoding": "gzip"}).status == 415


def test_json_with_a_charset_is_taken() -> None:
    assert ask(GOOD, headers={"Content-Type": "application/json; charset=utf-8"}).status == 200


def test_a_body_too_large_is_refused_and_one_just_small_enough_is_taken() -> None:
    size = len(json.dumps(GOOD).encode())
    assert ask(GOOD, settings=Settings(body_bytes=size)).status == 200
    reply = ask(GOOD, settings=Settings(body_bytes=size - 1))
    assert reply.status == 413
    assert reply.errors == [f"body: more than {size - 1} bytes; send what the prefetch asks for only"]
    assert reply.headers["connection"] == "close"


def test_a_large_call_is_answered_like_a_small_one() -> None:
    padded = {**GOOD, "extension": {"com.example": "x" * app_module.LARGE}}
    assert ask(padded).body == ask(GOOD).body


class Client:
    """A client in the middle of a request: ASGI by hand, so that it can stop, wait and go away."""

    def __init__(self, app: Any, body: bytes) -> None:
        self._app = app
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.messages.put_nowait({"type": "http.request", "body": body, "more_body": True})
        self.sent: list[dict[str, Any]] = []
        self.status: int | None = None
        self.taken = asyncio.Event()

    async def __call__(self) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": CALL, "raw_path": CALL.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2), "headers": [(b"content-type", b"application/json")],
        }  # fmt: skip
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        message = await self.messages.get()
        self.taken.set()
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        self.status = message.get("status", self.status)


def test_a_slow_client_is_told_so() -> None:
    async def slow() -> Client:
        client = Client(create(Settings(body_seconds=0.05), answering()), b'{"hook":')
        await client()
        return client

    client = asyncio.run(slow())
    assert client.status == 408
    assert json.loads(client.sent[-1]["body"])["errors"] == ["body: not all of it came within 0.05 s; send it faster"]


def test_a_client_that_goes_away_leaves_no_trace_of_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def gone() -> Client:
        client = Client(create(Settings(), answering()), b'{"hook":')
        client.messages.put_nowait({"type": "http.disconnect"})
        await client()
        return client

    with caplog.at_level(logging.INFO):
        client = asyncio.run(gone())
    assert client.status == 400
    assert "the client has gone" in caplog.text


def test_more_calls_than_places_are_told_to_come_back_and_the_place_is_free_again() -> None:
    async def crowd() -> tuple[Client, Client, Client]:
        app = create(Settings(concurrency=1), answering())
        body = json.dumps(GOOD).encode()
        first, second, third = (Client(app, body) for _ in range(3))
        waiting = asyncio.create_task(first())
        await first.taken.wait()
        await second()
        end = {"type": "http.request", "body": b"", "more_body": False}
        first.messages.put_nowait(end)
        await waiting
        third.messages.put_nowait(end)
        await third()
        return first, second, third

    first, second, third = asyncio.run(crowd())
    assert (first.status, second.status, third.status) == (200, 503, 200)
    assert (b"retry-after", b"1") in second.sent[0]["headers"]


# ---- The log


def test_the_log_tells_of_a_call_and_nothing_of_the_patient(caplog: pytest.LogCaptureFixture) -> None:
    token = "tok-3n-of-the-server"
    asked = {
        **GOOD,
        "context": {"userId": "Practitioner/dr-who", "patientId": "Patient/every-fact-answered"},
        "fhirServer": "https://ehr.example/secret-tenant",
        "fhirAuthorization": {"access_token": token, "token_type": "Bearer"},
        "prefetch": {**GOOD["prefetch"], "condition": None},
    }
    with caplog.at_level(logging.INFO):
        reply = ask(asked)
    lines = [json.loads(record.message) for record in caplog.records if record.name == "cervical_options.cds"]
    (line,) = lines
    assert (line["service"], line["hook"], line["status"]) == (VIEW, "patient-view", 200)
    assert line["cards"] == len(reply.body["cards"])
    assert line["unread"] == ["Condition"]
    assert "context.patientId came with Patient/ in front" in line["notes"]
    assert line["request"] == reply.headers["x-request-id"]
    for secret in ("every-fact-answered", "dr-who", token, "secret-tenant", INSTANCE):
        assert secret not in caplog.text


def test_a_failure_of_the_service_tells_nothing_of_the_request(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The last resort, which nothing here is known to reach: it has to be broken for this."""

    def broken(*_: object) -> None:
        raise ValueError("Jane Doe")

    monkeypatch.setattr(type(answering()), "judged", broken)
    with caplog.at_level(logging.INFO):
        reply = ask(GOOD)
    assert (reply.status, reply.errors) == (500, ["the service failed; whoever runs it finds the place in its log"])
    assert "Jane" not in caplog.text + reply.text
    assert "ValueError" in caplog.text


# ---- Feedback

FEEDBACK: dict[str, list[dict[str, Any]]] = {
    "feedback": [
        {
            "card": INSTANCE,
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
            "outcomeTimestamp": "2026-12-11T10:05:31Z",
        },
        {
            "card": "F6B95768-b1c8-40dc-8385-bf3504b82ffb",
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"system": "https://w3id.org/x", "code": "not-now"},
                "userComment": "Jane Doe said so",
            },
            "outcomeTimestamp": "2026-12-11T10:05:31.5+01:00",
        },
    ]
}


def test_feedback_is_kept_where_a_file_is_named_without_the_comment(tmp_path: Path) -> None:
    file = tmp_path / "feedback.sqlite"
    settings = Settings(feedback_file=str(file))
    first, second = asks([(FEEDBACK, f"{CALL}/feedback", "POST", None)] * 2, settings)
    assert (first.status, first.body, second.status) == (200, {}, 200)
    with sqlite3.connect(file) as db:
        rows = db.execute("SELECT * FROM feedback").fetchall()
    db.close()
    assert rows[:2] == [
        (VIEW, INSTANCE, "accepted", "e56e1945-20b3-4393-8503-a1a20fd73152", None, None, "2026-12-11T10:05:31Z"),
        (
            VIEW, "f6b95768-b1c8-40dc-8385-bf3504b82ffb", "overridden", "", "https://w3id.org/x", "not-now",
            "2026-12-11T10:05:31.5+01:00",
        ),
    ]  # fmt: skip
    assert len(rows) == 4
    assert b"Jane" not in file.read_bytes()


def test_feedback_is_off_where_no_file_is_named() -> None:
    reply = ask(FEEDBACK, f"{CALL}/feedback")
    assert (reply.status, reply.errors) == (404, ["no feedback is kept here; the setting feedback_file turns it on"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"card": "x"}, "feedback[0].card: must be a UUID; mend it"),
        ({"outcome": "seen"}, "feedback[0].outcome: not one of the values that the specification has there; mend it"),
        ({"acceptedSuggestions": []}, "feedback[0].acceptedSuggestions: must not be empty; leave it out, or fill it"),
        (
            {"outcomeTimestamp": "yesterday"},
            "feedback[0].outcomeTimestamp: must be written as the specification has it; mend it",
        ),
    ],
    ids=["card", "outcome", "suggestions", "time"],
)
def test_faulty_feedback_is_refused_whole(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    file = tmp_path / "feedback.sqlite"
    broken = {"feedback": [{**FEEDBACK["feedback"][0], **change}, FEEDBACK["feedback"][1]]}
    reply = ask(broken, f"{CALL}/feedback", settings=Settings(feedback_file=str(file)))
    assert (reply.status, reply.errors) == (400, [message])
    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM feedback").fetchone() == (0,)
    db.close()


def test_accepting_needs_what_was_accepted(tmp_path: Path) -> None:
    entry = {key: value for key, value in FEEDBACK["feedback"][0].items() if key != "acceptedSuggestions"}
    settings = Settings(feedback_file=str(tmp_path / "f.sqlite"))
    reply = ask({"feedback": [entry]}, f"{CALL}/feedback", settings=settings)
    assert reply.errors == ["feedback[0]: acceptedSuggestions is missing; add it"]


# ---- As its own process


@pytest.mark.slow
def test_the_process_answers_logs_and_survives_what_clients_do(tmp_path: Path) -> None:
    with serving(tmp_path, CERVICAL_OPTIONS_CDS_BODY_SECONDS="0.5") as service:
        reply = service.post(CALL, GOOD)
        assert (reply.status_code, reply.json()["cards"]) == (200, answered(GOOD))
        assert service.get("/ready").json()["services"] == 2

        large = service.post(CALL, b" " * 50_000_000)
        assert large.status_code == 413
        assert large.json()["errors"]

        deep = service.post(CALL, b'{"prefetch":' + b"[" * 100_000)
        assert deep.status_code == 400

        head = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
        with service.connected() as gone:
            gone.sendall(head.encode())
        with service.connected() as slow:
            slow.sendall(head.encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 408")

        assert service.post(CALL, GOOD).status_code == 200
        statuses = [line["status"] for line in service.lines()]
        assert statuses.count(200) == 2
        assert {413, 400, 408} <= {*statuses}
        assert 500 not in statuses
        log = service.log.read_text()
    assert "Traceback" not in log
    assert "every-fact-answered" not in log


@pytest.mark.slow
def test_it_ends_when_told_to_and_answers_first_what_it_began(tmp_path: Path) -> None:
    body = json.dumps(GOOD).encode()
    head = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(tmp_path) as service, service.connected() as client:
        client.sendall(head.encode() + body[:100])
        while service.get("/ready").json()["free"] == 64:  # until the call has begun
            pass
        service.process.terminate()
        client.sendall(body[100:])
        answer = b""
        while part := client.recv(65536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 200")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["cards"] == answered(GOOD)
        assert service.process.wait(30) == 0


@pytest.mark.slow
def test_several_workers_answer_alike(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as service:
        replies = [service.post(CALL, GOOD).json() for _ in range(6)]
        assert replies == [{"cards": answered(GOOD)}] * 6
