"""Contents that no file names: of uploads that broke off, of teams and people that are gone. Removed a day later."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from accounts.files.models import AccountFile
from common.storage.objects import objects

ROOT = "account-files"
#: An upload may stand between its content and its row for that long.
KEPT_FOR = timedelta(days=1)
_BATCH = 500
logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> int:
    """Remove contents that are older than a day and that no file names. Returns how many were removed."""
    removed = sum(_sweep_folder(f"{ROOT}/{folder}", now) for folder in _listed(ROOT)[0])
    logger.info("account_files.swept removed=%d", removed)
    return removed


def _sweep_folder(folder: str, now: datetime) -> int:
    names = [f"{folder}/{name}" for name in _listed(folder)[1]]
    return sum(_sweep_batch(names[start : start + _BATCH], now) for start in range(0, len(names), _BATCH))


def _sweep_batch(names: list[str], now: datetime) -> int:
    named = set(AccountFile.objects.filter(object_name__in=names).values_list("object_name", flat=True))
    old = [name for name in names if name not in named and _is_old(name, now)]
    for name in old:
        objects().delete(name)
    return len(old)


def _is_old(name: str, now: datetime) -> bool:
    try:
        return objects().get_modified_time(name) < now - KEPT_FOR
    except FileNotFoundError:  # somebody removed it meanwhile
        return False


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return (folders, objects) of a folder; nothing of one that was never made."""
    try:
        return objects().listdir(folder)
    except FileNotFoundError:
        return [], []
