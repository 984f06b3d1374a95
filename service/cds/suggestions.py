"""What a suggestion creates: a complete R4 request for this patient, a draft and a proposal, with its reason."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..care_plan import REQUESTS
from ..conditions import Applied
from ..package import Package
from ..shape import Resource
from .services import activity

_ONE_REASON = ("Task",)  # R4: its reasonCode does not repeat
_NO_INTENT = ("CommunicationRequest",)  # R4 gives it none


def statement_codings(package: Package) -> dict[str, Resource]:
    """The statements that the package codes, by their label: concepts of its CodeSystems whose codes are labels."""
    labels = {label for plan in package.plans for label in _labels(plan.get("action", ()))}
    found: dict[str, Resource] = {}
    for system in package.resources:
        if system["resourceType"] == "CodeSystem" and "url" in system:
            for concept in system.get("concept", ()):
                if concept.get("code") in labels:
                    version = {"version": system["version"]} if "version" in system else {}
                    display = {"display": concept["display"]} if "display" in concept else {}
                    coding = {"system": system["url"], **version, "code": concept["code"], **display}
                    found.setdefault(concept["code"], coding)
    return found


def _labels(actions: Sequence[Resource]) -> Iterator[str]:
    for action in actions:
        yield from (each["label"] for each in action.get("documentation", ()) if "label" in each)
        yield from _labels(action.get("action", ()))


def creates(
    package: Package, applied: Sequence[Applied], patient: str, codings: Mapping[str, Resource]
) -> list[dict[str, Any]]:
    """The create actions of all that applied actions lead to (CDS Hooks 2.0, Action)."""
    made = []
    for each in applied:
        definition = activity(package, each.action)
        if definition is not None:
            description = each.action.get("description") or each.action.get("title") or definition.get("title")
            made.append(
                {
                    "type": "create",
                    "description": description or definition["id"],
                    "resource": request(definition, each.action, patient, codings),
                }
            )
        made += creates(package, each.below, patient, codings)
    return made


def request(definition: Resource, action: Resource, patient: str, codings: Mapping[str, Resource]) -> Resource:
    """The request that an ActivityDefinition makes, for what the action says it rests on.

    Raises PlanError where it makes something else than a request that is known here.
    """
    kind = definition["kind"]
    made = {"resourceType": kind, **REQUESTS[kind](definition, {"reference": f"Patient/{patient}"})}
    if kind not in _NO_INTENT:
        made["intent"] = "proposal"
    if reason := _reason(action, codings):
        made["reasonCode"] = reason if kind in _ONE_REASON else [reason]
    return made


def _reason(action: Resource, codings: Mapping[str, Resource]) -> Resource:
    """Why it is proposed: the action, and the statements that it rests on, in words and as codes."""
    rests_on = [each for each in action.get("documentation", ()) if "label" in each]
    coded = [codings[each["label"]] for each in rests_on if each["label"] in codings]
    said = "; ".join(
        f"{each['label']}: {each['citation']}" if "citation" in each else each["label"] for each in rests_on
    )
    text = ". ".join(each for each in (action.get("title", ""), said) if each)
    return {**({"coding": coded} if coded else {}), **({"text": text} if text else {})}
