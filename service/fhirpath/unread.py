"""What a condition hangs on where some types of records were not read in full: true, false, or not decided.

Kleene logic over the nodes of an expression. What exists among the records that were read exists; what does not may
stand in one that was not read. So an answer given here holds whatever the unread records say.
"""

from collections.abc import Callable

from .parser import Node

EVERYTHING = "*"  # entries of any type
# What may turn with one record more, where it looks at records: the presence of others no longer proves it.
_TURNS = frozenset(
    ("not", "empty", "all", "iif", "implies", "xor", "=", "<", "<=", ">", ">=", "count", "first", "last", "index")
)
_IDENTITY = frozenset(("fullUrl", "resource", "id"))  # what names the patient, which the request does as well


class Unread:
    """Expressions as far as they look at records of types that were not read. Each node is looked at once."""

    def __init__(self) -> None:
        self._reads: dict[Node, frozenset[str]] = {}
        self._turns: dict[Node, frozenset[str]] = {}

    def decided(self, node: Node, unread: frozenset[str], holds: Callable[[Node], bool]) -> bool | None:
        """Whether a condition holds whatever the unread records are; None where that hangs on them.

        `holds` says of a node whether it holds among what was read.
        """
        if not self._touches(self.reads(node), unread):
            return holds(node)
        match node.kind:
            case "and" | "or":
                stops = node.kind == "or"
                answers = [self.decided(kid, unread, holds) for kid in node.kids]
                return stops if stops in answers else None if None in answers else not stops
            case "not":
                below = self.decided(node.kids[0], unread, holds)
                return None if below is None else not below
            case "exists" | "empty":
                there = holds(node) is (node.kind == "exists")
                stays = all(not self._touches(self.turns(kid), unread) for kid in node.kids)
                return node.kind == "exists" if there and stays else None
        return None

    def reads(self, node: Node) -> frozenset[str]:
        """The types of records that a node looks at."""
        found = self._reads.get(node)
        if found is None:
            found = self._reads[node] = self._read(node)
        return found

    def turns(self, node: Node) -> frozenset[str]:
        """The types of records of which one more could make a node find less."""
        found = self._turns.get(node)
        if found is None:
            found = frozenset().union(*map(self.turns, node.kids))
            if node.kind in _TURNS:
                found |= self.reads(node)
            self._turns[node] = found
        return found

    def _read(self, node: Node) -> frozenset[str]:
        below = frozenset().union(*map(self.reads, node.kids))
        match node.kind:
            case "member" if node.kids[0].kind == "root" and node.value == "entry":
                return frozenset((EVERYTHING,))
            case "root":
                return frozenset()
            case "ofType" | "is" | "as" if node.value[:1].isupper():
                return below - {EVERYTHING} | {node.value}
            case "where" if node.kids[1].kids[0].kind in ("exists", "is") and self.reads(node.kids[1]):
                return below - {EVERYTHING}
            case "select" if below == {"Patient"} and _members(node.kids[1]) <= _IDENTITY:
                return frozenset()
        return below

    @staticmethod
    def _touches(types: frozenset[str], unread: frozenset[str]) -> bool:
        return bool(types & unread) or (EVERYTHING in types and bool(unread))


def _members(node: Node) -> set[str]:
    own = {str(node.value)} if node.kind == "member" else set()
    return own.union(*map(_members, node.kids))
