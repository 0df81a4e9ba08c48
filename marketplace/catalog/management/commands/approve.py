"""`manage.py approve SERVICE`: put a submitted service on sale, for scripts."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import DomainError
from marketplace.catalog import queries, services
from marketplace.catalog.models import Service


class Command(BaseCommand):
    help = "Approve a service that waits for review."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", nargs="?", help="Name, id, or the first 8 characters of an id or more.")
        parser.add_argument("--untested", action="store_true", help="Also what has not passed its tests.")
        parser.add_argument("--all-pending", action="store_true", help="Approve everything that waits for review.")

    def handle(self, *_: Any, service: str | None, all_pending: bool, untested: bool = False, **__: Any) -> None:
        if (service is None) is not all_pending:
            raise CommandError("Name one service, or give --all-pending.")
        failures = 0
        for each in self._chosen(service):
            try:
                approved = services.approve(service=each, by=None, now=timezone.now(), is_vouched=untested)
            except DomainError as error:
                failures += 1
                self.stderr.write(f"{each.name}: {error.message}")
            else:
                self.stdout.write(f"{approved.name} ({approved.pk}) is {approved.status}.")
        if failures:
            raise CommandError(f"{failures} not approved.")

    def _chosen(self, service: str | None) -> list[Service]:
        if service is None:
            return list(queries.services_to_review())
        try:
            return [queries.service_named(service)]
        except DomainError as error:
            raise CommandError(f"There is no service '{service}', or several. Give its whole id.") from error
