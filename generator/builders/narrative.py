"""Readable XHTML for `Resource.text`. Every text is escaped; only the functions here make tags."""

from collections.abc import Iterable
from html import escape

from .common import Resource

NAMESPACE = "http://www.w3.org/1999/xhtml"


class Markup(str):
    """Text that is XHTML already."""

    __slots__ = ()


def element(tag: str, *children: str) -> Markup:
    """One element; children that are not Markup are escaped."""
    inner = "".join(child if isinstance(child, Markup) else escape(child, quote=False) for child in children)
    return Markup(f"<{tag}>{inner}</{tag}>")


def paragraph(*children: str) -> Markup:
    return element("p", *children)


def heading(text: str) -> Markup:
    return element("h3", text)


def bullets(items: Iterable[str]) -> Markup:
    rows = [element("li", item) for item in items]
    return element("ul", *rows) if rows else Markup("")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Markup:
    top = element("tr", *(element("th", cell) for cell in head))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("thead", top), element("tbody", *body))


def section(title: str, body: str) -> Markup:
    """A heading with its body, which is XHTML; nothing where the body is empty."""
    return Markup(heading(title) + body) if body else Markup("")


def link(url: str, text: str) -> Markup:
    return Markup(f'<a href="{escape(url)}">{escape(text, quote=False)}</a>')


def narrative(title: str, *blocks: str) -> Resource:
    """As `Resource.text` (R4 Narrative): a division with the title and the blocks."""
    inner = element("h2", title) + "".join(blocks)
    return {"status": "generated", "div": f'<div xmlns="{NAMESPACE}" lang="en" xml:lang="en">{inner}</div>'}
