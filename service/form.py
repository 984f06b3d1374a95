"""What a Questionnaire asks: one fact a question, answered by yes, no or not known."""

from dataclasses import dataclass
from typing import Any

from .shape import STRING, URI, Faults, Resource, items, matches

UNKNOWN = {
    "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "code": "unknown",
    "display": "Unknown",
}

# The elements of a record that say what an answer says, by the answer's code. Without a value a fact is unknown.
VALUES: dict[str, Resource] = {
    "yes": {"valueBoolean": True},
    "no": {"valueBoolean": False},
    "not-known": {"dataAbsentReason": {"coding": [UNKNOWN]}},
}


class QuestionnaireError(Exception):
    """The Questionnaire does not ask in this way. `reasons` has one line a fault: where, what, and what to do."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("\n".join(reasons))


@dataclass(frozen=True, slots=True)
class Question:
    """A question about one fact."""

    fact: Resource  # a Coding without a version: the record outlives it
    text: str
    options: list[Resource]  # the Codings of its answers


@dataclass(frozen=True, slots=True)
class Form:
    """A Questionnaire as far as records are made of it."""

    url: str
    version: str
    questions: dict[str, Question]  # by linkId, in the order of the Questionnaire
    silent: frozenset[str]  # the linkIds that ask nothing: groups and displays

    @property
    def identifiers(self) -> str:
        """The system of the records' identifiers, under the base of the Questionnaire; the value is the fact."""
        return f"{self.url.rpartition('/Questionnaire/')[0]}/fact"


def read(questionnaire: Resource) -> Form:
    """Read a Questionnaire, or raise QuestionnaireError with every fault of it."""
    if not isinstance(questionnaire, dict) or questionnaire.get("resourceType") != "Questionnaire":
        raise QuestionnaireError(["Questionnaire: this is something else; give the Questionnaire of the package"])
    faults: Faults = []
    url = questionnaire.get("url")
    if not matches(url, URI) or "/Questionnaire/" not in url:
        faults.append("Questionnaire.url: no url of a Questionnaire; give it as base/Questionnaire/id")
    questions: dict[str, Question] = {}
    silent: set[str] = set()
    facts: set[str] = set()
    for place, item, _ in items("Questionnaire", questionnaire, faults):
        link, question = item.get("linkId"), _question(item)
        if matches(link, STRING) and item.get("type") in ("group", "display"):
            silent.add(link)
        elif matches(link, STRING) and question and question.fact["code"] not in facts:
            questions[link] = question
            facts.add(question.fact["code"])
        else:
            faults.append(f"{place}: asks for no fact of its own by yes, no or not-known; mend it, or take it out")
    if faults:
        raise QuestionnaireError(faults)
    return Form(str(url), str(questionnaire.get("version", "")), questions, frozenset(silent))


def _question(item: Resource) -> Question | None:
    """The question of an item, if it is one that records can be made of."""
    codes, options, text = item.get("code"), item.get("answerOption"), item.get("text")
    if not isinstance(codes, list) or len(codes) != 1 or not isinstance(options, list) or not matches(text, STRING):
        return None
    [code] = codes
    answers: list[Any] = [option.get("valueCoding") if isinstance(option, dict) else None for option in options]
    if not all(map(_is_coding, [code, *answers])) or not {answer["code"] for answer in answers} <= VALUES.keys():
        return None
    fact = {key: code[key] for key in ("system", "code", "display") if matches(code.get(key), STRING)}
    return Question(fact, text, answers)


def _is_coding(value: Any) -> bool:
    return isinstance(value, dict) and matches(value.get("system"), URI) and matches(value.get("code"), STRING)
