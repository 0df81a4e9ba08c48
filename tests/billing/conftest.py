"""Billing is tested without the floors above it: what it publishes is written down instead."""

from __future__ import annotations

import pytest

from common import ports


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The records that were to be compiled anew, as (kind, key)."""
    written: list[tuple[str, str]] = []
    monkeypatch.setattr(ports.publish, "_function", lambda kind, key: written.append((kind, key)))
    return written
