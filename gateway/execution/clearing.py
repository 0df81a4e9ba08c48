"""Answers that the platform keeps for its customer: cleared of secrets before they leave the gateway, and cut."""

from __future__ import annotations

from gateway.context import Headers, RequestContext
from gateway.deps import Deps
from gateway.exchange import Client
from gateway.execution import keeping
from gateway.execution.scene import Scene
from gateway.execution.sinks import Collector

#: How long the whole answer was, when no more than the beginning of it comes.
SIZE_HEADER = b"x-usvc-size"
_OF_LENGTH = (b"content-length", b"content-encoding")


class Clearing:
    """Takes an answer in, and gives it to the client once it is whole: without secrets, at most 1 MiB of it."""

    def __init__(self, ctx: RequestContext, deps: Deps, outer: Client) -> None:
        self._scene = Scene(ctx, deps, outer)
        self._collected = Collector()
        self._size = 0
        self.client = Client(self._collected.take_head, self._take_body, is_gone=outer.is_gone)
        outer.on_leaving = self.client.leave

    async def _take_body(self, body: bytes, last: bool) -> None:
        self._size += len(body)
        await self._collected.take_body(body, last)
        if last:
            await self._pass_on()

    async def _pass_on(self) -> None:
        client, collected = self._scene.client, self._collected
        cleared = await keeping.without_secrets(self._scene, collected.headers, [collected.body])
        headers, pieces = cleared if cleared is not None else ([], [b""])
        body = b"".join(pieces)
        await client.send_head(collected.status, _framed(headers, len(body), self._size))
        await client.send_body(body, True)


def _framed(headers: Headers, size: int, whole_size: int) -> Headers:
    kept = [pair for pair in headers if pair[0].lower() not in _OF_LENGTH]
    return [*kept, (b"content-length", str(size).encode()), (SIZE_HEADER, str(whole_size).encode())]
