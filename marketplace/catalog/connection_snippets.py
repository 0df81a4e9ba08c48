"""Code that opens what is no plain HTTP: WebSockets and gRPC. Whatever a seller wrote is quoted for its language."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable

from marketplace.catalog.snippet import PLACEHOLDER_KEY, Snippet


def websocket(address: str) -> list[Snippet]:
    """Return ways to send a message to an address and read the answer."""
    scheme, _, rest = address.partition("://")
    url = f"{'ws' if scheme == 'http' else 'wss'}://{rest}"
    command = f'websocat -H "Authorization: Bearer {PLACEHOLDER_KEY}" {shlex.quote(url)}'
    python = f"""import asyncio

from websockets.asyncio.client import connect


async def main():
    headers = {{"Authorization": "Bearer {PLACEHOLDER_KEY}"}}
    async with connect({_text(url)}, additional_headers=headers) as socket:
        await socket.send("hello")
        print(await socket.recv())


asyncio.run(main())"""
    javascript = f"""const socket = new WebSocket({_text(url)}, ["svcpass", "{PLACEHOLDER_KEY}"]);
socket.onopen = () => socket.send("hello");
socket.onmessage = (event) => console.log(event.data);
socket.onclose = (event) => console.log(event.code, event.reason);"""
    return [
        Snippet("websocat", "websocat", "bash", f"echo hello | {command}"),
        Snippet("python", "Python", "python", python),
        Snippet("javascript", "JavaScript", "javascript", javascript),
    ]


def grpc(address: str) -> list[Snippet]:
    """Return ways to call a method of a service at an address: its path goes into the metadata."""
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    is_plain = scheme == "http"
    target = host if ":" in host else f"{host}:{80 if is_plain else 443}"
    flag = " -plaintext" if is_plain else ""
    command = [
        f'grpcurl{flag} -H "authorization: Bearer {PLACEHOLDER_KEY}"',
        f"  -H {shlex.quote(f'x-service-path: /{path}')}",
        "  -proto service.proto -d '{}'",
        f"  {shlex.quote(target)} package.Service/Method",
    ]
    opened = f"grpc.insecure_channel({_text(target)})"
    if not is_plain:
        opened = f"grpc.secure_channel({_text(target)}, grpc.ssl_channel_credentials())"
    python = f"""import grpc

# of the service's own .proto: service_pb2, service_pb2_grpc
metadata = (
    ("authorization", "Bearer {PLACEHOLDER_KEY}"),
    ("x-service-path", {_text("/" + path)}),
)

with {opened} as channel:
    method = channel.unary_unary("/package.Service/Method")
    print(method(b"", metadata=metadata))"""
    return [
        Snippet("grpcurl", "grpcurl", "bash", " \\\n".join(command)),
        Snippet("python", "Python", "python", python),
    ]


def _text(value: str) -> str:
    """Return a string literal that Python and JavaScript read alike."""
    return json.dumps(value)


#: How services that are called so are opened, by their access method.
MAKERS: dict[str, Callable[[str], list[Snippet]]] = {"websocket": websocket, "grpc": grpc}
