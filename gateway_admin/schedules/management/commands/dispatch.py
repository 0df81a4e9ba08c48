"""manage.py dispatch: makes the calls that are due."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from gateway_admin.schedules.firing.dispatcher import Dispatcher
from gateway_admin.schedules.firing.http import GatewayClient


class Command(BaseCommand):
    help = "Make scheduled calls. Runs until SIGTERM or Ctrl-C; several may run side by side."
    # they import every page and endpoint, which takes as long as all the rest of a start; `manage.py check` is for them
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--room", type=int, default=500, help="most calls that are under way at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for stop_signal in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop_signal, lambda *_: stop.set())
        # no two processes have one name, not even those of one machine that started at the same time
        worker = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        client = GatewayClient(settings.GATEWAY_INTERNAL_URL)
        self.stdout.write("dispatching")
        self.stdout.flush()  # whoever started the process waits for this line
        asyncio.run(Dispatcher(worker, client, stop, room=max(options["room"], 1)).run())
        self.stdout.write("dispatcher stopped")
