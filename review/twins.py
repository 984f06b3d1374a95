"""Conditions in FHIRPath, told short: what the logic names is called by its name."""

from collections.abc import Sequence
from typing import Any

from .evidence import Evidence, recorded

Resource = dict[str, Any]


class Twins:
    """Twins of conditions, and how to read them."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        named: Sequence[Evidence] = list(recorded(resources))
        self._named = sorted(((each.expression, each.define) for each in named), key=lambda each: -len(each[0]))

    def short(self, expression: str) -> str:
        """The expression, with each expression that the logic names replaced by ‹its name›."""
        for text, name in self._named:
            expression = expression.replace(f"({text})", f"‹{name}›").replace(text, f"‹{name}›")
        return expression
