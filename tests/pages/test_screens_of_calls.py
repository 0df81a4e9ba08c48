"""The pages from which calls are made and where they are seen, in a browser."""

from __future__ import annotations

import pytest

from tests.pages.sights import Screens

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


class TestPages(Screens):
    GROUP = "calls"
