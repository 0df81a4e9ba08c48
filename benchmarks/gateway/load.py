"""`python -m benchmarks.gateway.load ...`: load over kept connections, or so much a second; prints a line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httptools
import uvloop


class Pace:
    """So many calls a second, evenly, whoever has no answer yet; late ones as soon as a connection is free."""

    def __init__(self) -> None:
        self._idle: deque[Caller] = deque()
        self._due: deque[float] = deque()

    def free(self, caller: Caller) -> None:
        """Let a connection ask when it is time."""
        self._idle.append(caller)
        self._serve()

    async def keep(self, rate: int, until: float) -> None:
        """Ask until it is over. A thread keeps the time: the loop's own timers tell milliseconds."""
        await asyncio.to_thread(self._tick, asyncio.get_running_loop(), rate, until)
        await asyncio.sleep(0.2)
        for caller in self._idle:
            caller.close()

    def _tick(self, loop: asyncio.AbstractEventLoop, rate: int, until: float) -> None:
        due = time.perf_counter()
        while due < until:
            time.sleep(max(due - time.perf_counter(), 0))
            loop.call_soon_threadsafe(self._ask, due)
            due += 1 / rate

    def _ask(self, due: float) -> None:
        self._due.append(due)
        self._serve()

    def _serve(self) -> None:
        while self._due and self._idle:
            self._idle.popleft().ask(self._due.popleft())


@dataclass
class Seen:
    """Of all calls, in seconds: latencies, since each was due; lateness: of asking it. failures: statuses.

    until: when time is up; calls: how many are enough.
    """

    until: float
    calls: float
    latencies: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)

    def is_over(self, now: float) -> bool:
        """Return whether time is up, or enough was asked."""
        return now >= self.until or len(self.lateness) >= self.calls


class Caller(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer. pace: what tells it to instead."""

    def __init__(self, requests: Iterator[bytes], seen: Seen, pace: Pace | None = None) -> None:
        self._requests, self._seen, self._pace = requests, seen, pace
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._pace is None:
            self.ask(time.perf_counter())
        else:
            self._pace.free(self)

    def ask(self, due: float) -> None:
        """Ask. Latency counts from when that was due, however late it is."""
        self._parser = httptools.HttpResponseParser(self)
        self._asked_at = due
        self._seen.lateness.append(time.perf_counter() - due)
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self._seen.latencies.append(now - self._asked_at)
        if self._parser.get_status_code() != 200:
            self._seen.failures.append(self._parser.get_status_code())
        if self._seen.is_over(now):
            self._transport.close()
        elif self._pace is None:
            self.ask(now)
        else:
            self._pace.free(self)

    def close(self) -> None:
        """End it, unless it still waits for its answer."""
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def requests_of(arguments: argparse.Namespace) -> Iterator[bytes]:
    """Return what is asked, without end: always the same, or of the calls in a file by turns from anywhere on."""
    asked = {"model": "bench", "max_tokens": 64, "messages": [{"role": "user", "content": "word " * arguments.words}]}
    if arguments.stream:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
    body = json.dumps(asked).encode()
    calls = [(arguments.key, arguments.path)]
    if arguments.calls:
        lines = Path(arguments.calls).read_text().splitlines()[: arguments.among]
        calls = [(key, path) for key, _, path in (line.partition(" ") for line in lines)]
        random.Random(1).shuffle(calls)
        start = random.randrange(len(calls))
        calls = calls[start:] + calls[:start]
    requests = []
    for key, path in calls:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return itertools.cycle(requests)


async def run(arguments: argparse.Namespace) -> dict[str, float]:
    requests = requests_of(arguments)
    loop, started = asyncio.get_running_loop(), time.perf_counter()
    seen = Seen(started + arguments.seconds, arguments.requests or math.inf)
    callers = []
    pace = Pace() if arguments.rate else None
    for _ in range(arguments.connections):
        _, caller = await loop.create_connection(
            lambda: Caller(requests, seen, pace),
            "127.0.0.1",
            arguments.port,
        )
        callers.append(caller.done)
    if pace is not None:
        await pace.keep(arguments.rate, started + arguments.seconds)
    await asyncio.gather(*callers)
    elapsed = time.perf_counter() - started
    latencies, lateness = sorted(seen.latencies), sorted(seen.lateness)
    return {
        "requests": len(latencies),
        "failures": len(seen.failures),
        "per_second": len(latencies) / elapsed,
        "p50_us": latencies[len(latencies) // 2] * 1e6,
        "p99_us": latencies[int(len(latencies) * 0.99)] * 1e6,
        "late_p99_us": lateness[int(len(lateness) * 0.99)] * 1e6,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/chat/completions")
    parser.add_argument("--key", default="none")
    parser.add_argument("--calls", default="", help="a file of 'key path' lines, called by turns in place of the one")
    parser.add_argument("--among", type=int, default=None, help="the first so many of them")
    parser.add_argument("--words", type=int, default=24, help="of the prompt, five bytes each")
    parser.add_argument("--stream", action="store_true", help="ask for the answer as a stream of events")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--requests", type=int, default=0, help="end when so many have been sent")
    parser.add_argument("--rate", type=int, default=0, help="calls a second; 0: as many as there can be")
    print(json.dumps(uvloop.run(run(parser.parse_args()))))
