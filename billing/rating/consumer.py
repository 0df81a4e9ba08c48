"""The settlement consumer: settles batch after batch until it is told to stop. Any number of them may run."""

from __future__ import annotations

import gc
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection

from billing.rating import queries, services
from billing.rating.services import Settled

logger = logging.getLogger(__name__)

#: Pause of a consumer that found nothing, in seconds.
IDLE = 0.1
#: Pause after PostgreSQL could not be reached or broke a deadlock, in seconds.
AWAY = 1.0
#: Time between two rounds of housekeeping, in seconds.
HOUSEKEEPING = 5.0


@dataclass(slots=True)
class Consumer:
    """batch: most events settled in one transaction. stop: set it, and the consumer ends after the running batch.

    keeps_house: whether it also ends leases and logs the lag; one consumer of a process is enough for that.
    """

    batch: int
    stop: threading.Event
    keeps_house: bool = True
    _kept_house_at: float = -HOUSEKEEPING

    def run(self) -> None:
        """Settle until stopped. Errors of the database are waited out: the batch is back in the inbox."""
        try:
            while not self.stop.is_set():
                self._step()
        finally:
            connection.close()

    def _step(self) -> None:
        try:
            if self.keeps_house:
                self._keep_house()
            if services.settle(limit=self.batch).claimed == 0:
                self.stop.wait(IDLE)
        except (OperationalError, InterfaceError) as error:
            logger.warning("settlement.database_away error=%r", str(error))
            connection.close()
            self.stop.wait(AWAY)

    def drain(self) -> Settled:
        """Settle what is in the inbox now, and return the sums."""
        total = Settled()
        while (settled := services.settle(limit=self.batch)).claimed:
            total += settled
        services.end_leases()
        return total

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._kept_house_at < HOUSEKEEPING:
            return
        self._kept_house_at = now
        ended, forgotten = services.end_leases(), services.forget_leases()
        lag = queries.lag()
        if lag.waiting or ended or forgotten:
            logger.info(
                "settlement.lag waiting=%d seconds=%.1f leases_ended=%d leases_forgotten=%d",
                lag.waiting,
                lag.seconds,
                ended,
                forgotten,
            )


def run(*, workers: int, batch: int, stop: threading.Event) -> None:
    """Run consumers side by side until stopped: while one waits for PostgreSQL, another rates.

    What breaks one of them stops all, and is raised: whoever started the process starts it again.
    """
    spare_the_collector()
    consumers = [Consumer(batch, stop, keeps_house=number == 0) for number in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(_run, consumer) for consumer in consumers]
    for each in running:
        each.result()


def spare_the_collector() -> None:
    """Have garbage looked for less often: a batch makes tens of thousands of objects, and none in a circle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _run(consumer: Consumer) -> None:
    try:
        consumer.run()
    finally:
        consumer.stop.set()
