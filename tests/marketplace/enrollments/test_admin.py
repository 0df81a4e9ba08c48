"""Operators look at enrollments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from marketplace.enrollments import services as enrollments
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.marketplace import make_service

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def operator_client(client, db):
    client.force_login(UserFactory(operator=True))
    return client


class TestEnrollments:
    def test_are_found_by_their_code_and_shown_with_their_addresses(self, operator_client):
        listing = {
            "user_access_interfaces": {"own": {"base_url": "${API_GATEWAY_BASE_URL}/feed/{{ enrollment.code }}"}}
        }
        enrollment = enrollments.enroll(
            team=TeamFactory(), service=make_service(listing=listing), by=None, parameters={}, now=NOON
        )

        found = operator_client.get(reverse("admin:enrollments_enrollment_changelist"), {"q": enrollment.code})
        page = operator_client.get(reverse("admin:enrollments_enrollment_change", args=[enrollment.pk]))

        assert enrollment.code in found.content.decode()
        assert f"feed/{enrollment.code}" in page.content.decode()

    def test_are_not_changed_here(self, operator_client):
        enrollment = enrollments.enroll(team=TeamFactory(), service=make_service(), by=None, parameters={}, now=NOON)
        address = reverse("admin:enrollments_enrollment_change", args=[enrollment.pk])

        assert operator_client.post(address, {"status": "paused"}).status_code == 403
        assert operator_client.get(reverse("admin:enrollments_enrollment_add")).status_code == 403
