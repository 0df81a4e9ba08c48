"""A WebSocket that sends back what it is sent: `/<account>/live`."""

from __future__ import annotations

from urllib.parse import unquote

from examples.upstream import accounts
from examples.upstream.http import Receive, Scope, Send


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Echo until the other side has enough. Who has no key is refused before it opens, by 403."""
    segments = [unquote(part) for part in scope["path"].split("/") if part]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    await receive()
    if segments[1:2] != ["live"] or not accounts.may_call(segments[0], headers):
        await send({"type": "websocket.close", "code": 1008})
        return
    chosen = scope.get("subprotocols") or [None]
    await send({"type": "websocket.accept", "subprotocol": chosen[0]})
    while (message := await receive())["type"] == "websocket.receive":
        said = {key: message[key] for key in ("text", "bytes") if message.get(key) is not None}
        await send({"type": "websocket.send", **said})
