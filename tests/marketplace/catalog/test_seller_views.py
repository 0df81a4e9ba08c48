"""A seller's pages over their own services."""

from __future__ import annotations

import pytest

from marketplace.catalog.models import Service
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import files, make_service, upload
from tests.factories.visitors import HTMX, visitor


class TestList:
    def test_shows_every_service_with_its_status(self, seller):
        make_service(seller, namespace="acme", name="one")
        make_service(seller, namespace="acme", name="two", status="draft")

        page = visitor(seller).get("/seller/services").content.decode()

        assert "acme/one" in page
        assert "acme/two" in page
        assert "Draft" in page

    def test_is_narrowed_by_status(self, seller):
        make_service(seller, namespace="acme", name="one")
        make_service(seller, namespace="acme", name="two", status="draft")

        page = visitor(seller).get("/seller/services?status=draft", **HTMX).content.decode()

        assert page.lstrip().startswith('<div id="seller-service-table">')
        assert "acme/two" in page
        assert "acme/one" not in page

    def test_shows_nothing_of_others(self, seller, outsider):
        make_service(seller, namespace="acme", name="one")

        assert "acme/one" not in visitor(outsider).get("/seller/services").content.decode()

    def test_says_how_to_begin_while_there_are_none(self, seller):
        assert "No services yet" in visitor(seller).get("/seller/services").content.decode()

    def test_does_not_exist_for_customers(self, db):
        assert visitor(TeamFactory()).get("/seller/services").status_code == 404

    def test_costs_the_same_for_one_as_for_many(self, seller, django_assert_num_queries):
        client = visitor(seller)
        for name in ("one", "two"):
            make_service(seller, namespace="acme", name=name)
            with django_assert_num_queries(5):  # session, user, memberships, counts, services
                client.get("/seller/services")


class TestDetail:
    def test_says_why_a_service_was_rejected(self, seller):
        service = make_service(seller, status="rejected")

        page = visitor(seller).get(f"/seller/services/{service.pk}").content.decode()

        assert "Why it was rejected" in page
        assert "Not yet." in page
        assert "Submit for review" in page

    def test_shows_the_warnings_of_the_upload(self, seller):
        service = make_service(seller, status="draft")
        Service.objects.filter(pk=service.pk).update(warnings=["offering.tagline: unknown field, ignored"])

        assert "offering.tagline: unknown" in visitor(seller).get(f"/seller/services/{service.pk}").content.decode()

    def test_leads_from_the_live_version_to_its_revision_and_back(self, seller):
        service = make_service(seller, namespace="acme", name="one")
        upload(seller, files("acme", "one", listing={"display_name": "Better"}))
        revision = Service.objects.get(revision_of=service)
        client = visitor(seller)

        assert f"/seller/services/{revision.pk}" in client.get(f"/seller/services/{service.pk}").content.decode()
        assert "This is a revision" in client.get(f"/seller/services/{revision.pk}").content.decode()

    @pytest.mark.parametrize(
        ("status", "buttons"),
        [
            ("draft", {"Submit for review"}),
            ("review", {"Withdraw"}),
            ("active", {"Deprecate"}),
            ("rejected", {"Submit for review", "Withdraw"}),
            ("suspended", {"Submit for review"}),
            ("deprecated", set()),
        ],
    )
    def test_offers_the_steps_that_are_possible(self, seller, status, buttons):
        service = make_service(seller, status=status)

        page = visitor(seller).get(f"/seller/services/{service.pk}").content.decode()

        header = page[page.index("<h1") : page.index("Interfaces")]
        assert {
            each for each in ("Submit for review", "Withdraw", "Deprecate") if f"{each}</button>" in header
        } == buttons

    def test_offers_viewers_no_step(self, seller):
        service = make_service(seller, status="draft")

        assert (
            "Submit for review" not in visitor(seller, "viewer").get(f"/seller/services/{service.pk}").content.decode()
        )

    def test_does_not_exist_for_outsiders_and_customers(self, seller, outsider):
        service = make_service(seller)

        assert visitor(outsider).get(f"/seller/services/{service.pk}").status_code == 404
        assert visitor(TeamFactory()).get(f"/seller/services/{service.pk}").status_code == 404


class TestSteps:
    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize(
        ("status", "step", "after"),
        [("draft", "submit", "review"), ("review", "withdraw", "draft"), ("active", "deprecate", "deprecated")],
    )
    def test_change_the_status_and_lead_back_to_the_page(self, seller, status, step, after, headers):
        service = make_service(seller, status=status)

        response = visitor(seller).post(f"/seller/services/{service.pk}/{step}", **headers)

        service.refresh_from_db()
        assert service.status == after
        address = response.headers.get("HX-Redirect") or response.headers.get("Location")
        assert address == f"/seller/services/{service.pk}"

    def test_that_are_impossible_are_explained(self, seller):
        service = make_service(seller, status="draft")

        page = visitor(seller).post(f"/seller/services/{service.pk}/deprecate", follow=True).content.decode()

        assert "A service that is draft cannot be deprecated" in page

    def test_list_what_keeps_a_service_from_being_submitted(self, seller):
        service = make_service(seller, status="draft", listing={"documents": {}})

        page = visitor(seller).post(f"/seller/services/{service.pk}/submit", follow=True).content.decode()

        assert "Not submitted: 1 problem" in page
        assert "connectivity_test" in page

    @pytest.mark.parametrize("step", ["submit", "withdraw", "deprecate", "visibility"])
    def test_do_not_exist_for_outsiders(self, seller, outsider, step):
        service = make_service(seller)

        address = f"/seller/services/{service.pk}/{step}"
        assert visitor(outsider).post(address, {"visibility": "unlisted"}).status_code == 404
        service.refresh_from_db()
        assert (service.status, service.visibility) == ("active", "public")

    @pytest.mark.parametrize("step", ["submit", "withdraw", "deprecate", "visibility"])
    def test_are_refused_to_viewers(self, seller, step):
        service = make_service(seller)

        assert visitor(seller, "viewer").post(f"/seller/services/{service.pk}/{step}").status_code == 403


class TestVisibility:
    def test_switches_between_public_and_unlisted(self, seller):
        service, client = make_service(seller), visitor(seller)

        for wanted in ("unlisted", "public"):
            client.post(f"/seller/services/{service.pk}/visibility", {"visibility": wanted})
            service.refresh_from_db()
            assert service.visibility == wanted

    @pytest.mark.parametrize("wanted", ["private", "", "secret"])
    def test_switches_to_nothing_else(self, seller, wanted):
        service = make_service(seller)

        address = f"/seller/services/{service.pk}/visibility"
        assert visitor(seller).post(address, {"visibility": wanted}).status_code == 404
