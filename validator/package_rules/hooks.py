"""The plans behind CDS Hooks: few cards, each with its limits said, and no drug as a suggestion."""

from collections.abc import Iterator

from ..catalogue import Catalogue
from ..place import Place
from ..rule import Finding, Layer, Wording, rule
from .subject import Node, Subject, only, string, tail, where

PATIENT_VIEW = "patient-view"
MOST_CARDS = 4
LONGEST_TITLE = 140  # in characters: CDS Hooks wants less for the summary of a card
LIMITS = ("not medical advice", "contraindications are not checked")


@rule(Layer.PACKAGE)
def package_few_cards(count: int) -> Wording:
    """A patient's chart shows at most four cards: what may be offered, what is missing, other care, what is not met."""
    return f"{count} actions at the top, each of them a card", f"put them into at most {MOST_CARDS}"


@rule(Layer.PACKAGE)
def package_no_drug_card(definition: str) -> Wording:
    """No card suggests a drug order: a cytotoxic without a dose, one click away, is unsafe."""
    return f"{definition} leads to an order of a drug", "lead to a consultation, and choose drugs in the order set"


@rule(Layer.PACKAGE)
def package_one_hook(names: str) -> Wording:
    """A plan answers one hook, because servers take the first one that they find."""
    return f"actions have the triggers {names}", "make a plan for each hook"


@rule(Layer.PACKAGE)
def package_card_title(length: int) -> Wording:
    """The title of a card is its summary, which has fewer than 140 characters."""
    return f"the title has {length} characters", f"shorten it to less than {LONGEST_TITLE}"


@rule(Layer.PACKAGE)
def package_card_priority() -> Wording:
    """A card has a priority, because CDS Hooks demands an indicator of each."""
    return "no priority", "write routine"


@rule(Layer.PACKAGE)
def package_card_limits(phrase: str) -> Wording:
    """Each card says that it is no medical advice and what it does not check: it may be all that somebody reads."""
    return f"the card does not say {phrase!r}", "add it to the description"


def check(subject: Subject) -> Iterator[Finding]:
    cards = [(place, action) for place, action in subject.actions() if subject.is_top(place)]
    hooks = sorted({name for _, action in cards for each in only(action, "trigger") if (name := string(each, "name"))})
    if len(hooks) > 1:
        yield package_one_hook(subject.place, ", ".join(hooks))
    for place, action in cards if hooks else ():
        yield from _card(place, action)
    if PATIENT_VIEW in hooks or subject.id.endswith(f"-{PATIENT_VIEW}"):
        if len(cards) > MOST_CARDS:
            yield package_few_cards(cards[MOST_CARDS][0], len(cards))
        for place, action in subject.actions():
            canonical = string(action, "definitionCanonical")
            if canonical and _orders_a_drug(canonical, subject.catalogue):
                yield package_no_drug_card(place.child("definitionCanonical"), tail(canonical))


def _card(place: Place, action: Node) -> Iterator[Finding]:
    title, description = string(action, "title"), string(action, "description").lower()
    if len(title) >= LONGEST_TITLE:
        yield package_card_title(place.child("title"), len(title))
    if "priority" not in action:
        yield package_card_priority(place)
    for phrase in LIMITS:
        if phrase not in description:
            yield package_card_limits(where(place, action, "description"), phrase)


def _orders_a_drug(canonical: str, catalogue: Catalogue) -> bool:
    """Whether a definition at hand is an order of a drug, or a plan that leads to one, of whatever version."""
    waiting, seen = [canonical.partition("|")[0]], set[str]()
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        seen.add(url)
        for entry in catalogue.by_url.get(url, ()):
            if entry.resource.get("kind") == "MedicationRequest":
                return True
            waiting += [each.partition("|")[0] for each in _definitions(entry.resource)]
    return False


def _definitions(plan: Node) -> Iterator[str]:
    waiting = only(plan, "action")
    while waiting:
        action = waiting.pop()
        yield string(action, "definitionCanonical")
        waiting += only(action, "action")
