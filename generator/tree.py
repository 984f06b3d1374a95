"""The tree of files under `fhir/`: what it should hold, how it differs from the disk, and how it gets there.

A tree is a mapping from path (`<Type>/<id>.json`) to bytes. Writing builds a new folder beside the old one and swaps
the two, so that a failure or an interrupt leaves the old tree whole.
"""

import os
import shutil
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import orjson

from .builders.common import PACKAGE_TAG, Resource

Tree = Mapping[str, bytes]


class TreeError(Exception):
    """The folder can't be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a folder differs from the tree it should be; paths, sorted."""

    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.changed)


def render(resources: Iterable[Resource]) -> dict[str, bytes]:
    """Resources as the tree, each under its type and id."""
    return render_paths({f"{r['resourceType']}/{r['id']}.json": r for r in resources})


def render_paths(resources: Mapping[str, Resource]) -> dict[str, bytes]:
    """Path -> resource as the tree: two-space JSON, elements as the builders ordered them, a newline at the end."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {path: orjson.dumps(resource, option=options) for path, resource in resources.items()}


def compare(tree: Tree, folder: Path) -> Difference:
    """What differs between a tree and a folder. A folder that is not there holds nothing."""
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    return Difference(
        missing=sorted(tree.keys() - found.keys()),
        extra=sorted(found.keys() - tree.keys()),
        changed=sorted(name for name in tree.keys() & found.keys() if _bytes(found[name]) != tree[name]),
    )


def write(tree: Tree, folder: Path) -> Difference:
    """Make the folder equal to the tree, whole or not at all; the difference there was is returned.

    Raises TreeError where the folder holds a file that is not ours, and so would be lost.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise TreeError(f"{folder}: a file, not a folder; choose another one")
    _recover(folder)
    difference = compare(tree, folder)
    foreign = [name for name in difference.extra if not _is_ours(folder / name)]
    if foreign:
        raise TreeError(
            f"{folder} holds what this package did not write: {', '.join(foreign)}; "
            "move it away, or choose another folder"
        )
    if not difference and folder.is_dir():
        return difference
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = Path(mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    except OSError as error:
        raise TreeError(f"{error.filename or folder}: {error.strerror}; choose a folder that can be written") from error
    try:
        _fill(new, tree)
        _swap(new, folder)
    except OSError as error:
        raise TreeError(f"{error.filename or folder}: {error.strerror}; the old tree is as it was") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return difference


def _fill(new: Path, tree: Tree) -> None:
    new.chmod(0o755)
    for name, data in tree.items():
        path = new / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def _swap(new: Path, folder: Path) -> None:
    """Put the new folder in the old one's place. A kill between the two renames is mended by `_recover`."""
    old = _old(folder)
    with _uninterrupted():
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except BaseException:
            if old.exists():
                old.rename(folder)
            raise
    shutil.rmtree(old, ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _recover(folder: Path) -> None:
    """Bring back the old tree where a kill came between the two renames; remove what one left behind."""
    old = _old(folder)
    if old.is_dir() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    for left in folder.parent.glob(f".{folder.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Signals wait until the swap is done."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in names)


def _bytes(path: Path) -> bytes | None:
    """The file's bytes; None for what is no readable file, such as a dangling link."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _is_ours(path: Path) -> bool:
    """Whether a file is a resource with our tag."""
    try:
        resource = orjson.loads(path.read_bytes())
        return any(tag["code"] == PACKAGE_TAG for tag in resource["meta"]["tag"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
