"""Spools in a folder of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.spool import syncing
from gateway.spool.segments import Position
from gateway.spool.spool import Spool, SpoolLimits
from gateway.spool.syncing import KernelSync, ThreadSync

SMALL = SpoolLimits(segment_bytes=2000, min_free_bytes=0)


def payload(**fields: object) -> bytes:
    """A payload with the fields that the spool knows of."""
    return json.dumps({"outcome": "completed", "flags": [], **fields}).encode()


def files(folder: Path, suffix: str) -> list[str]:
    """Return the names of a spool's files that end so, in order."""
    return sorted(path.name for path in (folder / "spool").glob(f"*{suffix}"))


async def drained(spool: Spool) -> list[tuple[str, dict[str, object]]]:
    """Confirm and return everything that is pending."""
    found = []
    while (batch := await spool.pending()) is not None:
        found += [(final.event_id, json.loads(final.payload)) for final in batch.finals]
        spool.confirm(batch)
    return found


async def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether a condition comes true while the writer's thread does its work."""
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep(0.01)
    return False


async def crash(spool: Spool) -> None:
    """Let go of the directory as a killed process does: what was written stays, nothing is tidied."""
    spool._writer._unfinished["pinned"] = None  # keeps `close` from removing the files
    spool._writer._retire = _nothing
    await spool.close()


async def _nothing(_confirmed: Position) -> None:
    return None


@pytest.fixture(params=[KernelSync, ThreadSync])
async def open_spool(tmp_path, request, monkeypatch):
    """Spools, once synced by the kernel, once by a thread as where the kernel has no way."""
    if request.param is ThreadSync:
        monkeypatch.setattr(syncing, "linux_aio", None)
    opened = []

    async def open_one(limits: SpoolLimits = SMALL) -> Spool:
        spool = await Spool.open(tmp_path / "spool", limits=limits)
        assert type(spool._writer._syncing) is request.param
        opened.append(spool)
        return spool

    yield open_one
    for spool in opened:
        if not spool._is_closed:
            await spool.close()
