"""Markdown of a card as HTML: paragraphs, lists, emphasis and code, and nothing that leads or loads elsewhere."""

from markdown_it import MarkdownIt
from markupsafe import Markup

_READER = MarkdownIt("commonmark", {"html": False}).disable(
    ["autolink", "heading", "hr", "html_block", "html_inline", "image", "lheading", "link", "reference"]
)


def markdown(text: str) -> Markup:
    """HTML of a text from anywhere: tags in it are text."""
    return Markup(_READER.render(text))  # noqa: S704 - the reader escapes all that it is given
