"""A card processor that does at once what it is asked, where a test takes too many steps for a server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import count

from billing.payments.models import Refund, TopUp
from billing.payments.processor import (
    CardDispute,
    Payment,
    PaymentState,
    RequestRefused,
    Transfer,
)
from billing.payments.processor import Refund as SentBack
from domain.money import Money


@dataclass
class StandIn:
    """What it has done. refuses: the next transfer, or its reversal, is refused."""

    customer_id: str = "cus_stand_in"
    is_set_up: bool = True
    is_live: bool = False
    refuses: bool = False
    numbers: count[int] = field(default_factory=lambda: count(1))
    payments: dict[str, Payment] = field(default_factory=dict)
    transfers: dict[str, Transfer] = field(default_factory=dict)

    def pay(self, top_up: TopUp, state: PaymentState, now: datetime) -> Payment:
        """Return the payment of a top-up, which was charged now, or fails."""
        amount = Money(top_up.amount, "USD")
        received = amount if state == PaymentState.SUCCEEDED else Money(Decimal(0), "USD")
        failure = "" if state == PaymentState.SUCCEEDED else "card_declined"
        made = Payment(
            self._id("pi"), state, amount, received, self._customer(top_up), str(top_up.pk), "pm", failure, "", now
        )
        self.payments[made.id] = made
        return made

    def send_back(self, refund: Refund, state: str, now: datetime) -> SentBack:
        """Return a refund as it is seen in a state."""
        seen = f"re_{refund.pk}"
        return SentBack(seen, refund.top_up.payment_id or "", state, Money(refund.amount, "USD"), str(refund.pk), now)

    def take_back(self, payment_id: str, now: datetime) -> CardDispute:
        """Return a dispute by which a bank takes all of a payment."""
        payment = self.payments[payment_id]
        return CardDispute(self._id("du"), payment_id, "open", payment.received, "fraudulent", now)

    def payment(self, payment_id: str) -> Payment:
        return self.payments[payment_id]

    def transfer(self, *, key: str, account_id: str, amount: Money, reference: str) -> Transfer:
        self._refuse()
        nothing = Money(Decimal(0), amount.currency)
        made = Transfer(self._id("tr"), amount, nothing, account_id, reference, datetime.now().astimezone())
        self.transfers[made.id] = made
        return made

    def transfer_by_id(self, transfer_id: str) -> Transfer:
        return self.transfers[transfer_id]

    def reverse_transfer(self, *, key: str, transfer_id: str, amount: Money) -> Transfer:
        self._refuse()
        self.transfers[transfer_id] = replace(self.transfers[transfer_id], reversed=amount)
        return self.transfers[transfer_id]

    def _refuse(self) -> None:
        if self.refuses:
            self.refuses = False
            raise RequestRefused("No.")

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self.numbers)}"

    def _customer(self, top_up: TopUp) -> str:
        return f"{self.customer_id}_{top_up.wallet_id}"
