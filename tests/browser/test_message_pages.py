"""Messages in a real browser: a customer asks, the seller hears of it by mail and answers, with a file."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from marketplace.conversations import services as conversations
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.marketplace import make_service
from tests.marketplace.conversations.conftest import PNG, asked, paper, say

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]


@pytest.fixture(autouse=True)
def _place(settings, live_server, tmp_path):
    settings.SITE_URL = live_server.url
    place = {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "objects": place}


@pytest.fixture
def buyer(transactional_db):
    return TeamFactory(display_name="Acme Research", owner=UserFactory(email="ada@acme.example", full_name="Ada"))


@pytest.fixture
def seller(transactional_db):
    owner = UserFactory(email="lin@models.example", full_name="Lin")
    return TeamFactory(seller=True, display_name="Fine Models", owner=owner)


@pytest.fixture
def service(seller):
    return make_service(seller)


def address_in(message) -> str:
    return re.search(r"http\S+/teams/open/\S+", message.body).group()


def test_a_customer_asks_and_the_seller_answers_with_a_file(visit, buyer, seller, service):
    customer = visit(user=owner_of(buyer))
    page = customer.go(f"/market/{service.name}")
    page.get_by_role("link", name="Contact seller").click()
    page.get_by_label("Subject").fill("Regions?")
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_role("alert")).to_contain_text("Message")
    page.get_by_label("Message", exact=True).fill("In which regions does it run?")
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_role("heading", name="Regions?")).to_be_visible()

    told = mail.outbox[-1]
    assert told.to == ["lin@models.example"]
    shop = visit(user=owner_of(seller))
    answer = shop.page
    answer.goto(address_in(told))
    expect(answer.get_by_text("In which regions does it run?")).to_be_visible()
    answer.get_by_label("Message", exact=True).fill("In all of them")
    answer.get_by_label("Files").set_input_files({"name": "map.png", "mimeType": "image/png", "buffer": b"MZ"})
    answer.get_by_role("button", name="Send").click()
    expect(answer.get_by_text("the content is not what its name says").first).to_be_visible()
    expect(answer.get_by_label("Message", exact=True)).to_have_value("In all of them")
    answer.get_by_label("Files").set_input_files({"name": "map.png", "mimeType": "image/png", "buffer": PNG})
    answer.get_by_role("button", name="Send").click()
    expect(answer.get_by_role("link", name="map.png", exact=True)).to_be_visible()

    assert mail.outbox[-1].to == ["ada@acme.example"]
    customer.go("/")
    badge = page.get_by_role("link", name=re.compile("Messages.*1.*unread"))
    expect(badge).to_be_visible()
    badge.click()
    page.get_by_role("link", name="Regions?").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="map.png", exact=True).click()
    assert download.value.suggested_filename == "map.png"
    assert Path(download.value.path()).read_bytes() == PNG
    customer.go("/messages")
    expect(page.get_by_text("unread", exact=True)).to_have_count(0)


def test_it_works_without_scripts_and_the_list_is_narrowed_in_place(visit, buyer, service):
    plain = visit(user=owner_of(buyer), scripts=False)
    page = plain.go("/help")
    page.get_by_label("Subject").fill("No mail comes")
    page.get_by_label("Message", exact=True).fill("Since Monday")
    page.get_by_role("button", name="Open the ticket").click()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_text("The conversation is open again")).to_be_visible()
    asked(buyer, service)

    page = visit(user=owner_of(buyer)).go("/messages")
    page.get_by_label("Kind").select_option("ticket")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("link", name="Regions?")).to_have_count(0)
    expect(page).to_have_url(re.compile("kind=ticket"))


def test_its_pages_have_no_faults(visit, buyer, seller, service):
    now = timezone.now()
    inquiry = asked(buyer, service, subject="In which regions of the world does it run, and from when on?", now=now)
    say(inquiry, seller, "In all of them.\n\nSee the map.", files=[paper("map.png", PNG)], now=now)
    say(inquiry, buyer, "Thanks", now=now + timedelta(minutes=1))
    closed = asked(buyer, service, subject="Older", now=now - timedelta(days=2))
    conversations.close(conversation=closed, side="asker", team=buyer, by=owner_of(buyer), now=now - timedelta(days=1))
    say(asked(buyer, service, subject="With an answer", now=now), seller, now=now)
    found = {}
    for team, paths in (
        (buyer, ["/messages", f"/messages/{inquiry.pk}", f"/messages/{closed.pk}", f"/messages/new/{service.pk}"]),
        (buyer, ["/help", "/teams/me", "/messages?q=nowhere", f"/market/{service.name}"]),
        (seller, ["/messages", f"/messages/{inquiry.pk}"]),
    ):
        visitor = visit(user=owner_of(team))
        visitor.go("/messages")
        for path in paths:
            found[f"{team} {path}"] = visitor.faults(path)
            keep(visitor, f"{team.kind}-{path[1:].replace('/', '-')[:20]}")

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def keep(visitor, name: str) -> None:
    """Keep a picture where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        visitor.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
