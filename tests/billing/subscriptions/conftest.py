"""Plans, a customer with money, and what enrollments were told."""

from __future__ import annotations

from datetime import datetime

import pytest

from common import ports
from tests.factories.billing import funded_wallet


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What enrollments were told, as (enrollment id, access)."""
    written: list[tuple[str, str]] = []

    def access(enrollment_id: object, access: str, now: datetime) -> None:
        written.append((str(enrollment_id), access))

    monkeypatch.setattr(ports.enrollment_access, "_function", access)
    monkeypatch.setattr(ports.service_names, "_function", lambda ids: dict.fromkeys(ids, "Acme Chat"))
    return written


@pytest.fixture
def wallet(db):
    return funded_wallet("100")


@pytest.fixture
def buyer(wallet):
    return wallet.team
