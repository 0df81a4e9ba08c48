"""Background work of statements. The sweeps find what is due and send one task for each."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from billing.statements import queries, services
from billing.wallets.models import Wallet
from common import jobs


@shared_task(name="billing.statements.sweep")
def sweep(**_: object) -> None:
    """Send for every wallet whose month has ended, and for statements whose files are not all written."""
    for wallet_id in queries.due(now=timezone.now()):
        jobs.enqueue("billing.statements.close", wallet_id=str(wallet_id))
    for statement in queries.without_files():
        jobs.enqueue("billing.statements.render", statement_id=str(statement.pk))


@shared_task(name="billing.statements.close")
def close(*, wallet_id: str, **_: object) -> None:
    """Close what has ended of one wallet."""
    services.close_due(wallet=Wallet.objects.get(pk=wallet_id), now=timezone.now())


@shared_task(name="billing.statements.render", soft_time_limit=120)
def render(*, statement_id: str, **_: object) -> None:
    """Write the files of a statement."""
    services.render(statement=queries.get_statement(statement_id), now=timezone.now())


@shared_task(name="billing.statements.announce", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def announce(*, statement_id: str, **_: object) -> None:
    """Mail the people of the customer who look after money."""
    services.announce(statement=queries.get_statement(statement_id))
