"""`manage.py create_account {customer,seller} NAME`: a team, its owner and a key, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.teams import services as teams
from accounts.teams.models import Role, Team, TeamKind
from accounts.users.models import User
from common.errors import DomainError
from gateway_admin.api_keys import services


class Command(BaseCommand):
    help = "Create a customer or seller account and print an API key for it. Repeating it prints another key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=TeamKind.values)
        parser.add_argument("name", help="Team name: letters, digits, dots, dashes, underscores.")
        parser.add_argument("--email", help="Login of the owner; made when it does not exist.")
        parser.add_argument("--password", help="Password of the owner; without one the owner resets it by e-mail.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        kind, name = options["kind"], options["name"]
        email = (options["email"] or f"{name.lower()}@example.com").lower()
        owner = User.objects.filter(email=email).first() or User.objects.create_user(email, options["password"])
        team = Team.objects.filter(name__iexact=name).first()
        if team is not None and team.kind != kind:
            raise CommandError(f"{name} is a {team.kind} account. Choose another name.")
        try:
            team = team or teams.create(kind=kind, name=name, owner=owner, contact_email=email)
            teams.add_member(team=team, user=owner, role=Role.OWNER)
            _, raw = services.issue(team=team, role=Role.OWNER, name="create_account", by=owner, now=timezone.now())
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(raw)
