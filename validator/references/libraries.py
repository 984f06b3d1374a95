"""Libraries of logic: their CQL, their ELM, and the expressions elsewhere that name their definitions."""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson

from ..catalogue import Catalogue
from ..near import hint
from ..odd import Node, objects
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from ..visit import Seen
from .resolving import entries_of

TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?(?:\*/|\Z) | '(?P<text>(?:[^'\\]|\\.)*)' | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | `(?P<ticked>(?:[^`\\]|\\.)*)` | (?P<word>[A-Za-z_][A-Za-z0-9_]*) | (?P<sign>[^\s]) """,
    re.DOTALL | re.VERBOSE,
)
NAME = re.compile(r'"((?:[^"\\]|\\.)+)"|([A-Za-z_][A-Za-z0-9_ ]*)')
KEYWORD = re.compile(r"\b(?:and|or|not|is|in|exists|null|true|false|as|xor|implies|div|mod|between|where|from)\b")
NAMING = ("parameter", "valueset", "codesystem", "code", "concept")
ACCESS = ("public", "private")
CQL = ("text/cql", "text/cql-identifier", "text/cql.identifier")


@dataclass(frozen=True, slots=True)
class Logic:
    """What a CQL text or its ELM says of itself."""

    name: str | None
    version: str | None
    defines: frozenset[str]
    functions: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()  # parameters, value sets, codes and the like


@rule(Layer.REFERENCES)
def library_name(value: str, name: str) -> Wording:
    """A Library's name is the name in its CQL."""
    return f"the name is {value!r}, and the CQL is of library {name!r}", "make them equal"


@rule(Layer.REFERENCES, "warning")
def library_url(end: str, name: str) -> Wording:
    """A Library's url ends in the name in its CQL: engines find what a library includes by that."""
    return f"the url ends in {end!r}, and the CQL is of library {name!r}", "let the url end in that name"


@rule(Layer.REFERENCES)
def library_version(version: str, logic: str) -> Wording:
    """A Library's version is the version in its CQL."""
    return f"the version is {version!r}, and the CQL says {logic!r}", "make them equal"


@rule(Layer.REFERENCES)
def library_content(what: str) -> Wording:
    """The logic in a Library can be read."""
    return f"the content can't be read: {what}", "encode the text again as base64"


@rule(Layer.REFERENCES)
def elm_agrees(what: str) -> Wording:
    """The ELM in a Library is of the CQL beside it: same name, version and definitions."""
    return f"the ELM is not of the CQL beside it: {what}", "translate the CQL again"


@rule(Layer.REFERENCES)
def define_resolves(name: str, library: str, near: str) -> Wording:
    """An expression in CQL that is a name names a definition of its library."""
    return f"{library} defines no {name!r}", f"correct the name, or define it{near}"


@rule(Layer.REFERENCES, "warning")
def define_library(name: str) -> Wording:
    """An expression in CQL that is a name says which library defines it."""
    return (
        f"{name!r} is a definition of no library: neither the expression nor the resource names one",
        "name the library",
    )


def check(seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with a Library's logic, or with expressions that name logic."""
    if seen.type.name == "Library":
        yield from _library(seen.node, seen.place)
    for type, node, place, _ in seen.objects:
        if type.name == "Expression" and node.get("language") in CQL:
            yield from _expression(node, place, seen, catalogue)


def _library(node: Node, place: Place) -> Iterator[Finding]:
    found: dict[str, Logic] = {}
    of_elm_index = 0
    for index, content in enumerate(objects(node.get("content"))):
        type, data = content.get("contentType"), content.get("data")
        if type not in ("text/cql", "application/elm+json") or not isinstance(data, str):
            continue
        at = place.child("content", index)
        try:
            found[type] = of_cql(data) if type == "text/cql" else of_elm(data)
            of_elm_index = index if type != "text/cql" else of_elm_index
        except ValueError as error:
            yield library_content(at.child("data"), str(error))
            continue
        if type == "text/cql":
            yield from _named(node, found[type], place)
    cql, elm = found.get("text/cql"), found.get("application/elm+json")
    if cql is not None and elm is not None:
        yield from _agree(cql, elm, place.child("content", of_elm_index))
    if cql is not None:
        yield from _parameters(node, cql, place)


def _named(node: Node, logic: Logic, place: Place) -> Iterator[Finding]:
    if logic.name is None:
        return
    name, url, version = node.get("name"), node.get("url"), node.get("version")
    last = logic.name.rpartition(".")[2]
    if isinstance(name, str) and name not in (logic.name, last):
        yield library_name(place.child("name"), name, logic.name)
    if isinstance(url, str) and url.rpartition("/")[2] not in (logic.name, last):
        yield library_url(place.child("url"), url.rpartition("/")[2], logic.name)
    if isinstance(version, str) and logic.version is not None and version != logic.version:
        yield library_version(place.child("version"), version, logic.version)


def _parameters(node: Node, logic: Logic, place: Place) -> Iterator[Finding]:
    """What a Library says it gives out is defined in it, under that name or the expression beside it."""
    for index, parameter in enumerate(objects(node.get("parameter"))):
        name = parameter.get("name")
        if parameter.get("use") != "out" or not isinstance(name, str):
            continue
        said = [each.get("valueExpression") for each in objects(parameter.get("extension"))]
        named = {str(each.get("expression")).strip('"') for each in said if isinstance(each, dict)}
        if not ({name} | named) & (logic.defines | logic.contexts):
            at = place.child("parameter", index).child("name")
            yield define_resolves(at, name, str(logic.name), hint(name, logic.defines))


def _agree(cql: Logic, elm: Logic, at: Place) -> Iterator[Finding]:
    if (cql.name or "").rpartition(".")[2] != elm.name or cql.version != elm.version:
        yield elm_agrees(at, f"it is of {elm.name} {elm.version}, the CQL of {cql.name} {cql.version}")
    only = sorted(((cql.defines | cql.functions) ^ (elm.defines | elm.functions)) - cql.contexts - {"Patient"})
    if only:
        yield elm_agrees(at, f"only one of them defines {', '.join(only[:3])}{', …' if len(only) > 3 else ''}")


def _expression(node: Node, place: Place, seen: Seen, catalogue: Catalogue) -> Iterator[Finding]:
    text = node.get("expression")
    match = NAME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return
    name = match[1] or match[2]
    if name in ("true", "false", "null") or (" " in name and match[1] is None and KEYWORD.search(name)):
        return  # an expression in words, not a name
    named = [node["reference"]] if isinstance(node.get("reference"), str) else _libraries(seen)
    if not named:
        yield define_library(place, name)
        return
    entries = [entry for canonical in named for entry in entries_of(catalogue, canonical, "Library")]
    held = [entry.resource for entry in entries] or [
        seen.contained[each[1:]] for each in named if each[1:] in seen.contained
    ]
    logics = [logic for library in held if (logic := logic_of(library)) is not None]
    if len(logics) < len(named) or any(name in logic.defines | logic.contexts | logic.others for logic in logics):
        return
    every = [define for logic in logics for define in logic.defines]
    library = ", ".join(str(logic.name) for logic in logics)
    yield define_resolves(place.child("expression"), name, library, hint(name, every))


def _libraries(seen: Seen) -> list[str]:
    libraries = seen.node.get("library")
    return [each for each in libraries if isinstance(each, str)] if isinstance(libraries, list) else []


def logic_of(library: Node) -> Logic | None:
    """The logic of a Library resource: of its CQL, else of its ELM; None where it has none that can be read."""
    rows = {content.get("contentType"): content.get("data") for content in objects(library.get("content"))}
    for type, read in (("text/cql", of_cql), ("application/elm+json", of_elm)):
        if isinstance(rows.get(type), str):
            try:
                return read(rows[type])
            except ValueError:
                continue
    return None


@lru_cache(maxsize=64)
def of_cql(data: str) -> Logic:
    """Raises ValueError where it can't be decoded."""
    tokens = list(_tokens(_decoded(data).decode("utf-8")))
    name, version = _header(tokens)
    defines: set[str] = set()
    functions: set[str] = set()
    contexts: set[str] = set()
    others: set[str] = set()
    for at, (kind, word) in enumerate(tokens):
        if (kind, word) == ("word", "context"):
            contexts.update(each for _, each in tokens[at + 1 : at + 2])
        if kind == "word" and word in NAMING:
            others.update(each for _, each in tokens[at + 1 : at + 2])
        if (kind, word) != ("word", "define"):
            continue
        rest = [each for each in tokens[at + 1 : at + 5] if each[1] not in ACCESS or each[0] != "word"]
        function = ("word", "function") in rest[:2]
        named = next((each for each in rest if each not in (("word", "fluent"), ("word", "function"))), None)
        if named is not None:
            (functions if function else defines).add(named[1])
    return Logic(name, version, frozenset(defines), frozenset(functions), frozenset(contexts), frozenset(others))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Names, texts and signs of a CQL text, without comments; a quoted name is a name."""
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is not None:
            word = match[kind].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
            yield ("name" if kind in ("quoted", "ticked") else kind), word


def _header(tokens: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    """The name and version after `library`; a qualified name has points."""
    if tokens[:1] != [("word", "library")]:
        return None, None
    name, at = "", 1
    while at < len(tokens) and (tokens[at][0] == "name" or tokens[at] == ("sign", ".") or _is_name(tokens[at])):
        name, at = name + tokens[at][1], at + 1
    versioned = tokens[at : at + 1] == [("word", "version")] and tokens[at + 1 : at + 2]
    return name or None, versioned[0][1] if versioned else None


def _is_name(token: tuple[str, str]) -> bool:
    return token[0] == "word" and token[1] not in ("version", "using", "include", "define", "parameter", "context")


@lru_cache(maxsize=64)
def of_elm(data: str) -> Logic:
    """Raises ValueError where it is no ELM."""
    elm = orjson.loads(_decoded(data))
    library = elm.get("library") if isinstance(elm, dict) else None
    if not isinstance(library, dict):
        raise ValueError("it has no library")
    identifier = library.get("identifier")
    statements = library.get("statements")
    rows = statements.get("def") if isinstance(statements, dict) else None
    functions = frozenset(str(each.get("name")) for each in objects(rows) if each.get("type") == "FunctionDef")
    defines = frozenset(str(each.get("name")) for each in objects(rows)) - functions
    named = identifier if isinstance(identifier, dict) else {}
    return Logic(named.get("id"), named.get("version"), defines, functions)


def _decoded(data: str) -> bytes:
    try:
        return b64decode("".join(data.split()), validate=True)
    except Base64Error as error:
        raise ValueError(f"it is not base64 ({error})") from error
