"""Who calls: the client's JWT (CDS Hooks 2.0, Trusting CDS Clients). What is wrong is said without the token."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import jwt

from ..strict import JsonError, parse
from .database import Database
from .problem import Problem
from .settings import Client, Settings

ALGORITHMS = ("ES384", "RS384", "ES256", "RS256")  # CDS Hooks recommends the first two; no shared secret is ever taken
KEYS_LIVE = 3600.0  # seconds until a client's keys are fetched anew
KEYS_REST = 60.0  # seconds between two fetches for a key that is not known
LEEWAY = 10.0  # seconds that clocks may differ
LONGEST = 8192  # characters of a token


class Source(Protocol):
    """Where keys come from."""

    async def json(self, url: str, token: str | None = None) -> object: ...


class Replays(Database):
    """The tokens seen, until they expire. A file is shared by workers; without one, each process knows its own."""

    tables = "CREATE TABLE IF NOT EXISTS seen (token TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID"

    def is_new(self, issuer: str, jti: str, until: float, now: float) -> bool:
        """Whether a token was not seen before; it is from now on."""

        def look(db: sqlite3.Connection) -> bool:
            db.execute("DELETE FROM seen WHERE until < ?", (now - LEEWAY,))
            added = db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (f"{issuer}\n{jti}", until))
            return added.rowcount == 1

        return self.run(look)


class Keys:
    """The public keys of one client."""

    def __init__(self, client: Client, source: Source | None, clock: Callable[[], float]) -> None:
        self.client, self._source, self._clock = client, source, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = float("-inf")

    async def key(self, kid: str) -> jwt.PyJWK | None:
        age = self._clock() - self._asked
        if age > KEYS_LIVE or (kid not in self._keys and age > KEYS_REST):
            self._asked = self._clock()
            try:
                if self._source is not None and self.client.by_url:
                    found = await self._source.json(self.client.keys)
                else:
                    found = parse(Path(self.client.keys).read_bytes())
            except Exception:  # whatever it is, there are no new keys; the old ones hold until they are fetched
                return self._keys.get(kid)
            self._keys = key_set(found)
        return self._keys.get(kid)


def key_set(value: Any) -> dict[str, jwt.PyJWK]:
    """The keys of a JWK Set that can be used here, by kid."""
    found = {}
    keys = value.get("keys", []) if isinstance(value, dict) else []
    for each in keys if isinstance(keys, list) else ():
        if isinstance(each, dict) and isinstance(each.get("kid"), str) and each.get("kty") in ("EC", "RSA"):
            try:
                found[each["kid"]] = jwt.PyJWK(each)
            except jwt.PyJWTError:
                continue
    return found


class Gate:
    """Lets in who shows a good token."""

    def __init__(
        self,
        settings: Settings,
        source: Source | None,
        clock: Callable[[], float] = time.time,
        replays: Replays | None = None,
    ) -> None:
        self._base = settings.public_url.rstrip("/")
        self._longest = settings.token_seconds
        self._clients = {each.issuer: Keys(each, source, clock) for each in settings.clients}
        self._replays = replays if replays is not None else Replays(settings.replay_file)
        self._clock = clock

    def close(self) -> None:
        self._replays.close()

    async def admit(self, authorization: str | None, path: str) -> None:
        """Let a call of a path in.

        Raises Problem (401).
        """
        try:
            await self._judge(authorization, f"{self._base}{path}")
        except _RefusedError as error:
            challenge = ("WWW-Authenticate", 'Bearer error="invalid_token"')
            raise Problem(401, f"Authorization: {error}", headers=[challenge]) from None

    async def _judge(self, authorization: str | None, audience: str) -> None:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
            raise _RefusedError("no bearer token; send the client's JWT")
        try:
            header = jwt.get_unverified_header(token)
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, JsonError, ValueError, RecursionError):
            raise _RefusedError("no JWT; send the client's JWT") from None
        if header.get("alg") not in ALGORITHMS:
            raise _RefusedError(f"its algorithm is not taken; sign with one of {', '.join(ALGORITHMS)}")
        keys = self._clients.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise _RefusedError("its issuer is not known here; have it added to the clients")
        if "jku" in header and header["jku"] != keys.client.keys:
            raise _RefusedError("its jku is not the one that is known of its issuer; leave it out, or have it added")
        kid = header.get("kid")
        key = await keys.key(kid) if isinstance(kid, str) else None
        if key is None:
            raise _RefusedError("its key is not known; name it by kid, and publish it in the JWK Set")
        claims = self._verified(token, key, header["alg"], audience, keys.client.issuer)
        if not self._replays.is_new(keys.client.issuer, claims["jti"], claims["exp"], self._clock()):
            raise _RefusedError("it was used before; make a token for each call")

    def _verified(self, token: str, key: jwt.PyJWK, algorithm: str, audience: str, issuer: str) -> dict[str, Any]:
        """The claims of a token, once all of them hold."""
        try:
            options: Any = {
                "require": ["iss", "aud", "exp", "iat", "jti"],
                "verify_exp": False,  # by the clock that is given
                "verify_iat": False,
                "verify_nbf": False,
            }
            if key.algorithm_name != algorithm:
                raise jwt.InvalidAlgorithmError
            claims: dict[str, Any] = jwt.decode(
                token, key.key, algorithms=[algorithm], audience=audience, issuer=issuer, options=options
            )
        except jwt.InvalidAudienceError:
            raise _RefusedError("its aud is not the address that was called; make a token for it") from None
        except jwt.MissingRequiredClaimError:
            raise _RefusedError("it lacks one of iss, aud, exp, iat and jti; add it") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise _RefusedError("its signature does not hold; sign it with the key that kid names") from None
        now = self._clock()
        times: Sequence[Any] = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in times):
            raise _RefusedError("its times are no numbers; give them in seconds")
        if not isinstance(claims["jti"], str) or not claims["jti"] or len(claims["jti"]) > 512:
            raise _RefusedError("its jti is no short text; give each token its own")
        if claims["exp"] <= now - LEEWAY:
            raise _RefusedError("it has expired; make a token for each call")
        if claims["iat"] > now + LEEWAY or claims.get("nbf", 0) > now + LEEWAY:
            raise _RefusedError("it is from the future; set the client's clock")
        if claims["exp"] - claims["iat"] > self._longest:
            raise _RefusedError(f"it lives longer than {self._longest} s; make it shorter")
        return claims


class _RefusedError(Exception):
    """Why a token is not good, without it."""
