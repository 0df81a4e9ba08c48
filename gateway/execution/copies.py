"""A copy of a request to a second target. The answer to the client waits for nothing of it."""

from __future__ import annotations

import logging

from domain.routing.tree import Node, Refused, Tee
from gateway.errors import GatewayError
from gateway.execution.scene import Scene, go
from gateway.execution.sinks import Rejected, discard
from gateway.seldom import Seldom
from gateway.spool.errors import SpoolError
from gateway.stores.base import StoreUnavailable
from gateway.upstream.errors import UpstreamError

log = logging.getLogger(__name__)
_dropped = Seldom()


async def run(node: Tee, scene: Scene) -> None:
    """Put the copy into the queue and carry the primary out."""
    if not isinstance(node.mirror, Refused):
        copy = scene.beside("tee", discard(), apart=True, flags=("tee",))
        if not scene.deps.background.offer(lambda: _send(node.mirror, copy), len(scene.ctx.body)):
            _dropped.tell(log, logging.WARNING, "tee.dropped request=%s", scene.ctx.event_id)
    await go(node.primary, scene)


async def _send(mirror: Node, scene: Scene) -> None:
    """Make the copy's call. What goes wrong with it is told to nobody but the log and its own usage event."""
    try:
        await go(mirror, scene)
    except (GatewayError, Rejected, UpstreamError, StoreUnavailable, SpoolError) as error:
        code = getattr(error, "code", type(error).__name__)
        log.info("tee.failed request=%s copy=%s code=%s", scene.part.parent_id, scene.ctx.event_id, code)
