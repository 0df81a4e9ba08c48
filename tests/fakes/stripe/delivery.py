"""Posts notices to an address, in a thread of its own, again and again until they are taken."""

from __future__ import annotations

import sys
import threading
import urllib.request
from dataclasses import dataclass, field
from urllib.error import HTTPError, URLError

from tests.fakes.stripe.webhooks import Notice, Outbox

_WAITS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_TIMEOUT_SECONDS = 15


@dataclass
class Courier:
    """Where notices go, and the thread that takes them there. delay_seconds: how long each is on its way."""

    outbox: Outbox
    url: str
    delay_seconds: float = 0.2
    _end: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="stripe-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the notice that is on its way."""
        self._end.set()
        with self.outbox.arrived:
            self.outbox.arrived.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=_TIMEOUT_SECONDS)

    def _run(self) -> None:
        failures = 0
        while not self._end.is_set():
            with self.outbox.arrived:
                self.outbox.arrived.wait_for(lambda: bool(self.outbox.pending) or self._end.is_set())
            self._end.wait(_WAITS[min(failures, len(_WAITS)) - 1] if failures else self.delay_seconds)
            waiting = len(self.outbox.pending)
            taken = self.outbox.deliver(self._post) if not self._end.is_set() else 0
            failures = 0 if taken or not waiting else failures + 1

    def _post(self, notice: Notice) -> int:
        request = urllib.request.Request(self.url, notice.payload, notice.headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
                status = answer.status
        except HTTPError as error:
            error.close()
            status = error.code
        except (URLError, OSError) as error:
            print(f"{notice.event['type']}: {error}", file=sys.stderr)
            return 0
        if not 200 <= status < 300:
            print(f"{notice.event['type']}: answered with {status}", file=sys.stderr, flush=True)
        return status
