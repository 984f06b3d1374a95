"""The logic as it ships: its defines in CQL, what their ELM says of the facts, and the value sets that they read."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from .evidence import recorded

Resource = dict[str, Any]
Row = Mapping[str, bool]  # fact -> whether it holds; facts that are not named may be anything

CQL, ELM = "text/cql", "application/elm+json"
SIDES = {"True": True, "False": False}  # ends of a define that says of a fact: it holds, it fails


class Logic:
    """The Library that carries CQL and ELM.

    Raises LookupError where the resources have no such Library, or several.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        found = [each for each in resources if each["resourceType"] == "Library" and _content(each, ELM)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} Libraries with ELM, not one; run 'make elm' where it is missing")
        (library,) = found
        self.id = str(library["id"])
        self.elm: Resource = json.loads(_content(library, ELM))
        self._text = _content(library, CQL).decode("utf-8").splitlines()
        self._defines = {each["name"]: each for each in self.elm["library"]["statements"]["def"]}
        self.sides: dict[str, str] = {}  # fact -> the beginning of its defines
        for each in recorded(resources):
            self.sides.setdefault(each.fact, each.define.removesuffix("Yes"))
        self._facts = {
            f"{begin}{end}": (fact, holds) for fact, begin in self.sides.items() for end, holds in SIDES.items()
        }
        self._sets = {each["name"]: f"{each['id']}" for each in self.elm["library"].get("valueSets", {}).get("def", ())}

    def __contains__(self, define: str) -> bool:
        return define in self._defines

    def cql(self, define: str) -> str:
        """The text of a define. Raises LookupError where the CQL has none of that name."""
        for number, line in enumerate(self._text):
            if line.startswith(f"define {define}:"):
                after = self._text[number + 1 :]
                more = next((n for n, each in enumerate(after) if not each.startswith(" ")), len(after))
                return "\n".join([line, *after[:more]])
        raise LookupError(f"Library/{self.id}: its CQL has no define {define}; generate it anew")

    def rows(self, define: str) -> list[Row]:
        """The combinations of facts in which a define is true: any of them does.

        Raises LookupError where the define is made of more than `and`, `or` and facts that hold or fail.
        """
        return list(self._rows({"type": "ExpressionRef", "name": define}))

    def _rows(self, expression: Resource) -> Iterator[Row]:
        match expression:
            case {"type": "ExpressionRef", "name": name} if name in self._facts:
                fact, holds = self._facts[name]
                yield {fact: holds}
            case {"type": "ExpressionRef", "name": name} if name in self._defines:
                yield from self._rows(self._defines[name]["expression"])
            case {"type": "Or", "operand": operands}:
                for operand in operands:
                    yield from self._rows(operand)
            case {"type": "And", "operand": operands}:
                for parts in product(*(list(self._rows(operand)) for operand in operands)):
                    yield from _joined(parts)
            case _:
                what = expression.get("name") or expression.get("type")
                raise LookupError(f"Library/{self.id}: {what} can't be told as a table of facts")

    def value_sets(self, define: str) -> list[str]:
        """The canonicals of the value sets that a define reads, also through others, in the order of reading."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        pending: list[Any] = [self._defines[define]["expression"]]
        while pending:
            node = pending.pop(0)
            if isinstance(node, list):
                pending = node + pending
            elif isinstance(node, dict):
                name = str(node.get("name"))
                if (
                    node.get("type", "ValueSetRef") == "ValueSetRef" and name in self._sets
                ):  # InValueSet has no type there
                    found[self._sets[name]] = None
                if node.get("type") in ("ExpressionRef", "FunctionRef") and name in self._defines and name not in seen:
                    seen.add(name)
                    pending.append(self._defines[name]["expression"])
                pending += [value for value in node.values() if isinstance(value, dict | list)]
        return list(found)


def _joined(parts: Sequence[Row]) -> Iterator[Row]:
    """All of these at once; nothing where they contradict each other."""
    row: dict[str, bool] = {}
    for part in parts:
        for fact, holds in part.items():
            if row.setdefault(fact, holds) is not holds:
                return
    yield row


def _content(library: Resource, kind: str) -> bytes:
    found = [each["data"] for each in library.get("content", ()) if each.get("contentType") == kind]
    return b64decode(found[0]) if found else b""
