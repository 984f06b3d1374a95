"""What a narrative may hold: txt-1 and txt-2, whose FHIRPath is only the call `htmlChecks()`.

The lists of elements and attributes are those of the XPath that R4's Narrative gives beside it.
"""

import re
from functools import lru_cache
from html.entities import name2codepoint
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"
ELEMENTS = frozenset(
    (
        "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i "
        "img li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var"
    ).split()
)
ATTRIBUTES = frozenset(
    (
        "abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff "
        "charset cite class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name "
        "nowrap rel rev rowspan rules scope shape span src start style summary tabindex title type valign value "
        "vspace width"
    ).split()
)
NAMED_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
XML_ENTITIES = {"amp", "lt", "gt", "quot", "apos"}
ACTIVE = re.compile(r"\s*(?:javascript\s*:|vbscript\s*:|data\s*:\s*text/html)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def faults(div: str) -> tuple[str | None, str | None]:
    """What breaks txt-1 and what breaks txt-2, each None where nothing does; of what is no XHTML at all, nothing."""
    reader = _Reader()
    if reader.read(div):
        return None, None
    return "; ".join(dict.fromkeys(reader.wrong)) or None, None if reader.content else "it has no text and no image"


@lru_cache(maxsize=4096)
def no_xhtml(div: str) -> str | None:
    """Why a text is no XHTML at all; None where it is."""
    return _Reader().read(div)


class _Reader:
    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.content = False
        self._depth = 0

    def read(self, div: str) -> str | None:
        """Read it; what makes it no XHTML at all, if anything."""
        if "<!DOCTYPE" in div or "<!ENTITY" in div:
            return "it declares a document type or entities"
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ProcessingInstructionHandler = lambda target, _: self.wrong.append(f"it has a <?{target}?>")
        try:
            parser.Parse(NAMED_ENTITY.sub(_numeric, div).encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            return f"it is not well-formed ({expat.errors.messages[error.code]})"
        return None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if space != XHTML:
            self.wrong.append(f"<{local}> is not in the XHTML namespace")
        if self._depth == 0 and local != "div":
            self.wrong.append(f"it begins with <{local}>, not with <div>")
        self._depth += 1
        if local not in ELEMENTS:
            self.wrong.append(f"<{local}> is not allowed")
        if local == "img" and attributes.get("src"):
            self.content = True
        for attribute, value in attributes.items():
            if attribute not in ATTRIBUTES and not attribute.startswith("http://www.w3.org/XML/1998/namespace "):
                self.wrong.append(f"the attribute {attribute.rpartition(' ')[2]} is not allowed")
            elif attribute in ("href", "src") and ACTIVE.match(value):
                self.wrong.append(f"{attribute} holds a script")

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        self.content = self.content or bool(text.strip())


def _numeric(match: re.Match[str]) -> str:
    """HTML's named entities are written as numbers: XML knows five of them only."""
    name = match[1]
    return match[0] if name in XML_ENTITIES or name not in name2codepoint else f"&#{name2codepoint[name]};"
