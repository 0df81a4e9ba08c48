"""How a whole run is shared among workers: what is long begins first, and what shares a marketplace stays together.

A long file that begins last leaves all other workers waiting for its end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadFileScheduling

#: Folders whose files go to one worker: each worker would start the same processes once more.
TOGETHER = ("tests/clients/",)
#: What begins first, the longest before the others.
LONG = (
    "tests/clients/",
    "tests/pages/",
    "tests/journeys/",
    "tests/browser/",
    "tests/billing/payments/test_permutations.py",
    "tests/architecture/",
    "tests/contracts/",
    "tests/config/test_supervisor.py",
    "tests/gateway/outages/",
    "tests/gateway/crashing/",
    "tests/gateway_admin/routing/test_live.py",
    "tests/gateway_admin/schedules/test_killing.py",
)


def scope(nodeid: str) -> str:
    """Return what is run by one worker: a file, or a folder of TOGETHER."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


class Scheduling(LoadFileScheduling):
    """Hands out scopes in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def in_order(nodeids: Iterable[str]) -> list[str]:
    """Return the tests as they are handed out: LONG first, then files by how many tests they have."""
    known = list(nodeids)
    sizes = Counter(map(scope, known))

    def rank(nodeid: str) -> tuple[int, int]:
        first = next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))
        return first, -sizes[scope(nodeid)]

    return sorted(known, key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        places = {nodeid: place for place, nodeid in enumerate(in_order(item.nodeid for item in items))}
        items.sort(key=lambda item: places[item.nodeid])
