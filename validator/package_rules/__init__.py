"""The package's own rules: what every resource of Cervical Options is, and what none of them says.

They hold for this package alone, so a resource of anybody else never trips one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..catalogue import Catalogue
from ..place import Place
from ..rule import Finding
from . import (
    canonicals,
    conditions,
    drafts,
    drugs,
    hooks,
    identity,
    manifest,
    offers,
    rights,
    statements,
    unsaid,
    words,
)
from .subject import Subject, is_ours

PARTS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    identity.check,
    canonicals.check,
    drafts.check,
    statements.check,
    unsaid.check,
    offers.check,
    conditions.check,
    manifest.check,
    drugs.check,
    hooks.check,
    words.check,
    rights.check,
)


def check(resource: dict[str, Any], place: Place, catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with a resource as one of this package; nothing where it is not of this package."""
    if not is_ours(resource):
        yield from identity.unowned(resource, place)
        return
    subject = Subject(resource, place, catalogue)
    for part in PARTS:
        yield from part(subject)
