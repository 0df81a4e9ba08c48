"""From the accepted price to the next one: cuts at once, rises with notice or consent, and every charge by its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.teams.links import Link
from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.rating import services as rating
from billing.rating.models import Charge, UsageInbox
from billing.rating.verification import verify
from common.errors import NotFound
from domain.routing.snapshot import CUSTOMER
from gateway_admin.publishing.models import PublishedRecord
from marketplace.catalog import services as catalog
from marketplace.enrollments import queries
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import PriceChange
from marketplace.enrollments.tasks import sweep_prices
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.billing import funded_wallet, ship, usage_event
from tests.factories.marketplace import NOON, files, make_service, upload
from tests.fakes import mails

DAY = timedelta(days=1)
NOTICE = 30 * DAY


def constant(price):
    return {"type": "constant", "price": price}


def enroll(team, service):
    return enrollments.enroll(team=team, service=service, by=owner_of(team), parameters={}, now=NOON)


def set_price(service, price, now=NOON):
    return catalog.set_price(service=service, price=constant(price), now=now)


def follow(enrollment, now=NOON):
    return enrollments.follow_price(enrollment_id=enrollment.pk, now=now)


def published_price(team):
    record = CUSTOMER.decode(PublishedRecord.objects.get(kind="customer", key=str(team.pk)).body)
    return record.enrollments[0].price.price["price"]


@pytest.fixture
def service(db):
    return make_service(listing={"list_price": constant("2")})


@pytest.fixture
def enrollment(service):
    return enroll(TeamFactory(), service)


class TestACut:
    def test_holds_at_once_and_the_gateway_knows(self, service, enrollment):
        set_price(service, "1")

        change = follow(enrollment)

        enrollment.refresh_from_db()
        assert (change.status, change.takes_effect_at) == ("applied", NOON)
        assert (enrollment.price.price["price"], published_price(enrollment.team)) == ("1", "1")


class TestARise:
    @pytest.fixture
    def change(self, service, enrollment):
        set_price(service, "3")
        return follow(enrollment)

    def test_is_announced_and_changes_nothing_yet(self, enrollment, change):
        enrollment.refresh_from_db()
        assert (change.status, change.takes_effect_at) == ("announced", NOON + NOTICE)
        assert (enrollment.price.price["price"], published_price(enrollment.team)) == ("2", "2")

    def test_is_announced_once(self, enrollment, change):
        assert follow(enrollment, now=NOON + DAY) is None
        assert PriceChange.objects.count() == 1

    def test_holds_when_its_notice_has_ended_and_not_before(self, enrollment, change):
        enrollments.take_effect(change_id=change.pk, now=NOON + NOTICE - timedelta(seconds=1))
        assert published_price(enrollment.team) == "2"
        assert queries.changes_due(now=NOON + NOTICE - timedelta(seconds=1)) == []

        assert queries.changes_due(now=NOON + NOTICE) == [change.pk]
        done = enrollments.take_effect(change_id=change.pk, now=NOON + NOTICE)

        assert (done.status, published_price(enrollment.team)) == ("applied", "3")

    def test_holds_at_once_when_it_is_accepted(self, enrollment, change):
        buyer = owner_of(enrollment.team)

        done = enrollments.accept(team=enrollment.team, change_id=change.pk, by=buyer, now=NOON + DAY)

        assert (done.status, done.closed_by, published_price(enrollment.team)) == ("accepted", buyer, "3")
        with pytest.raises(enrollments.ChangeClosed):
            enrollments.accept(team=enrollment.team, change_id=change.pk, by=buyer, now=NOON + DAY)

    def test_of_somebody_else_is_not_found(self, change):
        with pytest.raises(NotFound):
            enrollments.accept(team=TeamFactory(), change_id=change.pk, by=None, now=NOON)

    def test_that_is_taken_back_is_withdrawn(self, service, enrollment, change):
        set_price(service, "2")

        assert follow(enrollment, now=NOON + DAY) is None

        change.refresh_from_db()
        assert change.status == "withdrawn"

    def test_that_is_followed_by_another_has_a_notice_of_its_own(self, service, enrollment, change):
        set_price(service, "4")

        later = follow(enrollment, now=NOON + 20 * DAY)

        change.refresh_from_db()
        assert (change.status, later.takes_effect_at) == ("withdrawn", NOON + 50 * DAY)
        assert later.old_price == change.old_price

    def test_that_is_followed_by_a_cut_below_the_accepted_price_gives_way(self, service, enrollment, change):
        set_price(service, "1")

        follow(enrollment, now=NOON + DAY)

        assert [each.status for each in PriceChange.objects.order_by("announced_at")] == ["withdrawn", "applied"]
        assert published_price(enrollment.team) == "1"

    def test_of_an_enrollment_that_was_ended_does_not_hold(self, enrollment, change):
        enrollments.cancel(enrollment=enrollment, now=NOON + DAY)

        done = enrollments.take_effect(change_id=change.pk, now=NOON + NOTICE)

        assert done.status == "withdrawn"

    def test_to_another_currency_is_announced_whatever_the_number(self, enrollment):
        euro = prices.version(side=Side.LIST, currency="EUR", price=constant("0.1"))
        type(enrollment.service).objects.filter(pk=enrollment.service_id).update(list_price=euro, currency="EUR")

        change = follow(enrollment)

        assert change.status == "announced"
        enrollments.take_effect(change_id=change.pk, now=NOON + NOTICE)
        assert set(enrollment.team.wallets.values_list("currency", flat=True)) == {"USD", "EUR"}


class TestTheSellersPage:
    def test_an_approved_revision_opens_the_change_and_mails_it(
        self, db, mailoutbox, django_capture_on_commit_callbacks
    ):
        seller = TeamFactory(seller=True)
        service = make_service(seller, namespace="acme", listing={"list_price": constant("2")})
        enrollment = enroll(TeamFactory(), service)
        revision = upload(seller, files("acme", listing={"list_price": constant("3")})).service
        catalog.enable_testing(service=revision, by=None, now=NOON)
        type(service).objects.filter(pk=revision.pk).update(status="review")

        with django_capture_on_commit_callbacks(execute=True):
            catalog.approve(service=revision, by=None, now=NOON)

        change = PriceChange.objects.get()
        assert (change.enrollment, change.status) == (enrollment, "announced")
        (mail,) = mailoutbox
        assert mail.to == [owner_of(enrollment.team).email]
        assert "2.00 USD" in mail.body
        assert "3.00 USD" in mail.body
        assert mails.opened(mail.body) == [Link(enrollment.team_id, f"/enrollments/{enrollment.pk}")]

    def test_a_price_by_the_month_changes_as_a_plan_and_not_here(self, db, django_capture_on_commit_callbacks):
        service = make_service(listing={"list_price": {"type": "one_month", "price": "9"}})
        enroll(funded_wallet("20").team, service)

        with django_capture_on_commit_callbacks(execute=True):
            catalog.set_price(service=service, price={"type": "one_month", "price": "11"}, now=NOON)

        assert not PriceChange.objects.exists()


class TestSweep:
    def test_tells_whom_a_lost_task_has_not_told_applies_and_reminds(
        self, service, enrollment, mailoutbox, django_capture_on_commit_callbacks
    ):
        set_price(service, "3")
        assert queries.services_to_follow() == [service.pk]

        with django_capture_on_commit_callbacks(execute=True):
            sweep_prices()
        assert PriceChange.objects.get().status == "announced"
        assert queries.services_to_follow() == []

        now = PriceChange.objects.get().takes_effect_at
        assert queries.changes_to_remind(now=now - 8 * DAY) == []
        assert queries.changes_to_remind(now=now - 6 * DAY) == [PriceChange.objects.get().pk]
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(2):
                enrollments.remind(change_id=PriceChange.objects.get().pk, now=now - 6 * DAY)
        assert len(mailoutbox) == 2


@pytest.mark.usefixtures("transactional_db")
class TestUnderLoad:
    def test_each_call_is_charged_by_the_version_that_held_when_it_began(self):
        """The price goes down every few milliseconds while calls are made and settled."""
        wallet = funded_wallet("100000")
        service = make_service(listing={"list_price": constant("1000")})
        enrollment = enroll(wallet.team, service)
        done = threading.Event()

        def cut_again_and_again():
            try:
                for price in range(999, 939, -1):
                    set_price(service, str(price))
                    follow(enrollment)
            finally:
                done.set()
                connection.close()

        def call_again_and_again():
            events = []
            try:
                while not done.is_set() or len(events) < 20:
                    record = CUSTOMER.decode(PublishedRecord.objects.get(kind="customer", key=str(wallet.team_id)).body)
                    price = record.enrollments[0].price
                    version = PriceVersion(pk=price.id)
                    event = usage_event(
                        wallet, version, service_id=service.pk, enrollment_id=enrollment.pk, hold=Decimal(5000)
                    )
                    ship(event)
                    events.append((event.event_id, price.id, price.price["price"]))
                return events
            finally:
                connection.close()

        def settle_again_and_again():
            try:
                while not done.is_set():
                    rating.settle(limit=50)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(call_again_and_again) for _ in range(2)]
            others = [pool.submit(settle_again_and_again), pool.submit(cut_again_and_again)]
            events = [event for job in jobs for event in job.result()]
            [each.result() for each in others]
        while UsageInbox.objects.exists():
            rating.settle(limit=500)

        charges = {str(each.event_id): each for each in Charge.objects.all()}
        assert len({price for _, price, _ in events}) > 10
        assert all(
            (str(charges[event].price_id), charges[event].cost) == (version, int(price))
            for event, version, price in events
        )
        assert verify() == []
