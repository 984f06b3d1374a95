"""The page offers: a request is a proposal, and no option comes before, above or instead of another."""

from collections.abc import Iterator

from ..rule import Finding, Layer, Wording, rule
from .subject import Node, Placed, Subject, objects, only, shown, string, tail, where

KINDS = ("CommunicationRequest", "MedicationRequest", "ServiceRequest", "Task")
EXCLUSIONS = frozenset({"S-49", "S-52", "S-53"})  # the page words these as exclusions; the others inform
USUAL = "S-43"  # the one companion that the page calls usual
OPEN = ("any", "at-most-one")
OPERATIONS = ("pelvic-exenteration", "radical-hysterectomy")
ORDER_SIGN = "order-sign"


@rule(Layer.PACKAGE)
def package_proposal(intent: str) -> Wording:
    """A request made from the package is a proposal: the page offers, and never orders."""
    return f"the intent is {intent}", "write proposal"


@rule(Layer.PACKAGE)
def package_not_against() -> Wording:
    """Nothing says that something is not to be done: a condition that is not met is no contraindication."""
    return "doNotPerform is not false, and the page advises against nothing", "write false"


@rule(Layer.PACKAGE)
def package_kind(kind: str) -> Wording:
    """An activity is a request that a care team can answer: a consultation, an order to consider, a talk, a task."""
    return f"the kind is {kind}", f"write one of {', '.join(KINDS)}"


@rule(Layer.PACKAGE)
def package_priority(priority: str) -> Wording:
    """The page calls nothing urgent: every priority is routine, but for the warnings on a draft order."""
    return f"the priority is {priority}", "write routine"


@rule(Layer.PACKAGE)
def package_warning(statements: str) -> Wording:
    """Only a draft order that meets S-49, S-52 or S-53 as closed is warned of: these alone are worded as exclusions."""
    said = f"an urgent card is a warning, and this one rests on {statements or 'nothing'}"
    return said, "write routine, or name S-49, S-52 or S-53 alone"


@rule(Layer.PACKAGE)
def package_not_required(behavior: str) -> Wording:
    """No action has to be chosen: what the page says is an offer."""
    return f"requiredBehavior is {behavior}, and the page requires nothing", "write could, or remove it"


@rule(Layer.PACKAGE)
def package_not_chosen() -> Wording:
    """Nothing is chosen beforehand, but for the chemotherapy that the page says usually goes with bevacizumab."""
    return f"the action is chosen beforehand, and does not rest on {USUAL}", "write precheckBehavior no"


@rule(Layer.PACKAGE)
def package_no_order(said: str) -> Wording:
    """Options stand beside each other: none comes before or after another, and none has a number."""
    return f"{said}, and the page sets no order", "remove it"


@rule(Layer.PACKAGE)
def package_choice(behavior: str) -> Wording:
    """Options and cards leave the choice open: any of them, or at most one."""
    return f"selectionBehavior is {behavior}, which takes the choice away", f"write {' or '.join(OPEN)}"


@rule(Layer.PACKAGE)
def package_one_operation() -> Wording:
    """At most one of the two operations is chosen, since the page offers one of two."""
    return "both operations are listed, and more than one may be chosen", "write selectionBehavior at-most-one"


def check(subject: Subject) -> Iterator[Finding]:
    if subject.type == "ActivityDefinition":
        yield from _activity(subject)
    for placed in subject.actions():
        yield from _action(subject, placed)
    if subject.type == "PlanDefinition":
        yield from _operations(subject)


def _activity(subject: Subject) -> Iterator[Finding]:
    resource, place = subject.resource, subject.place
    for element, made, right in (("intent", package_proposal, ("proposal",)), ("kind", package_kind, KINDS)):
        value = resource.get(element)
        if value not in right:
            yield made(where(place, resource, element), shown(value))
    if resource.get("doNotPerform", False) is not False:
        yield package_not_against(place.child("doNotPerform"))
    if resource.get("priority", "routine") != "routine":
        yield package_priority(place.child("priority"), shown(resource["priority"]))


def _action(subject: Subject, placed: Placed) -> Iterator[Finding]:
    place, action = placed
    statements = [
        label for each in only(action, "documentation") for label in string(each, "label").split(", ") if label
    ]
    priority = action.get("priority", "routine")
    if priority == "urgent" and _hooks(action) == [ORDER_SIGN]:
        if not statements or not EXCLUSIONS.issuperset(statements):
            yield package_warning(place.child("priority"), ", ".join(statements))
    elif priority != "routine":
        yield package_priority(place.child("priority"), shown(priority))
    if action.get("requiredBehavior", "could") != "could":
        yield package_not_required(place.child("requiredBehavior"), shown(action["requiredBehavior"]))
    if action.get("precheckBehavior", "no") != "no" and USUAL not in statements:
        yield package_not_chosen(place.child("precheckBehavior"))
    if "prefix" in action:
        yield package_no_order(place.child("prefix"), f"the prefix {shown(action['prefix'])} numbers the action")
    for at, related in objects(place, action, "relatedAction"):
        if related.get("relationship") != "concurrent":
            relation = shown(related.get("relationship"))
            yield package_no_order(
                where(at, related, "relationship"),
                f"the relation to another action is {relation}",
            )
    behavior = action.get("selectionBehavior", "any")
    if behavior not in OPEN and (_is_strategy(subject.resource) or _hooks(action)):
        yield package_choice(place.child("selectionBehavior"), shown(behavior))


def _operations(subject: Subject) -> Iterator[Finding]:
    for place, node in ((subject.place, subject.resource), *subject.actions()):
        leads = [tail(string(each, "definitionCanonical")) for each in only(node, "action")]
        both = all(any(each.endswith(f"-{operation}") for each in leads) for operation in OPERATIONS)
        if both and node.get("selectionBehavior") != "at-most-one":
            yield package_one_operation(where(place, node, "selectionBehavior"))


def _hooks(action: Node) -> list[str]:
    return [name for each in only(action, "trigger") if (name := string(each, "name"))]


def _is_strategy(resource: Node) -> bool:
    kind = resource.get("type")
    return isinstance(kind, dict) and any(each.get("code") == "workflow-definition" for each in only(kind, "coding"))
