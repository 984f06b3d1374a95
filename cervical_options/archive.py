"""A .tgz that others have made, read with suspicion: whole or not at all, and nothing of it is ever unpacked to disk.

Refused, with every reason: one that is cut off or damaged, one that unpacks to more than a package can be (a bomb), a
path that leads out of its folder, a link, a device, one name twice, and one whose SHA-256 is not the one that a
SHA256SUMS beside it names.
"""

import gzip
import tarfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

from .checksums import fault_beside

LARGEST = 500_000_000  # bytes, unpacked; the largest of HL7's packages have some 200 million
HARMLESS = 50_000_000  # bytes, unpacked, that no ratio makes suspicious
RATIO = 200  # unpacked to packed; JSON has 10 to 30
MOST = 50_000  # members
END = bytes(2 * tarfile.BLOCKSIZE)


class ArchiveError(Exception):
    """The archive is refused. `reasons` has one line each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = list(reasons)
        super().__init__("\n".join(reasons))


def contents(archive: Path) -> list[tuple[PurePosixPath, bytes]]:
    """The plain files of an archive by path, sorted.

    Raises ArchiveError.
    """
    try:
        packed = archive.read_bytes()
    except OSError as error:
        raise ArchiveError([f"{archive}: {error.strerror}; name a folder or a .tgz that can be read"]) from error
    if fault := fault_beside(archive, packed):
        raise ArchiveError([fault])
    try:
        unpacked = _unpacked(packed)
        with tarfile.open(fileobj=BytesIO(unpacked), mode="r:") as tar:
            members = tar.getmembers()
            if unpacked[tar.offset : tar.offset + len(END)] != END:
                raise EOFError("its end is missing")
            reasons = list(_faults(members))
            if reasons:
                raise ArchiveError([f"{archive}: {reason}; do not use it" for reason in reasons])
            files = [(PurePosixPath(each.name), tar.extractfile(each)) for each in members if each.isfile()]
            return sorted(((path, file.read()) for path, file in files if file), key=lambda each: each[0])
    except _Bomb as error:
        raise ArchiveError([f"{archive}: {error}; do not use it"]) from None
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, OverflowError, LookupError) as error:
        reason = f"{archive}: no whole package ({error}); fetch it again, or name a folder or a .tgz"
        raise ArchiveError([reason]) from error


class _Bomb(Exception):  # noqa: N818 - what it is
    """More than a package can be."""


def _unpacked(packed: bytes) -> bytes:
    """All of it, so that gzip's own checksum is compared; never more than is allowed."""
    allowed = min(LARGEST, max(HARMLESS, RATIO * len(packed)))
    with gzip.open(BytesIO(packed)) as stream:
        unpacked = stream.read(allowed + 1)
    if len(unpacked) > allowed:
        raise _Bomb(f"unpacks to more than {allowed:,} bytes, from {len(packed):,}")
    return unpacked


def _faults(members: Sequence[tarfile.TarInfo]) -> Iterator[str]:
    if len(members) > MOST:
        yield f"holds {len(members):,} members, more than {MOST:,}"
        return
    for member in members:
        if _leaves(member.name):
            yield f"{member.name!r} leads out of its folder"
        elif member.issym() or member.islnk():
            yield f"{member.name!r} is a link"
        elif not (member.isdir() or member.isfile()) or member.issparse():
            yield f"{member.name!r} is no plain file"
    names = Counter(PurePosixPath(member.name) for member in members if not member.isdir())
    yield from (f"{str(name)!r} is there {number} times" for name, number in names.items() if number > 1)


def _leaves(name: str) -> bool:
    """Whether on any system the path might end up elsewhere, or is not what it looks like."""
    odd = "\\" in name or not name.isprintable() or name[1:2] == ":"
    return odd or name.startswith("/") or ".." in name.split("/")
