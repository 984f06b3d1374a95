"""Where everything of the picture stands. Columns from left to right: condition, option, order sets by distance."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from .graph import Graph, Item, Option, OrderSet, Section
from .parts import LINE, PAD, SIZE, Box, Part, Text, box_part, measure, order_set_part, wrap

WIDTH = 1100
MARGIN = 20
GAP = 32  # between columns: room for lines
APART = 12  # between boxes of a column
CONDITION = 234
OPTION = 152
WIDER = 58  # what the last column has more than the others: its combinations show their drugs side by side


@dataclass(frozen=True, slots=True)
class Line:
    """From left to right through points; `arrow` at the end."""

    points: tuple[tuple[float, float], ...]
    arrow: bool = True


@dataclass(slots=True)
class Page:
    width: float
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def add(self, x: float, y: float, part: Part) -> None:
        """Put a part, drawn at the origin, in its place."""
        self.boxes += [replace(box, x=box.x + x, y=box.y + y) for box in part.boxes]
        self.texts += [replace(text, x=text.x + x, y=text.y + y) for text in part.texts]


def lay_out(graph: Graph) -> Page:
    """The whole page."""
    layers = _layers(graph)
    columns = _column_widths(max(layers.values(), default=1))
    page = Page(columns[-1][0] + columns[-1][1] + MARGIN)
    top = _heading(page, graph)
    sources = _options(page, graph, top)
    _columns(page, graph, sources, layers, columns, top)
    lowest = max(box.y + box.height for box in page.boxes)
    page.height = _footer(page, graph, lowest + 2 * APART) + MARGIN
    return page


def _column_widths(count: int) -> list[tuple[float, float]]:
    """Left edge and width of each column of order sets; with many of them the page grows."""
    left = MARGIN + CONDITION + OPTION + GAP
    width = max(150, round((WIDTH - MARGIN - left - WIDER + GAP) / count - GAP))
    return [(left + n * (width + GAP), width + (WIDER if n == count - 1 else 0)) for n in range(count)]


def _layers(graph: Graph) -> dict[str, int]:
    """Each order set's column: one more than the furthest that leads to it."""
    sets = {each.id: each for each in graph.order_sets}
    layers: dict[str, int] = {}

    def reach(id: str, layer: int) -> None:
        if layer > layers.get(id, 0):
            layers[id] = layer
            for item in _items(sets[id]):
                if item.target:
                    reach(item.target, layer + 1)

    for section in graph.sections:
        for option in section.options:
            if option.leads_to.target:
                reach(option.leads_to.target, 1)
    return layers


def _items(order_set: OrderSet) -> Iterator[Item]:
    for group in order_set.groups:
        yield from group.items


def _heading(page: Page, graph: Graph) -> float:
    part = Part(page.width - 2 * MARGIN, MARGIN)
    for line in wrap(graph.title, part.width, "title"):
        part.texts.append(Text(0, part.height + 18, line, "title"))
        part.height += 24
    part.height += 6
    common = f"Where {' and '.join(graph.common)}, these may be offered." if graph.common else "These may be offered."
    part.write(
        f"{common} They stand in the order of the page, which ranks nothing. The page's condition stands before its "
        "option; where none stands, the page sets none.",
        0,
        part.width,
    )
    page.add(MARGIN, 0, part)
    return part.height + APART


def _options(page: Page, graph: Graph, top: float) -> list[tuple[Option, float]]:
    """The first two columns; returned are the options with the height at which their line leaves."""
    spine, y, leaves = MARGIN + 5.0, top, []
    tree: list[float] = []
    for section in graph.sections:
        y = _section(page, section, spine, y)
        for option in section.options:
            conditions = _condition(option)
            box = box_part("option", option.title, OPTION)
            height = max(conditions.height if conditions else 0, box.height)
            middle = y + height / 2
            x = MARGIN + CONDITION
            page.add(x, middle - box.height / 2, box)
            if conditions:
                at = x - 18 - conditions.width
                page.add(at, middle - conditions.height / 2, conditions)
                page.lines.append(Line(((spine, middle), (at, middle)), arrow=False))
                page.lines.append(Line(((at + conditions.width, middle), (x, middle))))
            else:
                page.lines.append(Line(((spine, middle), (x, middle))))
            tree.append(middle)
            leaves.append((option, middle))
            y += height + APART
    page.lines.append(Line(((spine, top + 4), (spine, tree[-1])), arrow=False))
    return leaves


def _section(page: Page, section: Section, spine: float, y: float) -> float:
    indent = spine + 12 + 10 * section.depth
    part = Part(MARGIN + CONDITION + OPTION - indent, 4 if section.depth else 8)
    part.write(section.title, 0, part.width, "strong")
    if section.words:
        part.write(section.words, 0, part.width, "soft")
    page.add(indent, y, part)
    return y + part.height + 8


def _condition(option: Option) -> Part | None:
    if not option.condition:
        return None
    part = Part(CONDITION - 18 - 24, PAD - 2)
    for number, clause in enumerate(option.condition):
        part.height += 3 if number else 0
        part.write(f"{'and' if number else 'only where'} {clause}", PAD, part.width - 2 * PAD)
    part.height += PAD
    part.boxes.append(Box("condition", 0, 0, part.width, part.height))
    return part


@dataclass(slots=True)
class _Node:
    """Something in a column: an order set, an activity of an option, or the way of a line past other boxes."""

    id: str
    part: Part | None
    enters: list[float] = field(default_factory=list)  # heights at which the lines to it leave
    y: float = 0
    starts: list[tuple[float, float]] = field(default_factory=list)  # points those lines come from

    @property
    def height(self) -> float:
        return self.part.height if self.part else 4

    @property
    def entry(self) -> float:
        return min(self.height / 2, 16)


def _columns(
    page: Page,
    graph: Graph,
    sources: Sequence[tuple[Option, float]],
    layers: dict[str, int],
    columns: Sequence[tuple[float, float]],
    top: float,
) -> None:
    """Order sets and activities, column by column, each as near to what leads to it as its neighbours allow."""
    sets = {each.id: each for each in graph.order_sets}
    nodes: list[dict[str, _Node]] = [{} for _ in columns]

    def lead(at: int, target: str, start: tuple[float, float], part: Part | None = None) -> None:
        """A line from a point to the node of that name in column `at`: the target itself, or its way there."""
        if layers.get(target, at + 1) == at + 1:
            part = part or order_set_part(sets[target], columns[at][1])
        node = nodes[at].setdefault(target, _Node(target, part))
        node.enters.append(start[1])
        node.starts.append(start)

    for number, (option, y) in enumerate(sources):
        start = (MARGIN + CONDITION + OPTION, y)
        item = option.leads_to
        if item.target:
            lead(0, item.target, start)
        else:
            lead(0, f"{number}", start, box_part(item.kind, item.title, columns[0][1]))
    for at, (x, width) in enumerate(columns):
        for node in _settle(nodes[at].values(), top):
            entry = (x, node.y + node.entry)
            page.lines += [Line((start, entry), arrow=node.part is not None) for start in node.starts]
            if node.part is None:
                end = (x + width, entry[1])
                page.lines.append(Line((entry, end), arrow=False))
                lead(at + 1, node.id, end)
                continue
            page.add(x, node.y, node.part)
            for target, port in node.part.ports.items():
                lead(at + 1, target, (x + width, node.y + port))


def _settle(nodes: Iterable[_Node], top: float) -> list[_Node]:
    """Heights as near as can be to what each node wants, none above the top, none over another.

    Pools neighbours that would overlap and gives each pool the mean of its wishes (isotonic regression).
    """
    ordered = sorted(nodes, key=lambda node: min(node.enters))
    pools: list[tuple[float, int]] = []
    offsets, offset = [], 0.0
    for node in ordered:
        wish, count = sum(node.enters) / len(node.enters) - node.entry - offset, 1
        while pools and pools[-1][0] > wish:
            before, many = pools.pop()
            wish, count = (before * many + wish * count) / (many + count), many + count
        pools.append((wish, count))
        offsets.append(offset)
        offset += node.height + APART
    heights = [max(top, wish) for wish, count in pools for _ in range(count)]
    for node, height, offset in zip(ordered, heights, offsets, strict=True):
        node.y = round(height + offset, 1)
    return ordered


def _footer(page: Page, graph: Graph, y: float) -> float:
    legend = Part(page.width - 2 * MARGIN)
    x: float = 0
    for kind, words in (
        ("activity", "a drug or an activity that may be proposed, never ordered"),
        ("open", "left open: the page names no more"),
    ):
        legend.boxes.append(Box(kind, x, 2, 22, 14))
        legend.texts.append(Text(x + 30, SIZE + 1, words))
        x += 30 + measure(words) + 30
    legend.height += LINE + 8
    asked = f"Where a fact is missing, it is asked for: {', '.join(graph.asks)}. " if graph.asks else ""
    legend.write(f"{asked}Unknown is never no.", 0, legend.width)
    if graph.source:
        legend.write(f"The page: {graph.source}.", 0, legend.width)
    legend.write(graph.notice, 0, legend.width, "strong")
    page.add(MARGIN, y, legend)
    return y + legend.height
