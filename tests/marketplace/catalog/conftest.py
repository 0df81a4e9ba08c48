"""People and sellers of the catalogue's tests."""

from __future__ import annotations

import pytest

from accounts.teams.models import Team
from tests.factories.accounts import TeamFactory


@pytest.fixture
def seller(db: None) -> Team:
    return TeamFactory(seller=True, name="acme-corp")


@pytest.fixture
def outsider(db: None) -> Team:
    """Another seller."""
    return TeamFactory(seller=True, name="outsider-corp")
