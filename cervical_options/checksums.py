"""SHA256SUMS in the format of sha256sum: what is written beside files, and whether files are what it says."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

FILE = "SHA256SUMS"
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64}) [ *](?P<name>[^\0]+)")


def sums(files: Mapping[str, bytes]) -> bytes:
    """One line a file, by name."""
    return "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode("utf-8")


def read(file: Path) -> dict[str, str]:
    """Name -> digest.

    Raises ValueError, with what is wrong, where a line is none of sha256sum's; OSError.
    """
    try:
        lines = [line for line in file.read_text("utf-8").splitlines() if line]
    except UnicodeDecodeError:
        raise ValueError(f"{file}: not text; fetch it again") from None
    found = [_LINE.fullmatch(line) for line in lines]
    for number, each in enumerate(found, 1):
        if each is None:
            raise ValueError(f"{file}:{number}: no line of sha256sum; fetch it again")
    return {each["name"]: each["digest"] for each in found if each}


def fault_beside(file: Path, data: bytes) -> str | None:
    """Why this is not the file that a SHA256SUMS in its folder names; None where it is, or where none names it."""
    listed = file.parent / FILE
    if not listed.is_file():
        return None
    try:
        digest = read(listed).get(file.name)
    except (ValueError, OSError) as error:
        return str(error)
    return None if digest in (None, sha256(data).hexdigest()) else _differs(file, listed)


def faults(folder: Path) -> list[str]:
    """What of a folder is not as its SHA256SUMS says; files that it does not name are nobody's business.

    Raises ValueError where there is none that can be read.
    """
    listed = folder / FILE
    try:
        digests = read(listed)
    except OSError as error:
        raise ValueError(f"{listed}: {error.strerror}; name a folder that 'cervical-options package' wrote") from None
    if not digests:
        raise ValueError(f"{listed}: names no file; fetch it again")
    found = []
    for name, digest in digests.items():
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            found.append(f"{listed}: names {name}, which is outside of the folder; do not use it")
            continue
        try:
            if sha256(file.read_bytes()).hexdigest() != digest:
                found.append(_differs(file, listed))
        except OSError as error:
            found.append(f"{file}: {error.strerror}, but {listed} names it; fetch it again")
    return found


def _differs(file: Path, listed: Path) -> str:
    return f"{file}: not the file that {listed} names (its SHA-256 differs); fetch both again and do not use it"
