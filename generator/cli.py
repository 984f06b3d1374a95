"""`cervical-options generate`, and `python -m generator` in a bare checkout: only here the generator prints."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from .builders.common import Resource
    from .model import Content
    from .tree import Difference, Tree

Command = Callable[..., Any]

EXAMPLES = """\b
Examples:
  cervical-options generate                    # write fhir/
  cervical-options generate --check            # exit 1 where fhir/ is not what the content makes
  cervical-options generate --out /tmp/fhir    # write another folder

Exit codes: 0 written or equal, 1 --check found differences, 2 faulty content or a folder that can't be written.
"""


def _options(out: str, holds: str) -> Callable[[Command], Command]:
    """The options that both commands have."""
    folder = click.Path(path_type=Path)

    def decorate(command: Command) -> Command:
        for option in reversed(
            (
                click.option("--out", type=folder, default=Path(out), show_default=True, help=f"Folder of {holds}."),
                click.option("--check", is_flag=True, help="Write nothing; name every file that differs."),
                click.option("--source", type=folder, help="Folder of content files in place of the built-in one."),
                click.option(
                    "--format",
                    type=click.Choice(["text", "json"]),
                    default="text",
                    show_default=True,
                    help="How the differences are printed on stdout.",
                ),
            )
        ):
            command = option(command)
        return command

    return decorate


@click.command(epilog=EXAMPLES)
@_options("fhir", "the resources, one <Type>/<id>.json each")
def generate(out: Path, check: bool, source: Path | None, format: str) -> None:
    """Make the FHIR resources from the content, or check that they are current.

    Each resource passes the R4B models and HL7's R4 JSON schema before anything is written; a failure or an interrupt
    leaves the old folder whole. Files that are no longer made are removed.
    """
    from .builders import build
    from .tree import render

    resources = build(_load(source))
    _bring(render(resources), resources, out, check, format)


@click.command(epilog=EXAMPLES.replace("generate", "examples").replace("fhir", "examples"))
@_options("examples", "the example patients, one <option>/<outcome>.json each")
def examples(out: Path, check: bool, source: Path | None, format: str) -> None:
    """Make the example patients: for each option one offered, one ruled out, one in need of data, with the answer."""
    from .builders.example import examples as build_examples
    from .tree import render_paths

    made = build_examples(_load(source))
    _bring(render_paths(made), list(made.values()), out, check, format)


def _load(source: Path | None) -> "Content":
    from .content import SOURCE, load
    from .faults import ContentError

    try:
        return load(source or SOURCE)
    except ContentError as error:
        _refuse(f"{_count(error.faults, 'fault')} in the content; nothing was written", list(map(str, error.faults)))


def _bring(tree: "Tree", resources: "list[Resource]", out: Path, check: bool, format: str) -> None:
    """Compare the folder with the tree, or make it equal."""
    from .tree import TreeError, compare, write

    if check:
        difference = compare(tree, out)
        _report(difference, format, out)
        sys.exit(1 if difference else 0)
    _pass_selfcheck(resources)
    try:
        difference = write(tree, out)
    except TreeError as error:
        _refuse("nothing was written", [str(error)])
    if format == "json":
        _report(difference, format, out)
    _summary(tree, difference, out)


def _pass_selfcheck(resources: "list[Resource]") -> None:
    from .selfcheck import objections

    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("checking resources", total=len(resources))
            found = list(objections(resources, lambda: progress.advance(task)))
    else:
        found = list(objections(resources))
    if found:
        _refuse(f"{_count(found, 'objection')} to the resources; nothing was written", list(map(str, found)))


def _report(difference: "Difference", format: str, out: Path) -> None:
    kinds = {"missing": difference.missing, "extra": difference.extra, "changed": difference.changed}
    if format == "json":
        print(json.dumps(kinds, indent=2))
        return
    for kind, names in kinds.items():
        for name in names:
            print(f"{kind}: {out / name}")
    if difference:
        total = [name for names in kinds.values() for name in names]
        print(f"{_count(total, 'difference')}; run the command without --check to write them", file=sys.stderr)
    else:
        print(f"{out} is current", file=sys.stderr)


def _summary(tree: "Tree", difference: "Difference", out: Path) -> None:
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    def count(names: list[str]) -> Counter[str]:
        return Counter(name.partition("/")[0] for name in names)

    made = count(list(tree))
    if not difference:
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(made.items()))
        print(f"{out}: {len(tree)} files, nothing changed ({kinds})", file=sys.stderr)
        return
    new, changed, removed = count(difference.missing), count(difference.changed), count(difference.extra)
    table = Table("", "files", "new", "changed", "removed", title=str(out))
    for kind in sorted(made | removed):
        table.add_row(kind, *(str(counter[kind]) for counter in (made, new, changed, removed)))
    table.add_section()
    table.add_row("all", *(str(counter.total()) for counter in (made, new, changed, removed)))
    Console(stderr=True).print(table)


def _count(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _refuse(headline: str, reasons: list[str]) -> NoReturn:
    for line in (*reasons, headline):
        print(line, file=sys.stderr)
    sys.exit(2)
