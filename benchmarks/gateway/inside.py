"""`python -m benchmarks.gateway.inside`: the gateway's own part of a call, in one process, without a socket.

Door, pipeline, client, spool and shipper are the real ones; the transports on both sides and the stores are pretended.
How many functions a call enters does not depend on how busy the machine is. Times hardly do when they are told in
steps: the time that one turn of a small loop takes in the same moment. Of microseconds the best chunk is shown.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvloop

from benchmarks.gateway import pretended
from benchmarks.gateway.catalogue import Catalogue

_CHUNK = 2000
_STEPS = 200_000
_MOST = 200_000


def main() -> None:
    """Print processor time and function calls of a call."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=30, help=f"of {_CHUNK} calls each; the best counts")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--shape", choices=("json", "large", "stream"), default="json")
    parser.add_argument("--services", type=int, default=1, help="called by turns, as are")
    parser.add_argument("--keys", type=int, default=1)
    parser.add_argument("--aliases", type=int, default=0, help="called in place of the services' own paths")
    parser.add_argument("--called", type=int, default=0, help="so many of them are called by turns once all are loaded")
    parser.add_argument("--profile", type=int, default=0, metavar="LINES", help="show the dearest functions too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        uvloop.run(_run(Path(name), arguments))


async def _run(folder: Path, arguments: argparse.Namespace) -> None:
    offered = Catalogue(arguments.services, arguments.keys, arguments.aliases)
    before = _resident_mb()
    requests = pretended.requests_of(offered, arguments.shape)
    own = _resident_mb() - before
    connections = arguments.connections
    async with pretended.gateway(folder, offered, requests, shape=arguments.shape, connections=connections) as calls:
        # twice round all of them, or as many as a process keeps: the first call of each reads, the second plans
        await calls.make(2 * min(max(_CHUNK, offered.services, offered.keys, offered.aliases), _MOST))
        calls.only(arguments.called or len(requests))
        await calls.make(_CHUNK)
        print(f"resident: {_resident_mb() - own:.0f} MB, and {own:.0f} of the requests")
        in_loop, in_all, steps = [], [], []
        for _ in range(arguments.chunks):
            step = _step_us()
            loop_began, all_began = time.thread_time(), time.process_time()
            await calls.make(_CHUNK)
            in_loop.append((time.thread_time() - loop_began) / _CHUNK * 1e6)
            in_all.append((time.process_time() - all_began) / _CHUNK * 1e6)
            steps.append(in_all[-1] / ((step + _step_us()) / 2))
        print(f"{arguments.shape}: {min(in_loop):.1f} us a call in the loop, {min(in_all):.1f} with other threads")
        print(f"{statistics.median(steps):.0f} steps a call, of {_step_us():.3f} us now")
        counted = await _counted(calls.make)
        print(f"function calls a call: {counted['call'] / _CHUNK:.1f} of Python, {counted['c_call'] / _CHUNK:.1f} of C")
        if arguments.profile:
            await _profile(calls.make, arguments.profile)


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _step_us() -> float:
    """Return how long one turn of a loop takes now that does a little of what programs do."""
    counts: dict[int, int] = {}
    began = time.thread_time()
    for number in range(_STEPS):
        counts[number & 255] = counts.get(number & 127, 0) + len((number, number))
    return (time.thread_time() - began) / _STEPS * 1e6


async def _counted(make: Callable[[int], Any]) -> Counter[str]:
    """Return how many functions are entered in the loop's thread."""
    counted: Counter[str] = Counter()

    def note(_frame: FrameType, event: str, _of: object) -> None:
        counted[event] += 1

    sys.setprofile(note)
    try:
        await make(_CHUNK)
    finally:
        sys.setprofile(None)
    return counted


async def _profile(make: Callable[[int], Any], lines: int) -> None:
    profile = cProfile.Profile()
    profile.enable()
    await make(_CHUNK)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(lines)


if __name__ == "__main__":
    main()
