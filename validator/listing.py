"""Rules told to people: all of them in a list, one in full, and which one a mistyped id may have meant."""

from collections.abc import Callable, Collection, Iterator, Mapping

from .issue import SEVERITIES
from .rule import Layer, Rule

Style = Callable[[str], str]


def listed(rules: Mapping[str, Rule], heading: Style = str) -> str:
    """A line a rule under the name of its layer; layers in the order in which they look at a file."""
    width = max(map(len, rules), default=0)
    wide = max(map(len, SEVERITIES))
    blocks = []
    for layer, of_layer in _by_layer(rules):
        lines = (f"  {rule.id:<{width}}  {rule.severity:<{wide}}  {sentence(rule)}" for rule in of_layer)
        blocks.append("\n".join((heading(layer), *lines)))
    return "\n\n".join(blocks) + "\n"


def explained(rule: Rule, heading: Style = str) -> str:
    """All there is to say of a rule."""
    return (
        f"{heading(rule.id)} ({rule.severity}, layer {rule.layer})\n\n{rule.text}\n\n"
        f"To leave it out: --ignore {rule.id}, or under 'ignore' in the configuration.\n"
    )


def as_data(rule: Rule) -> dict[str, str]:
    return {"id": rule.id, "layer": str(rule.layer), "severity": rule.severity, "text": rule.text}


def sentence(rule: Rule) -> str:
    """The first paragraph, as one line."""
    return " ".join(rule.text.split("\n\n")[0].split())


def ordered(rules: Mapping[str, Rule]) -> list[Rule]:
    return [rule for _, of_layer in _by_layer(rules) for rule in of_layer]


def near(word: str, known: Collection[str], otherwise: str) -> str:
    """What to do about a word that is not known: the nearest that are, or else the advice given."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=2)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else otherwise


def _by_layer(rules: Mapping[str, Rule]) -> Iterator[tuple[Layer, list[Rule]]]:
    for layer in Layer:
        of_layer = sorted((rule for rule in rules.values() if rule.layer == layer), key=lambda rule: rule.id)
        if of_layer:
            yield layer, of_layer
