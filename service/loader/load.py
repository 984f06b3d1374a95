"""A load or unload from beginning to end. Whatever happens, it is in the report, and another run goes on from there."""

from collections.abc import Sequence
from dataclasses import replace

from ...client import TRIES, CannotAskError, Client, UnsureError
from ..shape import Resource
from .capabilities import Capabilities, faults
from .compare import differences
from .look import ask_capabilities, look
from .ownership import is_ours, place
from .plan import By, Decision, Deed, Found, doubled, for_load, for_unload, prepared
from .report import Outcome, Report, Row
from .write import ChangedError, OtherWayError, RejectedError, single, transaction

DONE = {Deed.CREATE: Outcome.CREATED, Deed.UPDATE: Outcome.UPDATED, Deed.DELETE: Outcome.DELETED}
Batch = Sequence[tuple[Decision, Row]]


class TakenError(Exception):
    """Something that is not ours came in the way after the writing had begun; the rows say what."""


def load(client: Client, resources: Sequence[Resource], by: By = "id", *, dry_run: bool = False) -> Report:
    """Bring resources, in loading order, onto a server: all that is not there as it is here."""
    return _Run(client, resources, by, unload=False).report_of(dry_run=dry_run)


def unload(client: Client, resources: Sequence[Resource], *, dry_run: bool = False) -> Report:
    """Take every copy of these resources off a server, the last loaded first."""
    return _Run(client, list(resources)[::-1], "url", unload=True).report_of(dry_run=dry_run)


class _Run:
    def __init__(self, client: Client, resources: Sequence[Resource], by: By, *, unload: bool) -> None:
        self._client = client
        self._resources = resources
        self._by = by
        self._unload = unload
        self._places: dict[str, str] = {}  # Type/id here -> Type/id there, for references
        self._conditional = True
        self._report = Report(client.base, "unload" if unload else "load", "url" if unload else by)

    def report_of(self, *, dry_run: bool) -> Report:
        report = self._report
        report.dry_run = dry_run
        try:
            can = ask_capabilities(self._client)
            report.software = can.software
            types = dict.fromkeys(each["resourceType"] for each in self._resources)
            report.faults += [
                f"{self._client.base}: {fault}" for fault in faults(can, types, by=self._by, unload=self._unload)
            ]
            if not report.faults:
                self._carry_out(can, dry_run=dry_run)
        except TakenError:
            pass
        except RejectedError as rejected:
            report.notes.append(f"the server refuses: {rejected}; see what it names, mend it, and run again")
        except CannotAskError as trouble:
            report.trouble = str(trouble)
        return report

    def _carry_out(self, can: Capabilities, *, dry_run: bool) -> None:
        found = [(each, look(self._client, each)) for each in self._resources]
        if not self._unload:
            self._places = _places(found, self._by)
        decisions = [decision for mine, has in found for decision in self._decided(mine, has)]
        self._report.rows = rows = [self._row(each) for each in decisions]
        todo = [(each, row) for each, row in zip(decisions, rows, strict=True) if each.writes]
        if dry_run:
            for decision, row in todo:
                row.outcome, row.why = row.intended, decision.why
        elif todo and not any(each.deed is Deed.REFUSE for each in decisions):
            try:
                self._write(todo, can)
            except (RejectedError, TakenError):
                self._read_back([row for _, row in todo])
                raise
            self._read_back([row for _, row in todo])

    def _decided(self, mine: Resource, found: Found) -> list[Decision]:
        if self._unload:
            return for_unload(mine, found)
        return [for_load(mine, found, self._by, self._places, self._client.base)]

    def _row(self, decision: Decision) -> Row:
        if decision.writes:
            return Row(decision.mine, at=decision.at, intended=DONE[decision.deed])
        keep = Outcome.ABSENT if self._unload else Outcome.UNCHANGED
        outcome = {Deed.LEAVE: Outcome.LEFT, Deed.REFUSE: Outcome.REFUSED}.get(decision.deed, keep)
        return Row(decision.mine, outcome, decision.at, decision.why)

    # ---- Writing ----

    def _write(self, todo: Batch, can: Capabilities) -> None:
        self._report.way = "transaction" if can.transactions else "one by one"
        if can.transactions:
            try:
                self._settle(todo, can)
            except OtherWayError as other:
                self._note(f"takes no transaction, though it says so ({other}); written one by one instead")
                self._report.way = "one by one"
        for decision, row in todo if self._report.way == "one by one" else ():
            if row.outcome is row.intended:
                continue
            try:
                self._settle([(decision, row)], can)
            except OtherWayError as other:
                self._note(f"takes no conditional update, though it says so ({other}); created without instead")
                self._conditional = False
                self._settle([(decision, row)], can)

    def _note(self, what: str) -> None:
        self._report.notes.append(f"{self._client.base}: {what}")

    def _settle(self, batch: Batch, can: Capabilities) -> None:
        """Write until all of it is there: after a doubt look first, then send only what is still to be done."""
        todo = list(batch)
        doubt: UnsureError
        for attempt in range(1, TRIES + 1):
            try:
                for (decision, row), at in zip(todo, self._send(todo, can), strict=True):
                    self._done(row, at or decision.at)
                return
            except RejectedError as rejected:
                _reject(todo, str(rejected))
                raise
            except ChangedError as changed:
                before, doubt = [decision for decision, _ in todo], changed
                _mark(todo, Outcome.UNDONE, changed.what)
            except UnsureError as unsure:
                before, doubt = [], unsure
                if unsure.sent:
                    _mark(todo, Outcome.UNKNOWN, f"was sent, and then: {unsure.what}; run again: it looks first")
            self._client.wait(doubt, attempt)
            todo = self._again(todo)
            if not todo:
                return
            if attempt > 1 and [decision for decision, _ in todo] == before:  # so nothing has changed
                _reject(todo, doubt.what)
                raise RejectedError(doubt.what)
        _mark(todo, Outcome.UNDONE, "")
        raise CannotAskError(doubt.where, f"{doubt.what}, {TRIES} times", doubt.remedy)

    def _send(self, todo: Batch, can: Capabilities) -> list[str | None]:
        decisions = [decision for decision, _ in todo]
        if self._report.way == "transaction":
            return transaction(self._client, decisions, self._by, self._places, can)
        conditional = self._conditional and can.of(decisions[0].mine["resourceType"]).conditional_update is not False
        return [single(self._client, decisions[0], self._by, self._places, conditional=conditional)]

    def _again(self, todo: Batch) -> list[tuple[Decision, Row]]:
        """What is still to be done. Raises TakenError where that would now touch what is not ours."""
        left = []
        for decision, row in todo:
            found = look(self._client, decision.mine)
            made = self._decided(decision.mine, found)
            if self._unload:  # of several copies, this one
                made = [each for each in made if each.writes and each.at == decision.at] or [
                    replace(decision, deed=Deed.KEEP)
                ]
            [now] = made
            if now.deed is Deed.KEEP:
                self._done(row, now.at)
                continue
            if now.deed is Deed.REFUSE:
                row.outcome, row.why = Outcome.REFUSED, now.why
            left.append((now, row))
        if any(now.deed is Deed.REFUSE for now, _ in left):
            raise TakenError
        return left

    def _done(self, row: Row, at: str | None) -> None:
        row.outcome, row.at, row.why = row.intended, at, ""
        if at is not None and self._by == "url":
            self._places[place(row.mine)] = at

    # ---- Reading back ----

    def _read_back(self, rows: Sequence[Row]) -> None:
        """Whether what the server said it did is so."""
        for row in rows:
            if row.outcome is row.intended:
                found = look(self._client, row.mine, row.at)
                if self._unload:
                    fault = "was deleted, as the server said, and is still there" if found.at_id else None
                else:
                    fault = self._fault(row, found)
                if fault:
                    row.outcome, row.why = Outcome.DIFFERS, fault

    def _fault(self, row: Row, found: Found) -> str | None:
        if found.at_id is None:
            return f"was {row.intended}, as the server said, and is not there; run again, or see the server's log"
        row.differences = differences(prepared(row.mine, self._by, self._places), found.at_id, self._client.base)
        if row.differences:
            return f"was {row.intended}, and the server made something else of it"
        return doubled(row.mine, found, place(found.at_id))


def _places(found: Sequence[tuple[Resource, Found]], by: By) -> dict[str, str]:
    """Where the server has what other resources point to, if it chooses the ids."""
    if by == "id":
        return {}
    places = {}
    for mine, has in found:
        ours = [each for each in has.named if is_ours(each, mine)]
        if len(ours) == 1:
            places[place(mine)] = place(ours[0])
    return places


def _mark(todo: Batch, outcome: Outcome, why: str) -> None:
    for _, row in todo:
        row.outcome, row.why = outcome, why


def _reject(todo: Batch, told: str) -> None:
    """Of several in a transaction the server says which one only in its words."""
    _mark(todo, *((Outcome.REJECTED, told) if len(todo) == 1 else (Outcome.UNDONE, "")))
