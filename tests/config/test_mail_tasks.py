"""A mail whose server is away for a moment is written again, whoever writes it."""

from __future__ import annotations

import pytest
from celery import current_app

WRITERS = [
    "billing.payments.tell", "billing.payouts.tell_invoice", "billing.payouts.tell_passed_over",
    "billing.payouts.tell_payout", "billing.statements.announce", "billing.subscriptions.write",
    "marketplace.conversations.tell", "marketplace.disputes.tell", "marketplace.enrollments.write_price_change",
    "marketplace.testing.write_health", "marketplace.testing.write_rejection",
]  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_a_mail_is_written_again(name):
    current_app.loader.import_default_modules()
    task = current_app.tasks[name]
    assert (getattr(task, "autoretry_for", ()), task.max_retries) == ((OSError,), 5)
