"""Tokens for the calls that the platform makes for a team."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.teams import call_tokens as issuing
from accounts.teams.models import Membership
from accounts.teams.permissions import PermissionDenied
from common.errors import NotFound
from domain import call_tokens
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def member(role):
    """Return a member of a team of its own."""
    return Membership.objects.create(team=TeamFactory(), user=UserFactory(), role=role)


def issued(team, user=None, **more):
    """Return what a token says."""
    text = issuing.issue(
        team=team,
        user=user,
        purpose="schedule",
        reference=uuid.uuid4(),
        now=timezone.now(),
        lifetime=timedelta(minutes=1),
        **more,
    )
    token = call_tokens.read(text, settings.API_KEY_PEPPER.encode())
    assert token is not None
    return token


def test_a_token_names_team_person_and_bounds():
    one = member("developer")

    token = issued(one.team, one.user, cap=Decimal("0.10"))

    assert (token.team_id, token.user_id, token.cap) == (str(one.team.pk), str(one.user.pk), Decimal("0.10"))
    assert token.expires_at == pytest.approx((timezone.now() + timedelta(minutes=1)).timestamp(), abs=5)


def test_a_viewer_gets_none():
    one = member("viewer")

    with pytest.raises(PermissionDenied, match="may not call"):
        issued(one.team, one.user)


def test_one_who_has_left_gets_none():
    with pytest.raises(NotFound):
        issued(TeamFactory(), UserFactory())


def test_a_closed_account_gets_none():
    with pytest.raises(issuing.TeamClosed):
        issued(TeamFactory(is_active=False))
