"""The logic's ELM, translated beforehand: an engine that has no translator runs it as it is.

`elm.json` holds it with the hash of the text that it was translated from, so that a stale one is never embedded.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson

FILE = Path(__file__).parent / "elm.json"


@dataclass(frozen=True, slots=True)
class Elm:
    """A translation: the SHA-256 of its text in UTF-8, hexadecimal, and the ELM in JSON."""

    text_hash: str
    json: bytes

    def of(self, text: str) -> bytes | None:
        """The ELM, where it is that of the text."""
        return self.json if self.text_hash == hashed(text) else None


def hashed(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()


def read_elm(file: Path = FILE) -> Elm | None:
    """The translation that comes with the generator; None where there is none."""
    if not file.exists():
        return None
    stored = orjson.loads(file.read_bytes())
    return Elm(stored["textHash"], orjson.dumps(stored["elm"]))


def write_elm(text: str, elm: object, file: Path = FILE) -> None:
    """Keep a translation of the text."""
    file.write_bytes(orjson.dumps({"textHash": hashed(text), "elm": elm}) + b"\n")
