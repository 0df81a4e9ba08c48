"""The client that waits and the one that does not, under one pair of hands: every method is awaited, and noted.

async with driven(Client(key, base_url=...)) as client:
    made = await client.groups.create(name="pool")
    await made.delete()
    assert client.calls == {"Groups.create", "Group.delete"}
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

_PACKAGES = {"unitysvc", "unitysvc_sellers"}


class Driven:
    """An object of the package. calls: "Class.method", by the names of the client that waits."""

    def __init__(self, inner: Any, calls: set[str]) -> None:
        self.inner, self.calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        is_method = inspect.ismethod(found) and _is_of_a_client(self.inner)
        return self._awaited(name, found) if is_method else self._wrapped(found)

    async def __aenter__(self) -> Driven:
        enter = getattr(self.inner, "__aenter__", None)
        self._wrapped(await enter() if enter else self.inner.__enter__())
        return self

    async def __aexit__(self, *raised: Any) -> None:
        leave = getattr(self.inner, "__aexit__", None)
        await leave(*raised) if leave else self.inner.__exit__(*raised)

    def _awaited(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: Any, **options: Any) -> Any:
            self.calls.add(called(type(self.inner), name))
            result = method(*map(_bare, arguments), **{key: _bare(value) for key, value in options.items()})
            return self._wrapped(await result if inspect.isawaitable(result) else result)

        return call

    def _wrapped(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._wrapped(each) for each in value]
        if inspect.isgenerator(value):
            return self._each(_one_by_one(value))
        if inspect.isasyncgen(value):
            return self._each(value)
        return Driven(value, self.calls) if _is_of_a_client(value) and not _is_plain(value) else value

    async def _each(self, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for value in values:
            yield self._wrapped(value)


def called(of: type, method: str) -> str:
    """Return how a method is noted."""
    return f"{of.__name__.removeprefix('Async')}.{'close' if method == 'aclose' else method}"


@asynccontextmanager
async def driven(made: Any) -> AsyncIterator[Driven]:
    """Give a client, closed at the end."""
    client = Driven(made, set())
    async with client:
        yield client


def _is_of_a_client(value: Any) -> bool:
    """Tell whether an object is a part of a package that calls, not a record that was generated."""
    package, _, part = type(value).__module__.partition(".")
    return package in _PACKAGES and not part.startswith("_generated")


def _bare(value: Any) -> Any:
    return value.inner if isinstance(value, Driven) else value


def _is_plain(value: Any) -> bool:
    return type(value).__name__ == "StreamEvent"


async def _one_by_one(values: Iterator[Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value
