"""FHIRPath text (N1, Normative 2.0.0, grammar in appendix B) to a graph of nodes: what is written alike is one node.

A node that hangs on nothing but the Bundle is `absolute`: its value is the same wherever it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn


class ParseError(ValueError):
    """The text is no FHIRPath; the message says where and what."""


class UnsupportedError(ValueError):
    """The text may be FHIRPath, yet more than this parser reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One expression. `kind`: an operator, a function, or a leaf; `value`: a name or a literal; `kids`: its parts."""

    kind: str
    value: Any
    kids: tuple["Node", ...]
    absolute: bool


# What follows is looked at in this order; a union of string literals, as of codes, is one token.
_STRING = r"'(?:[^'\\]|\\.)*'"
_TOKEN = re.compile(
    rf"""\s+|//[^\n]*|/\*.*?\*/
    |(?P<strings>(?<![A-Za-z0-9_`])\(\s*{_STRING}(?:\s*\|\s*{_STRING})+\s*\))
    |(?P<string>{_STRING})
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<date>@[0-9TZ:.+-]+)
    |(?P<env>%(?:[A-Za-z_][A-Za-z0-9_]*|'[^']*'|`[^`]*`))
    |(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*|`(?:[^`\\]|\\.)+`)
    |(?P<sign><=|>=|!=|!~|[-+*/|&=~<>.,()\[\]{{}}])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"f": "\f", "n": "\n", "r": "\r", "t": "\t"}

# N1, section 6.8: how tightly an operator binds.
_BINDS = {
    "implies": 1,
    "or": 2,
    "xor": 2,
    "and": 3,
    "in": 4,
    "contains": 4,
    "=": 5,
    "~": 5,
    "!=": 5,
    "!~": 5,
    "<=": 6,
    "<": 6,
    ">": 6,
    ">=": 6,
    "|": 7,
    "is": 8,
    "as": 8,
    "+": 9,
    "-": 9,
    "&": 9,
    "*": 10,
    "/": 10,
    "div": 10,
    "mod": 10,
}
_COMPILED = {"implies", "or", "xor", "and", "in", "contains", "=", "!=", "<=", "<", ">", ">=", "|", "&", "is", "as"}
_ITERATES = {"where", "select", "exists", "all"}
# function -> how many arguments it may have
_FUNCTIONS = {
    "where": (1,),
    "select": (1,),
    "exists": (0, 1),
    "all": (1,),
    "empty": (0,),
    "not": (0,),
    "first": (0,),
    "last": (0,),
    "count": (0,),
    "distinct": (0,),
    "iif": (2, 3),
    "startsWith": (1,),
    "endsWith": (1,),
    "contains": (1,),
    "replaceMatches": (2,),
    "ofType": (1,),
    "is": (1,),
    "as": (1,),
}
# N1, appendix B: words that are no names, unless in backticks.
_KEYWORDS = {"and", "or", "xor", "implies", "div", "mod", "true", "false"}
# R4, Bundle: where a name at the top begins. What begins elsewhere was written for another context than a Bundle.
_BUNDLE = {"Bundle", "id", "meta", "implicitRules", "language", "identifier", "type", "timestamp", "total", "link"}
_BUNDLE |= {"entry", "signature", "resourceType", "Resource"}
DEEPEST = 100  # groups within groups; beyond, no expression was written by a sane author


class Parser:
    """A parser that keeps the nodes of all that it has read."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Node] = {}
        self.root = self._node("root")
        self.this = self._node("this", absolute=False)

    def parse(self, text: str) -> Node:
        """The node of an expression.

        Raises ParseError where the text is broken, UnsupportedError where it says more than is read here.
        """
        return _Reading(self, text).whole()

    def _node(self, kind: str, value: Any = None, kids: Sequence[Node] = (), *, absolute: bool | None = None) -> Node:
        types = tuple(map(type, value)) if isinstance(value, tuple) else type(value)
        key = (kind, types, value, *kids)
        found = self._known.get(key)
        if found is None:
            hangs = absolute if absolute is not None else all(kid.absolute for kid in kids if kid.kind != "each")
            found = self._known[key] = Node(kind, value, tuple(kids), hangs)
        return found

    def make(self, kind: str, value: Any = None, *kids: Node) -> Node:
        """The one node of this kind, value and parts."""
        return self._node(kind, value, kids)


class _Reading:
    """One text being read."""

    def __init__(self, parser: Parser, text: str) -> None:
        self.make, self.root, self.this = parser.make, parser.root, parser.this
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.inside = 0  # functions that iterate: in them, a name starts at the item, elsewhere at the Bundle
        self.depth = 0

    def whole(self) -> Node:
        node = self.expression(0)
        if self.kind != "end":
            self.fail(f"{self.word!r} was not expected")
        return node

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    @property
    def word(self) -> str:
        return self.tokens[self.at][1]

    def fail(self, what: str) -> NoReturn:
        raise ParseError(f"at character {self.tokens[self.at][2] + 1}: {what}")

    def take(self, word: str | None = None) -> str:
        kind, taken, _ = self.tokens[self.at]
        if word is not None and (taken != word or kind in ("string", "strings")):
            self.fail(
                f"{word!r} was expected, not {taken!r}" if kind != "end" else f"{word!r} was expected, not the end"
            )
        self.at += 1
        return taken

    def expression(self, above: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise UnsupportedError("nested too deeply")
        left = self.unary()
        while self.kind in ("sign", "name") and _BINDS.get(self.word, 0) > above:
            operator = self.take()
            if operator not in _COMPILED:
                raise UnsupportedError(f"the operator {operator}")
            if operator in ("is", "as"):
                left = self.make(operator, self.type_name(), left)
                continue
            right = self.expression(_BINDS[operator])
            if operator in ("and", "or") and left.kind == operator:
                left = self.make(operator, None, *left.kids, right)
            elif operator == "contains":
                left = self.make("in", None, right, left)
            elif operator == "!=":
                left = self.make("not", None, self.make("=", None, left, right))
            else:
                left = self.make(operator, None, left, right)
        self.depth -= 1
        return left

    def unary(self) -> Node:
        if self.kind == "sign" and self.word in "+-":
            raise UnsupportedError("a sign")
        node = self.term()
        while self.kind == "sign" and self.word in ".[":
            node = self.index(node) if self.take() == "[" else self.invocation(node)
        return node

    def index(self, on: Node) -> Node:
        """`[0]`: a whole number; anything else is left to the library."""
        if self.kind != "number" or not self.word.isdigit():
            raise UnsupportedError("an index that is computed")
        place = int(self.take())
        self.take("]")
        return self.make("index", place, on)

    def term(self) -> Node:
        match self.kind:
            case "sign" if self.word in ("(", "{"):
                return self.group()
            case "strings":
                literals = re.findall(_STRING, self.take())
                return self.make("literal", tuple(dict.fromkeys(map(_unquoted, literals))))
            case "string":
                return self.make("literal", (_unquoted(self.take()),))
            case "number":
                return self.number()
            case "env":
                name = self.take()[1:].strip("'`")
                if name not in ("resource", "context", "rootResource"):
                    raise UnsupportedError(f"the variable %{name}")
                return self.root
            case "name" if self.word in ("true", "false"):
                return self.make("literal", (self.take() == "true",))
            case "name" if self.word == "$this":
                self.take()
                return self.here()
            case "name" if not self.word.startswith("$"):
                return self.invocation(self.here())
            case "date" | "name":
                raise UnsupportedError(self.word)
        return self.fail("the text ends too early" if self.kind == "end" else f"{self.word!r} was not expected")

    def group(self) -> Node:
        """Something in parentheses, or the empty collection."""
        if self.take() == "{":
            self.take("}")
            return self.make("literal", ())
        node = self.expression(0)
        self.take(")")
        return node

    def number(self) -> Node:
        text = self.take()
        if self.kind == "string" or (self.kind == "name" and self.word not in _BINDS):
            raise UnsupportedError("a quantity")
        return self.make("literal", (float(text) if "." in text else int(text),))

    def here(self) -> Node:
        return self.this if self.inside else self.root

    def invocation(self, on: Node) -> Node:
        if self.kind != "name":
            self.fail("a name was expected")
        if self.word.startswith("$"):
            raise UnsupportedError(self.word)
        if self.word in _KEYWORDS:
            self.fail(f"{self.word!r} is no name; write it in backticks")
        name = _named(self.take())
        if not (self.kind == "sign" and self.word == "("):
            if on is self.root and name not in _BUNDLE:
                self.fail(f"a Bundle has no {name}: conditions are asked of a Bundle of records, as %resource")
            return self.make("member", name, on)
        self.take("(")
        if name not in _FUNCTIONS:
            raise UnsupportedError(f"the function {name}()")
        if name in ("ofType", "is", "as"):
            node = self.make(name, self.type_name(), on)
            self.take(")")
            return node
        self.inside += name in _ITERATES
        arguments = []
        if not (self.kind == "sign" and self.word == ")"):
            arguments.append(self.expression(0))
            while self.kind == "sign" and self.word == ",":
                self.take()
                arguments.append(self.expression(0))
        self.inside -= name in _ITERATES
        self.take(")")
        if len(arguments) not in _FUNCTIONS[name]:
            self.fail(f"{name}() does not take {len(arguments)} arguments")
        if name == "where" and arguments[0].kind == "and":
            return self.one_after_another(on, arguments[0].kids)
        if name in _ITERATES and arguments:
            return self.make(name, None, on, self.make("each", None, arguments[0]))
        if name == "contains":
            name = "hasText"  # not the operator of that name
        return self.make(name, None, on, *arguments)

    def one_after_another(self, on: Node, criteria: Sequence[Node]) -> Node:
        """`where(a and b)` as `where(a).where(b)`, which says the same: what begins alike is then shared."""
        for criterion in criteria:
            on = self.make("where", None, on, self.make("each", None, criterion))
        return on

    def type_name(self) -> str:
        if self.kind != "name":
            self.fail("the name of a type was expected")
        names = [_named(self.take())]
        while self.kind == "sign" and self.word == ".":
            self.take()
            if self.kind != "name":
                self.fail("the name of a type was expected")
            names.append(_named(self.take()))
        if len(names) > 1 and names[0] != "FHIR":
            raise UnsupportedError(f"the type {'.'.join(names)}")
        return names[-1]


def _tokens(text: str) -> Sequence[tuple[str, str, int]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ParseError(f"at character {at + 1}: {text[at]!r} was not expected")
        if match.lastgroup:
            found.append((match.lastgroup, match.group(), at))
        at = match.end()
    return [*found, ("end", "", len(text))]


def _named(text: str) -> str:
    return _unquoted(text) if text.startswith("`") else text


def _unquoted(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) == 5 else _ESCAPED.get(escape, escape)

    return _ESCAPE.sub(meant, text[1:-1]) if "\\" in text else text[1:-1]
