"""Which CDS services a package gives: one for each hook that triggers a PlanDefinition, with what it asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..care_plan import REQUESTS
from ..conditions import expressions
from ..fhirpath import Engine, FhirPathError
from ..package import Package, PlanError
from ..shape import Resource

HOOKS = ("patient-view", "order-sign", "order-select")
WITH_DRAFTS = ("order-sign", "order-select")  # the hooks whose context has draftOrders
PATIENT = "patient"  # the key of the prefetch that reads the patient
QUERY = "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern"
EFFECTIVE = "http://hl7.org/fhir/uv/crmi/StructureDefinition/crmi-effectiveDataRequirements"


@dataclass(frozen=True, slots=True)
class Template:
    """A query for one type of record, with `{{context.patientId}}` where the patient's id belongs."""

    key: str
    type: str
    query: str


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service. `actions`: those of the plan that are cards at its hook."""

    id: str
    hook: str
    plan: Resource
    actions: tuple[Resource, ...]
    prefetch: tuple[Template, ...]

    def described(self) -> dict[str, Any]:
        """The service as discovery lists it (CDS Hooks 2.0, Discovery)."""
        about = {key: self.plan[key] for key in ("title",) if key in self.plan}
        return {
            "hook": self.hook,
            **about,
            "description": self.plan.get("description") or self.plan.get("title") or self.id,
            "id": self.id,
            "prefetch": {each.key: each.query for each in self.prefetch},
        }


@dataclass(frozen=True, slots=True)
class Offer:
    """The services of a package, and why plans with a hook are none: one line each."""

    services: tuple[Service, ...]
    left_out: tuple[str, ...]


def offer(package: Package, engine: Engine) -> Offer:
    """The services that can be answered, each of its conditions read; and those that can't."""
    services: list[Service] = []
    left_out: list[str] = []
    for plan in package.plans:
        hooks = [hook for hook in HOOKS if any(hook in _hooks(action) for action in _actions(plan))]
        if not hooks:
            continue
        try:
            package.check(plan)
            for action in plan["action"]:
                _check(package, action, engine, (plan["id"],))
            templates = tuple(_templates(package, plan))
        except (PlanError, FhirPathError) as error:
            left_out.append(f"{plan['id']}: {error}")
            continue
        for hook in hooks:
            cards = tuple(action for action in plan["action"] if hook in _hooks(action) or not action.get("trigger"))
            services.append(Service(plan["id"], hook, plan, cards, templates))
    return Offer(tuple(services), tuple(left_out))


def _actions(plan: Resource) -> list[Resource]:
    """The top-level actions; what has another form has no trigger."""
    actions = plan.get("action", [])
    return [each for each in actions if isinstance(each, dict)] if isinstance(actions, list) else []


def _hooks(action: Resource) -> list[str]:
    """The hooks that trigger an action (R4, TriggerDefinition of type named-event)."""
    triggers = action.get("trigger", [])
    found = [each for each in triggers if isinstance(each, dict)] if isinstance(triggers, list) else []
    return [str(each.get("name")) for each in found if each.get("type") == "named-event"]


def _check(package: Package, action: Resource, engine: Engine, above: tuple[str, ...]) -> None:
    """Refuse at once what could not be answered later.

    Raises PlanError or FhirPathError.
    """
    place = f"action {action.get('id', '?')}"
    for text in expressions(action):
        engine.condition(text)
    if "dynamicValue" in action:
        raise PlanError(f"{place}: its dynamicValue is not computed here; use a FHIR server")
    kinds = {coding.get("code") for coding in action.get("type", {}).get("coding", ())}
    if kinds and "create" not in kinds:
        raise PlanError(f"{place}: only what it creates is suggested here, not {', '.join(sorted(map(str, kinds)))}")
    for below in led_to(package, action, above)[0]:
        _check(package, below, engine, (*above, *_through(package, action)))
    definition = activity(package, action)
    if definition is not None:
        kind = str(definition.get("kind"))
        if kind not in REQUESTS:
            raise PlanError(f"{definition['id']}: makes {kind}, which is not made here; use a FHIR server")
        if "dynamicValue" in definition:
            raise PlanError(f"{definition['id']}: its dynamicValue is not computed here; use a FHIR server")
        REQUESTS[kind](definition, {"reference": "Patient/example"})


def activity(package: Package, action: Resource) -> Resource | None:
    """The ActivityDefinition that an action leads to, if it does."""
    found = package.find(action.get("definitionCanonical", ""))
    return found if found is not None and found["resourceType"] == "ActivityDefinition" else None


def led_to(package: Package, action: Resource, above: tuple[str, ...]) -> tuple[Sequence[Resource], tuple[str, ...]]:
    """The actions below an action: its own, or those of the plan that it leads to; and the plans that led there.

    Raises PlanError where a plan leads back to itself.
    """
    if action.get("action"):
        return action["action"], above
    through = _through(package, action)
    if not through:
        return (), above
    if through[0] in above:
        raise PlanError(f"{through[0]}: leads back to itself; cut one of {' -> '.join((*above, *through))}")
    plan = package.find(action["definitionCanonical"]) or {}
    return plan.get("action", ()), (*above, *through)


def _through(package: Package, action: Resource) -> tuple[str, ...]:
    found = package.find(action.get("definitionCanonical", "")) if not action.get("action") else None
    return (found["id"],) if found is not None and found["resourceType"] == "PlanDefinition" else ()


def _templates(package: Package, plan: Resource) -> Iterator[Template]:
    """What the logic needs, by the Library's data requirements; the patient always.

    Raises PlanError where a Library that the plan names is not in the package.
    """
    yield Template(PATIENT, "Patient", "Patient/{{context.patientId}}")
    seen: dict[str, int] = {}
    asked = set()
    for library in _libraries(package, plan):
        for need in library.get("dataRequirement", ()):
            kind, query = str(need.get("type")), _query(package, need)
            if kind == "Patient" or query in asked:
                continue
            asked.add(query)
            seen[kind] = seen.get(kind, 0) + 1
            name = kind[:1].lower() + kind[1:]
            yield Template(name if seen[kind] == 1 else f"{name}{seen[kind]}", kind, query)


def _libraries(package: Package, plan: Resource) -> Iterator[Resource]:
    """The Library of effective data requirements if the plan names one (CRMI), else its own."""
    effective = [each.get("valueCanonical") for each in plan.get("extension", ()) if each.get("url") == EFFECTIVE]
    for canonical in effective or plan.get("library", ()):
        library = package.find(str(canonical))
        if library is None:
            raise PlanError(f"{canonical} is not in the package; add it")
        yield library


def _query(package: Package, need: Resource) -> str:
    """The query that a data requirement gives, or one made of its type and codes."""
    for each in need.get("extension", ()):
        if each.get("url") == QUERY and isinstance(each.get("valueString"), str):
            return str(each["valueString"])
    codes = [
        f"{code['system']}|{code['code']}"
        for one in need.get("codeFilter", ())
        if one.get("path") == "code"
        for code in (*one.get("code", ()), *_of_value_set(package, one.get("valueSet", "")))
        if "system" in code and "code" in code
    ]
    query = f"{need.get('type')}?patient={{{{context.patientId}}}}"
    coded = f"{query}&code={','.join(dict.fromkeys(codes))}"
    return coded if codes and len(coded) <= LONGEST else query


LONGEST = 1500  # characters of a query; beyond, servers refuse it, and the logic filters anyway


def _of_value_set(package: Package, canonical: str) -> Iterator[Resource]:
    """The codes that a ValueSet lists; none where it includes more than a list, so that nothing is left out."""
    found = package.find(canonical)
    includes = found.get("compose", {}).get("include", []) if found else []
    if all("concept" in include and "system" in include for include in includes):
        for include in includes:
            yield from ({"system": include["system"], "code": each["code"]} for each in include["concept"])
