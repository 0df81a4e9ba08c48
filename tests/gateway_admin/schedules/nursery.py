"""Dispatchers that are born fast, so that they can be killed often: `nursery <gateway's url>`.

Each line of input starts one; its process id is answered. Their leases are short, as long as they live.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from gateway_admin.schedules.firing import dispatcher  # noqa: E402  (Django has to be set up before)
from gateway_admin.schedules.firing.http import GatewayClient  # noqa: E402
from gateway_admin.schedules.services import claiming  # noqa: E402

claiming.LEASE = timedelta(seconds=1.5)
dispatcher.KEEPING_SECONDS = 0.3


def work(url: str) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    made = dispatcher.Dispatcher(f"nursery:{os.getpid()}:{os.urandom(4).hex()}", GatewayClient(url), stop)
    asyncio.run(made.run())


def main(url: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(url)
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
