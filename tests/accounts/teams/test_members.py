"""Who belongs to a team, and who may change that."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.teams import services as teams
from accounts.teams.models import Membership, Role
from accounts.teams.services import LastOwner, OwnersOnly, PersonalTeam
from common.errors import NotFound
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return Membership.objects.get(team=TeamFactory())


def joined(owner: Membership, role: str) -> Membership:
    return teams.add_member(team=owner.team, user=UserFactory(), role=role)


class TestRoles:
    def test_are_given_by_owners_and_administrators(self, owner):
        admin, member = joined(owner, Role.ADMIN), joined(owner, Role.VIEWER)

        teams.change_role(team=owner.team, member_id=member.pk, role=Role.DEVELOPER, by=admin)

        assert Membership.objects.get(pk=member.pk).role == Role.DEVELOPER

    def test_of_owners_are_given_and_taken_by_owners_alone(self, owner):
        admin, second = joined(owner, Role.ADMIN), joined(owner, Role.OWNER)

        for member, role in ((admin, Role.OWNER), (second, Role.VIEWER)):
            with pytest.raises(OwnersOnly, match="Only an owner"):
                teams.change_role(team=owner.team, member_id=member.pk, role=role, by=admin)
        teams.change_role(team=owner.team, member_id=second.pk, role=Role.VIEWER, by=owner)

    def test_of_the_only_owner_stay(self, owner):
        with pytest.raises(LastOwner, match="Make somebody else an owner first"):
            teams.change_role(team=owner.team, member_id=owner.pk, role=Role.VIEWER, by=owner)

    def test_in_another_team_are_unknown(self, owner):
        stranger = Membership.objects.get(team=TeamFactory())

        with pytest.raises(NotFound):
            teams.change_role(team=owner.team, member_id=stranger.pk, role=Role.VIEWER, by=owner)


class TestGoing:
    def test_is_for_everybody_but_the_only_owner(self, owner):
        member = joined(owner, Role.DEVELOPER)

        teams.leave(membership=member)

        assert not Membership.objects.filter(pk=member.pk).exists()
        with pytest.raises(LastOwner):
            teams.leave(membership=owner)

    def test_of_an_owner_is_decided_by_owners(self, owner):
        admin, second = joined(owner, Role.ADMIN), joined(owner, Role.OWNER)

        with pytest.raises(OwnersOnly):
            teams.remove_member(team=owner.team, member_id=second.pk, by=admin)
        teams.remove_member(team=owner.team, member_id=second.pk, by=owner)

    def test_from_ones_personal_team_is_not_possible(self, owner):
        owner.team.personal_for = owner.user
        owner.team.save()
        second = joined(owner, Role.OWNER)

        with pytest.raises(PersonalTeam):
            teams.remove_member(team=owner.team, member_id=owner.pk, by=second)

    @pytest.mark.parametrize("change", ["DELETE FROM teams_membership", "UPDATE teams_membership SET role = 'viewer'"])
    def test_of_the_last_owner_is_refused_by_the_database(self, owner, change):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{change} WHERE team_id = %s", [owner.team_id])
            with pytest.raises(IntegrityError, match="has no owner left"):
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
