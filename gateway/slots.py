"""Several gateway processes on one machine: each takes a slot, which is a spool folder and a name of its own.

The first has the folder and the name of the settings, the others numbered ones below it. What a process that is no
longer started has left in its slot is shipped by those that are.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

from gateway.request_log.attempts import LoggedInbox
from gateway.request_log.book import FOLDER, LIMITS
from gateway.settings import GatewaySettings
from gateway.spool import segments
from gateway.spool.errors import SpoolLocked
from gateway.spool.shipper import Shipper
from gateway.spool.spool import Spool
from gateway.stores.base import Stores, StoreUnavailable

log = logging.getLogger(__name__)

#: Gives the ports. The text is the incarnation of the spool that they serve.
Connect = Callable[[GatewaySettings, str], Awaitable[Stores]]

_SLOTS = 64
_SHIP_SECONDS = 60.0


async def take(settings: GatewaySettings) -> tuple[Spool, GatewaySettings]:
    """Open the first spool that no other process has, and return it with the settings of its slot.

    Raises SpoolLocked when all are taken, OSError when the folder cannot be used.
    """
    for own in _slots(settings):
        with contextlib.suppress(SpoolLocked):
            return await Spool.open(own.spool_directory), own
    raise SpoolLocked(f"{_SLOTS} gateway processes use the spools in {settings.spool_directory} already.")


async def ship_abandoned(settings: GatewaySettings, connect: Connect) -> None:
    """Ship what is left in slots that nobody has. settings: of the first slot."""
    for slot in _slots(settings):
        log_folder = slot.spool_directory / FOLDER
        if not segments.listed(slot.spool_directory) and not segments.listed(log_folder):
            continue
        try:
            await _ship(slot, connect)
        except SpoolLocked:
            continue
        except OSError as error:  # a full disk, say: it is looked at again, and the others are not kept waiting
            log.warning("spool.abandoned_unread folder=%s error=%r", slot.spool_directory, error)


async def _ship(slot: GatewaySettings, connect: Connect) -> None:
    async with contextlib.AsyncExitStack() as closing:
        spool = await Spool.open(slot.spool_directory)
        closing.push_async_callback(spool.close)
        log.warning("spool.abandoned folder=%s finals=%d", slot.spool_directory, spool.recovery.finals)
        stores = await connect(slot, str(spool.incarnation))
        closing.push_async_callback(stores.close)
        inbox = LoggedInbox(stores.inbox, stores.request_logs)
        shipper = Shipper(spool, inbox)
        shipper.start()
        if await shipper.drain(_SHIP_SECONDS):
            with contextlib.suppress(StoreUnavailable):
                await stores.leases.retire_others()
        await inbox.close(_SHIP_SECONDS)
        log_folder = slot.spool_directory / FOLDER
        if segments.listed(log_folder):
            await _ship_log(log_folder, stores)


async def _ship_log(folder: Path, stores: Stores) -> None:
    spool = await Spool.open(folder, limits=LIMITS)
    shipper = Shipper(spool, stores.request_logs)
    shipper.start()
    await shipper.drain(_SHIP_SECONDS)
    await spool.close()


def _slots(settings: GatewaySettings) -> Iterator[GatewaySettings]:
    folder: Path = settings.spool_directory
    yield settings
    for number in range(2, _SLOTS + 1):
        yield replace(settings, spool_directory=folder / str(number), gateway_id=f"{settings.gateway_id}-{number}")
