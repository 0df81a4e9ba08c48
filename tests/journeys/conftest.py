"""One marketplace for all journeys of a worker; those that break things build their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.journeys.marketplace import Marketplace, build, remove


@pytest.fixture(scope="session")
def marketplace(tmp_path_factory) -> Marketplace:
    """The marketplace of `make run`, with the demo catalogue, at work."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    built = build(Path(tmp_path_factory.mktemp("marketplace")), name=f"journey_{worker}")
    try:
        built.start("upstream", "web", "settle", "worker")
        yield built
    finally:
        remove(built)


@pytest.fixture
def breakable(tmp_path) -> Marketplace:
    """A marketplace whose processes may be killed."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    built = build(tmp_path, name=f"breakable_{worker}")
    try:
        built.start("upstream", "web", "settle")
        yield built
    finally:
        remove(built)
