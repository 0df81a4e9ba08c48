"""`manage.py settle` as a process: killed in the middle of batches, told to stop, left without a database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from billing.rating import verification
from billing.rating.models import Charge, UsageInbox
from billing.wallets.models import Wallet
from domain.usage import UsageEvent
from tests.factories.billing import Process, funded_wallet, price_version, ship, usage_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]


def database_url() -> str:
    """Return the address of the test's own database."""
    found = connection.settings_dict
    query = {"host": found["HOST"]} if found["HOST"].startswith("/") else {}
    host = "" if query else f"{found['HOST']}:{found['PORT'] or 5432}"
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{host}/{found['NAME']}?{urlencode(query)}"


@contextlib.contextmanager
def consumer(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    process = subprocess.Popen(
        [sys.executable, "manage.py", "settle", *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, f"the consumer ended: {process.stdout.read()}"
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def events(number: int) -> list[UsageEvent]:
    """Return calls of five customers, of one dollar each."""
    price, process = price_version(), Process()
    wallets = [funded_wallet("1000") for _ in range(5)]
    leases = [process.draw(wallet, "900")[0] for wallet in wallets]
    return [usage_event(wallets[n % 5], price, lease_id=leases[n % 5], hold=Decimal(1)) for n in range(number)]


class TestKilledConsumer:
    def test_leaves_books_that_hold_and_the_next_one_goes_on(self):
        sent = events(1500)
        ship(*sent)
        kills = 0

        while UsageInbox.objects.exists():
            before = UsageInbox.objects.count()
            with consumer("--batch", "100") as process:
                wait_until(lambda before=before: UsageInbox.objects.count() < before, process)
                process.send_signal(signal.SIGKILL)
                process.wait()
            kills += 1
            assert verification.verify() == []
            if kills == 1:
                ship(*sent)  # the gateway was killed as well, and sends its whole spool again
            if kills == 3:
                call_command("settle", "--once")

        assert Charge.objects.count() == len(sent)
        assert verification.verify() == []
        assert {(wallet.usage, wallet.held) for wallet in Wallet.objects.all()} == {(300, 600)}


class TestStoppedConsumer:
    def test_ends_cleanly_on_sigterm(self):
        ship(*events(50))
        with consumer() as process:
            wait_until(lambda: not UsageInbox.objects.exists(), process)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=30)

        assert process.returncode == 0
        assert "settlement stopped" in output
        assert Charge.objects.count() == 50


class TestConsumerWithoutADatabase:
    def test_waits_and_goes_on_where_it_was(self):
        with consumer("--workers", "1") as process:
            ship(*events(5))
            wait_until(lambda: Charge.objects.count() == 5, process)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ship(*events(5))
            wait_until(lambda: Charge.objects.count() == 10, process)

            assert process.poll() is None


class TestSettleOnce:
    def test_says_what_it_did(self, capsys):
        ship(*events(3))

        call_command("settle", "--once")

        assert "3 charged, 0 known before, 0 without a price, 0 set aside" in capsys.readouterr().out
