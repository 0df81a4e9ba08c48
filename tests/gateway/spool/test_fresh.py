"""What has just become durable is shipped from memory, and from the disk where memory had no room."""

from __future__ import annotations

import asyncio

from gateway.spool import reader
from gateway.spool.fresh import FreshFinals
from tests.gateway.spool.conftest import crash, drained, eventually, payload


class TestFreshFinals:
    async def test_are_not_read_back_from_the_disk(self, open_spool, monkeypatch):
        spool = await open_spool()
        assert await spool.pending() is None  # the disk has nothing more: memory takes over
        monkeypatch.setattr(reader, "read", lambda *_: 1 / 0)
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(30)))
        assert [name for name, _ in await drained(spool)] == [f"{number}" for number in range(30)]

    async def test_that_are_too_many_are_read_from_the_disk_each_once(self, open_spool):
        spool = await open_spool()
        spool._fresh = FreshFinals(kept_bytes=500)
        spool._fresh.written_to = spool._writer.position
        assert await spool.pending() is None
        names = [f"{number:03d}" for number in range(300)]
        for name in names:
            await spool.final(name, payload())
            if name.endswith("9"):
                batch = await spool.pending(4)
                spool.confirm(batch)
        rest = [name for name, _ in await drained(spool)]
        assert rest == names[-len(rest) :]
        assert len(rest) == 300 - 4 * 30

    async def test_are_offered_again_after_a_crash(self, open_spool):
        spool = await open_spool()
        await drained(spool)
        for number in range(10):
            await spool.final(f"{number}", payload())
        spool.confirm(await spool.pending(4))
        await crash(spool)
        again = [name for name, _ in await drained(await open_spool())]
        assert again[-6:] == [f"{number}" for number in range(4, 10)]

    async def test_that_were_written_together_are_shipped_together(self, open_spool):
        spool = await open_spool()
        assert await spool.pending() is None
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(10)))
        await spool.final("alone", payload())
        batch = await spool.pending(4)
        assert [final.event_id for final in batch.finals] == [f"{number}" for number in range(10)]
        spool.confirm(batch)
        assert [name for name, _ in await drained(spool)] == ["alone"]

    async def test_of_short_calls_are_the_only_record_of_them(self, open_spool, tmp_path):
        spool = await open_spool()
        spool.intent("a", payload(begun=1))
        await spool.final("a", payload())
        spool._look()
        spool._look()
        await spool.final("b", payload())
        (path,) = (tmp_path / "spool").glob("*.seg")
        assert b"begun" not in path.read_bytes()
        assert [name for name, _ in await drained(spool)] == ["a", "b"]

    async def test_of_long_calls_follow_a_note_that_they_have_begun(self, open_spool, tmp_path):
        spool = await open_spool()
        spool.intent("a", payload(begun=1))
        (path,) = (tmp_path / "spool").glob("*.seg")
        assert await eventually(lambda: b"begun" in path.read_bytes())
        await spool.final("a", payload())
        assert [name for name, _ in await drained(spool)] == ["a"]
