"""Invitations: by mail, for a week, for one address."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.teams import services as teams
from accounts.teams.models import Invitation, Membership, Role
from accounts.teams.services import AlreadyMember, InvitationGone, OtherAddress, OwnersOnly, TooManyInvitations
from accounts.teams.services import invitations as module
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return Membership.objects.get(team=TeamFactory(display_name="Acme"))


@pytest.fixture
def guest():
    return UserFactory(email="guest@example.org")


def invited(owner, email="guest@example.org", role=Role.DEVELOPER, **more):
    """Invite somebody and return the word of the link."""
    return teams.invite(team=owner.team, email=email, role=role, by=owner, now=timezone.now(), **more)[1]


class TestInviting:
    def test_keeps_only_a_digest_of_the_link(self, owner):
        word = invited(owner)

        assert word not in str(Invitation.objects.values().get())

    def test_again_makes_the_former_link_useless(self, owner, guest):
        former, word = invited(owner), invited(owner)

        with pytest.raises(InvitationGone):
            teams.accept(word=former, user=guest, now=timezone.now())
        teams.accept(word=word, user=guest, now=timezone.now())

    def test_somebody_who_is_in_is_refused(self, owner):
        with pytest.raises(AlreadyMember):
            invited(owner, email=owner.user.email.upper())

    def test_an_owner_is_for_owners(self, owner):
        admin = teams.add_member(team=owner.team, user=UserFactory(), role=Role.ADMIN)

        with pytest.raises(OwnersOnly):
            invited(admin, role=Role.OWNER)

    def test_has_a_bound(self, owner, monkeypatch):
        monkeypatch.setattr(module, "MOST_OPEN", 2)
        for name in ("a", "b"):
            invited(owner, email=f"{name}@example.org")

        with pytest.raises(TooManyInvitations):
            invited(owner, email="c@example.org")

    def test_of_an_address_that_is_too_long_says_so(self, owner):
        address, client = f"{'n' * 250}@example.org", Client()
        client.force_login(owner.user)

        for page, form in (
            ("/teams/invitations/new", {"email": address, "role": "viewer"}),
            ("/teams/edit", {"display_name": "Acme", "contact_email": address, "timezone": "UTC"}),
        ):
            answer = client.post(page, form)
            assert answer.status_code == 422
            assert "at most 254 characters" in answer.content.decode()


class TestAccepting:
    def test_makes_a_member_in_that_role_once(self, owner, guest):
        word = invited(owner, role=Role.BILLING)

        assert teams.accept(word=word, user=guest, now=timezone.now()).role == Role.BILLING
        with pytest.raises(InvitationGone):
            teams.accept(word=word, user=guest, now=timezone.now())

    def test_is_for_the_address_that_was_invited(self, owner):
        word = invited(owner)

        with pytest.raises(OtherAddress, match=r"for guest@example\.org"):
            teams.accept(word=word, user=UserFactory(), now=timezone.now())

    def test_works_with_a_second_address_that_is_verified(self, owner):
        word, user = invited(owner), UserFactory()
        second = EmailAddress.objects.create(user=user, email="guest@example.org", verified=False)
        with pytest.raises(OtherAddress):
            teams.accept(word=word, user=user, now=timezone.now())

        second.verified = True
        second.save()

        assert teams.accept(word=word, user=user, now=timezone.now()).team == owner.team

    def test_is_too_late_after_a_week(self, owner, guest):
        word = invited(owner)

        with pytest.raises(InvitationGone):
            teams.accept(word=word, user=guest, now=timezone.now() + timedelta(days=7, seconds=1))

    def test_leaves_a_members_role_alone(self, owner, guest):
        word = invited(owner, role=Role.VIEWER)
        teams.add_member(team=owner.team, user=guest, role=Role.ADMIN)

        assert teams.accept(word=word, user=guest, now=timezone.now()).role == Role.ADMIN


class TestThePages:
    @pytest.fixture
    def browser(self, owner):
        client = Client()
        client.force_login(owner.user)
        return client

    def test_lead_from_the_form_by_mail_to_the_team(
        self, browser, owner, guest, django_capture_on_commit_callbacks, settings
    ):
        with django_capture_on_commit_callbacks(execute=True):
            browser.post("/teams/invitations/new", {"email": guest.email, "role": "developer"})
        (message,) = mail.outbox
        address = re.search(rf"{settings.SITE_URL}(/teams/join/\S+)", message.body)[1]

        visitor = Client()
        assert visitor.get(address)["Location"] == f"/accounts/login/?next={address}"
        visitor.force_login(guest)
        page = visitor.get(address).content.decode()
        visitor.post(address)

        assert message.to == [guest.email]
        assert "Join Acme on" in message.subject
        assert "in the role <strong>Developer</strong>" in page
        assert "Acme" in visitor.get("/teams").content.decode()

    def test_say_what_is_wrong_beside_the_field(self, browser, owner):
        answer = browser.post("/teams/invitations/new", {"email": owner.user.email, "role": "developer"})

        assert answer.status_code == 422
        assert "is a member of Acme already" in answer.content.decode()

    def test_show_and_withdraw_what_is_open(self, browser, owner):
        invited(owner)
        assert "guest@example.org" in browser.get("/teams").content.decode()

        browser.post(f"/teams/invitations/{Invitation.objects.get().pk}/revoke")

        assert not Invitation.objects.exists()

    def test_of_members_change_roles_and_remove(self, browser, owner):
        member = teams.add_member(team=owner.team, user=UserFactory(), role=Role.VIEWER)

        browser.post(f"/teams/members/{member.pk}/role", {"role": "billing"})
        assert Membership.objects.get(pk=member.pk).role == "billing"
        browser.post(f"/teams/members/{member.pk}/remove")
        assert not Membership.objects.filter(pk=member.pk).exists()

    def test_let_one_leave(self, owner):
        member = teams.add_member(team=owner.team, user=UserFactory(), role=Role.VIEWER)
        TeamFactory(owner=member.user)
        client = Client()
        client.force_login(member.user)
        client.post("/teams/switch", {"team": str(owner.team_id)})

        client.post("/teams/leave")

        assert not Membership.objects.filter(pk=member.pk).exists()
        assert client.get("/teams").status_code == 200

    def test_of_developers_offer_none_of_it(self, owner):
        member = teams.add_member(team=owner.team, user=UserFactory(), role=Role.DEVELOPER)
        client = Client()
        client.force_login(member.user)

        page = client.get("/teams").content.decode()

        assert "Invite somebody" not in page
        assert client.post(f"/teams/members/{member.pk}/role", {"role": "owner"}).status_code == 403
        assert client.post("/teams/edit", {"display_name": "Mine", "timezone": "UTC"}).status_code == 403

    def test_describe_the_team(self, browser, owner):
        browser.post("/teams/edit", {"display_name": "Acme Ltd", "contact_email": "A@b.org", "timezone": "Europe/Oslo"})
        refused = browser.post("/teams/edit", {"display_name": "Acme", "timezone": "Mars/Olympus"})

        owner.team.refresh_from_db()
        assert (owner.team.display_name, owner.team.timezone) == ("Acme Ltd", "Europe/Oslo")
        assert refused.status_code == 422

    def test_cost_the_same_for_two_members_as_for_many(self, browser, owner, django_assert_max_num_queries):
        for _ in range(8):
            teams.add_member(team=owner.team, user=UserFactory(), role=Role.VIEWER)

        with django_assert_max_num_queries(7):
            browser.get("/teams")
