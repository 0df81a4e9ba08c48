"""Wallets with cards, top-ups and standing orders, at the processor that a test runs against."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from accounts.teams.models import Team
from billing.payments.models import AutoTopUp, Customer, TopUp
from billing.payments.processor import CardDispute, Notice, Payment, PaymentState, Processor
from billing.payments.services import applying, automatic, chargebacks, customers, notices, refunds, top_ups
from billing.rating import services as rating
from billing.wallets import services as wallets
from billing.wallets.models import Wallet
from domain.money import Money
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON, price_version, ship, usage_event
from tests.fakes.stripe.fake import FakeStripe

VISA = "pm_card_visa"


def wallet_with_card(
    stripe: FakeStripe, processor: Processor, card: str = VISA, *, team: Team | None = None, is_set_up: bool = True
) -> tuple[Wallet, str]:
    """Return an empty wallet, and the id of the card that its team has saved."""
    wallet = wallets.open(team=team or TeamFactory())
    customer = customers.ensure(team=wallet.team, processor=processor)
    return Wallet.objects.select_related("team").get(pk=wallet.pk), stripe.add_card(customer, card, is_set_up=is_set_up)


def start(wallet: Wallet, amount: str = "25", card_id: str = "", *, now: datetime = NOON) -> TopUp:
    """Return a top-up that somebody has asked for and nobody has told the processor of."""
    order = top_ups.Order(
        Money(Decimal(amount), wallet.currency), uuid4(), card_id, "Visa •••• 4242" if card_id else ""
    )
    return top_ups.begin(wallet=wallet, order=order, by=None, now=now)


def pay(processor: Processor, wallet: Wallet, amount: str = "25", card_id: str = "", *, now: datetime = NOON) -> TopUp:
    """Top a wallet up with a saved card."""
    top_up = start(wallet, amount, card_id, now=now)
    top_ups.go_on(top_up=top_up, processor=processor, return_url="http://testserver/back", now=now)
    return TopUp.objects.get(pk=top_up.pk)


def stand(
    wallet: Wallet, card_id: str, *, threshold: str = "5", target: str = "25", ceiling: str = "1000"
) -> AutoTopUp:
    """Have a wallet filled by itself."""
    order = automatic.Order(Decimal(threshold), Decimal(target), Decimal(ceiling), card_id, "Visa •••• 4242")
    return automatic.arrange(wallet=wallet, order=order, now=NOON)


def spend(wallet: Wallet, amount: str) -> None:
    """Let a call cost so much of a wallet."""
    price = price_version({"type": "one_token", "price": amount})
    ship(usage_event(wallet, price, hold=Decimal(amount)))
    rating.settle(limit=1)


def now_in(wallet: Wallet) -> Wallet:
    """Return the wallet as it is now."""
    return Wallet.objects.get(pk=wallet.pk)


def history(wallet: Wallet, *, now: datetime) -> TopUp:
    """Return a paid top-up, a part of which was refunded and another taken back; with a standing order and a notice.

    No processor is asked: what it would say is written down.
    """
    customer = Customer.objects.create(team=wallet.team, is_live=False, processor_id=f"cus_{uuid4().hex}")
    top_up = start(wallet, "25", "pm_card", now=now)
    five, all_of_it = Money(Decimal(5), wallet.currency), Money(top_up.amount, wallet.currency)
    payment = Payment(
        id=f"pi_{uuid4().hex}",
        state=PaymentState.SUCCEEDED,
        amount=all_of_it,
        received=all_of_it,
        customer_id=customer.processor_id,
        reference=str(top_up.pk),
        card_id="pm_card",
        failure="",
        message="",
        created_at=now,
    )
    applying.apply_payment(payment=payment, now=now)
    refunds.request(wallet=wallet, amount=five, request_key=uuid4(), by=None, now=now)
    dispute = CardDispute(f"du_{uuid4().hex}", payment.id, "open", five, "fraudulent", now)
    chargebacks.apply_dispute(dispute=dispute, now=now)
    AutoTopUp.objects.create(wallet=wallet, threshold=5, target=25, monthly_ceiling=100)
    told = Notice(f"evt_22{uuid4().hex}", "payment_intent.succeeded", "payment_intent", payment.id, False, "", now)
    notices.receive(notice=told, now=now)
    return top_up
