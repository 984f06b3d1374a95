"""A registry of FHIR packages on 127.0.0.1, as npm answers, for consumers that must ask nobody else.

    with serving({"org.example": ("1.0.0", data)}) as (address, asked):
        ...

It has these packages and no others; `asked` holds every path, so a test can see that nobody was asked elsewhere.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@contextmanager
def serving(packages: Mapping[str, tuple[str, bytes]]) -> Iterator[tuple[str, list[str]]]:
    """The address of the registry, and the paths asked for so far."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            host = f"http://127.0.0.1:{server.server_port}"
            for name, (version, data) in packages.items():
                if self.path == f"/{name}":
                    self.answer("application/json", json.dumps(described(host, name, version, data)).encode())
                    return
                if self.path == f"/{name}/-/{name}-{version}.tgz":
                    self.answer("application/gzip", data)
                    return
            self.send_error(404)

        def answer(self, type: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def described(host: str, name: str, version: str, data: bytes) -> dict[str, object]:
    dist = {"shasum": sha1(data, usedforsecurity=False).hexdigest(), "tarball": f"{host}/{name}/-/{name}-{version}.tgz"}
    return {
        "name": name,
        "dist-tags": {"latest": version},
        "versions": {version: {"name": name, "version": version, "dist": dist}},
    }
