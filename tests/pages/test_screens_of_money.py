"""The pages of what is bought and owed, and of whom one talks to about it, in a browser."""

from __future__ import annotations

import pytest

from tests.pages.sights import Screens

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


class TestPages(Screens):
    GROUP = "money"
