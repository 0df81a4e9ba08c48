"""A call to a member of a group, and what a group offers."""

from __future__ import annotations

import time

import orjson

from domain.routing.plan import Call
from domain.routing.tree import Choice, Listing
from gateway.errors import GatewayError
from gateway.execution import calls
from gateway.execution.failover import Failed, at_trial
from gateway.execution.scene import Scene, reserved
from gateway.execution.sinks import Rejected, send_whole
from gateway.upstream.errors import UpstreamError

#: What an upstream does to be called unwell: it does not answer, or not in HTTP.
_ILL = frozenset({"upstream_timeout", "upstream_refused", "upstream_closed", "upstream_bad_response", "egress_refused"})


async def run(node: Choice, scene: Scene) -> None:
    """Call the members in the plan's order until one answers."""
    scene.part.notes.append((b"x-usvc-group", node.name.encode("ascii", "replace")))
    if len(node.calls) == 1:
        await _watched(node.calls[0], scene)
        return
    async with reserved(node, scene):
        attempt = scene
        for call in node.calls[:-1]:
            try:
                await _attempt(call, attempt)
                return
            except Failed as failed:
                scene.part.failed.append(f"{call.service.name} {failed.what}")
                attempt = scene.again()
        await _watched(node.calls[-1], attempt)


async def listing(node: Listing, scene: Scene) -> None:
    """Answer with the models that the customer can call, as OpenAI's API lists them."""
    models = [{"id": name, "object": "model", "created": 0, "owned_by": owner} for name, owner in node.models]
    body = orjson.dumps({"object": "list", "data": models})
    headers = [(b"content-type", b"application/json"), (b"x-request-id", scene.ctx.event_id.encode())]
    await send_whole(scene.client, 200, headers, body)


async def _attempt(call: Call, scene: Scene) -> None:
    await at_trial(lambda client: _watched(call, scene.towards(client)), scene.client)


async def _watched(call: Call, scene: Scene) -> None:
    """Make a call and remember how well its service did."""
    health, service_id = scene.deps.health, call.service.id
    health.begin(service_id, time.monotonic())
    is_ill = False
    try:
        await calls.run(call, scene)
    except GatewayError as error:
        is_ill = error.code in _ILL
        raise
    except UpstreamError as error:
        is_ill = error.code in _ILL
        raise
    except Rejected as error:
        is_ill = error.status >= 500
        raise
    finally:
        status, now = scene.part.status, time.monotonic()
        if call.channel.is_customers_own:
            health.abandoned(service_id)
        elif is_ill or status >= 500:
            health.failed(service_id, now)
        elif status:
            health.succeeded(service_id, now, scene.part.ttfb_ms)
        else:
            health.abandoned(service_id)
