"""Who may call: a good token passes once, and every token that is changed in one place does not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cervical_options.service.cds.auth import Gate, Replays
from cervical_options.service.cds.problem import Problem
from cervical_options.service.cds.settings import Client, Settings
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from ..patients import cases
from .calls import VIEW, ask, asks, request

ISSUER, KID, BASE = "https://ehr.example", "key-1", "https://cds.example"
CALL = f"/cds-services/{VIEW}"
NOW = 1_800_000_000.0
EC384 = ec.derive_private_key(7, ec.SECP384R1())
EC256 = ec.derive_private_key(7, ec.SECP256R1())
OTHER = ec.derive_private_key(8, ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)
SECRET = "a-secret-that-is-shared-and-long-enough-for-hs384-to-be-taken-by-the-library"


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    algorithm: Any = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    made: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))
    return {**made, "kid": kid, **more}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The client's JWK Set, with keys that are of no use here beside the good ones."""
    file = tmp_path / "keys.json"
    oct_ = {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}
    good = [public(EC384, KID), public(RSA, "rsa", alg="RS384"), public(EC256, "small")]
    file.write_text(json.dumps({"keys": [*good, oct_, {"kty": "EC", "kid": "broken"}, 7]}))
    return file


def settings(keys: Path, **more: Any) -> Settings:
    return Settings(authentication="required", public_url=BASE, clients=(Client(ISSUER, str(keys)),), **more)


def token(key: Any = EC384, algorithm: str = "ES384", header: Any = None, **claims: Any) -> str:
    """A good token, or one that differs; `...` takes a claim or header away."""
    told = {"iss": ISSUER, "aud": f"{BASE}{CALL}", "iat": NOW, "exp": NOW + 200, "jti": "one", **claims}
    heads = {"kid": KID, **(header or {})}
    return jwt.encode(
        {name: value for name, value in told.items() if value is not ...},
        key,
        algorithm=algorithm,
        headers={name: value for name, value in heads.items() if value is not ...},
    )


def judged(gate: Gate, bearer: str | None, path: str = CALL) -> str | None:
    """Why a call is not let in; None if it is."""
    try:
        asyncio.run(gate.admit(bearer, path))
    except Problem as problem:
        return f"{problem.status} {'; '.join(problem.reasons)}".removeprefix("401 ")
    return None


def gate(keys: Path, **more: Any) -> Gate:
    return Gate(settings(keys, **more), None, clock=lambda: NOW)


GOOD: dict[str, dict[str, Any]] = {
    "es384": {},
    "rs384": {"key": RSA, "algorithm": "RS384", "header": {"kid": "rsa"}},
    "es256": {"key": EC256, "algorithm": "ES256", "header": {"kid": "small"}},
    "several-audiences": {"aud": ["https://else.example", f"{BASE}{CALL}"]},
    "a-clock-a-little-off": {"iat": NOW + 5, "exp": NOW + 100},
    "more-claims": {"tenant": "x", "nbf": NOW - 5},
}


@pytest.mark.parametrize("row", GOOD)
def test_a_good_token_passes(keys: Path, row: str) -> None:
    assert judged(gate(keys), f"Bearer {token(**GOOD[row])}") is None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "other-issuer": ({"iss": "https://evil.example"}, "its issuer is not known here"),
    "no-issuer": ({"iss": ...}, "its issuer is not known here"),
    "other-audience": ({"aud": f"{BASE}/cds-services/cervical-order-sign"}, "its aud is not the address"),
    "base-as-audience": ({"aud": BASE}, "its aud is not the address"),
    "no-audience": ({"aud": ...}, "it lacks one of"),
    "expired": ({"iat": NOW - 300, "exp": NOW - 10}, "it has expired"),
    "no-expiry": ({"exp": ...}, "it lacks one of"),
    "long-lived": ({"exp": NOW + 301}, "it lives longer than 300 s"),
    "no-issue-time": ({"iat": ...}, "it lacks one of"),
    "future": ({"iat": NOW + 60, "exp": NOW + 90}, "it is from the future"),
    "not-yet": ({"nbf": NOW + 60}, "it is from the future"),
    "no-jti": ({"jti": ...}, "it lacks one of"),
    "jti-number": ({"jti": 7}, "its "),
    "jti-long": ({"jti": "x" * 600}, "its jti is no short text"),
    "other-key": ({"key": OTHER}, "its signature does not hold"),
    "kid-unknown": ({"header": {"kid": "else"}}, "its key is not known"),
    "no-kid": ({"header": {"kid": ...}}, "its key is not known"),
    "kid-broken": ({"header": {"kid": "broken"}}, "its key is not known"),
    "jku-else": ({"header": {"jku": "https://evil.example/keys"}}, "its jku is not the one"),
    "shared-secret": ({"key": SECRET, "algorithm": "HS384", "header": {"kid": "shared"}}, "its algorithm is not taken"),
    "none": ({"key": None, "algorithm": "none"}, "its algorithm is not taken"),
    "weak": ({"key": RSA, "algorithm": "RS512", "header": {"kid": "rsa"}}, "its algorithm is not taken"),
    "key-of-another-algorithm": (
        {"key": RSA, "algorithm": "RS256", "header": {"kid": "rsa"}},
        "its signature does not hold",
    ),
}


@pytest.mark.parametrize("row", BAD)
def test_a_token_that_differs_in_one_place_does_not(keys: Path, row: str) -> None:
    change, reason = BAD[row]
    shown = token(**change)
    said = judged(gate(keys), f"Bearer {shown}")
    assert said is not None
    assert said.startswith(f"Authorization: {reason}")
    assert shown not in said


@pytest.mark.parametrize(
    "bearer",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "Bearer a.b.c", "Bearer " + "x" * 9000, "Bearer ..."],
)
def test_what_is_no_token_does_not(keys: Path, bearer: str | None) -> None:
    said = judged(gate(keys), bearer)
    assert said in (
        "Authorization: no bearer token; send the client's JWT",
        "Authorization: no JWT; send the client's JWT",
    )


def test_a_signature_that_is_taken_off_or_moved_does_not(keys: Path) -> None:
    head, _, signature = token().split(".")
    _, other, _ = token(jti="two").split(".")
    for changed in (f"{head}.{other}.{signature}", f"{head}.{other}."):
        said = judged(gate(keys), f"Bearer {changed}")
        assert said is not None
        assert said.startswith("Authorization: its signature does not hold")


def test_a_public_key_used_as_a_shared_secret_does_not(keys: Path) -> None:
    """The attack that takes a published key for a secret (RFC 8725, 2.1)."""
    header = jwt.utils.base64url_encode(json.dumps({"alg": "HS256", "kid": "rsa"}).encode()).decode()
    _, body, _ = token().split(".")
    said = judged(gate(keys), f"Bearer {header}.{body}.c2ln")
    assert said is not None
    assert said.startswith("Authorization: its algorithm is not taken")


def test_a_token_passes_once(keys: Path) -> None:
    once = gate(keys)
    assert judged(once, f"Bearer {token()}") is None
    assert judged(once, f"Bearer {token()}") == "Authorization: it was used before; make a token for each call"
    assert judged(once, f"Bearer {token(jti='two')}") is None


def test_a_token_that_is_refused_is_not_spent(keys: Path) -> None:
    both = gate(keys)
    assert judged(both, f"Bearer {token(key=OTHER)}") is not None
    assert judged(both, f"Bearer {token()}") is None


def test_workers_know_each_others_tokens_by_the_file(keys: Path, tmp_path: Path) -> None:
    one, other = (gate(keys, replay_file=str(tmp_path / "seen.sqlite")) for _ in range(2))
    assert judged(one, f"Bearer {token()}") is None
    assert judged(other, f"Bearer {token()}") == "Authorization: it was used before; make a token for each call"
    one.close()
    other.close()


def test_tokens_are_forgotten_once_they_are_of_no_use() -> None:
    seen = Replays("")
    assert seen.is_new("i", "j", NOW + 1, NOW)
    assert not seen.is_new("i", "j", NOW + 1, NOW)
    assert seen.is_new("i", "other", NOW + 500, NOW + 300)
    assert seen.run(lambda db: db.execute("SELECT count(*) FROM seen").fetchone()) == (1,)
    seen.close()


class Source:
    """Keys by URL: what is published, and how often it was asked for."""

    def __init__(self, *kids: str) -> None:
        self.kids, self.asked, self.fails = kids, 0, False

    async def json(self, url: str, token: str | None = None) -> object:
        assert (url, token) == ("https://ehr.example/keys", None)
        self.asked += 1
        if self.fails:
            raise OSError
        return {"keys": [public(EC384, kid) for kid in self.kids]}


def test_keys_are_fetched_once_and_again_for_one_that_is_new_but_not_for_every_guess() -> None:
    source, now = Source(KID), [NOW]
    clients = (Client(ISSUER, "https://ehr.example/keys"),)
    gate = Gate(Settings(authentication="required", public_url=BASE, clients=clients), source, clock=lambda: now[0])

    def call(jti: str, kid: str = KID) -> bool:
        header = {"kid": kid, "jku": "https://ehr.example/keys"}
        return judged(gate, f"Bearer {token(header=header, jti=jti, iat=now[0], exp=now[0] + 99)}") is None

    assert [call("1"), call("2"), source.asked] == [True, True, 1]
    assert [call("3", "new"), call("4", "guess"), source.asked] == [False, False, 1]
    source.kids, now[0] = (KID, "new"), NOW + 61
    assert [call("5", "new"), source.asked] == [True, 2]
    source.fails, now[0] = True, NOW + 4000
    assert [call("6"), source.asked] == [True, 3]


# ---- Over HTTP

REQUEST = request(next(case for case in cases() if case.name == "pd-l1-negative").bundle)


def test_calls_without_a_token_are_refused_before_their_body_is_read(keys: Path) -> None:
    for body in (REQUEST, b"x"):
        reply = ask(body, settings=settings(keys))
        assert reply.status == 401
        assert reply.headers["www-authenticate"].startswith("Bearer")
    assert ask(REQUEST, f"{CALL}/feedback", settings=settings(keys)).status == 401
    assert ask(None, "/health", "GET", settings=settings(keys)).status == 200


def test_a_call_with_a_good_token_is_answered_once(keys: Path) -> None:
    import time

    now = time.time()
    good = {"Authorization": f"Bearer {token(iat=now, exp=now + 60)}"}
    first, second = asks([(REQUEST, CALL, "POST", good)] * 2, settings(keys))
    assert (first.status, second.status) == (200, 401)


def test_on_loopback_no_token_is_asked_for() -> None:
    assert ask(REQUEST, settings=Settings()).status == 200
