"""What differs in a Library: defines of its CQL that came, went or read otherwise, and what it asks of a server."""

import re
from collections.abc import Iterator, Sequence

from .change import Change, Class, Resource, dicts, part
from .elements import Difference
from .wording import in_words, said, shown

DEFINE = re.compile(
    r'^define (?:function |fluent function )?("[^"]+"|\w+)[^\n:]*:(.*?)(?=^\S|\Z)', re.MULTILINE | re.DOTALL
)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
DATA = {"dataRequirement": "data that it asks for", "parameter": "parameters"}
KINDS = {"dataRequirement": "data-changed", "parameter": "parameters-changed"}
NAMED = re.compile(r"\.where\(\w+ = '([^']*)'")


def changes(old: Resource, new: Resource, found: Sequence[Difference]) -> Iterator[Change]:
    before, after = _cql(old), _cql(new)
    told = before is not None and after is not None and before != after
    if told:
        yield from _defines(new, before or "", after or "")
    rest: list[Difference] = []
    wanted: dict[str, list[Difference]] = {}
    for each in found:
        if each.steps[:2] == ("content", "data") and told:
            continue  # compiled forms follow from the text
        if each.steps == ("content",) and None in (each.old, each.new):
            form = part(each.old or each.new, "contentType") or "without a type"
            severity, done = (Class.BREAKING, "removed") if each.new is None else (Class.CLINICAL, "added")
            yield said(new, severity, f"content-{done}", each.path, f"its form {form} {done}")
            continue
        if each.steps[:2] == ("content", "data"):
            what = "compiled logic changed, its source did not"
            yield said(new, Class.CLINICAL, "logic-changed", each.path, what)
        elif each.steps[0] in DATA:
            wanted.setdefault(each.steps[0], []).append(each)
        else:
            rest.append(each)
    for name, several in wanted.items():
        of = dict.fromkeys(NAMED.findall(each.path)[0] for each in several if NAMED.search(each.path))
        what = f"{DATA[name]} changed{': ' if of else ''}{', '.join(of)}"
        one = several[0]
        yield said(new, Class.BREAKING, KINDS[name], one.path, what, one.old, one.new)
    yield from in_words(new, rest)


def _defines(resource: Resource, old: str, new: str) -> Iterator[Change]:
    before, after = _by_name(old), _by_name(new)
    path = "Library.content.where(contentType = 'text/cql').data"
    same = True
    for name in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        same = False
        if now is None:
            yield said(resource, Class.BREAKING, "define-removed", path, f"define {name} removed", was)
        elif was is None:
            yield said(resource, Class.CLINICAL, "define-added", path, f"define {name} added: {shown(now)}", None, now)
        else:
            what = f"define {name} reads differently: {shown(now)}; was: {shown(was)}"
            yield said(resource, Class.CLINICAL, "define-changed", path, what, was, now)
    rest = [" ".join(DEFINE.sub("", COMMENT.sub("", text)).split()) for text in (old, new)]
    if rest[0] != rest[1]:
        yield said(
            resource, Class.CLINICAL, "logic-changed", path, "what the logic declares changed (value sets, parameters)"
        )
    elif same:
        yield said(resource, Class.EDITORIAL, "comment-changed", path, "comments of the logic only")


def _cql(library: Resource) -> str | None:
    texts = [
        each["data"]
        for each in dicts(library.get("content"))
        if each.get("contentType") == "text/cql" and isinstance(each.get("data"), str)
    ]
    return texts[0] if len(texts) == 1 else None


def _by_name(cql: str) -> dict[str, str]:
    return {name: " ".join(body.split()) for name, body in DEFINE.findall(COMMENT.sub("", cql))}
