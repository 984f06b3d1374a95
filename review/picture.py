"""The package on one page, as an SVG drawing: same resources, same bytes; no script, nothing from outside."""

from collections.abc import Sequence
from html import escape

from .graph import Graph, Resource, graph
from .layout import Line, Page, lay_out
from .narrow import lay_out_narrow
from .parts import SIZE, Box, Text

# A light ground of its own makes it read alike on a white and on a dark page. Colours tell kinds apart, never worth.
STYLE = f"""\
text {{ font: {SIZE}px "Helvetica Neue", Arial, "Liberation Sans", system-ui, sans-serif; fill: #1b2430 }}
.strong {{ font-weight: 600 }} .soft {{ fill: #4a5768; font-style: italic }}
.title {{ font-size: {SIZE * 1.5:g}px; font-weight: 600 }}
.ground {{ fill: #ffffff; stroke: #c9d2dc }}
.option {{ fill: #e6edf5; stroke: #45617f }} .condition {{ fill: #ffffff; stroke: #45617f; stroke-dasharray: 4 3 }}
.order-set {{ fill: #f6f7f9; stroke: #7b8794 }} .combination {{ fill: #ffffff; stroke: #b3bcc7 }}
.activity {{ fill: #ffffff; stroke: #7b8794 }} .open {{ fill: none; stroke: #7b8794; stroke-dasharray: 2 2 }}
.line {{ fill: none; stroke: #7b8794; stroke-width: 1.2 }} .arrow {{ fill: #7b8794 }}"""


def picture(resources: Sequence[Resource], *, narrow: bool = False) -> str:
    """The drawing, or the same in one column. Raises LookupError where no strategy is, or it points at nothing."""
    drawn = graph(resources)
    page = lay_out_narrow(drawn) if narrow else lay_out(drawn)
    size = f"{_number(page.width)} {_number(page.height)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_number(page.width)}" '
        f'height="{_number(page.height)}" role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(drawn.title)}</title>',
        f'<desc id="desc">{escape(description(drawn))}</desc>',
        f"<style>\n{STYLE}\n</style>",
        '<marker id="head" class="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0 8 4 0 8z"/></marker>',
        _box(Box("ground", 0.5, 0.5, page.width - 1, page.height - 1)),
        *_drawn(page),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _drawn(page: Page) -> list[str]:
    return [*map(_line, page.lines), *map(_box, page.boxes), *map(_text, page.texts)]


def _box(box: Box) -> str:
    round_ = {"activity": 10, "open": 10, "ground": 6}.get(box.kind, 4)
    return (
        f'<rect class="{box.kind}" x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" '
        f'height="{_number(box.height)}" rx="{round_}"/>'
    )


def _text(text: Text) -> str:
    kind = f' class="{text.kind}"' if text.kind else ""
    return f'<text{kind} x="{_number(text.x)}" y="{_number(text.y)}">{escape(text.content)}</text>'


def _line(line: Line) -> str:
    """Straight where it can be, else a curve that leaves and arrives level."""
    (x, y), (to_x, to_y) = line.points
    if x == to_x or y == to_y:
        path = f"M{_number(x)} {_number(y)} {_number(to_x)} {_number(to_y)}"
    else:
        half = _number((x + to_x) / 2)
        path = f"M{_number(x)} {_number(y)}C{half} {_number(y)} {half} {_number(to_y)} {_number(to_x)} {_number(to_y)}"
    arrow = ' marker-end="url(#head)"' if line.arrow else ""
    return f'<path class="line" d="{path}"{arrow}/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def description(drawn: Graph) -> str:
    """What a reader who can't see the drawing is told: options, conditions, and the choices they lead to."""
    sentences = []
    for section in drawn.sections:
        for option in section.options:
            condition = f", only where {', and '.join(option.condition)}" if option.condition else ""
            sentences.append(f"{option.title}{condition}.")
    for order_set in drawn.order_sets:
        groups = (
            f"{group.words + ': ' if group.words else ''}{', '.join(item.title for item in group.items)}"
            for group in order_set.groups
        )
        sentences.append(f"{order_set.title} ({'; '.join(groups)}).")
    return f"Options in the order of the page, which ranks nothing. {' '.join(sentences)} {drawn.notice}"
