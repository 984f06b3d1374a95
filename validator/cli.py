"""`cervical-options validate`, and `python -m validator` in a bare checkout."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# by their full names, so that `python -m validator` finds them
from cervical_options.client import Client, is_here
from cervical_options.console import ExitCode, refuse, say
from cervical_options.server_options import read_headers, server_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from .config import Settings
    from .rule import Rule
    from .run import Report

EXAMPLES = """\b
Examples:
  cervical-options validate                            # the package's own resources
  cervical-options validate fhir bundle.json records.ndjson
  cervical-options validate - < bundle.json
  cervical-options validate fhir --format sarif --output validate.sarif
  cervical-options validate fhir --fail-on warning --ignore text-edges
  cervical-options validate guide --package hl7.fhir.uv.cpg-2.0.0.tgz
  cervical-options validate fhir --server https://ehr.example/fhir --header Authorization=@token.txt
  cervical-options validate --explain unknown-element

\b
Exit codes: 0 nothing found, 1 an issue at or above --fail-on, 2 misuse, or input that can't be read, 3 a server that
could not be asked, 130 interrupted.

\b
pyproject.toml may hold the same, and the command line goes before it:
  [tool.cervical-options.validate]
  paths = ["fhir"]
  packages = ["hl7.fhir.uv.cpg-2.0.0.tgz"]
  ignore = ["text-edges"]
  fail-on = "warning"
  format = "text"
  jobs = 2
"""
FORMATS = ("text", "json", "fhir", "junit", "sarif")  # the keys of reports.FORMATS, which --help need not import
PAUSE = 0.5  # seconds between two requests to a server that others use too
MOST = 300  # requests to such a server in one run
INTERRUPTED = 130  # as shells have it, and no word on the files
MANY = 10  # issues from which on a count by rule helps


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Rule ids for the shell."""
    from click.shell_completion import CompletionItem

    from .listing import sentence
    from .rules import all_rules

    return [
        CompletionItem(id, help=sentence(rule)) for id, rule in sorted(all_rules().items()) if id.startswith(incomplete)
    ]


@click.command(epilog=EXAMPLES)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(allow_dash=True))
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    help="How the report is written: words, JSON, an OperationOutcome, or what CI systems read.  [default: text]",
)
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the report there, whole or not at all."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    help="The least severity that makes the exit code 1.  [default: error]",
)
@click.option("--rules", is_flag=True, help="List every rule, by the layer that finds it.")
@click.option("--explain", metavar="RULE", shell_complete=_complete, help="Say all about one rule.")
@click.option("--ignore", metavar="RULE", multiple=True, shell_complete=_complete, help="Leave a rule out; repeatable.")
@click.option(
    "--package",
    metavar="FILE.tgz",
    multiple=True,
    type=click.Path(),
    help="A FHIR package with profiles and terminology to validate against; repeatable.",
)
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="TOML to take options from, in place of pyproject.toml in this folder.",
)
@click.option("--server", metavar="URL", help="Also ask this FHIR R4 server, by $validate for each file or line.")
@click.option("--keep-profiles", is_flag=True, help="Send the server also claims of profiles that it does not have.")
@click.option(
    "--pause",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    help="Between two requests to the server.  [default: 0.5; none on this machine]",
)
@click.option(
    "--max-requests",
    metavar="N",
    type=click.IntRange(min=1),
    help="More than that are not made.  [default: 300; no limit on this machine]",
)
@server_options
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), help="Processes that share the files.  [default: 1]")
def validate(
    paths: tuple[str, ...],
    format: str | None,
    output: Path | None,
    fail_on: str | None,
    rules: bool,
    explain: str | None,
    ignore: tuple[str, ...],
    package: tuple[str, ...],
    config: Path | None,
    jobs: int | None,
    server: str | None,
    keep_profiles: bool,
    pause: float | None,
    max_requests: int | None,
    headers: tuple[str, ...],
    ca: Path | None,
) -> None:
    """Say what is wrong with FHIR R4 content, where, and what to do. Needs no network and no server.

    PATH is a file, a folder, NDJSON or a Bundle; - reads standard input. Without one, the package's own resources are
    validated. What could not be checked, such as codes of a terminology that is not at hand, is said and never
    counted as right. With --server, that server's opinion stands beside it, marked as the server's.
    """
    from .output import OutputError, check
    from .reports.words import fails
    from .rules import all_rules

    known = all_rules()
    if rules or explain is not None:
        if rules and explain is not None:
            refuse("--rules and --explain: choose one")
        if paths:
            refuse(f"{paths[0]}: --rules and --explain read no files; leave it out")
        _tell(known, explain, format or "text")
        return
    asked = {"paths": paths, "ignore": ignore, "packages": package, "format": format, "fail_on": fail_on, "jobs": jobs}
    settings = _settings({key: value for key, value in asked.items() if value}, config, known)
    named = _asked(server, headers, ca, {"keep-profiles": keep_profiles, "pause": pause, "max-requests": max_requests})
    to = None if output is None or str(output) == "-" else output
    if to is not None:
        try:
            check(to)
        except OutputError as error:
            refuse(f"--output: {error}")
    stdin = _stdin() if "-" in settings.paths else None
    report, trouble = _run(settings, stdin), None
    if server is not None:
        here = is_here(server)
        client = Client(server, named, ca, pause=(0.0 if here else PAUSE) if pause is None else pause, tell=say)
        most = max_requests or (None if here else MOST)
        report, trouble = _ask(report, settings, stdin, client, keep_profiles, most)
    _write(report, settings, known, to)
    _summarise(report)
    if trouble is not None:
        say(trouble)
        sys.exit(ExitCode.NOT_ASKED)
    failed = any(fails(issue, settings.fail_on) for issue in report.issues)
    sys.exit(ExitCode.FINDINGS if failed else ExitCode.DONE)


def _settings(asked: dict[str, Any], file: Path | None, known: "Mapping[str, Rule]") -> "Settings":
    """The command line before the file before the defaults; every fault of both ends the command."""
    from .config import Config, ConfigError, load, settle
    from .listing import near

    config = Config()
    reasons = []
    try:
        config = load(file, known, FORMATS)
    except ConfigError as error:
        reasons += error.reasons
    unknown = [id for id in asked.get("ignore", ()) if id not in known]
    reasons += [f"--ignore: no rule {id!r}; {near(id, known, '--rules lists them')}" for id in unknown]
    if reasons:
        refuse(*reasons)
    return settle(Config(**asked), config, Config(paths=(_own(),)))


def _own() -> str:
    """The package's own resources, named from here where that is shorter."""
    from cervical_options import path

    own, here = path(), Path.cwd()
    return str(own.relative_to(here) if own.is_relative_to(here) else own)


def _asked(server: str | None, headers: tuple[str, ...], ca: Path | None, options: dict[str, Any]) -> dict[str, str]:
    """The headers for the server; options that are for one, without one, end the command."""
    named = read_headers(headers, server, ca)
    lonely = [option for option, value in options.items() if value not in (None, False)] if server is None else []
    if lonely:
        refuse(*(f"--{option}: is for a server; name it with --server" for option in lonely))
    return named


def _ask(
    report: "Report", settings: "Settings", stdin: bytes | None, client: "Client", keep_profiles: bool, most: int | None
) -> "tuple[Report, str | None]":
    """The report with the server's issues among ours, and why it could not be asked to the end."""
    from .progress import progress
    from .run import merged
    from .server.ask import TooManyError, ask

    try:
        with client, progress() as tell:
            opinion = ask(
                settings.paths,
                client,
                stdin=stdin,
                ignore=frozenset(settings.ignore),
                keep_profiles=keep_profiles,
                most=most,
                progress=tell,
            )
    except TooManyError as error:
        refuse(f"--max-requests: {error}")
    return merged(report, opinion.issues), opinion.trouble


def _run(settings: "Settings", stdin: bytes | None) -> "Report":
    from .progress import progress
    from .run import InputError, Options, run

    options = Options(
        ignore=frozenset(settings.ignore), packages=tuple(map(Path, settings.packages)), jobs=settings.jobs
    )
    try:
        with progress() as tell:
            report = run(settings.paths, options, stdin=stdin, progress=tell)
    except InputError as error:
        refuse(*error.reasons)
    except KeyboardInterrupt:
        say("interrupted: not all files were judged, so nothing is reported")
        sys.exit(INTERRUPTED)
    return report


def _stdin() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except (AttributeError, OSError):  # closed, or not to be read
        refuse("-: standard input can't be read; send a resource to it, or name a file")


def _write(report: "Report", settings: "Settings", known: "Mapping[str, Rule]", output: Path | None) -> None:
    from .output import OutputError, is_colourful, show, write
    from .reports import FORMATS as WRITERS
    from .reports import Setting

    setting = Setting(
        rules=known,
        fail_on=settings.fail_on,
        version=_version() if settings.format == "sarif" else None,
        folder=Path.cwd(),
        colour=output is None and is_colourful(sys.stdout),
    )
    text = WRITERS[settings.format](report, setting)
    if output is None:
        show(text, words=settings.format == "text")
        return
    try:
        write(text, output)
    except OutputError as error:
        refuse(f"--output: {error}")


def _version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("cervical-options")
    except PackageNotFoundError:  # a bare checkout
        return None


def _summarise(report: "Report") -> None:
    """On stderr: the run in a line, and what was found most often where that is not seen at a glance."""
    from .reports.words import summary

    say(summary(report))
    found = Counter(issue.rule for issue in report.issues if issue.severity != "information")
    if found.total() >= MANY:
        say(f"by rule: {', '.join(f'{rule} {number}' for rule, number in found.most_common())}")
    if found:
        say(f"for more on a rule: --explain {found.most_common(1)[0][0]}")


def _tell(known: "Mapping[str, Rule]", explain: str | None, format: str) -> None:
    """Print all rules, or the one that is asked for."""
    from . import listing
    from .output import show

    if format not in ("text", "json"):
        refuse(f"--format {format}: rules are told as text or json; choose one of these")
    if explain is not None and explain not in known:
        refuse(f"--explain: no rule {explain!r}; {listing.near(explain, known, '--rules lists them')}")
    if format == "json":
        told: Sequence[Any] | Mapping[str, Any]
        told = [listing.as_data(rule) for rule in listing.ordered(known)]
        if explain is not None:
            told = listing.as_data(known[explain])
        from .reports.words import dumps

        show(dumps(told), words=False)
        return

    def bold(text: str) -> str:
        return click.style(text, bold=True)

    text = listing.listed(known, bold) if explain is None else listing.explained(known[explain], bold)
    show(text, words=True)
