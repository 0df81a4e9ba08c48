"""A processor whose story is known: what it says of a payment, its refunds and disputes, one state after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing.payments import processor as port
from billing.payments.services import applying, chargebacks, refunds
from domain.money import Money

Seen = port.Payment | port.Refund | port.CardDispute


@dataclass(frozen=True)
class Story:
    """What was to be seen at the processor, oldest first. Each sight may come late, twice, or out of order."""

    seen: tuple[Seen, ...]

    def payment(self, payment_id: str) -> port.Payment:
        """Return the payment as it is in the end: what somebody who asks now is told."""
        return [each for each in self.seen if isinstance(each, port.Payment) and each.id == payment_id][-1]

    def apply(self, seen: Seen, now: datetime) -> None:
        """Let one sight reach us, as the handlers of notices do."""
        if isinstance(seen, port.Payment):
            applying.apply_payment(payment=seen, now=now)
        elif isinstance(seen, port.Refund):
            refunds.follow(refund=seen, processor=self, now=now)  # type: ignore[arg-type]
        else:
            chargebacks.follow(dispute=seen, processor=self, now=now)  # type: ignore[arg-type]


def payment(state: str, *, amount: Decimal, customer: str, reference: str, now: datetime) -> port.Payment:
    """Return the payment of the story in a state."""
    money = Money(amount, "USD")
    failed = state in ("failed", "action_required")
    return port.Payment(
        id="pi_story",
        state=port.PaymentState(state),
        amount=money,
        received=money if state == "succeeded" else Money(Decimal(0), "USD"),
        customer_id=customer,
        reference=reference,
        card_id="pm_story",
        failure="card_declined" if failed else "",
        message="Your card was declined." if failed else "",
        created_at=now,
    )


def refund(number: int, state: str, *, amount: Decimal, reference: str, now: datetime) -> port.Refund:
    """Return a refund of the story in a state."""
    return port.Refund(f"re_{number}", "pi_story", state, Money(amount, "USD"), reference, now)


def dispute(number: int, state: str, *, amount: Decimal, is_inquiry: bool, now: datetime) -> port.CardDispute:
    """Return a dispute of the story in a state."""
    return port.CardDispute(f"du_{number}", "pi_story", state, Money(amount, "USD"), "fraudulent", now, is_inquiry)
