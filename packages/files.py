"""The files of a distribution folder: what is in them, and how they get there."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import orjson

from .bundle import Resource, by_id, by_url, unload

CHECKSUMS = "SHA256SUMS"


def files(resources: Sequence[Resource]) -> dict[str, bytes]:
    """File name -> bytes, with the checksums of all others last (the format of sha256sum)."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    made = {
        "bundle-by-id.json": orjson.dumps(by_id(resources), option=options),
        "bundle-by-url.json": orjson.dumps(by_url(resources), option=options),
        "unload.json": orjson.dumps(unload(resources), option=options),
    }
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(made.items()))
    return {**made, CHECKSUMS: sums.encode("ascii")}


def write(made: Mapping[str, bytes], folder: Path) -> None:
    """Write the files, each whole or not at all, and leave others in the folder alone.

    Raises OSError where the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    new = {name: folder / f".{name}.new" for name in made}
    try:
        for name, data in made.items():
            new[name].write_bytes(data)
        for name, path in new.items():  # the checksums come last, so they never vouch for what is not there
            path.replace(folder / name)
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)
