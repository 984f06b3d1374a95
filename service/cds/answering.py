"""The services of a package, ready to be called: the one door behind HTTP, and for whoever calls without it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..conditions import Conditions
from ..fhirpath import Engine, FhirPathError
from ..package import Package, PlanError
from ..shape import Resource
from .cards import Card, Cards
from .prefetch import Gathered, gathered, missing
from .problem import Problem
from .request import DEEPEST, Call, call, decoded
from .services import PATIENT, Service, Template, offer

Fetch = Callable[[Call, Sequence[Template]], Awaitable[Mapping[str, Sequence[Resource] | str]]]


@dataclass(frozen=True, slots=True)
class Answered:
    """The cards of a call, and what may be logged of it: nothing that is the patient's."""

    cards: list[Card]
    hook: str
    unread: tuple[str, ...]
    fetched: int
    notes: tuple[str, ...]

    @property
    def body(self) -> dict[str, Any]:
        return {"cards": self.cards}


class Answering:
    """A package's services. `left_out`: plans with a hook that are none, and why."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        engine = Engine()
        self.package = Package(resources)
        self.offer = offer(self.package, engine)
        self._cards = Cards(self.package, Conditions(engine))

    @property
    def services(self) -> tuple[Service, ...]:
        return self.offer.services

    def discovery(self) -> dict[str, Any]:
        return {"services": [each.described() for each in self.services]}

    def named(self, id: str) -> list[Service]:
        """The services under an id, one for each hook.

        Raises Problem (404).
        """
        found = [each for each in self.services if each.id == id]
        if not found:
            known = ", ".join(dict.fromkeys(each.id for each in self.services))
            raise Problem(404, f"no such service; there are {known or 'none'}")
        return found

    def called(self, id: str, body: bytes, deepest: int = DEEPEST) -> Call:
        """What a body asks of a service.

        Raises Problem.
        """
        return call(decoded(body, deepest), self.named(id))

    async def answer(self, asked: Call, fetch: Fetch | None) -> Answered:
        """The cards of a call, what it did not bring fetched where that may be.

        Raises Problem.
        """
        fetched = await self.fetched(asked, fetch)
        return self.judged(asked, fetched)

    async def fetched(self, asked: Call, fetch: Fetch | None) -> Mapping[str, Sequence[Resource] | str]:
        """What a call did not bring, fetched; `fetch`: None where no server may be asked.

        Raises Problem (412) where it brings nothing, and nothing can be fetched.
        """
        lacking = missing(asked)
        if asked.server is not None and lacking:
            if fetch is not None:
                return await fetch(asked, lacking)
            return {each.key: "its server is not allowed" for each in lacking}
        wanted = [each.key for each in asked.service.prefetch if each.key != PATIENT]
        if wanted and not any(key in asked.prefetch for key in wanted):
            raise Problem(412, f"prefetch: none of {', '.join(wanted)}; send them, or fhirServer to fetch them from")
        return {}

    def judged(self, asked: Call, fetched: Mapping[str, Sequence[Resource] | str]) -> Answered:
        """The cards of a call and all its records.

        Raises Problem (422) where a condition can't be answered on these records.
        """
        found: Gathered = gathered(asked, fetched)
        try:
            cards = self._cards.of(asked, found)
        except (PlanError, FhirPathError):  # their words may hold what stands in a record
            raise Problem(422, "prefetch: a condition can't be answered on these records; check them as R4") from None
        notes = (*asked.notes, *found.notes)
        return Answered(cards, asked.service.hook, tuple(found.unread), len(fetched), notes)
