"""In whatever order, number and delay the news of a payment reach us, the wallet ends as if they had come one by one.

Each example is a story: a payment through some of its states, refunds and disputes through theirs. A sight of it is
what the processor showed at one moment; a worker that was slow applies an old sight after a newer one. For each story,
all orders of the last five sights are tried after a random beginning, 120 orders in all. PERMUTED_STORIES sets how many
stories; the default makes ten thousand orders.

Orders are tried as a tree. They share their beginning; two equal sights, one before the other or after, are one order
that counts twice; and where a sight wrote nothing, by PostgreSQL's own count, the database is what it was before, so
what follows was tried already if the same sights were left then.
"""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import factorial
from random import Random
from uuid import uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.payments.models import Customer, Refund, TopUp
from billing.payments.services import attention, refunds
from billing.rating import verification
from billing.wallets.models import Wallet
from common import jobs
from tests.architecture.writes import written
from tests.billing.payments import recorded
from tests.billing.payments.recorded import Seen, Story
from tests.factories.billing import NOON, funded_wallet, usd
from tests.factories.payments import spend, start

pytestmark = pytest.mark.django_db

STORIES = int(os.environ.get("PERMUTED_STORIES", "84"))
#: So many sights at the end are tried in every order.
TAIL = 5
assert STORIES * factorial(TAIL) >= 10_000 or "PERMUTED_STORIES" in os.environ

PAYMENTS = st.sampled_from(
    [
        ("pending", "succeeded"),
        ("pending", "action_required", "processing", "succeeded"),
        ("action_required", "failed", "succeeded"),
        ("processing", "succeeded"),
        ("succeeded",),
    ]
)
UNPAID = st.sampled_from([("pending", "action_required", "failed"), ("pending", "canceled"), ("processing",)])
REFUNDS = st.lists(
    st.sampled_from([("pending", "succeeded"), ("succeeded", "failed"), ("pending", "canceled"), ("failed",)]),
    max_size=2,
)
DISPUTES = st.lists(st.sampled_from([("open", "lost"), ("open", "won"), ("won",), ("open",), ("asked",)]), max_size=1)

_OUTCOME = """
    SELECT w.settled, w.usage, w.overdrawn, w.seq,
           (SELECT json_agg(row_to_json(m) ORDER BY m.key) FROM (
               SELECT t.idempotency_key AS key, t.kind, e.delta, o.idempotency_key AS undone FROM wallets_walletentry e
                 JOIN ledger_transaction t ON t.id = e.transaction_id
                 LEFT JOIN ledger_transaction o ON o.id = t.reverses_id
                WHERE e.wallet_id = w.id AND t.kind <> 'reversal'
           ) m),
           (SELECT json_agg(o.idempotency_key ORDER BY o.idempotency_key) FROM wallets_walletentry e
             JOIN ledger_transaction t ON t.id = e.transaction_id JOIN ledger_transaction o ON o.id = t.reverses_id
            WHERE e.wallet_id = w.id),
           (SELECT json_agg(p.state || p.received) FROM payments_topup p WHERE p.wallet_id = w.id),
           (SELECT json_agg(r.refund_id || r.state || r.amount ORDER BY r.refund_id) FROM payments_refund r),
           (SELECT json_agg(c.dispute_id || c.state || c.amount ORDER BY c.dispute_id) FROM payments_chargeback c)
      FROM wallets_wallet w WHERE w.id = %s
"""


def outcome(wallet: Wallet) -> object:
    """Return all that matters of a wallet and its payment, in one query, as words."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOME, [wallet.pk])
        return json.dumps(cursor.fetchone(), default=str)


def tell(story: Story, sights: Sequence[Seen]) -> None:
    for seen in sights:
        story.apply(seen, NOON)


def every_order(story: Story, sights: Sequence[Seen], wallet: Wallet) -> Counter[object]:
    """Return how many orders of these sights have which outcome, from the database as it is."""
    return _from_here(story, Counter(sights), wallet, {})


def _from_here(
    story: Story, left: Counter[Seen], wallet: Wallet, tried: dict[object, Counter[object]]
) -> Counter[object]:
    """tried: {the sights that were left in this very state: their outcomes}."""
    key = frozenset(left.items())
    if key not in tried:
        tried[key] = Counter() if left else Counter([outcome(wallet)])
        for seen, times in left.items():
            for found, orders in _after(seen, story, left, wallet, tried).items():
                tried[key][found] += times * orders
    return tried[key]


def _after(
    seen: Seen, story: Story, left: Counter[Seen], wallet: Wallet, tried: dict[object, Counter[object]]
) -> Counter[object]:
    savepoint = transaction.savepoint()
    with written() as tables:
        story.apply(seen, NOON)
    outcomes = _from_here(story, left - Counter([seen]), wallet, {} if tables else tried)
    transaction.savepoint_rollback(savepoint)
    return outcomes


def make_story(
    top_up: TopUp, customer: str, states: Sequence[str], sent_back: list[Sequence[str]], taken: list[Sequence[str]]
) -> Story:
    paid = top_up.amount
    part = paid / 5
    own = list(Refund.objects.order_by("pk"))
    sights: list[Seen] = [
        recorded.payment(state, amount=paid, customer=customer, reference=str(top_up.pk), now=NOON) for state in states
    ]
    for number, passed in enumerate(sent_back):
        reference = str(own[number].pk) if number < len(own) else ""
        sights += [recorded.refund(number, state, amount=part, reference=reference, now=NOON) for state in passed]
    for number, passed in enumerate(taken):
        sights += [
            recorded.dispute(
                number, "won" if state == "asked" else state, amount=paid, is_inquiry=state == "asked", now=NOON
            )
            for state in passed
        ]
    return Story(tuple(sights))


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out what does not move money: logs, mails and warnings of low balances, which have tests of their own."""
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: None)
    monkeypatch.setattr(attention, "review", lambda **_: None)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_quiet")
class TestNewsInAnyOrder:
    @settings(
        max_examples=STORIES,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        states=st.one_of(PAYMENTS, PAYMENTS, UNPAID),
        sent_back=REFUNDS,
        taken=DISPUTES,
        spent=st.sampled_from([Decimal(0), Decimal(3), Decimal("4.999999999999")]),
        is_asked_for_by_us=st.booleans(),
        seed=st.integers(0, 10_000),
    )
    def test_end_in_the_same_wallet(self, states, sent_back, taken, spent, is_asked_for_by_us, seed):
        if "succeeded" not in states:
            sent_back, taken = [], []
        with transaction.atomic():
            wallet = funded_wallet("5")
            if spent:
                spend(wallet, str(spent))
            customer = Customer.objects.create(team=wallet.team, is_live=False, processor_id="cus_story").processor_id
            top_up = start(wallet, "25", "pm_story")
            if is_asked_for_by_us and sent_back:
                # the customer has asked for the first refund already, so the payment was known by then
                tell(
                    make_story(top_up, customer, ["succeeded"], [], []),
                    make_story(top_up, customer, ["succeeded"], [], []).seen,
                )
                refunds.request(wallet=wallet, amount=usd("5"), request_key=uuid4(), by=None, now=NOON)
            story = make_story(top_up, customer, states, sent_back, taken)

            random = Random(seed)
            again = random.choices(story.seen, k=max(TAIL - len(story.seen), random.randint(0, 3)))
            sights = [*story.seen, *again]
            random.shuffle(sights)

            canonical = transaction.savepoint()
            tell(story, story.seen)
            expected = outcome(wallet)
            assert verification.verify() == []
            transaction.savepoint_rollback(canonical)

            tell(story, sights[:-TAIL])
            assert every_order(story, sights[-TAIL:], wallet) == {expected: factorial(TAIL)}
            transaction.set_rollback(True)

    def test_is_noticed_when_it_matters(self):
        """The comparison sees a wallet that is off by the smallest amount."""
        wallet = funded_wallet("5")
        before = outcome(wallet)

        spend(wallet, "0.000000000001")

        assert outcome(wallet) != before
