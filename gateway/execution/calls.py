"""The single upstream call: bound to its service, rewritten, paid for, made."""

from __future__ import annotations

from domain.routing import selection
from domain.routing.plan import Call
from domain.routing.tree import Refused
from gateway import exchange
from gateway.compiled import CompiledChannel
from gateway.errors import GatewayError
from gateway.execution.failover import Failed, at_trial
from gateway.execution.scene import Scene, reserved
from gateway.steps import hold_balance, limit_rate, resolve_route, rewrite
from gateway.upstream.errors import UpstreamBusy, UpstreamOpen, UpstreamRefused, UpstreamTimeout


async def run(node: Call, scene: Scene) -> None:
    """Make the call."""
    ctx, deps = scene.ctx, scene.deps
    resolve_route.bind(ctx, node, await resolve_route.service_of(node.service.id, ctx, deps), deps)
    assert ctx.channel is not None
    if ctx.channel.servers:
        await _one_of_the_servers(node, ctx.channel, scene)
    else:
        await _make(scene)


async def refuse(node: Refused, scene: Scene) -> None:
    """Say why the call is not made."""
    raise resolve_route.refused(node.refusal)


async def _make(scene: Scene) -> None:
    await rewrite.run(scene.ctx, scene.deps)
    bounds = scene.ctx.channel.bounds if scene.ctx.channel is not None else None
    await (hold_balance if bounds is None else limit_rate).run(scene.ctx, scene.deps)
    await exchange.run(scene.ctx, scene.deps, scene.client)


async def _one_of_the_servers(node: Call, channel: CompiledChannel, scene: Scene) -> None:
    """Try the servers in an order drawn by weight: another one when nothing was sent, under /f/ after any failure."""
    ordered = selection.by_weight(channel.servers, scene.deps.draw())
    async with reserved(node, scene):
        attempt = scene
        for server in ordered[:-1]:
            try:
                await _attempt(server.channel, node, attempt)
                return
            except Failed as failed:
                scene.part.failed.append(f"{node.service.name} {failed.what}")
                attempt = scene.again()
        await _at(ordered[-1].channel, node, attempt)


async def _attempt(channel: CompiledChannel, node: Call, scene: Scene) -> None:
    if node.retries:
        await at_trial(lambda client: _at(channel, node, scene.towards(client)), scene.client)
        return
    try:
        await _at(channel, node, scene)
    except GatewayError as error:
        if not _nothing_was_sent(error):
            raise
        raise Failed(error.code) from error


async def _at(channel: CompiledChannel, node: Call, scene: Scene) -> None:
    ctx = scene.ctx
    ctx.plan, ctx.channel, ctx.price = node, channel, scene.deps.prices.of(node.price)
    await _make(scene)


def _nothing_was_sent(error: GatewayError) -> bool:
    cause = error.__cause__
    if isinstance(cause, UpstreamTimeout):
        return cause.phase == "connect"
    return isinstance(cause, UpstreamRefused | UpstreamBusy | UpstreamOpen)
