"""The stores of remembered answers keep the same promises, in memory and in Redis."""

from __future__ import annotations

import asyncio
import os
import time
import uuid

import pytest

from gateway.stores.memos import MemoryMemos, RedisMemos


@pytest.fixture(params=["memory", "redis"])
async def memos(request):
    store = MemoryMemos() if request.param == "memory" else RedisMemos(os.environ["REDIS_URL"])
    yield store
    await store.close()


@pytest.fixture
def key():
    return f"{{{uuid.uuid4()}}}:x"


class TestAStore:
    async def test_gives_back_what_was_put(self, memos, key):
        assert await memos.get(key) is None
        await memos.put(key, b"\x00a", 60)
        assert await memos.get(key) == b"\x00a"

    async def test_forgets_in_time(self, memos, key):
        await memos.put(key, b"a", 1)
        await asyncio.sleep(1.1)
        assert await memos.get(key) is None

    async def test_gives_a_claim_to_one(self, memos, key):
        claims = await asyncio.gather(*(memos.claim(key, 60) for _ in range(5)))
        (token,) = [claim for claim in claims if claim is not None]
        await memos.release(key, "another")
        assert await memos.claim(key, 60) is None
        await memos.release(key, token)
        assert await memos.claim(key, 60) is not None


class TestMemory:
    async def test_is_bounded(self):
        store = MemoryMemos(size_bytes=10)
        for number in range(5):
            await store.put(str(number), b"abc", 60)
        assert [await store.get(str(number)) is not None for number in range(5)] == [False, False, True, True, True]


class TestARedisThatIsAway:
    async def test_knows_nothing_and_says_so(self):
        store = RedisMemos("redis://127.0.0.1:1/0")
        await store.put("k", b"a", 60)
        assert (await store.get("k"), await store.claim("k", 60)) == (None, "")
        await store.close()

    async def test_for_a_moment_leaves_no_claim_behind(self, key):
        store = RedisMemos(os.environ["REDIS_URL"])
        token = await store.claim(key, 60)
        store._rests_until = time.monotonic() + 0.2
        await store.release(key, token)
        await asyncio.sleep(1.5)
        assert await store.claim(key, 60)
        await store.close()
