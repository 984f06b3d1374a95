"""Answers to the fact questions as records: a QuestionnaireResponse in, a transaction of Observations out.

Pure: same answers, same bytes. What is asked, under which code and with which answers, is read from the Questionnaire.
Each answered question becomes one conditional update by patient and fact, so a patient never has two records of a
fact: a later answer replaces the earlier one, and "not known" takes it back. A question left out changes nothing.
"""

import re
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from .form import VALUES, Form, Question, read
from .shape import ID, STRING, URI, Faults, Resource, items, matches, shown, strings

FINISHED = ("completed", "amended")
# R4 lets a device answer questions, yet not perform an Observation: that has an element of its own for it.
PERFORMERS = ("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson")
AUTHORS = (*PERFORMERS, "Device")

REFERENCE = re.compile(rf"(https?://[^\s?#]+/)?([A-Z][A-Za-z]+)/{ID.pattern}")
TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))"
DATE_TIME = re.compile(rf"(?!0000)\d{{4}}(-(0[1-9]|1[0-2])(-\d\d(T{TIME})?)?)?", re.ASCII)


class AnswersError(Exception):
    """The answers can't be recorded. `reasons` has one line a fault: where, what, and what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


def observations(response: Resource, questionnaire: Resource) -> Resource:
    """The transaction that records each answer of a response, in the order of the Questionnaire.

    Of subject and author a record has the reference, type, display, and the identifier's system and value.
    Raises AnswersError with every fault of the response, or QuestionnaireError with those of the Questionnaire.
    """
    form = read(questionnaire)
    if not isinstance(response, dict) or response.get("resourceType") != "QuestionnaireResponse":
        raise AnswersError(["QuestionnaireResponse: this is something else; give one QuestionnaireResponse as JSON"])
    faults: Faults = [*_wrong_form(response, form), *_wrong_state(response)]
    before, after = _circumstances(response, faults)
    answers = _answers(response, form, faults)
    if faults:
        raise AnswersError(faults)
    entries = []
    for link, question in form.questions.items():
        if link in answers:
            observation = {
                "resourceType": "Observation",
                "identifier": [{"system": form.identifiers, "value": question.fact["code"]}],
                "status": "final",
                "code": {"coding": [question.fact], "text": question.text},
                **before,
                **VALUES[answers[link]],
                **after,
            }
            entries.append(_entry(observation))
    return {"resourceType": "Bundle", "type": "transaction", **({"entry": entries} if entries else {})}


def _entry(observation: Resource) -> Resource:
    """Update the patient's record of this fact, or create the first (R4 http.html, conditional update)."""
    [identifier] = observation["identifier"]
    token = f"{_escape(identifier['system'])}%7C{_escape(identifier['value'])}"
    url = f"Observation?identifier={token}&patient={_escape(observation['subject']['reference'])}"
    return {
        "fullUrl": f"urn:uuid:{uuid5(NAMESPACE_URL, url)}",
        "resource": observation,
        "request": {"method": "PUT", "url": url},
    }


def _escape(text: str) -> str:
    return quote(text, safe=":/")


# ---- The response: what it is, whose, when and by whom ----


def _wrong_form(response: Resource, form: Form) -> Iterator[str]:
    place, asked = "QuestionnaireResponse.questionnaire", response.get("questionnaire")
    if not matches(asked, URI):
        yield f"{place}: does not say what was answered; give {form.url} there, with its version"
        return
    url, _, version = asked.partition("|")
    if url != form.url:
        yield f"{place}: {shown(url)} is another questionnaire; give answers to {form.url}"
    elif version and version != form.version:
        yield (
            f"{place}: answers version {shown(version)}, and this is version {form.version}; "
            "ask again, or use the package of that version"
        )


def _wrong_state(response: Resource) -> Iterator[str]:
    status = response.get("status")
    if status not in FINISHED:
        what = "missing" if status is None else f"{shown(status)} is neither completed nor amended"
        yield f"QuestionnaireResponse.status: {what}; record the answers when they are complete"


def _circumstances(response: Resource, faults: Faults) -> tuple[Resource, Resource]:
    """The elements that all records of a response share: those before their value, and those after it."""
    before: Resource = {"subject": _subject(response.get("subject"), faults)}
    after: Resource = {}
    if "authored" in response:
        before["effectiveDateTime"] = authored = response["authored"]
        if not _is_date_time(authored):
            what = f"{shown(authored)} is no date, nor a time with seconds and zone"
            faults.append(f"QuestionnaireResponse.authored: {what}; write it as R4 does, or leave it out")
    if "author" in response:
        author, kind = _author(response["author"], faults)
        if kind == "Device":
            after["device"] = author
        else:
            before["performer"] = [author]
    if "id" in response:
        after["derivedFrom"] = [{"reference": f"QuestionnaireResponse/{response['id']}"}]
        if not matches(response["id"], ID):
            faults.append(f"QuestionnaireResponse.id: {shown(response['id'])} is no id; mend it, or leave it out")
    return before, after


def _subject(value: Any, faults: Faults) -> Resource:
    place, remedy = "QuestionnaireResponse.subject", "name one patient as Patient/id, or by a URL that ends so"
    if value is None:
        faults.append(f"{place}: missing; {remedy}")
        return {}
    subject = _reference(place, value, remedy, faults)
    if subject is None:
        return {}
    kind = _kind(subject)
    if "reference" not in subject:
        faults.append(f"{place}: has no reference; {remedy}")
    elif kind != "Patient":
        what = _unreachable(subject["reference"]) if kind is None else f"is a {kind}"
        faults.append(f"{place}.reference: {shown(subject['reference'])} {what}; {remedy}")
    return subject


def _author(value: Any, faults: Faults) -> tuple[Resource, str | None]:
    """The author and, where the reference says so, its type."""
    place = "QuestionnaireResponse.author"
    remedy = "name the author as Type/id, or by a URL that ends so, or leave it out"
    author = _reference(place, value, remedy, faults)
    if author is None:
        return {}, None
    kind = _kind(author)
    if not author:
        faults.append(f"{place}: says nothing; {remedy}")
    elif "reference" in author and kind is None:
        faults.append(f"{place}.reference: {shown(author['reference'])} {_unreachable(author['reference'])}; {remedy}")
    elif kind and kind not in AUTHORS:
        faults.append(f"{place}: {shown(kind)} is no type of author; name one of {', '.join(AUTHORS)}")
    return author, kind


def _reference(place: str, value: Any, remedy: str, faults: Faults) -> Resource | None:
    """What records take over of a reference, or None where there is a fault."""
    if not isinstance(value, dict):
        faults.append(f"{place}: {shown(value)} is no Reference; {remedy}")
        return None
    before = len(faults)
    own = strings(place, value, {"reference": URI, "type": URI, "display": STRING}, faults)
    identifier = value.get("identifier", {})
    if isinstance(identifier, dict):
        identifier = strings(f"{place}.identifier", identifier, {"system": URI, "value": STRING}, faults)
    else:
        faults.append(f"{place}.identifier: {shown(identifier)} is no Identifier; mend it, or leave it out")
    match = REFERENCE.fullmatch(own.get("reference", ""))
    if match and "type" in own and own["type"].rpartition("/")[2] != match[2]:
        faults.append(f"{place}.type: {shown(own['type'])} is not what the reference says; mend it, or leave it out")
    if len(faults) > before:
        return None
    parts = {**own, **({"identifier": identifier} if identifier else {})}
    return {key: parts[key] for key in ("reference", "type", "identifier", "display") if key in parts}


def _kind(reference: Resource) -> str | None:
    """The type of resource that a reference leads to; None where a server could not follow it."""
    if "reference" in reference:
        match = REFERENCE.fullmatch(reference["reference"])
        return match[2] if match else None
    return str(reference["type"]).rpartition("/")[2] if "type" in reference else None


def _unreachable(reference: str) -> str:
    if reference.startswith("urn:"):
        return "is known only inside the Bundle it came in"
    return "is known only inside the response" if reference.startswith("#") else "is not Type/id"


def _is_date_time(value: Any) -> bool:
    if not matches(value, DATE_TIME):
        return False
    try:
        date.fromisoformat((value[:10] + "-01-01")[:10])
    except ValueError:
        return False
    return True


# ---- The response: its answers ----


def _answers(response: Resource, form: Form, faults: Faults) -> dict[str, str]:
    """The code of the one answer to each answered question, by linkId."""
    given: dict[str, dict[str, str]] = {}  # linkId -> code -> where it was given first
    for place, item, answers in items("QuestionnaireResponse", response, faults):
        link = item.get("linkId")
        if not isinstance(link, str) or link not in form.questions.keys() | form.silent:
            faults.append(f"{place}.linkId: {_no_question(link, form)}")
        elif link in form.silent:
            faults += [f"{where}: {link!r} asks nothing; take the answer out" for where, _ in answers]
        else:
            for where, answer in answers:
                code = _code(where, answer, link, form.questions[link], faults)
                if code:
                    given.setdefault(link, {}).setdefault(code, where)
    for link, places in given.items():
        if len(places) > 1:
            *others, (last, where) = places.items()
            elsewhere = ", ".join(f"{code!r} at {place}" for code, place in others)
            faults.append(
                f"{where}: conflicting answers to {link!r}, {last!r} here and {elsewhere}; keep the one that holds"
            )
    return {link: next(iter(places)) for link, places in given.items()}


def _no_question(link: Any, form: Form) -> str:
    if link is None:
        return "missing; say which question it is"
    near = get_close_matches(str(link), form.questions, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "take the item out"
    return f"{shown(link)} is not in {form.url}; {remedy}"


def _code(place: str, answer: Resource, link: str, question: Question, faults: Faults) -> str | None:
    """The code of an answer that is one of the question's options."""
    coding = answer.get("valueCoding")
    if isinstance(coding, dict) and [key for key in answer if key.startswith("value")] == ["valueCoding"]:
        for option in question.options:
            same = all(coding.get(key) == option[key] for key in ("system", "code"))
            if same and coding.get("version", option.get("version")) == option.get("version"):
                return str(option["code"])
    options = ", ".join(option["code"] for option in question.options)
    what = shown({key: value for key, value in answer.items() if key not in ("id", "item")})
    faults.append(f"{place}: {what} is no answer to {link!r}; give one of {options} as the questionnaire codes it")
    return None
