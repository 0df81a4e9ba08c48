"""Puts events into a spool as fast as it can, and writes the id of each durable one to its standard output.

python busy_process.py <folder>
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from gateway.spool.spool import Spool, SpoolLimits

CALLERS = 40


async def call(spool: Spool, caller: int) -> None:
    number = 0
    while True:
        event_id = f"{spool.incarnation.hex[:8]}-{caller}-{number}"
        number += 1
        spool.intent(event_id, b'{"so_far": 0}')
        spool.checkpoint(event_id, b'{"so_far": 1}')
        await asyncio.sleep(0)
        await spool.final(event_id, b'{"so_far": 2}')
        os.write(1, event_id.encode() + b"\n")


async def confirm(spool: Spool) -> None:
    """Stands in for the shipper: confirms now and then what it has written to the second pipe."""
    while True:
        await asyncio.sleep(0.01)
        batch = await spool.pending(300)
        if batch is not None:
            os.write(2, b"".join(final.event_id.encode() + b"\n" for final in batch.finals))
            spool.confirm(batch)


async def main(folder: Path) -> None:
    spool = await Spool.open(folder, limits=SpoolLimits(segment_bytes=20_000, min_free_bytes=0))
    await asyncio.gather(confirm(spool), *(call(spool, caller) for caller in range(CALLERS)))


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
