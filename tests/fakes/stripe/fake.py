"""The fake as a test holds it: a server, and what people, banks and networks do.

stripe.add_card(customer, "pm_card_visa")
stripe.faults.add(Fault.SILENT_AFTER, "POST /v1/payment_intents")
stripe.webhooks.knobs.copies = 3
stripe.deliver(lambda notice: client.post("/webhooks/stripe", notice.payload, ...).status_code)
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.fakes.stripe import cards, pages
from tests.fakes.stripe.api import Api
from tests.fakes.stripe.clock import Clock
from tests.fakes.stripe.delivery import Courier
from tests.fakes.stripe.errors import Refused
from tests.fakes.stripe.faults import Faults
from tests.fakes.stripe.pages import authentication, index
from tests.fakes.stripe.resources import accounts, disputes, payment_methods, refunds
from tests.fakes.stripe.routing import Request
from tests.fakes.stripe.server import Server
from tests.fakes.stripe.tables import Object, Tables
from tests.fakes.stripe.webhooks import Notice, Outbox
from tests.fakes.stripe.world import OWN_ACCOUNT, World

SECRET_KEY = "sk_test_of_the_pretended_processor"
WEBHOOK_SECRET = "whsec_of_the_pretended_processor"


class FakeStripe:
    """A Stripe of our own on a port of this machine."""

    account = OWN_ACCOUNT

    def __init__(
        self,
        *,
        secret_key: str = SECRET_KEY,
        webhook_secret: str = WEBHOOK_SECRET,
        port: int = 0,
        state: Path | None = None,
    ) -> None:
        self.secret_key = secret_key
        self.webhook_secret = webhook_secret
        self.clock = Clock()
        self.world = World(Tables(state), self.clock)
        self.webhooks = Outbox(webhook_secret, self.clock)
        self.world.tell = self.webhooks.put
        self.faults = Faults()
        self._api = Api(self.world, self.faults, secret_key)
        self._server = Server(self._api, pages.Site(self.world), port)
        self._courier: Courier | None = None
        self.world.url = self._server.url

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Request]:
        """The calls of the API that came in, oldest first."""
        return self._api.requests

    def calls(self, call: str) -> list[Request]:
        """Return the calls of one method and path, as in `POST /v1/refunds`."""
        return [request for request in self.requests if f"{request.method} {request.path}" == call]

    def start(self, *, webhook_url: str = "") -> None:
        """Serve, and post notices to an address if there is one."""
        self._server.start()
        if webhook_url:
            self._tell_again()
            self._courier = Courier(self.webhooks, webhook_url)
            self._courier.start()

    def _tell_again(self) -> None:
        """Take up the events that an earlier process had not told before it ended."""
        waiting = {event["id"] for event in self.webhooks.pending}
        for event in self.events():
            if event["pending_webhooks"] and event["id"] not in waiting:
                self.webhooks.put(event)

    def stop(self) -> None:
        """End everything."""
        self.faults.clear()
        if self._courier is not None:
            self._courier.stop()
        self._server.stop()
        with self.world.tables.lock:
            self.world.tables.save(lambda: {"keys": self._api.keys.answered()})

    def reset(self) -> None:
        """Be as new."""
        self.faults.clear()
        with self.world.tables.lock:
            self.world.tables.clear()
            self.webhooks.clear()
            self._api.keys.clear()
            self._api.requests.clear()
            self.world.settles_after_seconds = 0
            self.clock.run()

    # --- what it knows ---

    def objects(self, kind: str) -> list[Object]:
        """Return everything of a kind ("payment_intent", "refund", ...), the oldest first."""
        return list(self.world.tables.newest_first(kind))[::-1]

    def object(self, id: str) -> Object:
        """Return the object of an id."""
        found = self.world.tables.find(id)
        assert found is not None, f"no object {id}"
        return found

    def events(self, *types: str) -> list[Object]:
        """Return the events of these types, all without any, the oldest first."""
        return [event for event in self.objects("event") if not types or event["type"] in types]

    def deliver(self, post: Callable[[Notice], int], *, rounds: int = 1) -> int:
        """Post what is to be told; see `Outbox.deliver`. rounds: again, for what the taking gave rise to."""
        return sum(self.webhooks.deliver(post) for _ in range(rounds))

    def notices(self) -> list[Notice]:
        """Take what is to be told now."""
        return self.webhooks.take()

    # --- what people do ---

    def add_card(self, customer_id: str, card: str = "pm_card_visa", *, is_set_up: bool = False) -> str:
        """Attach a card by token or number, with no page, and return its id. is_set_up: as if with 3-D Secure."""
        known = cards.BY_TOKEN.get(card) or cards.BY_NUMBER[card.replace(" ", "")]
        with self.world.tables.lock:
            method = payment_methods.make(self.world, known)
            self.world.tables.hidden(method["id"])["is_set_up"] = is_set_up
            payment_methods.attach_to(self.world, method["id"], customer_id)
            return str(method["id"])

    def use_page(self, url: str, **given: str) -> pages.PageAnswer:
        """Post the form of a hosted page, as in use_page(page.url, act="pay", number="4242…", expiry="12/34")."""
        path = url.removeprefix(self.url)
        return pages.Site(self.world).answer("POST", path, given)

    def complete_page(self, page_id: str, card: str = "4242424242424242", *, agrees: bool = True) -> str:
        """Fill in a checkout page, say yes or no to the bank, and return where the browser goes in the end."""
        answer = self.use_page(f"/checkout/{page_id}", act="pay", number=card, expiry="12/34")
        address = answer.headers.get("Location", "")
        if address.startswith("/authenticate/"):
            answer = self.use_page(address, act="yes" if agrees else "no")
        return answer.headers.get("Location", "")

    def authenticate(self, payment_id: str, *, agrees: bool = True) -> None:
        """Answer the bank's question about a payment."""
        with self.world.tables.lock, suppress(Refused):
            intent = authentication.waiting(self.world, payment_id)
            assert intent is not None, "nothing to confirm"
            authentication.decide(self.world, intent, agreed=agrees)

    # --- what banks do ---

    def dispute(
        self, payment_id: str, *, amount: int | None = None, reason: str = "fraudulent", is_inquiry: bool = False
    ) -> str:
        """Charge a payment back, in part if an amount is given. Returns the id of the dispute."""
        with self.world.tables.lock:
            charge = self.object(self.object(payment_id)["latest_charge"])
            return str(disputes.open_for(self.world, charge, reason=reason, amount=amount, is_inquiry=is_inquiry)["id"])

    def decide_dispute(self, dispute_id: str, *, won: bool) -> None:
        """End a dispute."""
        with self.world.tables.lock:
            disputes.decide(self.world, self.object(dispute_id), won=won)

    def escalate_dispute(self, dispute_id: str) -> None:
        """Turn an inquiry into a chargeback."""
        with self.world.tables.lock:
            disputes.escalate(self.world, self.object(dispute_id))

    def settle_refund(self, refund_id: str) -> None:
        """Let the bank get to a refund: a pending one succeeds, that of the card 5126 fails."""
        with self.world.tables.lock:
            refunds.settle(self.world, self.object(refund_id))

    def fail_refund(self, refund_id: str) -> None:
        """Let the bank send a refund back."""
        with self.world.tables.lock:
            refunds.fail(self.world, self.object(refund_id))

    # --- what Stripe and sellers do ---

    def complete_account(self, account_id: str) -> None:
        """Let a seller give everything that is asked for."""
        with self.world.tables.lock:
            accounts.complete(self.world, self.object(account_id))

    def restrict_account(self, account_id: str, *asked: str, reason: str = "requirements.past_due") -> None:
        """Let Stripe pay a seller nothing until it has what it asks for."""
        with self.world.tables.lock:
            accounts.restrict(self.world, self.object(account_id), asked=asked, reason=reason)

    def pay_out_account(self, account_id: str) -> None:
        """Send what a seller has to the seller's bank: a transfer can be reversed no more."""
        with self.world.tables.lock:
            self.world.tables.hidden(account_id)["balance"] = dict.fromkeys(
                self.world.tables.hidden(account_id).get("balance", {}), 0
            )

    def fund(self, amount: int, currency: str = "usd") -> None:
        """Put money of our own into the balance, as transfers need it. amount: in the smallest coin."""
        with self.world.tables.lock:
            index.fund(self.world, amount, currency)

    def balance(self, currency: str = "usd") -> int:
        """Return the sum of the books: what Stripe holds for us, in the smallest coin."""
        lines: list[dict[str, Any]] = self.objects("balance_transaction")
        return sum(line["net"] for line in lines if line["currency"] == currency)
