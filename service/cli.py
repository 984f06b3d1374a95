"""`cervical-options record`."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson

from ..console import ExitCode, fhir_folder, read_or_refuse, refuse, say
from ..server_options import read_headers, server_options

EXAMPLES = """\b
Examples:
  cervical-options record response.json > records.json
  cervical-options record response.json --server https://ehr.example/fhir
  cervical-options record - --server https://ehr.example/fhir \\
    --header "Authorization=Bearer $TOKEN" < response.json

Exit codes: 0 done, 2 answers that can't be recorded or misuse, 3 the server could not be asked or refused.
"""


@click.command(epilog=EXAMPLES)
@click.argument("response", metavar="RESPONSE.json", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--server", metavar="URL", help="Base of the FHIR R4 server that the records are sent to.")
@server_options
@fhir_folder
def record(response: Path, server: str | None, headers: tuple[str, ...], ca: Path | None, fhir: Path | None) -> None:
    """Turn answers to the fact questions into records that the conditions read.

    RESPONSE.json is a completed QuestionnaireResponse; - reads it from standard input. Prints a transaction with one
    Observation for each answer, which updates the patient's record of that fact or creates the first. With --server it
    is sent there, and the server's answer is printed instead. A response that has an id must be on that server, because
    the records say that they are derived from it.
    """
    from .form import QuestionnaireError
    from .record import AnswersError, observations

    named = read_headers(headers, server, ca)
    questionnaires = [each for each in read_or_refuse(fhir) if each["resourceType"] == "Questionnaire"]
    if not questionnaires:
        refuse(f"{fhir}: holds no Questionnaire; name a folder of this package with --fhir")
    answers = _read(response)
    try:
        transaction = observations(answers, _asked(answers, questionnaires))
    except AnswersError as error:
        refuse(*(f"{response}: {reason}" for reason in error.reasons))
    except QuestionnaireError as error:
        refuse(*error.reasons)
    if "entry" not in transaction:
        say("no question is answered, so there is nothing to record")
    if server is None:
        _print(transaction)
    elif "entry" in transaction:
        _send(transaction, server, named, ca)


def _send(transaction: dict[str, Any], server: str, headers: dict[str, str], ca: Path | None) -> None:
    from .server import ServerError, outcomes, send

    try:
        answer = send(transaction, server, headers, ca)
    except ServerError as error:
        say(str(error))
        sys.exit(ExitCode.NOT_ASKED)
    say(*(f"{fact}: {outcome}" for fact, outcome in outcomes(transaction, answer)))
    _print(answer)


def _read(path: Path) -> Any:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return orjson.loads(data)
    except OSError as error:
        refuse(f"{path}: {error.strerror}; name a file of answers, or - for standard input")
    except orjson.JSONDecodeError as error:
        refuse(f"{path}:{error.lineno}:{error.colno}: not JSON ({error.msg}); mend it")


def _asked(answers: Any, questionnaires: list[dict[str, Any]]) -> dict[str, Any]:
    """The Questionnaire that was answered; if none of them was, the first, which says so."""
    url = str(answers.get("questionnaire")).partition("|")[0] if isinstance(answers, dict) else None
    return next((each for each in questionnaires if each.get("url") == url), questionnaires[0])


def _print(bundle: dict[str, Any]) -> None:
    click.echo(orjson.dumps(bundle, option=orjson.OPT_INDENT_2))
