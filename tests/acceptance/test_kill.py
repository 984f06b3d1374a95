"""A real server is killed in the middle of a load: the next load finishes it, and nothing is there twice."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from cervical_options.service.loader.load import load, unload
from cervical_options.service.loader.report import Report

from cervical_options import resources
from cervical_options.client import Answer, Client, UnsureError

from ..hapi import Hapi, started
from .test_load import KINDS, there

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hapi")]

AFTER = 40  # resources


class Fatal(Client):
    """A client under which the server dies: while it carries out a transaction, or after so many single writes."""

    hapi: Hapi
    transactions: bool
    written: int = 0

    def exchange(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        if method == "POST" and not path and not self.hapi.was_killed:
            return self._killed_within(body, headers)
        answer = super().exchange(method, path, body, headers)
        if path == "metadata" and not self.transactions:
            (rest,) = answer.body["rest"]
            one_by_one = rest | {"interaction": [{"code": "search-system"}]}
            return replace(answer, body=answer.body | {"rest": [one_by_one]})
        self.written += method in ("POST", "PUT")
        if self.written == AFTER and not self.hapi.was_killed:
            self.hapi.kill()
        return answer

    def _killed_within(self, body: object, headers: Mapping[str, str]) -> Answer:
        """The server answers one small question after the transaction has come in, and is gone."""
        told: list[Answer | UnsureError] = []

        def send() -> None:
            try:
                told.append(super(Fatal, self).exchange("POST", "", body, headers))
            except UnsureError as trouble:
                told.append(trouble)

        sending = Thread(target=send)
        sending.start()
        self.hapi.get("PlanDefinition", _summary="count")
        self.hapi.kill()
        sending.join()
        (answer,) = told
        if isinstance(answer, UnsureError):
            raise answer
        return answer


def interrupted(hapi: Hapi, *, transactions: bool) -> Report:
    with Fatal(hapi.fhir, sleep=lambda _: None) as client:
        client.hapi, client.transactions = hapi, transactions
        return load(client, resources())


def test_what_a_kill_interrupts_the_next_load_finishes(tmp_path: Path) -> None:
    kept = tmp_path / "server"
    with started(keep=kept) as hapi:
        report = interrupted(hapi, transactions=False)
        assert report.trouble is not None
        outcomes = [row.outcome for row in report.rows]
        assert outcomes[: AFTER - 1] == ["created"] * (AFTER - 1)
        assert {*outcomes[AFTER:]} == {"not written"}
    with started(keep=kept) as hapi, Client(hapi.fhir) as client:
        assert there(hapi).total() == AFTER
        total = KINDS.total()
        finished = load(client, resources())
        assert finished.summary() == f"{client.base}: {total - AFTER} created, {AFTER} unchanged"
        assert there(hapi) == KINDS
        again = load(client, resources())
        assert {row.outcome for row in again.rows} == {"unchanged"}

        assert {row.outcome for row in unload(client, resources()).rows} == {"deleted"}
        report = interrupted(hapi, transactions=True)
        assert report.trouble is not None
        assert "can't be reached" in report.trouble
        assert {row.outcome for row in report.rows} == {"unknown"}
        assert all("run again: it looks first" in row.why for row in report.rows)
