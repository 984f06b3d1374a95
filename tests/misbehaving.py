"""A small FHIR R4 server in memory that behaves, or misbehaves as it is told: once, or from now on.

What it holds is in `Store.resources`; faults are handed out to the requests that they are meant for, one each. What
matters of a fault is whether the request was carried out all the same.
"""

import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Resource = dict[str, Any]
Reply = tuple[int, Any, dict[str, str]]

INTERACTIONS = ("read", "search-type", "create", "update", "delete")


@dataclass
class Fault:
    """One thing that goes wrong, for the next request of a method and path; the store goes on as it is then."""

    kind: str  # status, html, cut, drop, silence, redirect
    method: str = "PUT"
    path: str = ""  # a part of it
    carried_out: bool = False
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    then: Callable[["Store"], None] = lambda _: None  # what happens on the server at that moment

    def is_for(self, method: str, path: str) -> bool:
        return method == self.method and self.path in path


@dataclass
class Store:
    """Resources by Type/id, and what the server can do."""

    transactions: bool = True
    conditional: bool = True  # conditional update
    says: Resource = field(default_factory=dict)  # over its CapabilityStatement
    types: tuple[str, ...] = (
        "CodeSystem", "ValueSet", "Library", "Questionnaire", "Medication", "ActivityDefinition", "PlanDefinition",
        "ImplementationGuide", "StructureDefinition",
    )  # fmt: skip
    integrity: bool = False  # literal references have to lead somewhere
    drops: tuple[str, ...] = ()  # elements that it does not keep
    page: int = 20
    resources: dict[str, Resource] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    validates: Callable[[Resource], Reply] | None = None
    base: str = "http://127.0.0.1/fhir"
    number: int = 0

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [each for each in self.requests if each[0] != "GET"]

    def fault(self, method: str, path: str) -> Fault | None:
        found = next((each for each in self.faults if each.is_for(method, path)), None)
        if found:
            self.faults.remove(found)
        return found

    def put(self, resource: Resource, id: str | None = None) -> str:
        """As if somebody else had written it."""
        return self._keep(deepcopy(resource), id or resource["id"])

    # ---- HTTP's interactions ----

    def answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Reply:
        place, _, query = path.partition("?")
        if method == "GET" and place == "metadata":
            return 200, self.statement(), {}
        if method == "POST" and not place:
            return self._transaction(body) if self.transactions else _problem(400, "not-supported", "no transactions")
        type, _, rest = place.partition("/")
        if type not in self.types:
            return _problem(404, "not-supported", f"no {type}")
        if method == "POST" and rest == "$validate":
            return self.validates(body) if self.validates else _problem(404, "not-supported", "no $validate")
        if method == "GET":
            return self._read(place) if rest else self._search(type, query)
        if method == "DELETE":
            return self._delete(place)
        if method == "POST":
            return self._create(type, body, headers.get("if-none-exist"))
        if rest:
            return self._update(place, body, headers.get("if-match"))
        return self._conditional(type, query, body)

    def statement(self) -> Resource:
        interactions = [{"code": each} for each in INTERACTIONS]
        resource = [
            {"type": each, "interaction": interactions, "updateCreate": True, "conditionalUpdate": self.conditional}
            for each in self.types
        ]
        system = [{"code": "transaction"}] if self.transactions else []
        return {
            "resourceType": "CapabilityStatement",
            "fhirVersion": "4.0.1",
            "software": {"name": "Misbehaving", "version": "1"},
            "rest": [{"mode": "server", "resource": resource, **({"interaction": system} if system else {})}],
            **self.says,
        }

    def _read(self, place: str) -> Reply:
        found = self.resources.get(place)
        return (200, found, {}) if found else _problem(404, "not-found", f"{place} is not known")

    def _search(self, type: str, query: str) -> Reply:
        criteria = parse_qsl(query)
        start = int(next((value for name, value in criteria if name == "_start"), "0"))
        places = self._matches(type, query)
        entries = [{"resource": self.resources[each]} for each in places[start : start + self.page]]
        bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        if start + self.page < len(places):
            kept = query.split("&_start=")[0]
            bundle["link"] = [{"relation": "next", "url": f"{self.base}/{type}?{kept}&_start={start + self.page}"}]
        return 200, bundle, {}

    def _matches(self, type: str, query: str) -> list[str]:
        criteria = [(name, value) for name, value in parse_qsl(query) if name not in ("_start", "_count")]
        return [
            place
            for place, each in self.resources.items()
            if place.startswith(f"{type}/") and all(_has(each, name, value) for name, value in criteria)
        ]

    def _create(self, type: str, body: Resource, if_none_exist: str | None) -> Reply:
        if if_none_exist and (found := self._matches(type, if_none_exist)):
            return 200, self.resources[found[0]], {"Location": f"{self.base}/{found[0]}/_history/1"}
        return self._created(type, body)

    def _created(self, type: str, body: Resource) -> Reply:
        self.number += 1
        place = self._keep(body, str(self.number))
        assert place.startswith(f"{type}/")
        return 201, self.resources[place], {"Location": f"{self.base}/{place}/_history/1"}

    def _update(self, place: str, body: Resource, if_match: str | None) -> Reply:
        before = self.resources.get(place)
        if before and if_match and if_match != f'W/"{before["meta"]["versionId"]}"':
            return _problem(412, "conflict", f"{place} has changed")
        if f"{body['resourceType']}/{body.get('id')}" != place:
            return _problem(400, "invalid", "the id is another one")
        if self.integrity and (dangling := self._dangling(body)):
            return _problem(422, "not-found", f"{dangling} is not known")
        self._keep(body, body["id"])
        return (200 if before else 201), self.resources[place], {"Location": f"{self.base}/{place}/_history/2"}

    def _conditional(self, type: str, query: str, body: Resource) -> Reply:
        if not self.conditional:
            return _problem(400, "invalid", "no id")
        found = self._matches(type, query)
        if len(found) > 1:
            return _problem(412, "multiple-matches", f"{type}?{query} matches several")
        if found:
            return self._update(found[0], {**body, "id": found[0].partition("/")[2]}, None)
        return self._created(type, body)

    def _delete(self, place: str) -> Reply:
        if place not in self.resources:
            return _problem(404, "not-found", f"{place} is not known")
        users = [at for at, each in self.resources.items() if at != place and place in _references(each)]
        if self.integrity and users:
            return _problem(409, "conflict", f"{users[0]} refers to {place}")
        del self.resources[place]
        return 204, None, {}

    def _transaction(self, bundle: Resource) -> Reply:
        before, number = deepcopy(self.resources), self.number
        integrity, self.integrity = self.integrity, False
        places: dict[str, str] = {}
        entries = []
        for entry in bundle["entry"]:
            request = entry["request"]
            headers = {"if-match": request.get("ifMatch"), "if-none-exist": request.get("ifNoneExist")}
            status, body, told = self.answer(request["method"], request["url"], entry.get("resource"), headers)
            if status >= 400 and not (request["method"] == "DELETE" and status == 404):
                self.resources, self.number, self.integrity = before, number, integrity
                return status, body, {}
            location = told.get("Location", "").removeprefix(f"{self.base}/")
            places[entry.get("fullUrl", "")] = location.partition("/_history")[0]
            entries.append({"response": {"status": str(status), **({"location": location} if location else {})}})
        for place, each in self.resources.items():
            self.resources[place] = _pointing(each, places)
        self.integrity = integrity
        for each in self.resources.values() if integrity else ():
            if dangling := self._dangling(each):
                self.resources, self.number = before, number
                return _problem(409, "conflict", f"{dangling} is referred to")
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}, {}

    def _keep(self, resource: Resource, id: str) -> str:
        place = f"{resource['resourceType']}/{id}"
        before = self.resources.get(place)
        meta = {key: value for key, value in resource.get("meta", {}).items() if key != "versionId"}
        kept = {key: value for key, value in resource.items() if key not in ("id", "meta", *self.drops)}
        version = int(before["meta"]["versionId"]) if before else 0
        made = {
            **kept,
            "id": id,
            "meta": {**meta, "versionId": str(version + 1), "lastUpdated": "2026-11-24T10:00:00Z"},
        }
        self.resources[place] = deepcopy(made)
        return place

    def _dangling(self, resource: Resource) -> str | None:
        return next((each for each in _references(resource) if each not in self.resources), None)


def _has(resource: Resource, name: str, value: str) -> bool:
    if name == "url":
        return bool(resource.get("url") == value)
    tokens = resource.get("identifier", []) if name == "identifier" else resource["meta"].get("tag", [])
    return any(f"{each['system']}|{each.get('value') or each.get('code')}" == value for each in tokens)


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        said = node.get("reference")
        own = [said] if isinstance(said, str) and re.fullmatch(r"[A-Za-z]+/[A-Za-z0-9.-]+", said) else []
        return [*own, *(found for value in node.values() for found in _references(value))]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


def _pointing(node: Any, places: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: places.get(value, value) if key == "reference" and isinstance(value, str) else _pointing(value, places)
            for key, value in node.items()
        }
    return [_pointing(each, places) for each in node] if isinstance(node, list) else node


def outcome(*issues: Resource) -> Resource:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def _problem(status: int, code: str, said: str) -> Reply:
    return status, outcome({"severity": "error", "code": code, "diagnostics": said}), {}


# ---- Over HTTP ----


@contextmanager
def served(store: Store, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The store at an address on this machine, until the end of the block; by https with a certificate."""
    lock, over = threading.Lock(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        wbufsize = -1  # an answer leaves in one piece

        def handle_any(self) -> None:
            path = self.path.removeprefix("/fhir").removeprefix("/")
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            with lock:
                store.requests.append((self.command, path))
                store.headers.append({name.lower(): value for name, value in self.headers.items()})
                fault = store.fault(self.command, path)
                reply: Reply = (500, None, {})
                if fault is None or fault.carried_out:
                    reply = store.answer(self.command, path, body, store.headers[-1])
                if fault is not None:
                    fault.then(store)
            with suppress(ConnectionError):
                self._fail(fault, reply) if fault else self._send(*reply)

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 (the names are http.server's)

        def _fail(self, fault: Fault, reply: Reply) -> None:
            if fault.kind == "status":
                self._send(fault.status, fault.body, fault.headers)
            elif fault.kind == "redirect":
                self._send(fault.status, None, fault.headers)
            elif fault.kind == "html":
                self._send(200, b"<html><body>Sign in</body></html>", {"Content-Type": "text/html"})
            else:
                self.close_connection = True
                if fault.kind == "cut":
                    self._send(200, reply[1], {}, more=1000)
                elif fault.kind == "silence":
                    over.wait(10)

        def _send(self, status: int, body: Any, headers: dict[str, str], more: int = 0) -> None:
            data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            told = {"Content-Type": "application/fhir+json", "Content-Length": str(len(data) + more)}
            for name, value in {**(told if status != 204 else {}), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # who keeps a connection open is not waited for
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """Who does not trust the certificate hangs up: no news."""
            if tls is None:
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    with Server(("127.0.0.1", 0), Handler) as http:
        if tls is not None:
            http.socket = tls.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        store.base = f"{'http' if tls is None else 'https'}://127.0.0.1:{http.server_address[1]}/fhir"
        try:
            yield store.base
        finally:
            over.set()
            http.shutdown()
            thread.join()
