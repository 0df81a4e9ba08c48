"""Background work: invoices every hour, payouts one by one."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from accounts.teams.models import Team
from billing.payments import gateways
from billing.payouts import mails, queries, services
from billing.payouts.models import Invoice, SellerAccount
from common import jobs


@shared_task(name="billing.payouts.sweep_invoices")
def sweep_invoices(**_: object) -> None:
    """Look at the invoices of every seller."""
    for seller_id, currency in queries.sellers_to_invoice():
        jobs.enqueue("billing.payouts.invoice", seller_id=str(seller_id), currency=currency)


@shared_task(name="billing.payouts.invoice")
def invoice(*, seller_id: str, currency: str, **_: object) -> None:
    """Write the invoices of a seller that are due, finalize and release those that are ripe."""
    seller = Team.objects.get(pk=seller_id)
    now = timezone.now()
    services.generate_due(seller=seller, currency=currency, now=now)
    services.advance(seller=seller, now=now)


@shared_task(name="billing.payouts.sweep_payouts")
def sweep_payouts(**_: object) -> None:
    """Make the payouts that schedules ask for, and look again at those whose outcome is unknown."""
    now = timezone.now()
    for account in queries.due_accounts(now=now):
        jobs.enqueue("billing.payouts.run_schedule", account_id=str(account.pk))
    for payout in queries.unsettled(now=now):
        task = "billing.payouts.send" if payout.state == "pending" else "billing.payouts.settle_reversal"
        jobs.enqueue(task, payout_id=str(payout.pk))


@shared_task(name="billing.payouts.run_schedule")
def run_schedule(*, account_id: str, **_: object) -> None:
    """Pay out a seller as the schedule says; who could not be paid before is looked up with the processor first."""
    account = SellerAccount.objects.select_related("seller").get(pk=account_id)
    now = timezone.now()
    if account.processor_account and not account.can_be_paid:
        with suppress(services.ProcessorAway, services.ProcessorRefused):
            services.refresh_account(seller=account.seller, processor=gateways.processor(), now=now)
    services.run_schedule(account_id=account_id, now=now)


@shared_task(name="billing.payouts.send")
def send(*, payout_id: str, **_: object) -> None:
    """Send a payout whose entry is in the books."""
    services.send(payout_id=payout_id, processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payouts.settle_reversal")
def settle_reversal(*, payout_id: str, **_: object) -> None:
    """Take a payout back that the books have taken back."""
    services.settle_reversal(payout_id=payout_id, processor=gateways.processor(), now=timezone.now())


@shared_task(name="billing.payouts.tell_invoice", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell_invoice(*, invoice_id: str, **_: object) -> None:
    """Write to the seller where an invoice stands."""
    mails.about_invoice(Invoice.objects.select_related("seller").get(pk=invoice_id))


@shared_task(name="billing.payouts.tell_payout", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell_payout(*, payout_id: str, **_: object) -> None:
    """Write to the seller what became of a payout."""
    mails.about_payout(queries.by_id(payout_id))


@shared_task(name="billing.payouts.tell_passed_over", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell_passed_over(*, account_id: str, **_: object) -> None:
    """Write to the seller why the schedule made no payout."""
    mails.about_passing_over(SellerAccount.objects.select_related("seller").get(pk=account_id))
