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

import orjson

from .builders.common import Resource

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

    Raises TreeError where the folder holds what is not ours, and so would be lost, or where another run writes to it.
    """
    folder = folder.resolve()
    if not folder.name:
        raise TreeError(f"{folder}: a whole disk; choose a folder")
    if folder.exists() and not folder.is_dir():
        raise TreeError(f"{folder}: a file, not a folder; choose another one")
    with _workplace(folder) as work:
        difference = compare(tree, folder)
        foreign = [name for name in difference.extra if not _is_ours(folder / name, tree)]
        if foreign:
            raise TreeError(
                f"{folder} holds what this command did not write: {', '.join(foreign)}; "
                "move it away, or choose another folder"
            )
        if not difference and folder.is_dir():
            return difference
        try:
            _fill(work / "new", tree)
            _swap(work, folder)
        except OSError as error:
            raise TreeError(f"{error.filename or folder}: {error.strerror}; the old tree is as it was") from error
    return difference


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A folder beside the one to be written, for one run at a time; what a killed run left in it is mended first."""
    work = folder.with_name(f".{folder.name}.cervical-options")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if work.is_dir():
            _recover(work, folder)
        work.mkdir()
    except FileExistsError as error:
        raise TreeError(f"{error.filename or work}: {error.strerror}; choose a folder that can be written") from error
    except OSError as error:
        raise TreeError(f"{error.filename or folder}: {error.strerror}; choose a folder that can be written") from error
    try:
        (work / "pid").write_text(str(os.getpid()))
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _recover(work: Path, folder: Path) -> None:
    """Bring back the old tree where a run was killed between the two renames.

    Raises TreeError where the run is still alive.
    """
    try:
        process = int((work / "pid").read_text())
        os.kill(process, 0)
    except (OSError, ValueError):
        if (work / "old").is_dir() and not folder.exists():
            (work / "old").rename(folder)
        shutil.rmtree(work)
    else:
        raise TreeError(f"{folder}: process {process} is writing it; run again when it is done")


def _fill(new: Path, tree: Tree) -> None:
    for name, data in tree.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _swap(work: Path, folder: Path) -> None:
    """Put the new folder in the old one's place. A kill between the two renames is mended by the next run."""
    old = work / "old"
    with _uninterrupted():
        if folder.exists():
            folder.rename(old)
        try:
            (work / "new").rename(folder)
        except BaseException:
            if old.exists():
                old.rename(folder)
            raise


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
    """Whatever is in a folder: files, links, and folders that hold nothing."""
    for root, folders, names in os.walk(folder):
        yield from (Path(root) / name for name in names)
        yield from (Path(root) / name for name in folders if (Path(root) / name).is_symlink())
        if not folders and not names and Path(root) != folder:
            yield Path(root)


def _bytes(path: Path) -> bytes | None:
    """The file's bytes; None for what is no readable file, such as a dangling link."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _is_ours(path: Path, tree: Tree) -> bool:
    """Whether a file was written as part of such a tree: it has exactly the tags of the tree's own files."""
    marks = {_marks(data) for data in tree.values()}
    return not path.is_symlink() and _marks(_bytes(path)) in marks - {None}


def _marks(data: bytes | None) -> frozenset[tuple[str, str]] | None:
    """The tags of a resource; None for what is none, or has none."""
    try:
        return frozenset((tag["system"], tag["code"]) for tag in orjson.loads(data or b"")["meta"]["tag"])
    except (ValueError, KeyError, TypeError):
        return None
