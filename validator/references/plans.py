"""Plans and activities: ids that actions name, cycles, what an activity is of, and ids that `$apply` joins."""

from collections.abc import Iterator
from typing import Any

from ..catalogue import Catalogue
from ..odd import Node, items, objects
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from ..visit import Seen
from .resolving import entries_of

LONGEST_ID = 64
ACTING = ("PlanDefinition", "RequestGroup")


@rule(Layer.REFERENCES)
def element_id_twice(id: str) -> Wording:
    """An element's id is given once in a resource (R4 element.html#id)."""
    return f"the id {id!r} is given to two elements of this resource", "give each its own"


@rule(Layer.REFERENCES)
def action_id_resolves(id: str) -> Wording:
    """A related action names the id of an action in the same resource."""
    return f"no action here has the id {id!r}", "correct it, or give an action that id"


@rule(Layer.REFERENCES)
def related_action_itself(id: str) -> Wording:
    """An action is related to another, not to itself."""
    return f"the action {id!r} is related to itself", "name another action, or remove the relation"


@rule(Layer.REFERENCES)
def link_id_resolves(id: str) -> Wording:
    """What enables an item of a Questionnaire is the answer to another item of it."""
    return f"no item here has the linkId {id!r}", "correct it, or give an item that linkId"


@rule(Layer.REFERENCES)
def contained_id_twice(id: str) -> Wording:
    """Each contained resource has an id of its own."""
    return f"two contained resources have the id {id!r}", "give each its own"


@rule(Layer.REFERENCES)
def value_set_cycle(url: str) -> Wording:
    """No value set includes itself, by whatever way."""
    return f"this value set includes itself through {url}", "break the circle"


@rule(Layer.REFERENCES)
def goal_id_resolves(id: str) -> Wording:
    """An action names goals by the element ids of goals in the same plan."""
    return f"no goal here has the id {id!r}", "correct it, or give a goal that id"


@rule(Layer.REFERENCES)
def apply_id_length(action: str, activity: str, length: int) -> Wording:
    """`$apply` joins the ids of an action and its ActivityDefinition: together they stay within 64 characters."""
    return (
        f"{action!r} and {activity!r} joined have {length} characters, and an id may have {LONGEST_ID}",
        "shorten one of them",
    )


@rule(Layer.REFERENCES)
def plan_cycle(path: str) -> Wording:
    """No plan leads back to itself through the definitions of its actions: `$apply` would not end."""
    return f"this plan leads back to itself: {path}", "break the circle"


@rule(Layer.REFERENCES)
def activity_product(kind: str) -> Wording:
    """An ActivityDefinition that becomes a medication request says which product."""
    return f"a {kind} is made of this, and it names no product", "give product[x]"


@rule(Layer.REFERENCES)
def activity_code(kind: str) -> Wording:
    """An ActivityDefinition that becomes a request for a service or a communication says what it is of."""
    return f"a {kind} is made of this, and it has no code", "give code"


def check(seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with a resource's ids, actions and activities."""
    yield from _element_ids(seen)
    yield from _contained_ids(seen)
    if seen.type.name == "Questionnaire":
        yield from _enabling(seen)
    if seen.type.name in ACTING:
        yield from _actions(seen, catalogue)
    elif seen.type.name == "ActivityDefinition":
        kind = seen.node.get("kind")
        if kind in ("MedicationRequest", "SupplyRequest") and not _given(seen.node, "product"):
            yield activity_product(seen.place, kind)
        if kind in ("ServiceRequest", "CommunicationRequest") and not _given(seen.node, "code"):
            yield activity_code(seen.place, kind)


def _given(node: Node, element: str) -> bool:
    """Whether an activity has an element, or makes it by a transform or a dynamic value."""
    dynamic = {str(each.get("path")).partition(".")[0] for each in objects(node.get("dynamicValue"))}
    made = "transform" in node or element in dynamic or (element == "product" and "medication" in dynamic)
    return made or any(key == element or (key.startswith(element) and key[len(element)].isupper()) for key in node)


def _element_ids(seen: Seen) -> Iterator[Finding]:
    found: set[str] = set()
    for type, node, place, _ in seen.objects:
        id = node.get("id")
        if type.kind == "resource" or seen.type.name == "StructureDefinition" or not isinstance(id, str):
            continue  # a snapshot and a differential have the same ids
        if id in found:
            yield element_id_twice(place.child("id"), id)
        found.add(id)


def _contained_ids(seen: Seen) -> Iterator[Finding]:
    found: set[str] = set()
    for index, each in enumerate(objects(seen.node.get("contained"))):
        id = each.get("id")
        if isinstance(id, str):
            if id in found:
                yield contained_id_twice(seen.place.child("contained", index).child("id"), id)
            found.add(id)


def _enabling(seen: Seen) -> Iterator[Finding]:
    asked = [(node, place) for type, node, place, _ in seen.objects if type.name == "Questionnaire.item"]
    ids = {node["linkId"] for node, _ in asked if isinstance(node.get("linkId"), str)}
    for node, place in asked:
        for index, enabling in enumerate(objects(node.get("enableWhen"))):
            id = enabling.get("question")
            if isinstance(id, str) and id not in ids:
                yield link_id_resolves(place.child("enableWhen", index).child("question"), id)


def _actions(seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    actions = [
        (node, place)
        for type, node, place, _ in seen.objects
        if type.name in ("PlanDefinition.action", "RequestGroup.action")
    ]
    ids = {node["id"] for node, _ in actions if isinstance(node.get("id"), str)}
    named = [node.get("id") for type, node, _, _ in seen.objects if type.name == "PlanDefinition.goal"]
    goals = {id for id in named if isinstance(id, str)}
    for node, place in actions:
        for index, related in enumerate(objects(node.get("relatedAction"))):
            id = related.get("actionId")
            at = place.child("relatedAction", index).child("actionId")
            if isinstance(id, str) and id not in ids:
                yield action_id_resolves(at, id)
            elif isinstance(id, str) and id == node.get("id"):
                yield related_action_itself(at, id)
        for index, id in enumerate(items(node.get("goalId"))):
            if isinstance(id, str) and id not in goals:
                yield goal_id_resolves(place.child("goalId", index), id)
        yield from _joined(node, place, catalogue)


def _joined(node: Node, place: Place, catalogue: Catalogue) -> Iterator[Finding]:
    id, canonical = node.get("id"), node.get("definitionCanonical")
    if not isinstance(id, str) or not isinstance(canonical, str):
        return
    for entry in entries_of(catalogue, canonical, "ActivityDefinition"):
        joined = f"{id}-{entry.id}"
        if len(joined) > LONGEST_ID:
            yield apply_id_length(place.child("id"), id, str(entry.id), len(joined))
            return


def cycle(seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    """The ways back to a plan through the definitions of its actions: one for each action that begins one."""
    url, version = seen.node.get("url"), seen.node.get("version")
    if seen.type.name != "PlanDefinition" or not isinstance(url, str):
        return
    own = {url, f"{url}|{version}"}
    for index, action in enumerate(items(seen.node.get("action"))):
        way = _way_back({"action": [action]}, own, catalogue)
        if way is not None:
            names = [step.rpartition("/")[2] for step in (url, *way)]
            yield plan_cycle(seen.place.child("action", index), " > ".join(names))


def _way_back(plan: Node, own: set[str], catalogue: Catalogue) -> tuple[str, ...] | None:
    """The urls from a plan's action back to the plan itself; None where none leads there."""
    waiting: list[tuple[Node, tuple[str, ...]]] = [(plan, ())]
    met: set[str] = set()
    while waiting:
        at, way = waiting.pop()
        for canonical in _definitions(at):
            here = (*way, canonical.partition("|")[0])
            if canonical in own:
                return here
            if canonical not in met:
                met.add(canonical)
                waiting += [(entry.resource, here) for entry in entries_of(catalogue, canonical, "PlanDefinition")]
    return None


def including(seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    """The way back to a value set through what it includes, if there is one."""
    start = seen.node.get("url")
    if seen.type.name != "ValueSet" or not isinstance(start, str):
        return
    for type, node, place, _ in seen.objects:
        if type.name != "ValueSet.compose.include":
            continue
        for index, canonical in enumerate(items(node.get("valueSet"))):
            if isinstance(canonical, str) and start in _reached(canonical, catalogue):
                yield value_set_cycle(place.child("valueSet", index), canonical)


def _reached(canonical: str, catalogue: Catalogue) -> set[str]:
    """The urls of all value sets that one includes, itself included."""
    found: set[str] = set()
    waiting = [canonical]
    while waiting:
        at = waiting.pop()
        url = at.partition("|")[0]
        if url in found:
            continue
        found.add(url)
        for entry in entries_of(catalogue, at, "ValueSet"):
            compose = entry.resource.get("compose")
            for include in objects(compose.get("include")) if isinstance(compose, dict) else ():
                waiting += [each for each in items(include.get("valueSet")) if isinstance(each, str)]
    return found


def _definitions(plan: Any) -> Iterator[str]:
    for action in objects(plan.get("action")):
        canonical = action.get("definitionCanonical")
        if isinstance(canonical, str):
            yield canonical
        yield from _definitions(action)
