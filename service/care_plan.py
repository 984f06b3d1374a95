"""A plan applied to a patient as a CarePlan: what the operation `$apply` gives (R4, PlanDefinition/$apply).

The CarePlan holds a RequestGroup for the plan and for each plan that it leads to, and a request for each activity. All
are drafts and proposals. An action that leads to nothing says so: R4 lets no action of a RequestGroup be empty.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .conditions import Applied, Conditions
from .fhirpath import Records
from .package import Package, PlanError
from .shape import Resource

CPG_ACTIVITY = (
    "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"  # says what kind of order, not what is ordered
)
LONGEST_ID = 64
# RequestGroup.action and PlanDefinition.action have these alike.
CARRIED = (
    *("prefix", "title", "description", "textEquivalent", "priority", "code", "documentation", "type"),
    *("groupingBehavior", "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior"),
)


def care_plan(package: Package, plan: Resource, patient: str, records: Records, conditions: Conditions) -> Resource:
    """The CarePlan of a plan and a patient (a reference).

    Raises PlanError, or FhirPathError where a condition can't be answered.
    """
    writing = _Writing(package, patient, records, conditions)
    group = writing.group(plan, ())
    return {
        "resourceType": "CarePlan",
        "id": plan["id"],
        "contained": writing.contained,
        "instantiatesCanonical": [_pinned(plan)],
        "status": "draft",
        "intent": "proposal",
        "title": plan.get("title", plan["id"]),
        "subject": {"reference": patient},
        "activity": [{"reference": group}],
    }


class _Writing:
    """One CarePlan being written."""

    def __init__(self, package: Package, patient: str, records: Records, conditions: Conditions) -> None:
        self.package, self.patient, self.records, self.conditions = package, patient, records, conditions
        self.contained: list[Resource] = []
        self.ids: set[str] = set()

    def group(self, plan: Resource, above: tuple[str, ...]) -> Resource:
        """Reference to the RequestGroup of a plan; `above`: the plans that led here."""
        if plan["id"] in above:
            raise PlanError(f"{plan['id']}: leads back to itself ({' -> '.join((*above, plan['id']))}); cut one")
        id = self.new_id(plan["id"])
        actions = self.conditions.applied(plan.get("action", ()), self.records)
        group: Resource = {
            "resourceType": "RequestGroup",
            "id": id,
            "instantiatesCanonical": [_pinned(plan)],
            "status": "draft",
            "intent": "proposal",
            "subject": {"reference": self.patient},
        }
        self.contained.append(group)
        if actions:
            group["action"] = self.actions(actions, (*above, plan["id"]))
        return {"reference": f"#{id}"}

    def actions(self, actions: Sequence[Applied], above: tuple[str, ...]) -> list[Resource]:
        here = {each.action.get("id") for each in actions}
        return [self.action(each, here, above) for each in actions]

    def action(self, each: Applied, here: set[str | None], above: tuple[str, ...]) -> Resource:
        action = each.action
        if "dynamicValue" in action:
            raise PlanError(f"action {action.get('id', '?')}: its dynamicValue is not computed here; use a FHIR server")
        made = {key: action[key] for key in ("id", *CARRIED) if key in action}
        if conditions := action.get("condition"):
            made["condition"] = [_condition(condition) for condition in conditions]
        if related := [one for one in action.get("relatedAction", ()) if one.get("actionId") in here]:
            made["relatedAction"] = related
        if each.below:
            made["action"] = self.actions(each.below, above)
        elif "definitionCanonical" in action:
            made["resource"] = self.request(action, above)
        else:
            made["resource"] = {"display": "Nothing is requested."}
        return made

    def request(self, action: Resource, above: tuple[str, ...]) -> Resource:
        canonical = action["definitionCanonical"]
        definition = self.package.find(canonical)
        if definition is None:
            raise PlanError(f"action {action.get('id', '?')}: {canonical} is not in the package; add it")
        if definition["resourceType"] == "PlanDefinition":
            return self.group(definition, above)
        return {"reference": f"#{self.activity(action, definition)}"}

    def activity(self, action: Resource, definition: Resource) -> str:
        """The id of the request that an ActivityDefinition makes."""
        kind = definition.get("kind")
        make = REQUESTS.get(str(kind))
        if definition["resourceType"] != "ActivityDefinition" or make is None:
            raise PlanError(f"{definition['id']}: makes {kind}, which is not made here; use a FHIR server")
        if "dynamicValue" in definition:
            raise PlanError(f"{definition['id']}: its dynamicValue is not computed here; use a FHIR server")
        request = {
            "resourceType": kind,
            "id": self.new_id(f"{action['id']}-{definition['id']}" if "id" in action else definition["id"]),
            **make(definition, {"reference": self.patient}),
        }
        self.contained.append(request)
        return str(request["id"])

    def new_id(self, wanted: str) -> str:
        """An id of this CarePlan: the wanted one, or with a number behind it where that is taken."""
        id, number = wanted[:LONGEST_ID], 1
        while id in self.ids:
            number += 1
            id = f"{wanted[: LONGEST_ID - 4]}-{number}"
        self.ids.add(id)
        return id


def _condition(condition: Resource) -> Resource:
    """The condition as it was asked, without its twin: the CarePlan is an answer, and the plan has both."""
    expression = {key: value for key, value in condition["expression"].items() if key != "extension"}
    return {"kind": condition["kind"], "expression": expression}


def _pinned(definition: Resource) -> str:
    url = definition.get("url", f"PlanDefinition/{definition['id']}")
    return f"{url}|{definition['version']}" if "version" in definition else str(url)


def _some(definition: Resource, **names: str) -> Resource:
    """Elements that a definition has, under the names that the request gives them."""
    return {mine: definition[theirs] for mine, theirs in names.items() if theirs in definition}


def _code(definition: Resource) -> Resource:
    """What is ordered, without the coding that says that it is an order."""
    if "code" not in definition:
        return {}
    code = dict(definition["code"])
    kept = [coding for coding in code.get("coding", ()) if coding.get("system") != CPG_ACTIVITY]
    code.pop("coding", None)
    return {"code": {"coding": kept, **code} if kept else code}


def _proposal(definition: Resource) -> Resource:
    """What a MedicationRequest and a ServiceRequest have alike."""
    return {
        "instantiatesCanonical": [_pinned(definition)],
        "status": "draft",
        "intent": definition.get("intent", "proposal"),
        **_some(definition, priority="priority", doNotPerform="doNotPerform"),
    }


def _medication_request(definition: Resource, subject: Resource) -> Resource:
    product = _some(
        definition, medicationCodeableConcept="productCodeableConcept", medicationReference="productReference"
    )
    if not product:
        raise PlanError(f"{definition['id']}: names no product; add productCodeableConcept")
    return {
        **_proposal(definition),
        **product,
        "subject": subject,
        **_some(definition, dosageInstruction="dosage"),
    }


def _service_request(definition: Resource, subject: Resource) -> Resource:
    return {
        **_proposal(definition),
        **_code(definition),
        "subject": subject,
        **_some(definition, bodySite="bodySite"),
    }


def _task(definition: Resource, subject: Resource) -> Resource:
    asked = [
        {"type": {"text": "Questionnaire"}, "valueCanonical": each["resource"]}
        for each in definition.get("relatedArtifact", ())
        if each.get("type") == "depends-on" and "/Questionnaire/" in each.get("resource", "")
    ]
    return {
        "instantiatesCanonical": _pinned(definition),
        "status": "draft",
        "intent": definition.get("intent", "proposal"),
        **_some(definition, priority="priority"),
        **_code(definition),
        **_some(definition, description="description"),
        "for": subject,
        **({"input": asked} if asked else {}),
    }


def _communication_request(definition: Resource, subject: Resource) -> Resource:
    return {
        "status": "draft",
        **({"category": [_code(definition)["code"]]} if "code" in definition else {}),
        **_some(definition, priority="priority", doNotPerform="doNotPerform"),
        "subject": subject,
        "payload": [{"contentString": definition.get("description") or definition.get("title") or definition["id"]}],
    }


REQUESTS: dict[str, Callable[[Resource, Resource], dict[str, Any]]] = {
    "MedicationRequest": _medication_request,
    "ServiceRequest": _service_request,
    "Task": _task,
    "CommunicationRequest": _communication_request,
}
