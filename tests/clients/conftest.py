"""One marketplace for every call of the published clients; the dispatcher makes what is triggered.

What sellers submit is tested through its gateway, as in the real one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.world import World
from tests.journeys.marketplace import Marketplace, build, remove


@pytest.fixture(scope="package")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marketplace]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    built = build(Path(tmp_path_factory.mktemp("clients")), name=f"clients_{worker}", ACTIVATION_TESTS="1")
    try:
        built.start("upstream", "web", "settle", "worker", "dispatch")
        yield built
    finally:
        remove(built)


@pytest.fixture
def world(marketplace: Marketplace, tmp_path: Path) -> World:
    return World(marketplace, tmp_path)
