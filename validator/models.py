"""Typed models: fhir.resources as a third opinion. It has R4B, so what R4B has and R4 has not is banned here."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from .place import Place
from .rule import Finding, Layer, Wording, rule
from .visit import Seen

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


def check(seen: Seen) -> Iterator[Finding]:
    """What the model of the outermost resource has against it, its contained resources and entries included."""
    model = _model(seen.type.name)
    if model is None:
        return
    from pydantic import ValidationError

    try:
        model.model_validate(seen.node)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            last = problem["loc"][-1] if problem["loc"] else None
            if problem["type"] == "extra_forbidden" and isinstance(last, str) and last.startswith("_"):
                continue  # the models do not know what stands beside the value of an extension; the walk judges it
            yield typed_model(_place(seen.place, problem["loc"]), _line(problem["msg"]))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        yield typed_model(seen.place, f"{type(error).__name__}: {error}"[:160])
    for type_, node, place, _ in seen.objects:
        for name in NOT_IN_R4 & node.keys():
            if name not in type_.members:
                yield not_in_r4(place.child(name), name)


def _line(message: str) -> str:
    return message.partition("\n")[0].rstrip(".")


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
