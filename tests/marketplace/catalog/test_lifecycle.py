from __future__ import annotations

from datetime import timedelta

import pytest

from common import ports
from common.errors import DomainError
from marketplace.catalog import services
from marketplace.catalog.models import Offering, Service, StatusChange
from marketplace.catalog.services import lifecycle
from marketplace.catalog.services.errors import (
    AddressTaken,
    DeletionRefused,
    NameTaken,
    ReasonMissing,
    StatusChangeRefused,
    TransitionRefused,
    VisibilityRefused,
)
from tests.factories.accounts import UserFactory
from tests.factories.marketplace import NOON, files, make_service, upload

LATER = NOON + timedelta(hours=1)
STATUSES = ["draft", "pending", "review", "active", "rejected", "suspended", "deprecated"]

#: step -> {status it starts from: status it leads to}
ALLOWED = {
    "approve": {"review": "active"},
    "reject": {"pending": "rejected", "review": "rejected"},
    "suspend": {"active": "suspended"},
    "resume": {"suspended": "active"},
    "deprecate": {"active": "deprecated"},
    "withdraw": {"pending": "draft", "review": "draft", "rejected": "draft"},
    "enable_testing": {"draft": "pending", "rejected": "pending", "suspended": "pending"},
}
WITH_REASON = {"reject", "suspend"}


@pytest.fixture
def published(monkeypatch) -> list[tuple[str, str]]:
    """What was told to the gateway."""
    told: list[tuple[str, str]] = []
    real = ports.publish._function
    monkeypatch.setattr(ports.publish, "_function", lambda kind, key: (told.append((kind, key)), real(kind, key)))
    return told


@pytest.mark.django_db
class TestSteps:
    @pytest.mark.parametrize("step", ALLOWED)
    @pytest.mark.parametrize("status", STATUSES)
    def test_lead_where_the_table_says(self, step, status):
        service = make_service(status=status)
        reason = {"reason": "Because."} if step in WITH_REASON else {}
        end = ALLOWED[step].get(status)

        if end is None:
            with pytest.raises(TransitionRefused):
                getattr(services, step)(service=service, by=None, now=LATER, **reason)
            end = status
        else:
            getattr(services, step)(service=service, by=None, now=LATER, **reason)

        service.refresh_from_db()
        assert service.status == end

    @pytest.mark.parametrize("step", sorted(WITH_REASON))
    def test_that_stop_a_service_need_a_reason(self, step):
        service = make_service(status="active" if step == "suspend" else "review")

        with pytest.raises(ReasonMissing):
            getattr(services, step)(service=service, reason=" ", by=None, now=LATER)

    def test_are_written_down_with_who_and_why(self):
        operator = UserFactory(operator=True)
        service = make_service(status="review")

        services.reject(service=service, reason="The price is missing a unit.", by=operator, now=LATER)

        last = StatusChange.objects.last()
        assert (last.from_status, last.to_status) == ("review", "rejected")
        assert (last.by, last.reason, last.at) == (operator, "The price is missing a unit.", LATER)
        service.refresh_from_db()
        assert service.status_message == "The price is missing a unit."

    def test_tell_the_gateway_of_the_service_and_of_every_path(self, published):
        service = make_service(
            listing={"user_access_interfaces": {"shared": {"base_url": "${API_GATEWAY_BASE_URL}/acme-shared"}}}
        )
        published.clear()

        services.suspend(service=service, reason="Stopped.", by=None, now=LATER)

        assert published == [("service", str(service.pk)), ("route", "acme-shared"), ("route", service.name)]


@pytest.mark.django_db
class TestAskedStatus:
    ASKED = {
        ("draft", "pending"): "pending",
        ("rejected", "pending"): "pending",
        ("suspended", "pending"): "pending",
        ("rejected", "draft"): "draft",
        ("pending", "draft"): "draft",
        ("review", "draft"): "draft",
        ("active", "deprecated"): "deprecated",
    }

    @pytest.mark.parametrize("wanted", STATUSES)
    @pytest.mark.parametrize("status", STATUSES)
    def test_follows_the_table(self, status, wanted):
        service = make_service(status=status)

        if (status, wanted) in self.ASKED:
            assert lifecycle.ask_status(service=service, wanted=wanted, by=None, now=LATER).status == wanted
        else:
            with pytest.raises(StatusChangeRefused, match=f"from {status} to {wanted}"):
                lifecycle.ask_status(service=service, wanted=wanted, by=None, now=LATER)


@pytest.mark.django_db
class TestSubmit:
    @pytest.mark.parametrize("status", ["draft", "rejected", "suspended"])
    def test_passes_valid_content_on_to_review(self, status):
        service = make_service(status=status)

        submission = services.submit(service=service, by=None, now=LATER)

        assert (submission.problems, submission.service.status) == ((), "review")
        assert submission.service.submitted_at == LATER

    def test_rejects_content_that_cannot_be_sold(self):
        service = make_service(status="draft", listing={"documents": None})

        submission = services.submit(service=service, by=None, now=LATER)

        assert submission.service.status == "rejected"
        assert "connectivity_test" in submission.service.status_message

    def test_again_changes_nothing(self):
        service = make_service(status="review")

        submission = services.submit(service=service, by=None, now=LATER)

        assert "already submitted" in submission.message
        assert submission.service.submitted_at == NOON

    def test_leaves_a_suspended_service_stopped_when_it_has_problems(self, seller):
        service = make_service(seller, status="suspended")
        Service.objects.filter(pk=service.pk).update(list_price=None)

        submission = services.submit(service=service, by=None, now=LATER)

        assert submission.problems
        assert submission.service.status == "suspended"

    @pytest.mark.parametrize("status", ["active", "deprecated"])
    def test_refuses_what_is_or_was_on_sale(self, status):
        with pytest.raises(TransitionRefused):
            services.submit(service=make_service(status=status), by=None, now=LATER)


@pytest.mark.django_db
class TestApprovedRevision:
    NEW = {
        "offering": {"description": "Better."},
        "listing": {
            "list_price": {"type": "constant", "price": "0.50"},
            "user_access_interfaces": {
                "canonical": {"base_url": "${API_GATEWAY_BASE_URL}/{{ service_name }}"},
                "shared": {"base_url": "${API_GATEWAY_BASE_URL}/acme-shared", "routing_key": {"model": "chat"}},
            },
        },
    }

    @pytest.fixture
    def service(self, seller) -> Service:
        return make_service(seller, namespace="acme")

    @pytest.fixture
    def revision(self, seller, service) -> Service:
        revision = upload(seller, files(**self.NEW), now=LATER).service
        return services.submit(service=revision, by=None, now=LATER).service

    def test_becomes_the_content_of_its_original_and_disappears(self, service, revision):
        canonical = service.interfaces.get()

        live = services.approve(service=revision, by=None, now=LATER)

        assert live == service
        assert list(Service.objects.all()) == [live]
        assert live.offering.description == "Better."
        assert live.list_price.price == {"type": "constant", "price": "0.50"}
        assert live.interfaces.get(name="canonical").pk == canonical.pk
        assert {each.live_address for each in live.interfaces.all()} == {
            "api|acme/chat|",
            'api|acme-shared|{"model":"chat"}',
        }
        assert Offering.objects.count() == 1

    def test_keeps_its_history_with_the_original(self, service, revision):
        services.approve(service=revision, by=None, now=LATER)

        reasons = service.status_changes.values_list("to_status", "reason")
        assert ("active", "A revision was approved.") in reasons

    def test_tells_the_gateway_of_former_and_new_paths(self, service, revision, published):
        published.clear()

        services.approve(service=revision, by=None, now=LATER)

        assert published == [("service", str(service.pk)), ("route", "acme-shared"), ("route", "acme/chat")]

    def test_puts_a_suspended_service_back_on_sale(self, service, revision):
        services.suspend(service=service, reason="Broken.", by=None, now=LATER)

        assert services.approve(service=revision, by=None, now=LATER).status == "active"

    def test_cannot_take_a_name_that_was_taken_meanwhile(self, seller, service):
        renamed = upload(seller, files(name="talk"), service_id=str(service.pk)).service
        services.submit(service=renamed, by=None, now=LATER)
        upload(seller, files(name="talk", listing={"name": "acme/talk"}))

        with pytest.raises(NameTaken):
            services.approve(service=renamed, by=None, now=LATER)

    def test_is_dropped_when_the_service_is_deprecated(self, service, revision):
        services.deprecate(service=service, by=None, now=LATER)

        assert not Service.objects.filter(pk=revision.pk).exists()

    def test_renews_what_the_provider_says(self, seller, service):
        revision = upload(seller, files(provider={"display_name": "Acme Ltd"})).service
        services.submit(service=revision, by=None, now=LATER)

        live = services.approve(service=revision, by=None, now=LATER)

        assert live.provider.display_name == "Acme Ltd"

    def test_that_changed_since_it_was_looked_at_is_not_approved(self, seller, revision):
        seen = revision.content_hash
        upload(seller, files(offering={"description": "Swapped in at the last moment."}))

        with pytest.raises(DomainError, match="changed since you looked"):
            services.approve(service=revision, by=None, now=LATER, seen=seen)


@pytest.mark.django_db
class TestAddresses:
    SHARED = {"listing": {"user_access_interfaces": {"s": {"base_url": "${API_GATEWAY_BASE_URL}/one-path"}}}}

    @staticmethod
    def keyed(model: str) -> dict:
        interface = {"base_url": "${API_GATEWAY_BASE_URL}/one-path", "routing_key": {"model": model}}
        return {"listing": {"user_access_interfaces": {"s": interface}}}

    def test_are_held_by_one_active_service(self, outsider):
        make_service(outsider, **self.SHARED)
        late = make_service(status="review", **self.SHARED)

        with pytest.raises(AddressTaken, match=r"/p/one-path is already served by 'acme\d+/chat' of outsider-corp"):
            services.approve(service=late, by=None, now=LATER)

        late.refresh_from_db()
        assert late.status == "review"

    def test_differ_by_routing_key(self):
        make_service(**self.keyed("a"))

        assert make_service(**self.keyed("b")).status == "active"

    def test_are_free_again_when_their_service_stops(self):
        first = make_service(**self.SHARED)
        services.suspend(service=first, reason="Stopped.", by=None, now=LATER)
        second = make_service(**self.SHARED)

        assert second.status == "active"
        with pytest.raises(AddressTaken):
            services.resume(service=first, by=None, now=LATER)

    def test_may_be_written_twice_in_one_service(self):
        interface = {"base_url": "${API_GATEWAY_BASE_URL}/twice"}

        service = make_service(listing={"user_access_interfaces": {"one": interface, "two": interface}})

        assert [each.live_address for each in service.interfaces.all()] == ["api|twice|", None]

    def test_cannot_be_another_sellers_service_name(self):
        victim = make_service()
        squatter = make_service(
            status="review",
            listing={
                "user_access_interfaces": {
                    "s": {
                        "base_url": "${API_GATEWAY_BASE_URL}/" + victim.name,
                        "routing_key": {"model": "anything"},
                    }
                }
            },
        )

        with pytest.raises(AddressTaken):
            services.approve(service=squatter, by=None, now=LATER)

    def test_of_an_enrollment_are_not_held(self):
        per_code = {
            "listing": {
                "user_access_interfaces": {"s": {"base_url": "${API_GATEWAY_BASE_URL}/topic/{{ enrollment.code }}"}}
            }
        }
        make_service(**per_code)

        assert make_service(**per_code).status == "active"


@pytest.mark.django_db
class TestVisibility:
    @pytest.mark.parametrize(("before", "after"), [("public", "unlisted"), ("unlisted", "public")])
    def test_switches_between_public_and_unlisted(self, before, after):
        service = make_service(listing={"service_options": {"default_visibility": before}})

        assert services.set_visibility(service=service, visibility=after, now=LATER).visibility == after

    @pytest.mark.parametrize(("before", "after"), [("private", "public"), ("public", "private")])
    def test_does_not_lead_into_or_out_of_private(self, before, after):
        service = make_service(listing={"service_options": {"default_visibility": before}})

        with pytest.raises(VisibilityRefused, match="Private services cannot be changed with set-visibility"):
            services.set_visibility(service=service, visibility=after, now=LATER)


@pytest.mark.django_db
class TestDeletion:
    @pytest.mark.parametrize("status", ["draft", "pending", "review", "rejected"])
    def test_removes_what_was_never_on_sale(self, status):
        services.delete(service=make_service(status=status))

        assert not Service.objects.exists()
        assert not Offering.objects.exists()

    @pytest.mark.parametrize("status", ["active", "suspended", "deprecated"])
    def test_refuses_what_was_on_sale(self, status):
        with pytest.raises(DeletionRefused, match="has been on sale"):
            services.delete(service=make_service(status=status))

    def test_can_be_tried(self):
        service = make_service(status="draft")

        services.delete(service=service, dry_run=True)

        assert Service.objects.filter(pk=service.pk).exists()
