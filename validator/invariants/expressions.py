"""Authored FHIRPath, by a strict parser."""

from collections.abc import Iterator

from cervical_options.fhirpath_syntax import fault  # by its full name, for `python -m validator`

from ..rule import Finding, Layer, Wording, rule
from ..visit import Seen

FHIRPATH = "text/fhirpath"
# Elements whose text is FHIRPath by definition.
ALWAYS = {"SearchParameter": "expression", "ElementDefinition.constraint": "expression"}


@rule(Layer.INVARIANTS)
def fhirpath_syntax(what: str) -> Wording:
    """An expression said to be FHIRPath is FHIRPath."""
    return f"this is not FHIRPath: {what}", "correct the expression"


def check(seen: Seen) -> Iterator[Finding]:
    """Every expression of a resource that is no FHIRPath."""
    for type, node, place, _ in seen.objects:
        name = "expression" if type.name == "Expression" and node.get("language") == FHIRPATH else ALWAYS.get(type.name)
        text = node.get(name) if name else None
        if isinstance(text, str):
            wrong = fault(text)
            if wrong is not None:
                yield fhirpath_syntax(place.child(str(name)), wrong)
