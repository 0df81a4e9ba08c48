"""Whatever htmx swaps into a page is what the page shows when it is loaded anew."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.urls import resolve

from marketplace.catalog.models import UploadTask
from marketplace.testing.models import TestRun
from tests.architecture.addresses import filled
from tests.factories.visitors import visitor
from tests.pages import census
from tests.pages.fragments import differences, regions
from tests.pages.markup import told

pytestmark = pytest.mark.django_db

#: Elements that ask for a part in a state that no page of the census is in, and who looks at them: {template: why}.
ELSEWHERE: dict[str, str] = {
    "billing/payments/top_up_detail.html": "a payment under way: tests/billing/payments",
    "billing/payouts/account_connect.html": "without a card processor nobody connects: tests/billing/payouts",
    "billing/wallets/transaction_list.html": "the next entries of a long list: tests/billing/wallets",
    "components/page_link.html": "the next page of a long list: tests/common/test_pagination.py",
    "gateway_admin/named/composite_form.html": "its id is put together; chain-form and broadcast-form are asked for",
    "marketplace/disputes/dispute_form.html": "a charge that nobody contests yet: tests/marketplace/disputes",
    "marketplace/enrollments/enrollment_plan.html": "another plan to choose: tests/marketplace/enrollments",
    "marketplace/service_templates/instance_detail.html": "under way: below",
    "marketplace/testing/run_detail.html": "under way: below",
}
_ASKS = re.compile(r"""\bhx-(?:get|post)=""")
_NAMED = re.compile(r"""\b(?:id|aria-label|hx-target|hx-select)="([^"{]+)"|\bhx-(?:get|post)="\{% url "([\w:]+)\"""")
_NAMES = ("id", "aria-label", "hx-target", "hx-select")


def test_leave_every_page_as_a_reload_would_show_it(few, owner):
    clients = census.everybody(owner)
    asked = [(page.who, region) for page in few.pages for region in regions(page)]

    found = {region.name: wrong for who, region in asked if (wrong := differences(clients[who], region))}

    assert len(asked) >= 40
    assert not found, told(found)


def test_are_asked_for_of_every_template(few):
    asked = [region.element for page in few.pages for region in regions(page)]
    seen = {each.get(name) for each in asked for name in _NAMES}
    seen |= {_view(each.get("hx-post") or each.get("hx-get")) for each in asked}

    missed = {template for template, element in _elements() if not seen & _names(element)}

    unknown = sorted(missed - set(ELSEWHERE))

    assert not unknown, f"no page of the census shows these; say in ELSEWHERE who looks at them: {unknown}"
    assert set(ELSEWHERE) - missed == set(), "these are shown"


def _elements() -> list[tuple[str, str]]:
    """Return every element of a template that asks for a part, by the template."""
    found = []
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        text = path.read_text()
        for asks in _ASKS.finditer(text):
            begins = max(match.start() for match in re.finditer(r"<[a-z]", text[: asks.start()]))
            found.append((str(path.relative_to(settings.BASE_DIR / "templates")), text[begins : asks.end() + 200]))
    return found


def _names(element: str) -> set[str]:
    """Return what an element is told by: its own names, what it changes, the view that it asks."""
    return {name for match in _NAMED.finditer(element) for name in match.groups() if name}


def _view(address: str) -> str:
    return resolve(address.partition("?")[0]).view_name if address.startswith("/") else ""


def test_of_what_is_under_way_leave_the_page_as_a_reload_would_show_it(owner):
    TestRun.objects.filter(pk=owner.test_run.pk).update(status="running", finished_at=None)
    UploadTask.objects.create(seller=owner.seller, key=owner.instance.task_key, payload={}, status="queued")
    client = visitor(owner.seller)
    addresses = {
        "seller/services/<uuid:service_id>/tests/<uuid:run_id>": "#test-run",
        "seller/templates/made/<uuid:instance_id>": "#instance",
    }

    pages = [census.look("seller", client, route, filled(route, owner)) for route in addresses]
    asked = [region for page in pages if page for region in regions(page) if region.element.get("hx-get")]

    assert {f"#{region.element.get('id')}" for region in asked} == set(addresses.values())
    assert [wrong for region in asked for wrong in differences(client, region)] == []
