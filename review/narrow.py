"""The picture in one column, for a phone: each condition above its option, each choice drawn once below."""

from .graph import Graph, Option
from .layout import Line, Page
from .parts import LINE, PAD, SIZE, Box, Part, Text, box_part, order_set_part, wrap

WIDTH = 360
MARGIN = 12
APART = 14
ARROW = 16


def lay_out_narrow(graph: Graph) -> Page:
    """The whole page."""
    page = Page(WIDTH)
    width = WIDTH - 2 * MARGIN
    y = _words(page, graph, MARGIN)
    for section in graph.sections:
        heading = Part(width, 4)
        heading.write(section.title, 0, width, "strong")
        if section.words:
            heading.write(section.words, 0, width, "soft")
        page.add(MARGIN, y, heading)
        y += heading.height + 6
        for option in section.options:
            y = _option(page, graph, option, y) + APART
    for order_set in graph.order_sets:
        part = order_set_part(order_set, width)
        page.add(MARGIN, y, part)
        y += part.height + APART
    foot = Part(width)
    foot.write("Unknown is never no.", 0, width)
    foot.write(graph.notice, 0, width, "strong")
    page.add(MARGIN, y, foot)
    page.height = y + foot.height + MARGIN
    return page


def _words(page: Page, graph: Graph, top: float) -> float:
    part = Part(WIDTH - 2 * MARGIN, top)
    for line in wrap(graph.title, part.width, "title"):
        part.texts.append(Text(0, part.height + 18, line, "title"))
        part.height += 24
    common = f"Where {' and '.join(graph.common)}, these may be offered. " if graph.common else ""
    part.write(f"{common}They stand in the order of the page, which ranks nothing.", 0, part.width)
    page.add(MARGIN, 0, part)
    return part.height + APART


def _option(page: Page, graph: Graph, option: Option, y: float) -> float:
    """From the condition to the option, and from it to what it leads to."""
    width, middle = WIDTH - 2 * MARGIN, WIDTH / 2
    if option.condition:
        part = Part(width, PAD - 2)
        for number, clause in enumerate(option.condition):
            part.write(f"{'and' if number else 'only where'} {clause}", PAD, width - 2 * PAD)
        part.height += PAD
        part.boxes.append(_outline("condition", part))
        y = _stand(page, part, y, middle)
    box = box_part("option", option.title, width)
    page.add(MARGIN, y, box)
    y += box.height
    sets = {each.id: each.title for each in graph.order_sets}
    item = option.leads_to
    page.lines.append(Line(((middle, y), (middle, y + ARROW))))
    y += ARROW
    leads = box_part("order-set" if item.target else item.kind, sets.get(item.target, item.title), width)
    if item.target:
        leads.texts.append(Text(PAD, leads.height + SIZE - PAD, "drawn below", "soft"))
        leads.height += LINE - PAD / 2
        leads.boxes[0] = _outline("order-set", leads)
    page.add(MARGIN, y, leads)
    return y + leads.height


def _stand(page: Page, part: Part, y: float, middle: float) -> float:
    """A part with an arrow down from it."""
    page.add(MARGIN, y, part)
    y += part.height
    page.lines.append(Line(((middle, y), (middle, y + ARROW))))
    return y + ARROW


def _outline(kind: str, part: Part) -> Box:
    return Box(kind, 0, 0, part.width, part.height)
