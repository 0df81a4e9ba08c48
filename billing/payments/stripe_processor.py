"""Card payments and payouts through Stripe's own library.

The library pins the version of the API, encodes and decodes; here are the calls that we make, and which of its errors
mean "again" and which "never". Never in a log or a repr: the secret key and the webhook secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import stripe

from billing.payments import stripe_notices, stripe_objects
from billing.payments.minor_units import to_minor
from billing.payments.processor import (
    BalanceChange,
    Card,
    CardDispute,
    HostedPage,
    Notice,
    Payment,
    PaymentState,
    PayoutAccount,
    ProcessorError,
    Refund,
    RequestRefused,
    Setup,
    Transfer,
)
from billing.payments.stripe_objects import REFERENCE
from domain.money import Money

if TYPE_CHECKING:
    from stripe import RequestOptions

CONNECT_TIMEOUT_SECONDS = 5
_PAGE = 100  # the most that Stripe gives at once


class StripeProcessor:
    """Stripe as our `Processor`. api_base: '' for Stripe itself, else where something pretends to be it."""

    is_set_up = True

    def __init__(
        self,
        *,
        secret_key: str,
        webhook_secrets: Sequence[str],
        account: str = "",
        api_base: str = "",
        timeout_seconds: float = 20,
        retries: int = 2,
    ) -> None:
        self.is_live = secret_key.startswith(("sk_live_", "rk_live_"))
        self.is_pretended = bool(api_base)
        if self.is_live and self.is_pretended:
            raise ValueError("A live key is for Stripe alone: unset STRIPE_API_BASE.")
        self._webhook_secrets = tuple(webhook_secrets)
        self._account = account
        self._stripe = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else None,
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_SECONDS, timeout_seconds)),
        ).v1

    def __repr__(self) -> str:
        return f"<StripeProcessor {'live' if self.is_live else 'pretended' if self.is_pretended else 'test'}>"

    # --- customers and cards ---

    def create_customer(self, *, key: str, name: str, email: str, reference: str) -> str:
        with _asking():
            return self._stripe.customers.create(
                {"name": name, "email": email, "metadata": {REFERENCE: reference}}, _once(key)
            ).id

    def set_default_card(self, *, customer_id: str, card_id: str) -> None:
        with _asking():
            self._stripe.customers.update(customer_id, {"invoice_settings": {"default_payment_method": card_id}})

    def cards(self, *, customer_id: str) -> list[Card]:
        with _asking():
            customer = self._stripe.customers.retrieve(customer_id)
            if getattr(customer, "deleted", False):
                return []
            settings = getattr(customer, "invoice_settings", None)
            default_id = stripe_objects.id_of(getattr(settings, "default_payment_method", None))
            found = self._stripe.customers.payment_methods.list(customer_id, {"type": "card", "limit": _PAGE})
            return [stripe_objects.card(method, default_id) for method in found.auto_paging_iter()]

    def detach_card(self, *, card_id: str) -> None:
        with _asking():
            self._stripe.payment_methods.detach(card_id)

    # --- hosted pages ---

    def open_card_page(
        self, *, key: str, customer_id: str, reference: str, success_url: str, cancel_url: str
    ) -> HostedPage:
        with _asking():
            session = self._stripe.checkout.sessions.create(
                {
                    "mode": "setup",
                    "customer": customer_id,
                    "allowed_payment_method_types": ["card"],
                    "client_reference_id": reference,
                    "metadata": {REFERENCE: reference},
                    "setup_intent_data": {"metadata": {REFERENCE: reference}},
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                },
                _once(key),
            )
            return stripe_objects.hosted_page(session)

    def open_payment_page(
        self, *, key: str, customer_id: str, amount: Money, reference: str, success_url: str, cancel_url: str
    ) -> HostedPage:
        coins = to_minor(amount)
        with _asking():
            session = self._stripe.checkout.sessions.create(
                {
                    "mode": "payment",
                    "customer": customer_id,
                    "allowed_payment_method_types": ["card"],
                    "client_reference_id": reference,
                    "metadata": {REFERENCE: reference},
                    "line_items": [
                        {
                            "price_data": {
                                "currency": amount.currency.lower(),
                                "unit_amount": coins,
                                "product_data": {"name": "Wallet top-up"},
                            },
                            "quantity": 1,
                        }
                    ],
                    "payment_intent_data": {"setup_future_usage": "off_session", "metadata": {REFERENCE: reference}},
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                },
                _once(key),
            )
            return stripe_objects.hosted_page(session)

    def hosted_page(self, page_id: str) -> Setup:
        with _asking():
            session = self._stripe.checkout.sessions.retrieve(page_id, {"expand": ["setup_intent", "payment_intent"]})
            return stripe_objects.setup(session)

    def expire_page(self, page_id: str) -> None:
        with _asking():
            self._stripe.checkout.sessions.expire(page_id)

    def open_portal(self, *, customer_id: str, return_url: str) -> str:
        with _asking():
            return self._stripe.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}).url

    # --- payments ---

    def charge(
        self, *, key: str, customer_id: str, card_id: str, amount: Money, reference: str, off_session: bool
    ) -> Payment:
        coins = to_minor(amount)
        try:
            with _asking():
                intent = self._stripe.payment_intents.create(
                    {
                        "amount": coins,
                        "currency": amount.currency.lower(),
                        "customer": customer_id,
                        "payment_method": card_id,
                        "allowed_payment_method_types": ["card"],
                        "confirm": True,
                        "off_session": off_session,
                        "metadata": {REFERENCE: reference},
                    },
                    _once(key),
                )
        except _Declined as declined:
            return stripe_objects.payment(declined.intent)
        return stripe_objects.payment(intent)

    def authentication_page(self, *, payment_id: str, return_url: str) -> str:
        with _asking():
            intent = self._stripe.payment_intents.retrieve(payment_id)
            if address := _redirect(intent, return_url):
                return address
            if stripe_objects.payment(intent).state is not PaymentState.ACTION_REQUIRED:
                raise RequestRefused("The payment does not wait for its owner.", code="payment_intent_unexpected_state")
            card_id = stripe_objects.card_of(intent)
            intent = self._stripe.payment_intents.confirm(
                payment_id, {"payment_method": card_id, "return_url": return_url}
            )
            # the bank may have been content without a question
            return _redirect(intent, return_url) or return_url

    def payment(self, payment_id: str) -> Payment:
        with _asking():
            return stripe_objects.payment(self._stripe.payment_intents.retrieve(payment_id))

    def cancel_payment(self, payment_id: str) -> Payment:
        with _asking():
            return stripe_objects.payment(self._stripe.payment_intents.cancel(payment_id))

    def payments(self, *, since: datetime) -> Iterable[Payment]:
        with _asking():
            found = self._stripe.payment_intents.list({"created": {"gte": _second(since)}, "limit": _PAGE})
            yield from map(stripe_objects.payment, found.auto_paging_iter())

    # --- refunds and disputes ---

    def refund(self, *, key: str, payment_id: str, amount: Money, reference: str) -> Refund:
        coins = to_minor(amount)
        with _asking():
            made = self._stripe.refunds.create(
                {"payment_intent": payment_id, "amount": coins, "metadata": {REFERENCE: reference}}, _once(key)
            )
            return stripe_objects.refund(made)

    def refund_by_id(self, refund_id: str) -> Refund:
        with _asking():
            return stripe_objects.refund(self._stripe.refunds.retrieve(refund_id))

    def refunds(self, *, since: datetime) -> Iterable[Refund]:
        with _asking():
            found = self._stripe.refunds.list({"created": {"gte": _second(since)}, "limit": _PAGE})
            yield from map(stripe_objects.refund, found.auto_paging_iter())

    def dispute(self, dispute_id: str) -> CardDispute:
        with _asking():
            return stripe_objects.dispute(self._stripe.disputes.retrieve(dispute_id))

    def disputes(self, *, since: datetime) -> Iterable[CardDispute]:
        with _asking():
            found = self._stripe.disputes.list({"created": {"gte": _second(since)}, "limit": _PAGE})
            yield from map(stripe_objects.dispute, found.auto_paging_iter())

    def balance_changes(self, *, since: datetime, until: datetime) -> Iterable[BalanceChange]:
        with _asking():
            found = self._stripe.balance_transactions.list(
                {
                    "created": {"gte": _second(since), "lt": _second(until)},
                    "limit": _PAGE,
                    "expand": ["data.source"],
                }
            )
            yield from map(stripe_objects.balance_change, found.auto_paging_iter())

    # --- payouts ---

    def create_payout_account(self, *, key: str, email: str, country: str, reference: str) -> PayoutAccount:
        with _asking():
            account = self._stripe.accounts.create(
                {
                    "country": country,
                    "email": email,
                    "controller": {
                        "fees": {"payer": "application"},
                        "losses": {"payments": "application"},
                        "stripe_dashboard": {"type": "express"},
                    },
                    "capabilities": {"transfers": {"requested": True}},
                    "metadata": {REFERENCE: reference},
                },
                _once(key),
            )
            return stripe_objects.payout_account(account)

    def payout_account(self, account_id: str) -> PayoutAccount:
        with _asking():
            return stripe_objects.payout_account(self._stripe.accounts.retrieve(account_id))

    def open_payout_account_page(self, *, account_id: str, return_url: str, refresh_url: str) -> str:
        with _asking():
            return self._stripe.account_links.create(
                {
                    "account": account_id,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": refresh_url,
                }
            ).url

    def transfer(self, *, key: str, account_id: str, amount: Money, reference: str) -> Transfer:
        coins = to_minor(amount)
        with _asking():
            made = self._stripe.transfers.create(
                {
                    "amount": coins,
                    "currency": amount.currency.lower(),
                    "destination": account_id,
                    "metadata": {REFERENCE: reference},
                },
                _once(key),
            )
            return stripe_objects.transfer(made)

    def transfer_by_id(self, transfer_id: str) -> Transfer:
        with _asking():
            return stripe_objects.transfer(self._stripe.transfers.retrieve(transfer_id))

    def reverse_transfer(self, *, key: str, transfer_id: str, amount: Money) -> Transfer:
        coins = to_minor(amount)
        with _asking():
            self._stripe.transfers.reversals.create(transfer_id, {"amount": coins}, _once(key))
            return stripe_objects.transfer(self._stripe.transfers.retrieve(transfer_id))

    # --- webhooks ---

    def read_notice(self, *, payload: bytes, signature: str, now: datetime) -> Notice:
        return stripe_notices.read(
            payload,
            signature,
            secrets=self._webhook_secrets,
            is_live=self.is_live,
            account=self._account,
            now=now,
        )


class _Declined(RequestRefused):
    """A bank said no. intent: the payment as the refusal left it."""

    def __init__(self, message: str, code: str, intent: stripe.PaymentIntent) -> None:
        super().__init__(message, code=code)
        self.intent = intent


@contextmanager
def _asking() -> Iterator[None]:
    """Turn the errors of Stripe's library into ours."""
    try:
        yield
    except stripe.CardError as error:
        intent = error.error.payment_intent if error.error is not None else None
        if intent is not None:
            raise _Declined(error.user_message or "", error.code or "", intent) from error
        raise RequestRefused(error.user_message or "", code=error.code or "") from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        raise RequestRefused(error.user_message or "", code=error.code or "") from error
    except stripe.StripeError as error:
        # connection, time-out, rate limit, Stripe's own errors, and a key that is wrong until somebody corrects it
        raise ProcessorError(f"{type(error).__name__}: {error.user_message or 'no answer'}") from error


def _once(key: str) -> RequestOptions:
    """Have Stripe do it once, however often it is asked under this key."""
    return {"idempotency_key": key}


def _second(moment: datetime) -> int:
    """Return the second that a moment is in: what Stripe dates its objects with."""
    return int(moment.timestamp())


def _redirect(intent: stripe.PaymentIntent, return_url: str) -> str:
    """Return where the owner confirms and then comes back to us, '' when there is no such page yet."""
    action = getattr(intent, "next_action", None)
    redirect = getattr(action, "redirect_to_url", None)
    if redirect is None or redirect.return_url != return_url:
        return ""
    return redirect.url or ""
