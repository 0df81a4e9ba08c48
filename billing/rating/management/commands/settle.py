"""manage.py settle: the settlement consumer."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.rating import consumer


class Command(BaseCommand):
    help = "Settle usage events: charge the wallets. Runs until SIGTERM or Ctrl-C; several may run side by side."
    # they import every page and endpoint, which takes as long as all the rest of a start; `manage.py check` is for them
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=1000, help="most events in one transaction (1 to 5000)")
        parser.add_argument("--workers", type=int, default=2, help="consumers of this process, each on a connection")
        parser.add_argument("--once", action="store_true", help="settle what is there now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        batch, stop = min(max(options["batch"], 1), 5000), threading.Event()
        if options["once"]:
            self._settle_once(batch, stop)
            return
        for stop_signal in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop_signal, lambda *_: stop.set())
        self.stdout.write(f"settling, up to {batch} events a batch")
        self.stdout.flush()  # whoever started the process waits for this line
        consumer.run(workers=max(options["workers"], 1), batch=batch, stop=stop)
        self.stdout.write("settlement stopped")

    def _settle_once(self, batch: int, stop: threading.Event) -> None:
        settled = consumer.Consumer(batch, stop).drain()
        self.stdout.write(
            f"{settled.charges} charged, {settled.duplicates} known before, {settled.unpriced} without a price, "
            f"{settled.quarantined} set aside"
        )
