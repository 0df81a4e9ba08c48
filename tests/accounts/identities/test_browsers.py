"""What the list of sessions calls a browser."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from accounts.identities.browsers import described
from tests.factories.accounts import TeamFactory, UserFactory

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.4 Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("<script>" * 10_000, "Unknown browser"),
    ],
)
def test_is_its_name_and_its_system(said, words):
    assert described(said) == words


def test_stands_in_the_list_with_what_it_says_itself_behind(db):
    user = UserFactory()
    TeamFactory(owner=user, personal_for=user)
    client = Client(headers={"User-Agent": FIREFOX})
    client.force_login(user)
    key = client.session.session_key
    UserSession.objects.create(user=user, session_key=key, ip="::1", user_agent=FIREFOX, data={})

    page = client.get("/accounts/sessions/").content.decode()

    assert ">Firefox on Linux</span>" in page
    assert f"{FIREFOX}</p>" in page
