"""Events per second and latency of the spool: an intent and an awaited final each. Prints a table.

python -m benchmarks.spool [folder]
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from gateway.spool.spool import Spool

PAYLOAD = b'{"event":"' + b"x" * 800 + b'"}'


async def _measure(folder: Path, events: int, at_once: int) -> tuple[float, float, list[float]]:
    spool = await Spool.open(folder)
    waits: list[float] = []

    async def call(caller: int) -> None:
        for number in range(events // at_once):
            event_id = f"{caller:08d}-{number:027d}"
            spool.intent(event_id, PAYLOAD)
            before = time.perf_counter()
            await spool.final(event_id, PAYLOAD)
            waits.append(time.perf_counter() - before)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call(caller) for caller in range(at_once)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    while (batch := await spool.pending()) is not None:
        spool.confirm(batch)
    await spool.close()
    return wall, cpu, sorted(waits)


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else "."))
    print("| at once | events/s | CPU µs/event | p50 ms | p99 ms |")
    print("|---|---|---|---|---|")
    try:
        for events, at_once in ((2000, 1), (20_000, 32), (40_000, 256)):
            wall, cpu, waits = uvloop.run(_measure(folder, events, at_once))
            p50, p99 = waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000
            print(f"| {at_once} | {len(waits) / wall:.0f} | {cpu / len(waits) * 1e6:.1f} | {p50:.2f} | {p99:.2f} |")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
