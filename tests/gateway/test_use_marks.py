"""What is told of keys and secrets that were used."""

from __future__ import annotations

from gateway.stores.memory import MemoryUseMarks
from gateway.use_marks import UseBook


async def test_tells_each_once_and_few_at_a_time():
    store = MemoryUseMarks()
    book = UseBook(store)
    for number in [*range(2500), *range(2500)]:
        book.key_used(f"key-{number:04}")
    book.secret_used("team", "TOKEN")

    await book.write()
    await book.write()

    assert [len(keys) for keys, _ in store.marks] == [1000, 1000, 500]
    assert all(list(keys) == sorted(keys) for keys, _ in store.marks)
    assert len({key for keys, _ in store.marks for key in keys}) == 2500
    assert [secrets for _, secrets in store.marks if secrets] == [(("team", "TOKEN"),)]


async def test_tells_nothing_when_nothing_was_used():
    store = MemoryUseMarks()

    await UseBook(store).write()

    assert store.marks == []
