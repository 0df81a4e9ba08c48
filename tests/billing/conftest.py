"""Billing is tested without the floors above it: what it publishes is written down instead."""

from __future__ import annotations

import pytest

from common import ports
from tests.fakes.stripe.fixtures import _stripe_server, stripe, stripe_processor

__all__ = ["_stripe_server", "published", "stripe", "stripe_processor"]


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The records that were to be compiled anew, as (kind, key)."""
    written: list[tuple[str, str]] = []
    monkeypatch.setattr(ports.publish, "_function", lambda kind, key: written.append((kind, key)))
    return written
