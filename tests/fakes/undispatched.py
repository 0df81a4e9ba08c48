"""The marketplace without its dispatcher, for tests that ask every address."""

from __future__ import annotations

import pytest

from gateway_admin.schedules import waiting


@pytest.fixture(autouse=True)
def nobody_waits_for_a_dispatcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who triggers a run is told at once that it has not ended."""
    monkeypatch.setattr(waiting, "PATIENCE_SECONDS", 0.0)
