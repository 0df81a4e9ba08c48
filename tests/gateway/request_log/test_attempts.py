"""Usage never waits for a log that is slow, and the log gets it all the same."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.request_log import attempts
from gateway.request_log.attempts import LoggedInbox
from gateway.spool.reader import Final
from gateway.spool.shipper import InboxRefused
from gateway.stores.request_logs import MemoryRequestLogs


class Inbox:
    """The ids of what came, in order, each once; `log` gets it in the same go, or nobody has it."""

    def __init__(self, log: Log) -> None:
        self.ids: list[str] = []
        self._log = log

    async def insert(self, finals, *, log: bool) -> bool:
        is_logged = log and await self._is_taken(finals)
        self.ids += [final.event_id for final in finals if final.event_id not in self.ids]
        return is_logged

    async def _is_taken(self, finals) -> bool:
        try:
            await self._log.insert_attempts(finals)
        except (InboxRefused, RuntimeError):
            return False
        return True


class Log(MemoryRequestLogs):
    """Answers once `is_awake` is set; what is called "bad" cannot be read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_awake = asyncio.Event()
        self.is_awake.set()

    async def insert_attempts(self, finals) -> None:
        await self.is_awake.wait()
        if any(final.event_id == "bad" for final in finals):
            raise InboxRefused("It cannot be read.")
        await super().insert_attempts(finals)


@pytest.fixture
def log(monkeypatch):
    monkeypatch.setattr(attempts, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(attempts, "_FIRST_PAUSE", 0.01)
    return Log()


@pytest.fixture
def inbox(log):
    return Inbox(log)


def some(*ids: str) -> list[Final]:
    return [Final(each, json.dumps({"id": each}).encode()) for each in ids]


async def test_what_a_log_does_not_take_in_time_comes_to_it_later(inbox, log):
    logged = LoggedInbox(inbox, log)
    log.is_awake.clear()
    await logged.insert(some("a", "b"))
    await logged.insert(some("c"))
    assert (inbox.ids, log.attempts) == (["a", "b", "c"], {})
    log.is_awake.set()
    await logged.close(30)
    assert (set(log.attempts), logged.dropped) == ({"a", "b", "c"}, 0)


async def test_a_log_that_was_away_gets_everything_once_it_is_back(inbox, log):
    log.down = True
    logged = LoggedInbox(inbox, log)
    for each in ("a", "b", "c"):
        await logged.insert(some(each))
    assert log.attempts == {}
    log.down = False
    await logged.close(30)
    assert set(log.attempts) == {"a", "b", "c"}
    await logged.insert(some("d"))
    assert ("d" in log.attempts, logged.dropped) == (True, 0)


async def test_what_the_log_cannot_read_is_passed_over_alone(inbox, log):
    logged = LoggedInbox(inbox, log)
    await logged.insert(some("a", "b", "c", "bad", "d"))
    await logged.close(30)
    assert (set(log.attempts), logged.dropped) == ({"a", "b", "c", "d"}, 1)


async def test_no_more_wait_than_memory_is_given_for(inbox, log, monkeypatch):
    monkeypatch.setattr(attempts, "_WAITING", 3)
    log.down = True
    logged = LoggedInbox(inbox, log)
    await logged.insert(some("a", "b"))
    await logged.insert(some("c", "d"))
    log.down = False
    await logged.close(30)
    assert (inbox.ids, set(log.attempts), logged.dropped) == (["a", "b", "c", "d"], {"a", "b", "c"}, 1)


async def test_closing_waits_no_longer_than_it_may(inbox, log):
    log.down = True
    logged = LoggedInbox(inbox, log)
    await logged.insert(some("a"))
    await logged.close(0.05)
    assert log.attempts == {}
