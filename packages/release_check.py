"""Whether the content may be released as it stands: `python -m cervical_options.packages.release_check`.

A release is known by its FHIR package in `releases/`, with SHA256SUMS beside it. Content that differs from the last one
needs another version, and an entry in the changelog with a heading for the class of what differs (`### Clinical`).
Exit codes: 0 it may, 1 it may not and why, 2 something can't be read.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import click

from ..console import ExitCode, refuse, say
from ..folder import FolderError
from .difference.change import Change, Class, worst
from .difference.compare import compare
from .difference.release import Release, read_release

Version = tuple[int, ...]
_NAMED = re.compile(r".*-(\d+\.\d+\.\d+)\.tgz")


def last(releases: Path) -> Path | None:
    """The FHIR package of the highest version in a folder; None where there was no release yet."""
    named = [(match[1], file) for file in releases.glob("*.tgz") if (match := _NAMED.fullmatch(file.name))]
    return max(named, key=lambda each: number(each[0]), default=(None, None))[1]


def number(version: str) -> Version:
    return tuple(map(int, version.split(".")))


def reasons(old: Release | None, new: Release, changelog: str) -> list[str]:
    """Why this may not be released; nothing where it may. Pure."""
    version = new.version or ""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return [f"version {version!r} is not three numbers; set generator/source/VERSION"]
    entry = entry_of(version, changelog)
    if old is None:
        return [] if entry is not None else [f"CHANGELOG.md: no entry '## {version}'; write one"]
    changes = compare(old, new)
    if not changes and old.resources == new.resources:
        return []
    if version == old.version:
        told = [f"  {_line(each)}" for each in changes] or ["  bytes that mean nothing, such as an order"]
        return [f"the content differs from release {version} under the same version; raise VERSION:", *told]
    if number(version) < number(old.version or "0.0.0"):
        return [f"version {version} is below that of the last release, {old.version}; raise VERSION"]
    if entry is None:
        return [f"CHANGELOG.md: no entry '## {version}'; write one"]
    return _headings(version, entry, changes)


def entry_of(version: str, changelog: str) -> str | None:
    """What the changelog says of a version; None where it has no entry."""
    parts = re.split(rf"^## {re.escape(version)}(?![\w.]).*$", changelog, maxsplit=1, flags=re.MULTILINE)
    return re.split(r"^## ", parts[1], maxsplit=1, flags=re.MULTILINE)[0] if len(parts) == 2 else None


def _headings(version: str, entry: str, changes: Sequence[Change]) -> list[str]:
    """The entry has the class of what differs, with something under it, and none above that."""
    needed = worst(list(changes)) or Class.EDITORIAL
    sections = re.split(r"^### +(\w+).*$", entry, flags=re.MULTILINE)
    said = {name.lower(): text for name, text in zip(sections[1::2], sections[2::2], strict=True)}
    found = []
    if "- " not in said.get(needed, ""):
        of_class = [f"  {_line(each)}" for each in changes if each.severity == needed]
        found += [
            f"CHANGELOG.md: {version}: no '### {needed.capitalize()}' that lists what is {needed}; write it:",
            *of_class,
        ]
    above = [each for each in Class if each.rank < needed.rank and each in said]
    found += [
        f"CHANGELOG.md: {version}: '### {each.capitalize()}', but nothing is {each}; take it out" for each in above
    ]
    return found


def _line(change: Change) -> str:
    return f"{change.subject}: {change.what}"


@click.command()
@click.option("--fhir", type=click.Path(path_type=Path), default=Path("fhir"), show_default=True)
@click.option("--releases", type=click.Path(path_type=Path), default=Path("releases"), show_default=True)
@click.option("--changelog", type=click.Path(path_type=Path), default=Path("CHANGELOG.md"), show_default=True)
def main(fhir: Path, releases: Path, changelog: Path) -> None:
    """Say whether the content may be released: its version against the last release, and its changelog."""
    try:
        released = last(releases)
        old, new = read_release(released) if released else None, read_release(fhir)
        text = changelog.read_text("utf-8")
    except FolderError as error:
        refuse(*error.reasons)
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{changelog}: can't be read ({error}); name the changelog with --changelog")
    found = reasons(old, new, text)
    say(*found)
    if not found:
        since = f"since {old.version}" if old else "no release before it"
        say(f"version {new.version} may be released: {since}")
    raise SystemExit(ExitCode.FINDINGS if found else ExitCode.DONE)


if __name__ == "__main__":
    main()
