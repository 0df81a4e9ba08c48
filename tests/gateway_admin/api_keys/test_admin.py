"""Operators revoke keys, and not by being allowed to look at them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Role
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("rights", "is_revoked"), [(["view_apikey"], False), (["view_apikey", "change_apikey"], True)])
def test_a_key_is_revoked_by_those_who_may_change_it(client, rights, is_revoked):
    key, _ = api_keys.issue(team=TeamFactory(), role=Role.OWNER, name="ci", by=None, now=timezone.now())
    helper = UserFactory(is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(helper)

    client.post(reverse("admin:api_keys_apikey_changelist"), {"action": "revoke", "_selected_action": [str(key.pk)]})

    key.refresh_from_db()
    assert (key.revoked_at is not None) == is_revoked
