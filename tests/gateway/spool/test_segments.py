"""The files of the spool: how many there are, and what it does when the disk fails, is full, or nothing is shipped."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from gateway.spool import reader, segments
from gateway.spool.errors import SpoolBroken, SpoolFull
from gateway.spool.segments import Position
from gateway.spool.spool import SpoolLimits
from tests.gateway.spool.conftest import SMALL, crash, drained, eventually, files, payload


class TestSegments:
    async def test_have_their_size_from_the_beginning_and_what_they_need_at_the_end(self, open_spool, tmp_path):
        spool = await open_spool()
        path = tmp_path / "spool" / files(tmp_path, ".seg")[0]
        await spool.final("a", payload())
        sizes = [path.stat().st_size]
        await spool.close()

        assert [*sizes, path.stat().st_size] == [SMALL.segment_bytes, len(path.read_bytes().rstrip(b"\0"))]

    async def test_are_removed_once_confirmed(self, open_spool, tmp_path):
        spool = await open_spool()
        for number in range(100):
            await spool.final(f"{number}", payload())
        assert len(files(tmp_path, ".seg")) > 2
        await drained(spool)

        assert await eventually(lambda: len(files(tmp_path, ".seg")) == 1)

    async def test_are_all_removed_by_an_orderly_end(self, open_spool, tmp_path):
        spool = await open_spool()
        spool.intent("a", payload())
        await spool.final("a", payload())
        await drained(spool)
        await spool.close()

        assert files(tmp_path, ".seg") == []

    async def test_stay_when_something_is_not_confirmed(self, open_spool):
        spool = await open_spool()
        await spool.final("a", payload())
        await spool.close()

        assert [name for name, _ in await drained(await open_spool())] == ["a"]

    async def test_are_not_pinned_by_a_long_call(self, open_spool, tmp_path):
        spool = await open_spool()
        spool.intent("long", payload(so_far=0))
        spool.checkpoint("long", payload(so_far=7))
        for number in range(200):
            await spool.final(f"{number}", payload())
            if number % 20 == 0:
                await drained(spool)
        await drained(spool)
        assert await eventually(lambda: len(files(tmp_path, ".seg")) <= 2)
        await crash(spool)

        recovered = dict(await drained(await open_spool()))
        assert recovered["long"] == {"outcome": "interrupted", "flags": ["recovered"], "so_far": 7}

    async def test_of_intents_only_do_not_pile_up(self, open_spool, tmp_path):
        spool = await open_spool()
        for number in range(100):
            spool.intent(f"{number}", payload())
            await spool.final(f"{number}", payload())
        for number in range(100):
            spool.intent("one", payload())
            await spool.final(f"-{number}", payload())
        await drained(spool)

        assert await eventually(lambda: len(files(tmp_path, ".seg")) == 1)

    async def test_of_calls_that_go_on_do_not_pile_up_while_none_ends(self, open_spool, tmp_path):
        spool = await open_spool()
        await spool.final("ended", payload())
        await drained(spool)
        spool.intent("long", payload())
        for number in range(60):
            spool.checkpoint("long", payload(so_far=number))
            await asyncio.sleep(0.01)
        assert await eventually(lambda: spool._writer.position.number > 2)

        assert await eventually(lambda: len(files(tmp_path, ".seg")) == 1)
        await crash(spool)

        assert dict(await drained(await open_spool()))["long"]["so_far"] == 59

    async def test_that_are_removed_while_they_are_read_have_nothing_more_to_say(self, open_spool, tmp_path):
        spool = await open_spool()
        for number in range(100):
            await spool.final(f"{number}", payload())
        held = dict(spool._writer.segments)
        first, second = sorted(held)[:2]
        held[first].path.unlink()

        with pytest.raises(FileNotFoundError):
            reader.read(held, Position(0, 0), 500)
        del spool._writer.segments[first]

        class Removing(dict):
            """Lets go of the first as soon as it was asked for."""

            def get(self, number):
                return self.pop(number) if number == first else super().get(number)

        found = reader.read(Removing(held), Position(0, 0), 500)
        assert 0 < len(found.finals) < 100
        assert found.finals[0] == reader.read({second: held[second]}, Position(0, 0), 1).finals[0]


class TestDisk:
    async def test_that_fails_to_sync_breaks_the_spool_for_good(self, open_spool, monkeypatch):
        spool = await open_spool()

        async def fail(descriptor):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(spool._writer._syncing, "sync", fail)
            results = await asyncio.gather(*(spool.final(name, payload()) for name in "abc"), return_exceptions=True)
        assert all(isinstance(result, SpoolBroken) for result in results)

        assert spool.is_broken
        with pytest.raises(SpoolBroken):
            await spool.final("d", payload())
        with pytest.raises(SpoolBroken):
            spool.intent("d", payload())

    async def test_that_cannot_remove_a_file_breaks_the_spool_but_not_what_is_on_it(self, open_spool, monkeypatch):
        spool = await open_spool()
        for number in range(50):
            await spool.final(f"{number}", payload())

        def fail(segment):
            raise OSError(errno.EIO, "Input/output error")

        monkeypatch.setattr(segments, "remove", fail)
        assert len(await drained(spool)) == 50
        assert await eventually(lambda: spool.is_broken)

        with pytest.raises(SpoolBroken):
            await spool.final("d", payload())

    async def test_is_not_served_any_more_after_a_mistake_of_ours(self, open_spool, monkeypatch):
        spool = await open_spool()

        logged, told = [], []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context["message"]))

        async def fail(_entries, _ended):
            spool.keep("meanwhile", payload(), told.append)
            raise ValueError("a mistake")

        monkeypatch.setattr(spool._writer, "_append", fail)
        with pytest.raises(SpoolBroken):
            await spool.final("a", payload())

        assert [type(error) for error in told] == [SpoolBroken]
        assert logged == ["The spool's writer failed."]
        assert spool.is_broken
        with pytest.raises(SpoolBroken):
            spool.intent("b", payload())
        with pytest.raises(ValueError, match="a mistake"):
            await spool.close()

    async def test_that_is_full_takes_nothing_and_loses_nothing(self, open_spool, monkeypatch):
        spool = await open_spool()
        await spool.final("a", payload())
        write = os.write

        def half(descriptor, content):
            if bytes(content[:4]) == b"half":
                return write(descriptor, content)
            patch.setattr(os, "write", full)
            return write(descriptor, bytes(content[:10]))

        def full(descriptor, content):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", half)
            with pytest.raises(SpoolFull):
                await spool.final("b", payload())
            with pytest.raises(SpoolFull):
                spool.intent("c", payload())
        await spool.final("d", payload())
        await crash(spool)

        again = await open_spool()
        assert (again.recovery.torn_bytes, again.recovery.quarantined) == (0, [])
        assert [name for name, _ in await drained(again)] == ["a", "d"]

    async def test_that_has_no_room_for_zeros_takes_the_record_back(self, open_spool, monkeypatch):
        spool = await open_spool(SpoolLimits(segment_bytes=200_000, min_free_bytes=0))
        await spool.final("a", payload())

        def full(descriptor, content, offset):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            ends = [await asyncio.gather(spool.final(f"{n}", b" " * 20_000), return_exceptions=True) for n in range(4)]
        refused = [number for number, (end,) in enumerate(ends) if isinstance(end, SpoolFull)]
        assert refused[:1] == [3]
        await spool.final("d", payload())
        await crash(spool)

        again = await open_spool()
        assert (again.recovery.torn_bytes, again.recovery.quarantined) == (0, [])
        batch = await again.pending()
        assert [final.event_id for final in batch.finals] == ["a", "0", "1", "2", "d"]

    async def test_that_is_nearly_full_begins_nothing_new_but_ends_what_began(self, open_spool):
        spool = await open_spool(SpoolLimits(min_free_bytes=2**62))

        with pytest.raises(SpoolFull):
            spool.intent("a", payload())
        await spool.final("b", payload())

        assert [name for name, _ in await drained(spool)] == ["b"]


class TestBacklog:
    async def test_of_too_many_bytes_stops_new_calls_until_shipped(self, open_spool, tmp_path):
        spool = await open_spool(SpoolLimits(segment_bytes=2000, backlog_bytes=10_000, min_free_bytes=0))
        for number in range(200):
            await spool.final(f"{number}", payload())

        with pytest.raises(SpoolFull):
            spool.intent("one more", payload())
        await drained(spool)
        assert await eventually(lambda: len(files(tmp_path, ".seg")) == 1)

        spool.intent("again", payload())

    async def test_that_is_too_old_stops_new_calls_until_shipped(self, open_spool):
        spool = await open_spool(SpoolLimits(backlog_seconds=0.02, min_free_bytes=0))
        await spool.final("a", payload())
        await asyncio.sleep(0.05)

        with pytest.raises(SpoolFull):
            spool.intent("b", payload())
        assert spool.lag.seconds >= 0.02
        await drained(spool)

        spool.intent("b", payload())
        assert SMALL.backlog_seconds == 600
