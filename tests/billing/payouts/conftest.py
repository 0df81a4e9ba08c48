"""Services have names here."""

from __future__ import annotations

import pytest

from common import ports


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ports.service_names, "_function", lambda ids: {each: f"Service {str(each)[:4]}" for each in ids}
    )


@pytest.fixture
def unproven() -> frozenset[str]:
    """Months of usage are written down here without the calls that they are of."""
    return frozenset({"usage of a period = sum of its charges"})
