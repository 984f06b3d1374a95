"""The port: expressions in, answers on a Bundle out, whichever engine gives them."""

from collections.abc import Callable
from typing import Any

from ...fhirpath_syntax import fault
from .compiler import Bundle, Compiler, EvaluationError, UnknownTypeError
from .parser import Node, ParseError, Parser, UnsupportedError
from .unread import Unread


class FhirPathError(ValueError):
    """An expression is broken, or can't be evaluated on these records."""


class Records:
    """A Bundle to be asked many questions; what one finds, the next need not look for."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle
        self.read = Bundle(bundle)


Condition = Callable[[Records], bool | None]


class Engine:
    """FHIRPath conditions over Bundles. Each expression is read once, and shared parts are evaluated once a Bundle."""

    def __init__(self) -> None:
        self._parser = Parser()
        self._compiler = Compiler()
        self._unread = Unread()
        self._nodes: dict[str, Node | None] = {}
        self._conditions: dict[str, Condition] = {}

    def condition(self, expression: str) -> Condition:
        """The condition, ready to be asked of records: whether it holds; None where it is empty.

        It raises FhirPathError where it is no FHIRPath, at once, or can't be evaluated on the records.
        """
        found = self._conditions.get(expression)
        if found is None:
            found = self._conditions[expression] = self._condition(expression)
        return found

    def holds(self, expression: str, records: Records) -> bool | None:
        """Whether the condition holds; None where it is empty.

        Raises FhirPathError.
        """
        return self.condition(expression)(records)

    def _condition(self, expression: str) -> Condition:
        node = self._node(expression)
        try:
            test = None if node is None else self._compiler.test(node)
        except UnsupportedError:
            test = None
        except RecursionError as error:
            raise FhirPathError(f"{_shortened(expression)} is nested too deeply; write it flatter") from error
        if test is None:
            _lint(expression)
            return lambda records: _library(expression, records)

        def asked(records: Records) -> bool | None:
            try:
                return test(records.read, records.bundle)
            except UnknownTypeError:
                return _library(expression, records)
            except RecursionError as error:
                raise FhirPathError(f"{_shortened(expression)} is nested too deeply; write it flatter") from error
            except EvaluationError as error:
                raise FhirPathError(f"{error}, in {_shortened(expression)}") from error

        return asked

    def decided(self, expression: str, records: Records, unread: frozenset[str]) -> bool | None:
        """Whether the condition holds whatever stands in records of types that were not read; None: that decides.

        Raises FhirPathError.
        """
        if not unread:
            return self.holds(expression, records) is True
        node = self._node(expression)
        try:
            if node is None:
                return None

            def holds(part: Node) -> bool:
                return self._compiler.test(part)(records.read, records.bundle) is True

            return self._unread.decided(node, unread, holds)
        except (UnsupportedError, UnknownTypeError):
            return None
        except RecursionError as error:
            raise FhirPathError(f"{_shortened(expression)} is nested too deeply; write it flatter") from error
        except EvaluationError as error:
            raise FhirPathError(f"{error}, in {_shortened(expression)}") from error

    def found(self, expression: str, records: Records) -> list[Any]:
        """The items that make a condition hold, each once: those that exist, of what is joined by `and` and `or`.

        Where it holds because nothing exists, and where the library evaluates it, there are none.
        Raises FhirPathError.
        """
        node = self._node(expression)
        proofs: list[Any] = []
        try:
            if node is not None and self._compiler.test(node)(records.read, records.bundle):
                self._look(node, records, proofs)
        except (UnsupportedError, UnknownTypeError):
            return []
        except RecursionError as error:
            raise FhirPathError(f"{_shortened(expression)} is nested too deeply; write it flatter") from error
        except EvaluationError as error:
            raise FhirPathError(f"{error}, in {_shortened(expression)}") from error
        return list({id(item): item for item in proofs}.values())

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

    def _look(self, node: Node, records: Records, proofs: list[Any]) -> None:
        if node.kind in ("and", "or"):
            for kid in node.kids:
                if self._compiler.test(kid)(records.read, records.bundle):
                    self._look(kid, records, proofs)
        elif node.kind == "exists" and len(node.kids) == 1:
            proofs += self._compiler.items(node.kids[0])(records.read, records.bundle)


def _lint(expression: str) -> None:
    """Refuse a broken text: the library that evaluates what is not compiled here would take it for a shorter one."""
    wrong = fault(expression)
    if wrong is not None:
        raise FhirPathError(f"{_shortened(expression)} is no FHIRPath: {wrong}")


def _library(expression: str, records: Records) -> bool | None:
    """The answer of an engine that has a model of R4; it is slow, and slow to import."""
    import fhirpathpy
    from fhirpathpy.models import models

    try:
        found = fhirpathpy.evaluate(records.bundle, expression, {"resource": records.bundle}, models["r4"])
    except Exception as error:  # it raises many kinds
        raise FhirPathError(f"{_shortened(expression)}: {error}") from error
    if len(found) > 1:
        raise FhirPathError(f"a condition: {len(found)} values where one is needed, in {_shortened(expression)}")
    if not found:
        return None
    return found[0] if isinstance(found[0], bool) else True


def _shortened(expression: str) -> str:
    return expression if len(expression) <= 80 else f"{expression[:77]}..."
