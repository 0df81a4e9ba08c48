"""Platform services: published by verified sellers, joined through their template, listed by their members."""

from __future__ import annotations

import pytest

from common.errors import Invalid
from gateway_admin.publishing import queries as publishing
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Service, UploadTask
from marketplace.catalog.services import uploads
from marketplace.service_templates import services
from marketplace.service_templates.models import ServiceTemplate
from tests.factories import templates
from tests.factories.accounts import TeamFactory, owner_of
from tests.factories.marketplace import LISTING, NOON, OFFERING, PROVIDER

LISTING_BODY = templates.LISTING.replace(
    '{"type": "constant", "price": "{{ price }}"}', "{{ platform_service.list_price | tojson }}"
)
PROVIDER_BODY = templates.PROVIDER.replace("{{ provider_name }}", "{{ name.split('/')[1] }}")
ROUTE = {"api": {"base_url": "${API_GATEWAY_BASE_URL}/p/fast", "routing_key": {"model": "fast"}}}
TEMPLATE = {
    "name": "acme-fast",
    "version": "1",
    "display_name": "A fast model",
    "service_type": "llm",
    "parameter_schema": templates.SCHEMA,
    "constants": {"upstream": "https://upstream.example/v1"},
    "provider_template": PROVIDER_BODY,
    "offering_template": templates.OFFERING,
    "listing_template": LISTING_BODY,
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def labs():
    return TeamFactory(seller=True, is_verified=True)


def files(*, payout_price=None, **listed):
    offering = {name: value for name, value in OFFERING.items() if name != "upstream_access_config"}
    offering |= {"payout_price": payout_price} if payout_price else {}
    listing = {**LISTING, "documents": {}, "user_access_interfaces": ROUTE, **listed}
    return {"provider_data": PROVIDER, "offering_data": offering, "listing_data": listing}


def published(seller, *, template=TEMPLATE, **listed) -> UploadTask:
    """Upload a platform service and have it ingested."""
    task = services.upload_platform(
        seller=seller, files=files(**listed), member_template=template, service_status=None, key=None, by=None, now=NOON
    )
    return ingested(task)


def ingested(task: UploadTask) -> UploadTask:
    uploads.run(task_id=str(task.pk), now=NOON)
    task.refresh_from_db()
    return task


def joined(provider: str, *, seller=None) -> Service:
    """Make a member that is on sale."""
    name = f"acme-fast/{provider}/model"
    instance = services.instantiate(
        seller=seller or TeamFactory(seller=True),
        template=ServiceTemplate.objects.get(status="active"),
        parameters={"model": "m"},
        name=name,
        by=None,
        now=NOON,
    )
    task = ingested(UploadTask.objects.get(key=instance.task_key))
    assert task.error == ""
    member = Service.objects.get(name=name)
    catalog.submit(service=member, by=None, now=NOON, with_tests=False)
    return catalog.approve(service=member, by=None, now=NOON, is_vouched=True)


class TestPublishing:
    def test_is_for_verified_sellers(self):
        with pytest.raises(services.SellerNotTrusted):
            published(TeamFactory(seller=True))

    def test_brings_a_new_one_to_the_review_with_its_template(self, labs):
        task = published(labs)

        assert task.error == ""
        platform = Service.objects.get()
        assert (platform.kind, platform.status, platform.visibility) == ("platform", "review", "unlisted")
        template = ServiceTemplate.objects.get()
        assert (template.platform_service, template.status) == (platform, "active")
        assert task.result["member_template_id"] == str(template.pk)

    def test_warns_of_a_payout_price_which_nobody_would_earn(self, labs):
        published(labs, payout_price={"type": "revenue_share", "percentage": "20"})

        (told,) = [each for each in Service.objects.get().warnings if "payout_price" in each]
        assert "pays nothing" in told
        assert "member template" in told

    def test_chooses_among_its_members_as_its_routing_variable_says(self, labs):
        options = {"routing_vars": {"strategy": "by_price"}}
        published(labs, service_options=options)
        platform = catalog.approve(service=Service.objects.get(), by=None, now=NOON, is_vouched=True)
        chosen = [publishing.body("service", str(platform.pk))["pool"]["policy"]]

        for wanted in ({"set": {"strategy": "sticky"}}, {"remove": ["strategy"]}):
            catalog.change(service=platform, routing_vars=wanted, by=None, now=NOON)
            chosen.append(publishing.body("service", str(platform.pk))["pool"]["policy"])

        assert chosen == ["by_price", "sticky", "weighted_random"]

    def test_holds_at_once_when_it_is_on_sale(self, labs):
        published(labs)
        catalog.approve(service=Service.objects.get(), by=None, now=NOON, is_vouched=True)

        task = published(labs, list_price={"type": "constant", "price": "0.70"})

        platform = Service.objects.get()
        assert (task.error, platform.status, platform.list_price.price["price"]) == ("", "active", "0.70")

    @pytest.mark.parametrize(
        ("listed", "words"),
        [
            ({"user_access_interfaces": LISTING["user_access_interfaces"]}, "/p/<route>"),
            ({"service_options": {"routing_vars": {"strategy": "loudest"}}}, "must be one of weighted_random"),
            ({"service_options": {"enrollment": {"required": True}}}, "nobody enrolls in a platform service"),
        ],
    )
    def test_refuses_what_no_platform_service_can_be(self, labs, listed, words):
        task = published(labs, **listed)

        assert task.status == "failed"
        assert words in task.error
        assert not Service.objects.exists()

    def test_does_not_take_the_template_of_somebody_else(self, labs):
        templates.service_template(TEMPLATE["name"], TEMPLATE["version"])

        assert "of another owner" in published(labs).error
        assert not Service.objects.exists()


class TestMembers:
    @pytest.fixture
    def platform(self, labs):
        published(labs)
        return catalog.approve(service=Service.objects.get(), by=None, now=NOON, is_vouched=True)

    def test_are_private_and_have_the_price_of_the_platform_service(self, platform):
        member = joined("first")

        assert (member.kind, member.parent, member.visibility) == ("platform_member", platform, "private")
        assert member.list_price == platform.list_price

    def test_make_it_public_from_the_second_provider_on(self, platform):
        seen = []
        members = []
        for provider in ("first", "second"):
            members.append(joined(provider))
            platform.refresh_from_db()
            seen.append(platform.visibility)
        catalog.deprecate(service=members[0], by=None, now=NOON)
        platform.refresh_from_db()

        assert [*seen, platform.visibility] == ["unlisted", "public", "unlisted"]

    def test_are_rendered_anew_with_a_new_template(self, platform, labs):
        member = joined("first")
        changed = {**TEMPLATE, "version": "2", "listing_template": LISTING_BODY.replace('"true"', '"exit 0"')}
        published(labs, template=changed)

        assert services.render_members(service_id=platform.pk, now=NOON) == 1

        task = ingested(UploadTask.objects.filter(seller=member.seller).order_by("created_at").last())
        assert (task.result["status"], task.result["revision_of"]) == ("revision_created", str(member.pk))
        assert [each.version for each in ServiceTemplate.objects.filter(status="active")] == ["2"]

    def test_are_not_uploaded_as_other_services(self, platform, labs):
        with pytest.raises(Invalid, match="is a platform service already"):
            catalog.ingest(
                seller=labs,
                files=catalog.ServiceFiles(PROVIDER, OFFERING, LISTING),
                by=None,
                now=NOON,
            )


class TestThePageOfItsSeller:
    def test_lists_who_answers_its_calls_and_no_access_of_its_own(self, labs, client):
        published(labs)
        platform = Service.objects.get()
        catalog.approve(service=platform, by=None, now=NOON, is_vouched=True)
        joined("one")
        client.force_login(owner_of(labs))

        page = client.get(f"/seller/services/{platform.pk}").content.decode()

        assert "acme-fast/one/model" in page
        assert ">Access<" not in page
