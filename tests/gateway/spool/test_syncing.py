"""The two ways to have a file synced, and which of them is taken."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.spool import syncing
from gateway.spool.syncing import KernelSync, ThreadSync


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def descriptor(tmp_path):
    with (tmp_path / "file").open("wb", buffering=0) as file:
        yield file.fileno()


@pytest.fixture(params=["kernel", "thread"])
def way(request, thread):
    return KernelSync if request.param == "kernel" else lambda: ThreadSync(thread)


class TestBothWays:
    async def test_let_the_loop_go_on(self, way, descriptor):
        sync = way()
        syncs = asyncio.create_task(sync.sync(descriptor))
        await asyncio.sleep(0)
        turns = 0
        while not syncs.done():
            await asyncio.sleep(0)
            turns += 1
        await syncs
        sync.close()

        assert turns > 0

    async def test_say_what_cannot_be_synced(self, way):
        sync = way()
        reading, writing = os.pipe()
        with pytest.raises(OSError, match=r"nvalid argument|EINVAL"):
            await sync.sync(writing)
        os.close(reading)
        os.close(writing)
        with pytest.raises(OSError, match=r"ad file descriptor|EBADF"):
            await sync.sync(writing)
        sync.close()


class TestTheQuickest:
    async def test_is_the_kernels(self, descriptor, thread):
        assert type(await syncing.quickest(descriptor, thread)) is KernelSync

    async def test_is_a_thread_where_the_kernel_has_no_way(self, descriptor, thread, monkeypatch):
        monkeypatch.setattr(syncing, "linux_aio", None)

        assert type(await syncing.quickest(descriptor, thread)) is ThreadSync

    async def test_is_a_thread_for_files_that_the_kernel_does_not_sync_by_itself(self, thread):
        reading, writing = os.pipe()

        assert type(await syncing.quickest(writing, thread)) is ThreadSync
        os.close(reading)
        os.close(writing)
