"""Hold our account of the money with the processor against the processor's own books."""

from __future__ import annotations

import sys
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from billing.payments import gateways
from billing.payments.services import agreement


class Command(BaseCommand):
    help = "Print every payment, refund and dispute on which our books and the processor's do not agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="How far back to look. Default: 7")

    def handle(self, *_: object, days: int, **__: object) -> None:
        processor, now = gateways.processor(), timezone.now()
        if not processor.is_set_up:
            self.stdout.write("No processor is set up.")
            return
        found = agreement.disagreements(processor=processor, since=now - timedelta(days=days), now=now)
        for each in found:
            self.stdout.write(str(each))
        self.stdout.write("The books agree." if not found else f"{len(found)} do not agree.")
        if found:
            sys.exit(1)
