"""Records that a request did not bring, fetched from the client's FHIR server: only from servers that are allowed.

The name is looked up once, every address is judged, and the connection goes to the very address that was judged: a name
that points elsewhere a moment later changes nothing. No redirect is followed. What can't be had is a reason, no error.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import urljoin

import httpx

from ..shape import Resource
from ..strict import JsonError, parse
from .addresses import allowed, is_public
from .prefetch import next_page
from .request import Call, Server
from .services import Template
from .settings import Settings

TOKEN = "{{context.patientId}}"  # noqa: S105 - what CDS Hooks calls a prefetch token
MEDIA_TYPE = "application/fhir+json"

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


class NotFetchedError(Exception):
    """Why there is no answer, in a few words without the answer."""


async def looked_up(host: str, port: int) -> Sequence[str]:
    """The IP addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Pinned(httpx.AsyncBaseTransport):
    """HTTP to the address that was judged, under the name that was asked for. A pool for each name: none is shared."""

    def __init__(self, settings: Settings, lookup: Lookup = looked_up) -> None:
        self._private = settings.private_addresses
        self._limits = httpx.Limits(max_connections=settings.fetch_connections, keepalive_expiry=30)
        self._verify = ssl.create_default_context(cafile=settings.ca or None)
        self._lookup = lookup
        self._pools: dict[tuple[str, str, int | None], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = await self._address(url.host, url.port or (443 if url.scheme == "https" else 80))
        pool = self._pools.get((url.scheme, url.host, url.port))
        if pool is None:
            pool = httpx.AsyncHTTPTransport(verify=self._verify, limits=self._limits, trust_env=False)
            self._pools[url.scheme, url.host, url.port] = pool
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await pool.handle_async_request(pinned)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await self._lookup(host, port)
        except OSError:
            raise NotFetchedError("its server is not known") from None
        if not found:
            raise NotFetchedError("its server is not known")
        if not self._private and not all(is_public(each) for each in found):
            raise NotFetchedError("its server has an address that is not allowed")
        return found[0]

    async def aclose(self) -> None:
        for pool in self._pools.values():
            await pool.aclose()


class Fetcher:
    """What is fetched for all calls of a process: one client, with limits."""

    def __init__(self, settings: Settings, lookup: Lookup = looked_up) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(
            transport=Pinned(settings, lookup),
            timeout=settings.fetch_seconds,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "cervical-options"},
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def records(self, call: Call, templates: Sequence[Template]) -> Mapping[str, Sequence[Resource] | str]:
        """The pages of each template's answer, or why there are none, all within the time for one call."""
        if call.server is None or not templates:
            return {}
        if not allowed(call.server.base, self._settings.fhir_servers):
            return dict.fromkeys((each.key for each in templates), "its server is not allowed")
        asked = [self._pages(call.server, each.query.replace(TOKEN, call.patient)) for each in templates]
        found = await asyncio.gather(*(self._in_time(each) for each in asked))
        return dict(zip((each.key for each in templates), found, strict=True))

    async def _in_time(self, pages: Awaitable[Sequence[Resource]]) -> Sequence[Resource] | str:
        try:
            async with asyncio.timeout(self._settings.fetch_seconds):
                return await pages
        except NotFetchedError as error:
            return str(error)
        except (TimeoutError, httpx.TimeoutException):
            return "not answered in time"
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, ValueError):
            return "its server can't be asked"

    async def _pages(self, server: Server, query: str) -> Sequence[Resource]:
        if "{{" in query:
            raise NotFetchedError("its query asks for more than the patient")
        url, pages, seen = f"{server.base}/{query}", [], set()
        while True:
            seen.add(url)
            page = await self.json(url, server.token)
            if not isinstance(page, dict):
                raise NotFetchedError("answered with something else")
            pages.append(page)
            following = next_page(page)
            if following is None:
                return pages
            url = urljoin(url, following)
            if not (allowed(url, [server.base]) and allowed(url, self._settings.fhir_servers)):
                raise NotFetchedError("its next page is on another server")
            if url in seen or len(pages) >= self._settings.fetch_pages:
                raise NotFetchedError("more pages than are read")

    async def json(self, url: str, token: str | None = None) -> object:
        """The JSON at an address.

        Raises NotFetchedError, or httpx's errors.
        """
        headers = {"Accept": f"{MEDIA_TYPE}, application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self._client.stream("GET", url, headers=headers) as answer:
            if answer.is_redirect or 300 <= answer.status_code < 400:
                raise NotFetchedError("sends on to elsewhere, which is not followed")
            if answer.status_code != httpx.codes.OK:
                raise NotFetchedError(f"answered {answer.status_code}")
            data = bytearray()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > self._settings.fetch_bytes:
                    raise NotFetchedError("answered with more than is read")
        try:
            return parse(bytes(data))
        except JsonError:
            raise NotFetchedError("answered with no JSON") from None
