"""Slots: each gateway process of a machine has a spool and a name of its own, and none of them is left unread."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from gateway import slots
from gateway.settings import GatewaySettings
from gateway.spool import segments
from gateway.spool.errors import SpoolLocked
from gateway.spool.spool import Spool
from gateway.stores.base import Stores, StoreUnavailable
from gateway.stores.counters import MemoryCounters
from gateway.stores.memory import MemoryLeases, MemoryRecords, MemorySchedules, MemoryTasks, MemoryUseMarks
from gateway.stores.memos import MemoryMemos
from gateway.stores.request_logs import MemoryRequestLogs


class Books:
    """The stores of abandoned slots, and what was done with them."""

    def __init__(self) -> None:
        self.shipped: list[tuple[str, str]] = []  # (gateway id, event id)
        self.retired: list[str] = []
        self.are_away = False

    async def connect(self, settings: GatewaySettings, _incarnation: str) -> Stores:
        books, name = self, settings.gateway_id

        class Inbox:
            async def insert(self, finals, *, log):
                if books.are_away:
                    raise StoreUnavailable("The database is away.")
                books.shipped += [(name, final.event_id) for final in finals]
                return log

        class Leases(MemoryLeases):
            async def retire_others(self):
                books.retired.append(name)

        async def nothing() -> None:
            return None

        return Stores(
            MemoryRecords(),
            Leases(),
            Inbox(),
            MemoryUseMarks(),
            MemorySchedules(),
            MemoryTasks(),
            MemoryMemos(),
            MemoryCounters(),
            MemoryRequestLogs(),
            nothing,
        )


@pytest.fixture
def settings(tmp_path):
    return GatewaySettings("", b"pepper", (), tmp_path / "spool", "gateway", "http://site.example")


@pytest.fixture
def books():
    return Books()


async def abandon(folder: Path, event_id: str) -> None:
    """Leave a slot behind with one event that nobody has shipped."""
    spool = await Spool.open(folder)
    await spool.final(event_id, b'{"id": 1}')
    await spool.close()


class TestTake:
    async def test_gives_the_first_process_the_folder_and_the_name_of_the_settings(self, settings):
        spool, own = await slots.take(settings)
        assert (own.spool_directory, own.gateway_id) == (settings.spool_directory, "gateway")
        await spool.close()

    async def test_gives_the_next_ones_numbered_slots_and_a_free_one_to_who_comes_back(self, settings):
        taken = [await slots.take(settings) for _ in range(3)]
        assert [own.gateway_id for _, own in taken] == ["gateway", "gateway-2", "gateway-3"]
        assert [own.spool_directory.name for _, own in taken] == ["spool", "2", "3"]
        await taken[1][0].close()
        spool, own = await slots.take(settings)
        assert own.gateway_id == "gateway-2"
        for each in (spool, taken[0][0], taken[2][0]):
            await each.close()

    async def test_refuses_when_every_slot_is_taken(self, settings, monkeypatch):
        monkeypatch.setattr(slots, "_SLOTS", 2)
        taken = [await slots.take(settings) for _ in range(2)]
        with pytest.raises(SpoolLocked):
            await slots.take(settings)
        for spool, _ in taken:
            await spool.close()


class TestShipAbandoned:
    async def test_ships_what_a_gone_process_left_under_its_own_name_and_retires_its_leases(self, settings, books):
        await abandon(settings.spool_directory / "2", "01a1fef4-fc0c-7779-9775-6523f7771267")
        own, _ = await slots.take(settings)
        await slots.ship_abandoned(settings, books.connect)
        assert books.shipped == [("gateway-2", "01a1fef4-fc0c-7779-9775-6523f7771267")]
        assert books.retired == ["gateway-2"]
        await own.close()

    async def test_finds_nothing_a_second_time(self, settings, books):
        await abandon(settings.spool_directory / "2", "01a1fef4-fc0c-7779-9775-6523f7771267")
        for _ in range(2):
            await slots.ship_abandoned(settings, books.connect)
        assert len(books.shipped) == 1

    async def test_leaves_slots_alone_that_are_in_use(self, settings, books):
        spool = await Spool.open(settings.spool_directory / "2")
        await spool.final("01a1fef4-fc0c-7779-9775-6523f7771267", b'{"id": 1}')
        await slots.ship_abandoned(settings, books.connect)
        assert (books.shipped, books.retired) == ([], [])
        await spool.close()

    async def test_keeps_what_cannot_be_shipped_and_the_leases_with_it(self, settings, books, monkeypatch):
        await abandon(settings.spool_directory / "2", "01a1fef4-fc0c-7779-9775-6523f7771267")
        books.are_away = True
        with monkeypatch.context() as impatient:
            impatient.setattr(slots, "_SHIP_SECONDS", 0.3)
            await slots.ship_abandoned(settings, books.connect)
        assert books.retired == []
        books.are_away = False
        await slots.ship_abandoned(settings, books.connect)
        assert [name for name, _ in books.shipped] == ["gateway-2"]

    @pytest.mark.parametrize("part", ["", "request-log"])
    async def test_goes_on_to_the_others_when_one_cannot_be_opened_and_comes_back_to_it(
        self, settings, books, monkeypatch, part
    ):
        for number in (2, 3):
            await abandon(settings.spool_directory / f"{number}", f"01a1fef4-fc0c-7779-9775-6523f777126{number}")
            await abandon(settings.spool_directory / f"{number}" / "request-log", "call")
        unwell, open_spool = settings.spool_directory / "2" / part, Spool.open

        async def on_a_full_disk(folder, **more):
            if folder == unwell:
                raise OSError(errno.ENOSPC, "No space left on device")
            return await open_spool(folder, **more)

        with monkeypatch.context() as full:
            full.setattr(slots.Spool, "open", on_a_full_disk)
            await slots.ship_abandoned(settings, books.connect)
        assert "gateway-3" in [name for name, _ in books.shipped]
        await slots.ship_abandoned(settings, books.connect)
        assert sorted(name for name, _ in books.shipped) == ["gateway-2", "gateway-3"]
        assert not segments.listed(unwell)
