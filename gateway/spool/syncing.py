"""Making what was written to a file durable, while the loop goes on."""

from __future__ import annotations

import asyncio
import errno
import os
from concurrent.futures import Executor
from typing import Protocol

from caio import linux_aio


class Sync(Protocol):
    """One file at a time."""

    async def sync(self, descriptor: int) -> None:
        """Return when all that was written to a file is on disk. Not to be cancelled. Raises OSError."""

    def close(self) -> None:
        """Let go of what it holds."""


class KernelSync:
    """The kernel syncs and wakes the loop: no thread has to be woken, nor to wait for the loop to let it run."""

    def __init__(self) -> None:
        """Raises OSError where the kernel has no such thing, or no more of it."""
        try:
            self._context = linux_aio.Context(max_requests=1)
        except (AttributeError, SystemError) as error:  # there is no such module but on Linux
            raise OSError(errno.ENOSYS, str(error)) from None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._context.fileno, self._take)

    async def sync(self, descriptor: int) -> None:
        done = self._loop.create_future()
        operation = linux_aio.Operation.fdsync(descriptor)
        operation.set_callback(done.set_result)
        try:
            self._context.submit(operation)
            await done
            operation.get_value()
        except (SystemError, ValueError) as error:
            raise OSError(errno.EIO, str(error)) from None

    def close(self) -> None:
        self._loop.remove_reader(self._context.fileno)

    def _take(self) -> None:
        """Take from the kernel what it has done. The library's own way looks again until there is nothing."""
        self._context.poll()
        self._context.process_events(1)


class ThreadSync:
    """A thread syncs."""

    def __init__(self, thread: Executor) -> None:
        self._thread = thread

    async def sync(self, descriptor: int) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, os.fdatasync, descriptor)

    def close(self) -> None: ...


async def quickest(descriptor: int, thread: Executor) -> Sync:
    """Return the quickest way that works for files like this one."""
    try:
        kernel = KernelSync()
    except OSError:
        return ThreadSync(thread)
    try:
        await kernel.sync(descriptor)
    except OSError:
        kernel.close()
        return ThreadSync(thread)
    return kernel
