"""What stands on the picture's page: boxes and texts, and the parts that are made of them. No place on the page yet.

Text is measured by an estimate made for the widest of the common system fonts, so it never runs out of its box.
"""

from dataclasses import dataclass, field, replace

from .graph import Group, Item, OrderSet

SIZE = 12
LINE = 16
PAD = 8
CHIP = 22  # height of an activity

NARROW, BROAD = frozenset("fijlrtI .,:;'()|-"), frozenset("mwMW@%+")


@dataclass(frozen=True, slots=True)
class Box:
    kind: str  # class in the drawing: option, order-set, combination, activity, open, condition
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Text:
    x: float
    y: float  # baseline
    content: str
    kind: str = ""  # class in the drawing: strong, soft, title; none is plain


@dataclass(slots=True)
class Part:
    """A box with what is in it, at the origin. `ports`: order set that a line leads to -> height where it leaves."""

    width: float
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    ports: dict[str, float] = field(default_factory=dict)

    def write(self, text: str, x: float, width: float, kind: str = "") -> None:
        """Wrapped lines of text at the lower end."""
        for line in wrap(text, width, kind):
            self.texts.append(Text(x, self.height + SIZE, line, kind))
            self.height += LINE


def measure(text: str, kind: str = "") -> float:
    """The width of a text, rather too wide than too narrow."""
    ems = sum(0.4 if c in NARROW else 0.98 if c in BROAD else 0.72 if c.isupper() else 0.62 for c in text)
    return ems * (SIZE * 1.5 if kind == "title" else SIZE) * (1.13 if kind in ("strong", "title") else 1)


def wrap(text: str, width: float, kind: str = "") -> list[str]:
    """The text in lines of at most that width; a single word that is wider stays whole."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and measure(longer, kind) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def box_part(kind: str, title: str, width: float) -> Part:
    """A box with a title."""
    part = Part(width, PAD - 2)
    part.write(title, PAD, width - 2 * PAD, "strong" if kind == "option" else "")
    part.height += PAD
    part.boxes.append(Box(kind, 0, 0, width, part.height))
    return part


def order_set_part(order_set: OrderSet, width: float) -> Part:
    """The box of an order set, with how many of its lines are chosen, and the lines."""
    part = Part(width, PAD - 2)
    part.write(order_set.title, PAD, width - 2 * PAD, "strong")
    for group in order_set.groups:
        _group(part, group)
    part.height += PAD - 2
    part.boxes.insert(0, Box("order-set", 0, 0, width, part.height))
    return part


def _group(part: Part, group: Group) -> None:
    if group.words:
        part.write(group.words, PAD, part.width - 2 * PAD, "soft")
    part.height += 4
    x: float = PAD  # small boxes stand side by side as long as there is room
    for item in group.items:
        if item.kind in ("activity", "open") and not item.note:
            x = _chip(part, item.kind, item.title, x)
            continue
        if x > PAD:
            x, part.height = PAD, part.height + CHIP + 4
        if item.kind == "combination":
            _combination(part, item)
        elif item.target:
            part.ports[item.target] = part.height + LINE / 2
            part.write(item.title, PAD, part.width - 2 * PAD)
        else:
            _chip(part, item.kind, item.title, PAD)
            part.height += CHIP + 2
        if item.note:
            part.write(f"({item.note})", PAD, part.width - 2 * PAD, "soft")
        part.height += 4
    if x > PAD:
        part.height += CHIP + 4


def _chip(part: Part, kind: str, title: str, x: float) -> float:
    """One small box, on the next line if it does not fit beside the others; returned is where the next may stand."""
    lines = wrap(title, part.width - 4 * PAD)
    width = max(map(measure, lines)) + 2 * PAD
    if x > PAD and x + width > part.width - PAD / 2:
        x, part.height = PAD, part.height + CHIP + 4
    height = CHIP + LINE * (len(lines) - 1)
    part.boxes.append(Box(kind, x, part.height, width, height))
    part.texts += [Text(x + PAD, part.height + 15 + LINE * n, line) for n, line in enumerate(lines)]
    part.height += height - CHIP
    return x + width + 5


def _combination(part: Part, item: Item) -> None:
    inner = Part(part.width - 2 * PAD, 4)
    inner.write(item.title, PAD, inner.width - 2 * PAD)
    inner.height += 3
    x: float = PAD
    for number, title in enumerate(item.parts):
        if number and x + 12 + measure(title) + 2 * PAD <= inner.width - PAD / 2:
            inner.texts.append(Text(x, inner.height + 15, "+", "soft"))
            x += 12
        x = _chip(inner, "activity", title, x)
    inner.height += CHIP + 6
    inner.boxes.insert(0, Box("combination", 0, 0, inner.width, inner.height))
    part.boxes += [replace(box, x=box.x + PAD, y=box.y + part.height) for box in inner.boxes]
    part.texts += [replace(text, x=text.x + PAD, y=text.y + part.height) for text in inner.texts]
    part.height += inner.height + 2
