"""What the spool promises: finals in their order, what recovery makes of a crash, a directory for one process."""

from __future__ import annotations

import asyncio

import pytest

from gateway.spool.errors import PayloadTooLarge, SpoolBroken, SpoolLocked
from gateway.spool.spool import Spool, SpoolLimits
from tests.gateway.spool.conftest import crash, drained, files, payload


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
