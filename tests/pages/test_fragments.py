"""Whatever htmx swaps into a page is what the page shows when it is loaded anew."""

from __future__ import annotations

import pytest

from tests.pages import census
from tests.pages.fragments import differences, regions
from tests.pages.markup import told

pytestmark = pytest.mark.django_db


def test_leave_every_page_as_a_reload_would_show_it(few, owner):
    clients = census.everybody(owner)
    asked = [(page.who, region) for page in few.pages for region in regions(page)]

    found = {region.name: wrong for who, region in asked if (wrong := differences(clients[who], region))}

    assert len(asked) >= 40
    assert not found, told(found)
