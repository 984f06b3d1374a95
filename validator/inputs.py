"""Paths in, documents out: files, folders, NDJSON, FHIR packages, standard input."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cervical_options.folder import FolderError, packed  # by its full name, for `python -m validator`

STDIN = "-"
NDJSON = (".ndjson", ".jsonl")
PACKED = (".tgz", ".tar.gz")
# What describes a package or its tools, and is no resource.
NO_RESOURCE = {"package.json", "package-lock.json", ".index.json", "tsconfig.json"}


class InputError(Exception):
    """The input can't be read. `reasons` has one line each."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True)
class Source:
    """One file, by the name that issues give it; its bytes are read when they are needed, or held."""

    name: str
    path: Path | None = None
    held: bytes | None = None
    ndjson: bool = False

    def read(self) -> bytes:
        """Raises OSError."""
        return self.held if self.held is not None else self.path.read_bytes() if self.path is not None else b""

    @property
    def size(self) -> int:
        return len(self.held) if self.held is not None else self.path.stat().st_size if self.path is not None else 0


def sources(paths: Sequence[str | Path], stdin: bytes | None) -> tuple[list[Source], bool]:
    """The files to read, each once, and whether the input has a whole: a folder or package, not just single files.

    Raises InputError.
    """
    found: dict[str, Source] = {}
    reasons: list[str] = []
    whole = False
    for path in paths:
        try:
            held = list(_of(path, stdin))
            for source in held:
                same = str(source.path.resolve()) if source.path is not None else source.name
                found.setdefault(same, source)
            if not held:
                reasons.append(f"{path}: holds no .json or .ndjson file; name a folder with resources")
            whole = whole or (str(path) != STDIN and (Path(path).is_dir() or str(path).endswith(PACKED)))
        except InputError as error:
            reasons += error.reasons
    if reasons:
        raise InputError(reasons)
    return list(found.values()), whole


def _of(path: str | Path, stdin: bytes | None) -> Iterator[Source]:
    if str(path) == STDIN:
        yield Source("<stdin>", held=stdin or b"", ndjson=_is_ndjson(stdin or b""))
        return
    at = Path(path)
    if at.is_dir():
        for folder, folders, files in os.walk(at):
            folders[:] = sorted(each for each in folders if not each.startswith(".") and each != "node_modules")
            for file in sorted(files):
                if Path(file).suffix in (".json", *NDJSON) and file not in NO_RESOURCE:
                    yield Source(str(Path(folder) / file), Path(folder) / file, ndjson=file.endswith(NDJSON))
    elif str(at).endswith(PACKED):
        yield from _of_package(at)
    elif at.exists() and not at.is_file():  # a pipe: it can be read once
        data = at.read_bytes()
        yield Source(str(path), held=data, ndjson=_is_ndjson(data))
    elif at.exists():
        yield Source(str(path), at, ndjson=str(at).endswith(NDJSON))
    else:
        raise InputError([f"{path}: no such file or folder; check the path"])


def _is_ndjson(data: bytes) -> bool:
    """Several lines, each a whole object."""
    lines = [line for line in data.splitlines()[:3] if line.strip()]
    return len(lines) > 1 and all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)


def _of_package(archive: Path) -> Iterator[Source]:
    try:
        for name, content in packed(archive):
            yield Source(name, held=content)
    except FolderError as error:
        raise InputError(error.reasons) from error
