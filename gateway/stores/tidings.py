"""News of services that fail, from one gateway process to the others: the port, on Redis and for a process alone.

Nothing of it is kept. Who was not there, or a Redis that is away, means that each process finds out by itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any, Protocol
from uuid import uuid4

import redis.asyncio
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_CHANNEL = "gateway-health"
_TIMEOUT_SECONDS = 0.5
#: How often a connection on which nothing comes is asked whether it is still there.
_CHECK_SECONDS = 15
_ID_LENGTH = 36
_LONGEST_SECONDS = 300


class Tidings(Protocol):
    """A piece of news is a service id and for how many seconds the service is out; 0 when it is back."""

    async def tell(self, service_id: str, seconds: float) -> None:
        """Tell all other processes. Raises OSError when nobody can be told now."""
        ...

    def listen(self) -> AsyncIterator[tuple[str, float]]:
        """Give what others tell, until they cannot be heard any more. Raises OSError."""
        ...

    async def close(self) -> None: ...


class NoTidings:
    """Of a process that is alone."""

    async def tell(self, service_id: str, seconds: float) -> None:
        return None

    async def listen(self) -> AsyncIterator[tuple[str, float]]:
        await asyncio.Event().wait()
        yield "", 0.0

    async def close(self) -> None:
        return None


class RedisTidings:
    """By publishing and subscribing."""

    def __init__(self, address: str) -> None:
        self._redis: Any = redis.asyncio.Redis.from_url(
            address,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            health_check_interval=_CHECK_SECONDS,
            client_name=_CHANNEL,
        )
        self._sender = str(uuid4())

    async def tell(self, service_id: str, seconds: float) -> None:
        message = json.dumps([self._sender, service_id, seconds])
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._redis.publish(_CHANNEL, message)
        except RedisError as error:
            raise OSError(type(error).__name__) from error

    async def listen(self) -> AsyncIterator[tuple[str, float]]:
        try:
            async with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
                await heard.subscribe(_CHANNEL)
                while True:
                    message = await heard.get_message(timeout=_CHECK_SECONDS)
                    if message is not None and (news := self._read(message["data"])) is not None:
                        yield news
        except RedisError as error:
            raise OSError(type(error).__name__) from error

    def _read(self, told: bytes) -> tuple[str, float] | None:
        """Return a piece of news, None for our own and for what is none."""
        try:
            sender, service_id, seconds = json.loads(told)
        except (ValueError, TypeError):
            return None
        is_news = isinstance(service_id, str) and len(service_id) == _ID_LENGTH and type(seconds) in {int, float}
        if sender == self._sender or not is_news or not 0 <= seconds <= _LONGEST_SECONDS:
            return None
        return service_id, float(seconds)

    async def close(self) -> None:
        await self._redis.aclose()
