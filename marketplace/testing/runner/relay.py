"""The only way out of a sandbox: a socket of ours whose other end is the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

_CONNECTIONS = 16
_PIECE = 64 * 1024
_CONNECT_SECONDS = 5.0


class Relay:
    """Listens at `path` for as long as it is entered, and passes each connection on to the gateway."""

    def __init__(self, path: Path, gateway: str) -> None:
        parts = urlsplit(gateway)
        self._path, self._host = path, parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._listening = threading.Event()
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_unix_server(self._pass, str(self._path))
        self._path.chmod(0o666)
        self._listening.set()
        await self._stopped.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._room:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    there = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
                await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
            writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()
    finally:
        with contextlib.suppress(OSError):
            target.close()
