"""Every other page, of the market above all, in a browser."""

from __future__ import annotations

import pytest

from tests.pages.sights import REST, Screens

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


class TestPages(Screens):
    GROUP = REST
