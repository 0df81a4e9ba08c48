"""A seller's pages of promotions."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.teams.models import Role, Team
from billing.promotions import services
from billing.promotions.models import PriceRule
from tests.factories.accounts import TeamFactory
from tests.factories.visitors import visitor

pytestmark = pytest.mark.django_db
SALE = {"name": "Summer sale", "pricing": {"type": "multiply", "factor": "0.80"}}


@pytest.fixture
def seller() -> Team:
    return TeamFactory(seller=True)


@pytest.fixture
def sale(seller) -> PriceRule:
    return services.upload(owner=seller, file=SALE, by=None, now=timezone.now())


class TestList:
    def test_tells_a_new_seller_what_to_do(self, seller):
        page = visitor(seller).get("/seller/promotions").content.decode()

        assert "No promotions yet" in page
        assert "/seller/promotions/upload" in page

    def test_shows_ones_own_in_words(self, seller, sale):
        services.upload(owner=TeamFactory(seller=True), file={**SALE, "name": "Theirs"}, by=None, now=timezone.now())

        page = visitor(seller).get("/seller/promotions").content.decode()

        assert "Summer sale" in page
        assert "20 % off" in page
        assert "Theirs" not in page

    def test_asks_the_database_as_often_for_many_as_for_few(self, seller, sale, django_assert_num_queries):
        client = visitor(seller)
        for _ in range(2):
            # session, user, memberships, promotions, how many
            with django_assert_num_queries(5):
                client.get("/seller/promotions")
            services.upload(owner=seller, file={**SALE, "name": "Another"}, by=None, now=timezone.now())

    def test_is_for_sellers(self):
        assert visitor(TeamFactory()).get("/seller/promotions").status_code == 404


class TestUpload:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("sale.json", b'{"name": "Sale", "pricing": {"type": "multiply", "factor": "0.80"}}'),
            ("sale.toml", b'name = "Sale"\nexpires_at = 2027-01-31T00:00:00Z\n[pricing]\npercentage_off = "20"\n'),
        ],
    )
    def test_of_a_file_stores_it(self, seller, name, text):
        visitor(seller).post("/seller/promotions/upload", {"file": SimpleUploadedFile(name, text)})

        rule = PriceRule.objects.get(seller=seller)
        assert (rule.name, rule.status) == ("Sale", "draft")
        assert "0.8" in str(rule.pricing) or "20" in str(rule.pricing)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ('{"name": "x", "pricing": {"type": "warp"}}', "Invalid pricing type"),
            ("{", "neither JSON nor TOML"),
            ('"Sale"', "neither JSON nor TOML"),
            ("", "Choose a file"),
        ],
    )
    def test_of_what_is_wrong_says_so(self, seller, text, told):
        answer = visitor(seller).post("/seller/promotions/upload", {"text": text})

        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert not PriceRule.objects.exists()

    def test_is_refused_to_who_may_only_look(self, seller):
        viewer = visitor(seller, Role.VIEWER)

        assert viewer.get("/seller/promotions/upload").status_code == 403


class TestOne:
    def test_is_activated_and_paused(self, seller, sale):
        client = visitor(seller)

        client.post(f"/seller/promotions/{sale.pk}/status", {"status": "active"})
        sale.refresh_from_db()
        assert sale.status == "active"
        client.post(f"/seller/promotions/{sale.pk}/status", {"status": "paused"})
        sale.refresh_from_db()
        assert sale.status == "paused"

    def test_that_was_active_is_not_deleted(self, seller, sale):
        services.activate(rule=sale, now=timezone.now())

        page = visitor(seller).post(f"/seller/promotions/{sale.pk}/delete", follow=True).content.decode()

        assert "Only drafts can be deleted" in page
        assert PriceRule.objects.exists()

    def test_that_is_a_draft_is_deleted(self, seller, sale):
        visitor(seller).post(f"/seller/promotions/{sale.pk}/delete")

        assert not PriceRule.objects.exists()

    def test_of_another_seller_is_404(self, sale):
        other = visitor(TeamFactory(seller=True))

        assert other.get(f"/seller/promotions/{sale.pk}").status_code == 404
        assert other.post(f"/seller/promotions/{sale.pk}/status", {"status": "active"}).status_code == 404
        assert other.post(f"/seller/promotions/{sale.pk}/delete").status_code == 404
