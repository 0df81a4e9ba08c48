"""Reading what a process writes, within bounds of time and size; who exceeds them is stopped."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from dataclasses import dataclass

from marketplace.testing.runner.protocol import OUTPUT_BYTES

#: A process that writes more than this is stopped.
MOST_BYTES = 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """exit_code: None for a process that was stopped; error: then why."""

    exit_code: int | None
    stdout: str
    stderr: str
    error: str = ""


def read(process: subprocess.Popen[bytes], *, seconds: float) -> Ended:
    """Return how a process ended, and the beginnings of what it wrote."""
    assert process.stdout is not None
    assert process.stderr is not None
    kept = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    try:
        error = _follow(process, kept, time.monotonic() + seconds, seconds)
        process.wait(max(seconds, 1)) if not error else None
    except subprocess.TimeoutExpired:
        error = _too_long(seconds)
    finally:
        process.kill()
        process.wait()
        stdout, stderr = (_text(kept[each.fileno()]) for each in (process.stdout, process.stderr))
        process.stdout.close()
        process.stderr.close()
    return Ended(None if error else process.returncode, stdout, stderr, error)


def _follow(process: subprocess.Popen[bytes], kept: dict[int, bytearray], until: float, seconds: float) -> str:
    total = 0
    with selectors.DefaultSelector() as selector:
        for descriptor in kept:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            left = until - time.monotonic()
            if left <= 0:
                return _too_long(seconds)
            for key, _ in selector.select(left):
                piece = os.read(key.fd, _PIECE)
                if not piece:
                    selector.unregister(key.fd)
                total += len(piece)
                held = kept[key.fd]
                held += piece[: OUTPUT_BYTES - len(held)]
            if total > MOST_BYTES:
                return f"It wrote more than {MOST_BYTES // 1024} KiB and was stopped."
    return ""


def _too_long(seconds: float) -> str:
    return f"It took longer than {seconds:g} seconds and was stopped."


def _text(raw: bytearray) -> str:
    return bytes(raw).decode("utf-8", "replace").replace("\x00", "\ufffd")
