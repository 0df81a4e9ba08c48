"""The pages of those who sell, in a browser."""

from __future__ import annotations

import pytest

from tests.pages.sights import Screens

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


class TestPages(Screens):
    GROUP = "sellers"
