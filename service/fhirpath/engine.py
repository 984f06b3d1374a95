"""The port: expressions in, answers on a Bundle out, whichever engine gives them."""

from typing import Any

import fhirpathrs  # type: ignore[import-untyped]

from .compiler import Bundle, Compiler, EvaluationError
from .parser import Node, ParseError, Parser, UnsupportedError


class FhirPathError(ValueError):
    """An expression is broken, or can't be evaluated on these records."""


class Records:
    """A Bundle to be asked many questions; what one finds, the next need not look for."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle
        self.read = Bundle(bundle)


class Engine:
    """FHIRPath conditions over Bundles. Each expression is read once, and shared parts are evaluated once a Bundle."""

    def __init__(self) -> None:
        self._parser = Parser()
        self._compiler = Compiler()
        self._nodes: dict[str, Node | None] = {}

    def holds(self, expression: str, records: Records) -> bool | None:
        """Whether the condition holds; None where it is empty.

        Raises FhirPathError.
        """
        node = self._node(expression)
        try:
            if node is None:
                return _library(expression, records)
            return self._compiler.test(node)(records.read, records.bundle)
        except UnsupportedError:
            self._nodes[expression] = None
            return _library(expression, records)
        except EvaluationError as error:
            raise FhirPathError(f"{error}, in {_shortened(expression)}") from error

    def found(self, expression: str, records: Records) -> "tuple[list[Any], list[Any]]":
        """The records that make a condition hold, and all that it looked at and found, each once.

        Only of what is joined by `and`, `or` and `not`; an expression of another kind tells nothing.
        """
        node = self._node(expression)
        proofs: list[Any] = []
        seen: list[Any] = []
        if node is not None:
            self._look(node, records, proofs, seen, proves=True)
        return _once(proofs), _once(seen)

    def is_compiled(self, expression: str) -> bool:
        """Whether this engine evaluates the expression itself; if not, the library does."""
        node = self._node(expression)
        try:
            return node is not None and bool(self._compiler.test(node))
        except UnsupportedError:
            return False

    def _node(self, expression: str) -> Node | None:
        if expression not in self._nodes:
            try:
                self._nodes[expression] = self._parser.parse(expression)
            except UnsupportedError:
                self._nodes[expression] = None
            except ParseError as error:
                raise FhirPathError(f"{_shortened(expression)} is no FHIRPath: {error}") from error
        return self._nodes[expression]

    def _look(self, node: Node, records: Records, proofs: list[Any], seen: list[Any], *, proves: bool) -> None:
        if node.kind in ("and", "or", "not"):
            for kid in node.kids:
                holds = proves and node.kind != "not" and self._compiler.test(kid)(records.read, records.bundle)
                self._look(kid, records, proofs, seen, proves=bool(holds))
        elif node.kind == "exists" and node.absolute:
            items = self._compiler.items(node.kids[0])(records.read, records.bundle)
            seen += items
            if proves:
                proofs += items


def _library(expression: str, records: Records) -> bool | None:
    try:
        found = fhirpathrs.evaluate(expression, records.bundle)
    except Exception as error:  # it raises many kinds
        raise FhirPathError(f"{_shortened(expression)}: {error}") from error
    values = found if isinstance(found, list) else [] if found is None else [found]
    if len(values) > 1:
        raise FhirPathError(f"a condition: {len(values)} values where one is needed, in {_shortened(expression)}")
    if not values:
        return None
    return values[0] if isinstance(values[0], bool) else True


def _shortened(expression: str) -> str:
    return expression if len(expression) <= 80 else f"{expression[:77]}..."


def _once(items: list[Any]) -> list[Any]:
    return list({id(item): item for item in items}.values())
