"""People and their teams: `seller`, `buyer` and `outsider`."""

from __future__ import annotations

import factory

from accounts.teams.models import Membership, Role, Team, TeamKind
from accounts.users.models import User


class UserFactory(factory.django.DjangoModelFactory):
    """A person. `operator=True` lets them into the admin."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        operator = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    full_name = ""
    password = factory.django.Password("correct horse battery staple")


class TeamFactory(factory.django.DjangoModelFactory):
    """A customer team with an owner. `seller=True` makes it a seller's; `owner=<user>` names the owner."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    class Params:
        seller = factory.Trait(kind=TeamKind.SELLER, name=factory.Sequence(lambda n: f"seller-{n}"))

    kind = TeamKind.CUSTOMER
    name = factory.Sequence(lambda n: f"customer-{n}")
    display_name = ""

    @factory.post_generation
    def owner(self, create: bool, extracted: User | None, **_: object) -> None:
        if create:
            Membership.objects.create(team=self, user=extracted or UserFactory(), role=Role.OWNER)


def owner_of(team: Team) -> User:
    """Return the person who owns `team`."""
    return Membership.objects.get(team=team, role=Role.OWNER).user
