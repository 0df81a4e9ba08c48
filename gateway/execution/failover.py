"""One attempt after another, as long as no byte of an answer has left. Only the answered one is charged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from domain.routing.plan import Call
from domain.routing.tree import Choice, Failover, Node
from gateway.errors import GatewayError
from gateway.exchange import Client
from gateway.execution.scene import Scene, go, reserved
from gateway.execution.sinks import Rejected, Trial
from gateway.upstream.errors import UpstreamError


class Failed(Exception):
    """An attempt failed in a way that allows another one. what: in a word or a status."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"An attempt failed: {what}.")


async def run(node: Failover, scene: Scene) -> None:
    """Carry out the primary, and the fallback when it fails."""
    if node.fallback is None:
        await go(node.primary, scene)
        return
    notes = scene.part.notes
    before = len(notes)
    async with reserved(node, scene):
        try:
            await at_trial(lambda client: go(node.primary, scene.towards(client)), scene.client)
        except Failed as error:
            del notes[before:]  # they told of an answer that is not given
            # a group or a pool has noted its earlier attempts itself; this is the last of them
            scene.part.failed.append(f"{_name(node.primary)} {error.what}")
            await go(node.fallback, scene.again())


async def at_trial(attempt: Callable[[Client], Awaitable[None]], outer: Client) -> None:
    """Make an attempt at an answer for `outer`. Raises Failed when another one may be made, and what it raises."""
    trial = Trial(outer)
    try:
        await attempt(trial.client)
    except (GatewayError, Rejected, UpstreamError) as error:
        if not trial.allows_another(error):
            raise
        raise Failed(str(error.status) if isinstance(error, Rejected) else error.code) from error


def _name(node: Node) -> str:
    if isinstance(node, Call):
        return node.service.name
    if isinstance(node, Choice):
        return node.calls[-1].service.name
    return type(node).__name__.lower()
