"""What the page "Try a patient" asks and tells, as data for its script: the logic itself, and words from the plans."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ..service import form, patient_record
from ..service.options import OUTCOMES
from ..service.package import ASKS, CLOSED
from ..service.record import observations
from ..service.told import HEADINGS
from .content import Content, Fact, Option

Resource = dict[str, Any]

PATIENT = {"resourceType": "Patient", "id": "tried"}
# In a script, these would end a line of it or the script itself where it stands in a page.
RISKY = re.compile("[<\u2028\u2029]")


def data(content: Content) -> dict[str, Any]:
    """The logic, its value sets, the records of each answer to each fact, and what is said of each option.

    Raises LookupError where there is no Questionnaire that asks for every fact.
    """
    deciding = [each for each in content.facts if each.decides]
    return {
        "elm": content.logic.elm,
        "valueSets": [
            {"resourceType": "ValueSet", "url": each["url"], "version": each["version"], "compose": _codes(each)}
            for each in content.value_sets
        ],
        "patient": PATIENT,
        "records": dict(_records(content, deciding)),
        "facts": [{"id": each.id, "name": each.name, "begin": each.begin} for each in deciding],
        "options": [_option(each) for each in content.options],
        "headings": {outcome: HEADINGS[outcome] for outcome in OUTCOMES.values()},
        "rules": {
            "shapes": patient_record.SHAPES,
            "types": patient_record.TYPES,
            "subjects": sorted(patient_record.WITH_SUBJECT),
        },
    }


def script(name: str, value: Any) -> bytes:
    """A script that gives the page a value: pages from the disk may read scripts, and nothing else."""
    text = RISKY.sub(lambda found: f"\\u{ord(found[0]):04x}", orjson.dumps(value).decode("utf-8"))
    return f"globalThis.{name} = {text};\n".encode()


def _codes(value_set: Resource) -> Resource:
    """The members, without the words for them."""
    kept = [
        {
            **{key: i[key] for key in ("system", "version") if key in i},
            "concept": [{"code": c["code"]} for c in i["concept"]],
        }
        for i in value_set["compose"]["include"]
    ]
    return {"include": kept}


def _records(content: Content, facts: list[Fact]) -> Iterator[tuple[str, Mapping[str, Resource]]]:
    """Fact -> answer -> the record that `cervical-options record` makes of it."""
    questionnaires = [each for each in content.resources if each["resourceType"] == "Questionnaire"]
    for questionnaire in questionnaires:
        asked = {each.fact["code"]: (link, each) for link, each in form.read(questionnaire).questions.items()}
        if all(fact.id in asked for fact in facts):
            for fact in facts:
                link, question = asked[fact.id]
                yield (
                    fact.id,
                    {option["code"]: _record(questionnaire, link, option) for option in question.options},
                )
            return
    raise LookupError("no Questionnaire asks for every fact")


def _record(questionnaire: Resource, link: str, answer: Resource) -> Resource:
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": questionnaire["url"],
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT['id']}"},
        "item": [{"linkId": link, "answer": [{"valueCoding": answer}]}],
    }
    (entry,) = observations(response, questionnaire)["entry"]
    return {"id": f"tried-{link}"[:64], **entry["resource"]}


def _option(option: Option) -> dict[str, Any]:
    return {
        "id": option.id,
        "title": option.title,
        "condition": option.condition,
        "outcomes": {each.name: each.outcome for each in option.defines},
        "missing": dict(_hold_back(option.asks, ASKS)),
        "closed": dict(_hold_back(option.closes, CLOSED)),
    }


def _hold_back(actions: tuple[Resource, ...], before: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Define -> the fact that it speaks of, and how that is told."""
    for action in actions:
        for condition in action.get("condition", ()):
            yield (
                condition["expression"]["expression"],
                {"fact": action["id"].removeprefix(before), "title": action["title"]},
            )
