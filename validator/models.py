"""Typed models: fhir.resources as a third opinion. It has R4B, so what R4B has and R4 has not is banned here."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from .place import Place
from .rule import Finding, Layer, Wording, rule
from .visit import Seen, Visit

# Elements of R4B that R4 lacks, in types that both have.
NOT_IN_R4 = frozenset({"subjectCanonical"})
# What the models call otherwise.
NAMES = {"resource_type": "resourceType"}
# Types that R4B changed beyond a few elements: its models refuse good R4 of these.
CHANGED = frozenset(
    {
        "DeviceDefinition",
        "Evidence",
        "EvidenceVariable",
        "MedicinalProduct",
        "ResearchDefinition",
        "ResearchElementDefinition",
    }
)


@rule(Layer.MODELS)
def typed_model(what: str) -> Wording:
    """A resource satisfies the typed models of R4B, but for what R4B changed."""
    return f"the typed model refuses this: {what}", "mend the element"


@rule(Layer.MODELS)
def not_in_r4(name: str) -> Wording:
    """An element that R4B added is not used in R4."""
    return f"{name} came with R4B; R4 has no such element", "remove it"


def check(visit: Visit) -> Iterator[Finding]:
    """What the models have against the resources of a document.

    The model of a Bundle judges what it holds. Where one of these is of a type that R4B changed or lacks, the others
    are judged one by one, and nothing around it.
    """
    seen = visit.resources
    foreign = [each for each in seen if _model(each.type.name) is None]
    if not foreign:
        yield from _judged(visit.outermost)
    else:
        around = {id(each) for one in foreign for each in _holders(one)}
        for each in seen:
            if each.holder is None or id(each.holder) in around:
                yield from _judged(each) if id(each) not in around else ()
    for each in seen:
        for type_, node, place, _ in each.objects:
            for name in NOT_IN_R4 & node.keys():
                if name not in type_.members:
                    yield not_in_r4(place.child(name), name)


def _holders(seen: Seen) -> Iterator[Seen]:
    """A resource and all that it stands in."""
    at: Seen | None = seen
    while at is not None:
        yield at
        at = at.holder


def _judged(seen: Seen) -> Iterator[Finding]:
    from pydantic import ValidationError

    model = _model(seen.type.name)
    if model is None:
        return
    try:
        model.model_validate(seen.node)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            last = problem["loc"][-1] if problem["loc"] else None
            if problem["type"] == "extra_forbidden" and isinstance(last, str) and last.startswith("_"):
                continue  # the models do not know what stands beside the value of an extension; the walk judges it
            if problem["type"] == "extra_forbidden" and isinstance(last, str) and last.endswith("Meta"):
                continue  # nor that Meta is among the open types
            yield typed_model(_place(seen.place, problem["loc"]), _line(problem["msg"]))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        yield typed_model(seen.place, f"{type(error).__name__}: {error}"[:160])


def _line(message: str) -> str:
    return message.partition("\n")[0].rstrip(".")


def prepare(name: str) -> None:
    """Load the model of a type."""
    _model(name)


@cache
def _model(name: str) -> Any:
    """None where R4B has no such type, or another."""
    if name in CHANGED:
        return None
    try:
        return getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)
    except (ImportError, AttributeError):
        return None


def _place(root: Place, location: tuple[str | int, ...]) -> Place:
    at = root
    for index, step in enumerate(location):
        if isinstance(step, str):
            following = location[index + 1] if index + 1 < len(location) else None
            at = at.child(
                NAMES.get(step, step).removesuffix("__ext"), following if isinstance(following, int) else None
            )
    return at
