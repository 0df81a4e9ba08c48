"""What operators do with teams."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.teams.models import Membership, Role, Team
from gateway_admin.api_keys import queries as key_queries
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import funded_wallet
from tests.fakes import html_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(UserFactory(operator=True))
    return client


@pytest.fixture
def buyer() -> Team:
    return TeamFactory(name="bright-lamps", contact_email="lamps@example.org")


def page(team: Team) -> str:
    return reverse("admin:teams_team_change", args=[team.pk])


def changed(client: Client, team: Team, **fields: str) -> dict[str, list[str]]:
    """Return what the page of a team posts with `fields` filled in; an empty one is unticked or emptied."""
    posted = html_form.posts(client.get(page(team)).content.decode())
    posted |= {name: [value] for name, value in fields.items() if value}
    return {name: value for name, value in posted.items() if fields.get(name) != ""}


class TestList:
    def test_finds_teams_by_name_and_member(self, operator, buyer):
        owner = Membership.objects.get(team=buyer).user
        TeamFactory(name="dark-rooms")

        for asked in ("bright", owner.email):
            shown = operator.get(reverse("admin:teams_team_changelist"), {"q": asked}).content.decode()
            assert "bright-lamps" in shown
            assert "dark-rooms" not in shown

    def test_leads_to_the_wallets_of_a_team(self, operator, buyer):
        funded_wallet("5", team=buyer)
        funded_wallet("5", team=TeamFactory(name="dark-rooms"))
        address = f"{reverse('admin:wallets_wallet_changelist')}?team__id__exact={buyer.pk}"

        assert address in operator.get(reverse("admin:teams_team_changelist")).content.decode()
        shown = operator.get(address).content.decode()
        assert "bright-lamps" in shown
        assert "dark-rooms" not in shown

    @pytest.mark.parametrize("chosen", ["deactivate_selected", "activate_selected"])
    def test_stops_and_starts_many_at_once(self, operator, chosen):
        buyers = [TeamFactory(is_active=chosen == "activate_selected") for _ in range(2)]
        form = {"action": chosen, "_selected_action": [buyer.pk for buyer in buyers]}

        operator.post(reverse("admin:teams_team_changelist"), form)

        assert set(Team.objects.values_list("is_active", flat=True)) == {chosen == "activate_selected"}

    def test_offers_no_deletion(self, operator, buyer):
        form = {"action": "delete_selected", "_selected_action": [buyer.pk], "post": "yes"}

        operator.post(reverse("admin:teams_team_changelist"), form)

        assert operator.post(reverse("admin:teams_team_delete", args=[buyer.pk]), {"post": "yes"}).status_code == 403
        assert Team.objects.filter(pk=buyer.pk).exists()


class TestPage:
    def test_trusts_a_team(self, operator, buyer):
        operator.post(page(buyer), changed(operator, buyer, is_verified="on"))

        buyer.refresh_from_db()
        assert (buyer.is_verified, buyer.is_active) == (True, True)

    def test_stops_a_team_and_its_keys(self, operator, buyer):
        _, raw = api_keys.issue(team=buyer, role=Role.OWNER, name="key", by=None, now=timezone.now())

        operator.post(page(buyer), changed(operator, buyer, is_active=""))

        buyer.refresh_from_db()
        assert not buyer.is_active
        assert key_queries.authenticate(raw, timezone.now()) is None

    def test_adds_a_member(self, operator, buyer):
        new = UserFactory()
        form = changed(operator, buyer, **{"memberships-TOTAL_FORMS": "2"})
        form |= {"memberships-1-user": [str(new.pk)], "memberships-1-role": ["billing"]}
        form |= {"memberships-1-team": [str(buyer.pk)]}

        operator.post(page(buyer), form)

        assert Membership.objects.get(team=buyer, user=new).role == Role.BILLING

    def test_changes_neither_kind_nor_name(self, operator, buyer):
        operator.post(page(buyer), changed(operator, buyer, kind="seller", name="other", display_name="Lamps"))

        buyer.refresh_from_db()
        assert (buyer.kind, buyer.name, buyer.display_name) == ("customer", "bright-lamps", "Lamps")


class TestNewTeams:
    ENTERED = {
        "kind": "seller",
        "name": "night-shift",
        "timezone": "UTC",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }

    def test_are_made_by_operators_too(self, operator):
        operator.post(reverse("admin:teams_team_add"), self.ENTERED)

        assert Team.objects.get(name="night-shift").is_seller

    @pytest.mark.parametrize(("name", "told"), [("Bright-Lamps", "is taken"), ("two words", "is not a team name")])
    def test_keep_the_rules_of_names(self, operator, buyer, name, told):
        answer = operator.post(reverse("admin:teams_team_add"), {**self.ENTERED, "name": name})

        assert told in answer.content.decode()
        assert Team.objects.get() == buyer


class TestOwners:
    @pytest.mark.parametrize("change", [{"memberships-0-DELETE": "on"}, {"memberships-0-role": "viewer"}])
    def test_are_not_taken_out_to_the_last(self, operator, change):
        team = TeamFactory()
        member = Membership.objects.get(team=team)
        form = {
            "display_name": "Acme",
            "timezone": "UTC",
            "is_active": "on",
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": member.pk,
            "memberships-0-team": team.pk,
            "memberships-0-user": member.user_id,
            "memberships-0-role": "owner",
        }

        page = operator.post(f"/admin/teams/team/{team.pk}/change/", form | change).content.decode()

        assert "A team keeps an owner" in page
        assert Membership.objects.get(pk=member.pk).role == "owner"

    def test_alone_keep_their_role_and_their_row(self, operator):
        member = Membership.objects.get(team=TeamFactory())

        page = operator.post(f"/admin/teams/membership/{member.pk}/change/", {"role": "viewer"}).content.decode()

        assert "Make somebody else an owner first" in page
        assert operator.post(f"/admin/teams/membership/{member.pk}/delete/", {"post": "yes"}).status_code == 403
