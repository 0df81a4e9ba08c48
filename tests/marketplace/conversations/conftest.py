"""A customer, the seller of a service, and the question between them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile

from accounts.teams.models import Team
from accounts.teams.queries import memberships_with_unread
from marketplace.catalog.models import Service
from marketplace.conversations import services as conversations
from marketplace.conversations.models import Conversation, Side
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.marketplace import make_service

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)


@pytest.fixture(autouse=True)
def _objects_of_this_test(settings, tmp_path):
    place = {"BACKEND": "common.storage.local.LocalObjects", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "objects": place}


@pytest.fixture
def service(db) -> Service:
    return make_service()


@pytest.fixture
def seller(service) -> Team:
    return service.seller


@pytest.fixture
def buyer(db) -> Team:
    return TeamFactory(display_name="Acme Research", owner=UserFactory(email="ada@acme.example", full_name="Ada"))


@pytest.fixture
def outsider(db) -> Team:
    return TeamFactory()


@pytest.fixture
def inquiry(buyer, service) -> Conversation:
    return asked(buyer, service)


@pytest.fixture
def ticket(buyer) -> Conversation:
    return conversations.request_help(
        team=buyer, subject="No mail comes", text="Since Monday", by=owner_of(buyer), now=NOON
    )


def asked(team: Team, service: Service, *, subject: str = "Regions?", now: datetime = NOON, **more) -> Conversation:
    text = more.pop("text", "In which regions does it run?")
    return conversations.ask(team=team, service=service, subject=subject, text=text, by=owner_of(team), now=now, **more)


def say(conversation: Conversation, team: Team | None, text: str = "In all of them", *, now: datetime = NOON, **more):
    """Let the owner of a team write, or with None an operator."""
    side = Side.OPERATOR if team is None else Side.ASKER if team == conversation.team else Side.SELLER
    by = UserFactory(operator=True) if team is None else owner_of(team)
    return conversations.write(conversation=conversation, side=side, team=team, text=text, by=by, now=now, **more)


def paper(name: str = "log.txt", content: bytes = b"200 OK\n") -> ContentFile:
    return ContentFile(content, name=name)


def unread(team: Team) -> int:
    """Return what the sidebar counts for a team."""
    return memberships_with_unread(user=owner_of(team)).get(team=team).unread
