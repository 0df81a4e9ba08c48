"""What the spool promises, and what it refuses."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from gateway.spool import reader, segments
from gateway.spool.errors import PayloadTooLarge, SpoolBroken, SpoolFull, SpoolLocked
from gateway.spool.segments import Position
from gateway.spool.spool import Spool, SpoolLimits
from tests.gateway.spool.conftest import SMALL, crash, drained, eventually, payload


def files(folder, suffix):
    return sorted(path.name for path in (folder / "spool").glob(f"*{suffix}"))


class TestFinal:
    async def test_is_pending_until_confirmed(self, open_spool):
        spool = await open_spool()
        spool.intent("a", payload())
        await spool.final("a", payload(n=1))

        first, again = await spool.pending(), await spool.pending()
        assert [final.event_id for final in first.finals] == [final.event_id for final in again.finals] == ["a"]
        spool.confirm(first)

        assert await spool.pending() is None
        assert spool.lag.events == 0

    async def test_keeps_the_order_over_many_segments(self, open_spool, tmp_path):
        spool = await open_spool()
        names = [f"event-{number:03d}" for number in range(200)]
        for name in names:
            spool.intent(name, payload())
            await spool.final(name, payload(name=name))
        assert len(files(tmp_path, ".seg")) > 5

        assert [name for name, _ in await drained(spool)] == names

    async def test_is_offered_in_batches_of_the_asked_size(self, open_spool):
        spool = await open_spool()
        await asyncio.gather(*(spool.final(f"{number}", payload()) for number in range(25)))

        sizes = []
        while (batch := await spool.pending(10)) is not None:
            sizes.append(len(batch.finals))
            spool.confirm(batch)

        assert sizes == [10, 10, 5]

    async def test_counts_even_when_nobody_waits_for_it(self, open_spool):
        spool = await open_spool()
        waiting = asyncio.create_task(spool.final("a", payload()))
        await asyncio.sleep(0)
        waiting.cancel()
        await spool.final("b", payload())

        assert [name for name, _ in await drained(spool)] == ["a", "b"]

    async def test_is_synced_before_it_returns(self, open_spool, tmp_path, monkeypatch):
        spool = await open_spool()
        sync, synced, moments = spool._writer._syncing.sync, [], []

        async def noted(descriptor):
            synced.append((tmp_path / "spool" / files(tmp_path, ".seg")[0]).read_bytes())
            await sync(descriptor)
            moments.append("synced")

        monkeypatch.setattr(spool._writer._syncing, "sync", noted)
        await spool.final("a", payload(name="a"))
        moments.append("told")

        assert payload(name="a") in synced[-1]
        assert moments == ["synced", "told"]

    async def test_counts_when_who_waits_for_another_one_fails(self, open_spool):
        spool, told, failed = await open_spool(), [], []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context["exception"]))

        def fail(_error):
            raise ValueError("a mistake")

        spool.keep("a", payload(), fail)
        spool.keep("b", payload(), told.append)
        await spool.final("c", payload())

        assert told == [None]
        assert [str(error) for error in failed] == ["a mistake"]
        assert [name for name, _ in await drained(spool)] == ["a", "b", "c"]

    async def test_of_too_many_bytes_is_refused(self, open_spool):
        spool = await open_spool()

        with pytest.raises(PayloadTooLarge):
            await spool.final("a", b"x" * 70_000)


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


class TestRecovery:
    async def test_offers_again_what_was_not_confirmed(self, open_spool):
        spool = await open_spool()
        names = [f"{number}" for number in range(50)]
        for name in names:
            await spool.final(name, payload())
        await crash(spool)

        again = await open_spool()
        assert again.recovery.finals == again.lag.events == 50
        assert [name for name, _ in await drained(again)] == names

    async def test_closes_a_cut_off_call_from_its_last_checkpoint(self, open_spool):
        spool = await open_spool()
        spool.intent("a", payload(so_far=0))
        spool.checkpoint("a", payload(so_far=1, flags=["estimated"]))
        spool.checkpoint("a", payload(so_far=2, flags=["estimated"]))
        spool.intent("b", payload(so_far=0))
        await spool.final("c", payload())
        await crash(spool)

        again = await open_spool()
        assert sorted(again.recovery.interrupted) == ["a", "b"]
        recovered = dict(await drained(again))
        assert recovered["a"] == {"outcome": "interrupted", "flags": ["estimated", "recovered"], "so_far": 2}
        assert recovered["b"] == {"outcome": "interrupted", "flags": ["recovered"], "so_far": 0}
        assert recovered["c"]["outcome"] == "completed"

    async def test_closes_a_call_once_however_often_it_runs(self, open_spool):
        spool = await open_spool()
        spool.intent("a", payload())
        await spool.final("b", payload())
        for _ in range(3):
            await crash(spool)
            spool = await open_spool()

        assert sorted(name for name, _ in await drained(spool)) == ["a", "b"]

    async def test_does_not_reopen_a_finished_call(self, open_spool):
        spool = await open_spool()
        spool.intent("a", payload())
        spool.checkpoint("a", payload(so_far=1))
        await spool.final("a", payload(total=2))
        spool.checkpoint("a", payload(so_far=9))
        await spool.final("b", payload())
        await crash(spool)

        recovered = dict(await drained(await open_spool()))
        assert recovered["a"] == {"outcome": "completed", "flags": [], "total": 2}

    @pytest.mark.parametrize(("tail", "torn"), [(b"", 0), (b"\x20\x00\x00\x00\x03half", 9)])
    @pytest.mark.parametrize("unwritten", [0, 5000])
    async def test_drops_a_torn_tail(self, open_spool, tmp_path, tail, torn, unwritten):
        spool = await open_spool()
        await spool.final("a", payload())
        await crash(spool)
        path = tmp_path / "spool" / files(tmp_path, ".seg")[0]
        path.write_bytes(path.read_bytes() + tail + bytes(unwritten))

        again = await open_spool()
        assert again.recovery.torn_bytes == torn
        assert again.recovery.quarantined == []
        assert [name for name, _ in await drained(again)] == ["a"]

    @pytest.mark.parametrize("content", [b"", b"\xf5\xfeSP"])
    async def test_survives_a_segment_that_was_only_just_created(self, open_spool, tmp_path, content):
        (tmp_path / "spool").mkdir()
        (tmp_path / "spool" / "000000000007.seg").write_bytes(content)

        spool = await open_spool()
        await spool.final("a", payload())

        assert [name for name, _ in await drained(spool)] == ["a"]

    async def test_sets_a_damaged_segment_aside_and_keeps_what_can_be_read(self, open_spool, tmp_path):
        spool = await open_spool(SpoolLimits(min_free_bytes=0))
        for name in "abc":
            await spool.final(name, payload(name=name))
        await crash(spool)
        name = files(tmp_path, ".seg")[0]
        path = tmp_path / "spool" / name
        content = bytearray(path.read_bytes())
        content[content.index(b'"name": "b"')] ^= 1
        path.write_bytes(content)

        again = await open_spool()
        assert (
            [path.name for path in again.recovery.quarantined]
            == files(tmp_path, ".bad")
            == [name.replace("seg", "bad")]
        )
        await crash(again)
        once_more = await open_spool()  # what was saved is in a sound segment now

        assert [name for name, _ in await drained(once_more)] == ["a", "c"]

    async def test_keeps_a_payload_that_it_cannot_read(self, open_spool):
        spool = await open_spool()
        spool.intent("a", b"not json")
        await spool.final("b", payload())
        await crash(spool)

        batch = await (await open_spool()).pending()
        assert dict(batch.finals)["a"] == b"not json"


class TestDirectory:
    async def test_belongs_to_one_process(self, open_spool, tmp_path):
        await open_spool()

        with pytest.raises(SpoolLocked):
            await Spool.open(tmp_path / "spool")

    async def test_is_free_again_after_the_end(self, open_spool):
        first = await open_spool()
        await first.close()

        assert (await open_spool()).incarnation != first.incarnation

    async def test_takes_nothing_after_the_end(self, open_spool):
        spool = await open_spool()
        await spool.close()

        with pytest.raises(SpoolBroken):
            spool.intent("a", payload())
        with pytest.raises(SpoolBroken):
            await spool.final("a", payload())


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

        async def fail(_entries, _ended):
            raise ValueError("a mistake")

        with monkeypatch.context() as patch:
            patch.setattr(spool._writer, "_append", fail)
            spool.keep("a", payload(), lambda _error: None)
            assert await eventually(lambda: spool.is_broken)

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
