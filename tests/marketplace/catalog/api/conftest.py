"""Callers of the sellers' API."""

from __future__ import annotations

import pytest

from tests.factories.programs import Caller


@pytest.fixture
def call(seller) -> Caller:
    return Caller(seller)


@pytest.fixture
def outsiders_call(outsider) -> Caller:
    return Caller(outsider)
