"""manage.py recount_usage: the hours behind the usage charts, anew from the charges."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.rating import services
from billing.wallets.models import Wallet


class Command(BaseCommand):
    help = "Count the hours behind the usage charts anew from the charges: of all wallets and services, or of one team."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", help="the name of one customer; sellers' hours are left as they are")

    def handle(self, *args: Any, **options: Any) -> None:
        wallets = Wallet.objects.order_by("pk")
        if options["team"]:
            wallets = wallets.filter(team__name=options["team"])
        ids = list(wallets.values_list("pk", flat=True))
        rows = sum(services.recount_usage(wallet_id=pk) for pk in ids)
        self.stdout.write(f"{rows} hours of {len(ids)} wallets")
        if not options["team"]:
            self.stdout.write(f"{services.recount_sales()} hours of services")
