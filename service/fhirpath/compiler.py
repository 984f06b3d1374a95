"""Nodes to closures over one Bundle. Each absolute node is computed once a Bundle, however many expressions share it.

Elements are those of FHIR's JSON form; a choice is found by its name with a type behind it (`value` -> `valueBoolean`).
"""

import re
from collections.abc import Callable, Hashable
from operator import ge, gt, le, lt
from typing import Any

import orjson

from .parser import Node, UnsupportedError

Items = list[Any]
Truth = bool | None

TRUE: Items = [True]
FALSE: Items = [False]
NOTHING: Items = []

# R4, Element.value[x]: the types that a choice may have, as they stand behind its name.
TYPES = [
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "Date",
    "DateTime",
    "Decimal",
    "Id",
    "Instant",
    "Integer",
    "Markdown",
    "Oid",
    "PositiveInt",
    "String",
    "Time",
    "UnsignedInt",
    "Uri",
    "Url",
    "Uuid",
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Count",
    "Distance",
    "Duration",
    "HumanName",
    "Identifier",
    "Money",
    "Period",
    "Quantity",
    "Range",
    "Ratio",
    "Reference",
    "SampledData",
    "Signature",
    "Timing",
    "ContactDetail",
    "Contributor",
    "DataRequirement",
    "Expression",
    "ParameterDefinition",
    "RelatedArtifact",
    "TriggerDefinition",
    "UsageContext",
    "Dosage",
    "Meta",
]
_CHOICES: dict[str, tuple[str, ...]] = {}
_PYTHON = {"boolean": bool, "string": str, "integer": int, "decimal": float}
# R4: the elements that are a choice.
_CHOICE_ELEMENTS = frozenset(
    (
        *("abatement", "additive", "age", "allowed", "amount", "answer", "asNeeded", "author", "born", "bounds"),
        *("characteristic", "chargeItem", "citeAs", "code", "collected", "concentration", "content", "created"),
        *("date", "deceased", "defaultValue", "definition", "detail", "diagnosis", "dose", "doseNumber", "due"),
        *("duration", "effective", "entity", "event", "example", "fastingStatus", "fixed", "identified"),
        *("indication", "item", "legallyBinding", "location", "manufacturer", "maxValue", "medication"),
        *("minValue", "minimumVolume", "module", "multipleBirth", "name", "occurred", "occurrence", "offset"),
        *("onset", "participantEffective", "pattern", "performed", "period", "presentation", "probability"),
        *("procedure", "product", "quantity", "rate", "reported", "scheduled", "seriesDoses", "serviced"),
        *("source", "start", "statusReason", "strength", "studyEffective", "subject", "substance"),
        *("substanceDefinition", "target", "time", "timing", "topic", "used", "value", "when"),
    )
)
_NO_DOMAIN_RESOURCES = ("Bundle", "Binary", "Parameters")


class UnknownTypeError(ValueError):
    """Only an engine that has a model of R4 can tell: it is asked instead."""


class EvaluationError(ValueError):
    """The expression can't be evaluated on this Bundle: several values where one is needed, or a wrong type."""


class Bundle:
    """The Bundle being read, with what is known of it already."""

    __slots__ = ("known", "root", "sets", "truths")

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.known: dict[Node, Items] = {}
        self.truths: dict[Node, Truth] = {}
        self.sets: dict[Node, frozenset[Hashable] | None] = {}


Collect = Callable[[Bundle, Any], Items]
Test = Callable[[Bundle, Any], Truth]


class Compiler:
    """Closures of nodes; each node is compiled once."""

    def __init__(self) -> None:
        self._items: dict[Node, Collect] = {}
        self._tests: dict[Node, Test] = {}

    def items(self, node: Node) -> Collect:
        """What the node gives for an item: a list.

        Raises UnsupportedError where the node is more than is compiled here.
        """
        found = self._items.get(node)
        if found is None:
            found = self._kept(node, self._made(node)) if node.absolute else self._made(node)
            self._items[node] = found
        return found

    def test(self, node: Node) -> Test:
        """The node as a condition (N1, 5.1: singleton evaluation): true, false, or None where it is empty."""
        found = self._tests.get(node)
        if found is None:
            made = self._condition(node)
            found = self._tests[node] = self._kept_test(node, made) if node.absolute else made
        return found

    def _kept(self, node: Node, made: Collect) -> Collect:
        if node.kind in ("root", "literal"):
            return made

        def kept(bundle: Bundle, item: Any) -> Items:
            known = bundle.known
            if node not in known:
                known[node] = made(bundle, item)
            return known[node]

        return kept

    def _kept_test(self, node: Node, made: Test) -> Test:
        def kept(bundle: Bundle, item: Any) -> Truth:
            if node not in bundle.truths:
                bundle.truths[node] = made(bundle, item)
            return bundle.truths[node]

        return kept

    # -- collections

    def _made(self, node: Node) -> Collect:
        match node.kind:
            case "root":
                return lambda bundle, _: [bundle.root]
            case "this":
                return lambda _, item: [item]
            case "literal":
                values = list(node.value)
                return lambda _, __: values
            case "member":
                return self._member(node)
            case "where":
                return self._where(node)
            case "select":
                return self._select(node)
            case "ofType" | "as":
                return self._of_type(node)
            case "index":
                of, place = self.items(node.kids[0]), node.value
                return lambda bundle, item: of(bundle, item)[place : place + 1]
            case "|":
                return self._union(node)
            case "&":
                return self._joined(node)
            case "first" | "last" | "count" | "distinct":
                return self._function(node)
            case "iif":
                return self._iif(node)
            case "replaceMatches":
                return self._replace(node)
        test = self.test(node)
        return lambda bundle, item: _as_items(test(bundle, item))

    def _member(self, node: Node) -> Collect:
        name, (parent,) = node.value, node.kids
        if parent.kind in ("this", "root"):
            begin = self.items(parent)
            return lambda bundle, item: [
                child for each in begin(bundle, item) for child in (_children(each, name) or _itself(each, name))
            ]
        of = self.items(parent)

        def members(bundle: Bundle, item: Any) -> Items:
            found: Items = []
            for each in of(bundle, item):
                found += _children(each, name)
            return found

        return members

    def _where(self, node: Node) -> Collect:
        of, test = self.items(node.kids[0]), self.test(node.kids[1].kids[0])
        return lambda bundle, item: [each for each in of(bundle, item) if test(bundle, each)]

    def _select(self, node: Node) -> Collect:
        of, chosen = self.items(node.kids[0]), self.items(node.kids[1].kids[0])
        return lambda bundle, item: [value for each in of(bundle, item) for value in chosen(bundle, each)]

    def _of_type(self, node: Node) -> Collect:
        name, parent = node.value, node.kids[0]
        if not _is_resource(name):
            if parent.kind != "member" or (name[:1].isupper() and name in ("Boolean", "String", "Integer", "Decimal")):
                raise UnsupportedError(f"ofType({name}) here")
            return self._choice(node)
        of = self.items(parent)
        if node.kind == "as":
            return lambda bundle, item: [each for each in _one_at_most(of(bundle, item), "as") if _is(each, name)]
        return lambda bundle, item: [each for each in of(bundle, item) if _is(each, name)]

    def _choice(self, node: Node) -> Collect:
        """`value.ofType(Quantity)`: only the element's name in JSON says which type a value has."""
        name, parent = node.value, node.kids[0]
        of, element = self.items(parent.kids[0]), parent.value
        key = element + name[0].upper() + name[1:]
        kind = _PYTHON.get(name)

        def chosen(bundle: Bundle, item: Any) -> Items:
            found: Items = []
            for each in of(bundle, item):
                if isinstance(each, dict) and key in each:
                    found += _listed(each[key])
                elif isinstance(each, dict) and element in each:
                    if kind is None or not all(type(value) is kind for value in _listed(each[element])):
                        raise UnknownTypeError(f"what type {element} has")
                    found += _listed(each[element])
            return found

        return chosen

    def _union(self, node: Node) -> Collect:
        one, other = map(self.items, node.kids)
        return lambda bundle, item: _distinct([*one(bundle, item), *other(bundle, item)])

    def _joined(self, node: Node) -> Collect:
        one, other = map(self.items, node.kids)
        return lambda bundle, item: [_text(one(bundle, item)) + _text(other(bundle, item))]

    def _function(self, node: Node) -> Collect:
        of = self.items(node.kids[0])
        match node.kind:
            case "first":
                return lambda bundle, item: of(bundle, item)[:1]
            case "last":
                return lambda bundle, item: of(bundle, item)[-1:]
            case "count":
                return lambda bundle, item: [len(of(bundle, item))]
        return lambda bundle, item: _distinct(of(bundle, item))

    def _iif(self, node: Node) -> Collect:
        if node.kids[0].kind not in ("root", "this"):
            raise UnsupportedError("iif() on a collection")
        test, then = self.test(node.kids[1]), self.items(node.kids[2])
        otherwise = self.items(node.kids[3]) if len(node.kids) == 4 else lambda _, __: NOTHING
        return lambda bundle, item: then(bundle, item) if test(bundle, item) else otherwise(bundle, item)

    def _replace(self, node: Node) -> Collect:
        of = self.items(node.kids[0])
        patterns = [kid.value for kid in node.kids[1:] if kid.kind == "literal" and len(kid.value) == 1]
        if len(patterns) != 2 or not all(isinstance(text, str) for (text,) in patterns) or "$" in patterns[1][0]:
            raise UnsupportedError("replaceMatches() by anything but literals")
        try:
            pattern, by = re.compile(patterns[0][0]), patterns[1][0]
        except re.error as error:
            raise UnsupportedError(f"the regular expression {patterns[0][0]!r}") from error

        def replaced(bundle: Bundle, item: Any) -> Items:
            texts = of(bundle, item)
            if not texts:
                return NOTHING
            return [pattern.sub(lambda _: by, _only_text(texts, "replaceMatches()"))]

        return replaced

    # -- conditions

    def _condition(self, node: Node) -> Test:
        match node.kind:
            case "and" | "or":
                return _all_of([self.test(kid) for kid in node.kids], stops=node.kind == "or")
            case "xor" | "implies":
                return self._other_logic(node)
            case "not":
                test = self.test(node.kids[0])
                return lambda bundle, item: _opposite(test(bundle, item))
            case "exists":
                return self._exists(node)
            case "empty":
                of = self.items(node.kids[0])
                return lambda bundle, item: not of(bundle, item)
            case "all":
                of, test = self.items(node.kids[0]), self.test(node.kids[1].kids[0])
                return lambda bundle, item: all(test(bundle, each) for each in of(bundle, item))
            case "=":
                return self._equal(node)
            case "in":
                return self._among(node)
            case "<" | "<=" | ">" | ">=":
                return self._compared(node)
            case "startsWith" | "endsWith" | "hasText":
                return self._text_test(node)
            case "is":
                of, name = self.items(node.kids[0]), node.value
                if not _is_resource(name):
                    raise UnsupportedError(f"is {name}")
                return lambda bundle, item: _single(of(bundle, item), lambda each: _is(each, name))
            case "each":
                raise UnsupportedError("a criterion alone")
        of = self.items(node)
        return lambda bundle, item: _as_condition(of(bundle, item))

    def _exists(self, node: Node) -> Test:
        of = self.items(node.kids[0])
        if len(node.kids) == 1:
            return lambda bundle, item: bool(of(bundle, item))
        test = self.test(node.kids[1].kids[0])
        return lambda bundle, item: any(test(bundle, each) for each in of(bundle, item))

    def _other_logic(self, node: Node) -> Test:
        one, other = map(self.test, node.kids)
        if node.kind == "xor":

            def either(bundle: Bundle, item: Any) -> Truth:
                a, b = one(bundle, item), other(bundle, item)
                return None if a is None or b is None else a != b

            return either

        def implied(bundle: Bundle, item: Any) -> Truth:
            a = one(bundle, item)
            if a is False:
                return True
            b = other(bundle, item)
            return b if a or b else None

        return implied

    def _equal(self, node: Node) -> Test:
        left, right = node.kids
        one, other = self.items(left), self.items(right)
        if right.kind == "literal" and len(right.value) == 1:
            wanted, kind = right.value[0], type(right.value[0])

            def is_literal(bundle: Bundle, item: Any) -> Truth:
                found = one(bundle, item)
                if not found:
                    return None
                return len(found) == 1 and found[0] == wanted and type(found[0]) is kind

            if kind in (str, bool):
                return is_literal

        def same(bundle: Bundle, item: Any) -> Truth:
            a, b = one(bundle, item), other(bundle, item)
            if not a or not b:
                return None
            return len(a) == len(b) and all(map(_equal, a, b))

        return same

    def _among(self, node: Node) -> Test:
        one, many = node.kids
        of, others = self.items(one), self.items(many)
        if many.absolute:

            def in_known(bundle: Bundle, item: Any) -> Truth:
                found = of(bundle, item)
                if not found:
                    return None
                value = _only(found, "in")
                if many not in bundle.sets:
                    bundle.sets[many] = _hashed(others(bundle, item))
                known = bundle.sets[many]
                if known is None:
                    return any(_equal(value, each) for each in others(bundle, item))
                return isinstance(value, str) and value in known

            return in_known

        def among(bundle: Bundle, item: Any) -> Truth:
            found = of(bundle, item)
            if not found:
                return None
            value = _only(found, "in")
            return any(_equal(value, each) for each in others(bundle, item))

        return among

    def _compared(self, node: Node) -> Test:
        compare: Callable[[Any, Any], bool] = {"<": lt, "<=": le, ">": gt, ">=": ge}[node.kind]
        one, other = map(self.items, node.kids)

        def compared(bundle: Bundle, item: Any) -> Truth:
            a, b = one(bundle, item), other(bundle, item)
            if not a or not b:
                return None
            x, y = _only(a, node.kind), _only(b, node.kind)
            numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (x, y))
            if not numbers:  # texts may be dates, which only a model tells from texts
                raise UnknownTypeError(f"what {node.kind} compares")
            return compare(x, y)

        return compared

    def _text_test(self, node: Node) -> Test:
        of, wanted = map(self.items, node.kids)
        kind = node.kind

        def tested(bundle: Bundle, item: Any) -> Truth:
            texts, sought = of(bundle, item), wanted(bundle, item)
            if not texts or not sought:
                return None
            text, part = _only_text(texts, kind), _only_text(sought, kind)
            if kind == "startsWith":
                return text.startswith(part)
            return text.endswith(part) if kind == "endsWith" else part in text

        return tested


def _all_of(tests: list[Test], *, stops: bool) -> Test:
    """`and`, `or`: false stops the one, true the other; what is empty leaves it open."""

    def tested(bundle: Bundle, item: Any) -> Truth:
        open_ = False
        for test in tests:
            answer = test(bundle, item)
            if answer is stops:
                return stops
            open_ = open_ or answer is None
        return None if open_ else not stops

    return tested


def _children(item: Any, name: str) -> Items:
    if not isinstance(item, dict):
        return NOTHING
    value = item.get(name)
    if value is None:
        if name in _CHOICE_ELEMENTS:
            for key in _choices(name):
                if key in item:
                    return _listed(item[key])
        return NOTHING
    return [each for each in value if each is not None] if isinstance(value, list) else [value]


def _itself(item: Any, name: str) -> Items:
    """`Patient.name`: an expression may begin with the type of what it is about."""
    return [item] if _is(item, name) else NOTHING


def _choices(name: str) -> tuple[str, ...]:
    found = _CHOICES.get(name)
    if found is None:
        found = _CHOICES[name] = tuple(name + kind for kind in TYPES)
    return found


def _listed(value: Any) -> Items:
    if value is None:
        return NOTHING
    return [each for each in value if each is not None] if isinstance(value, list) else [value]


def _is_resource(name: str) -> bool:
    """Whether a type's name may be a resource's: datatypes are known, all else with a capital is a resource."""
    return name[:1].isupper() and name not in TYPES and name not in ("Boolean", "String", "Integer", "Decimal")


def _is(item: Any, name: str) -> bool:
    kind = item.get("resourceType") if isinstance(item, dict) else None
    if name in ("Resource", "DomainResource"):
        return kind is not None and (name == "Resource" or kind not in _NO_DOMAIN_RESOURCES)
    return bool(kind == name)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _hashed(values: Items) -> frozenset[Hashable] | None:
    """The values as a set, where all are texts."""
    return frozenset(values) if all(isinstance(value, str) for value in values) else None


def _distinct(values: Items) -> Items:
    if len(values) < 2:
        return values
    seen: dict[Hashable, Any] = {}
    for value in values:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        key: Hashable = (
            ("number", value) if number else (type(value), value) if not isinstance(value, list | dict) else None
        )
        if isinstance(value, dict | list):
            key = (type(value), orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
        seen.setdefault(key, value)
    return list(seen.values())


def _text(values: Items) -> str:
    """An operand of `&`: nothing counts as an empty text."""
    return _only_text(values, "&") if values else ""


def _one_at_most(values: Items, where: str) -> Items:
    return [_only(values, where)] if values else NOTHING


def _only(values: Items, where: str) -> Any:
    if len(values) != 1:
        raise EvaluationError(f"{where}: {len(values)} values where one is needed")
    return values[0]


def _only_text(values: Items, where: str) -> str:
    value = _only(values, where)
    if not isinstance(value, str):
        raise EvaluationError(f"{where}: {value!r} is no text")
    return value


def _single(values: Items, test: Callable[[Any], bool]) -> Truth:
    return test(_only(values, "is")) if values else None


def _as_condition(values: Items) -> Truth:
    if not values:
        return None
    value = _only(values, "a condition")
    return value if isinstance(value, bool) else True


def _as_items(answer: Truth) -> Items:
    return NOTHING if answer is None else TRUE if answer else FALSE


def _opposite(answer: Truth) -> Truth:
    return None if answer is None else not answer
