"""The pages that make services of templates."""

from __future__ import annotations

import pytest

from accounts.teams.models import Role, Team
from marketplace.catalog.models import Service
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service
from tests.factories.templates import service_template
from tests.factories.visitors import visitor
from tests.fakes import html_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Team:
    return TeamFactory(seller=True)


@pytest.fixture
def template() -> ServiceTemplate:
    return service_template()


@pytest.fixture
def fill(seller, template, django_capture_on_commit_callbacks):
    """Type into the form of the template, or of what was made of it, and send it."""

    def filled(address: str = "", **typed: str):
        client, address = visitor(seller), address or f"/seller/templates/{template.pk}/use"
        form = html_form.posts(client.get(address).content.decode())
        typed = {"service_name": "acme/bot", "parameters/model": "aurora", **typed}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address, form | {name: [value] for name, value in typed.items()})

    return filled


class TestList:
    def test_offers_the_templates(self, seller, template):
        page = visitor(seller).get("/seller/templates").content.decode()

        assert "OpenAI compatible" in page
        assert f"/seller/templates/{template.pk}/use" in page

    def test_without_any_says_so(self, seller):
        assert "No templates yet" in visitor(seller).get("/seller/templates").content.decode()

    def test_is_for_sellers(self):
        assert visitor(TeamFactory()).get("/seller/templates").status_code == 404


class TestUse:
    def test_makes_a_draft(self, seller, fill):
        answer = fill()

        instance = TemplateInstance.objects.get(seller=seller)
        assert (answer.status_code, answer["Location"]) == (302, f"/seller/templates/made/{instance.pk}")
        assert Service.objects.get(seller=seller).name == "acme/bot"
        assert instance.parameters["model"] == "aurora"
        page = visitor(seller).get(answer["Location"]).content.decode()
        assert "It is made" in page

    def test_says_what_is_missing(self, fill):
        answer = fill(**{"service_name": "acme", "parameters/model": ""})

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Write it as provider/service" in page
        assert not TemplateInstance.objects.exists()

    def test_of_what_breaks_rules_shows_them_afterwards(self, seller, fill):
        make_service(namespace="globex")

        answer = fill(service_name="globex/bot")

        page = visitor(seller).get(answer["Location"]).content.decode()
        assert "It was not made" in page
        assert "belongs to another seller" in page
        assert not Service.objects.filter(seller=seller).exists()

    def test_again_changes_the_same_service(self, fill):
        fill()
        instance = TemplateInstance.objects.get()

        fill(f"/seller/templates/made/{instance.pk}/edit", **{"parameters/price": "0.05"})

        assert Service.objects.get().list_price.price["price"] == "0.05"
        assert TemplateInstance.objects.count() == 1

    def test_is_refused_to_who_may_only_look(self, seller, template):
        viewer = visitor(seller, Role.VIEWER)

        assert viewer.get(f"/seller/templates/{template.pk}/use").status_code == 403


class TestMade:
    def test_of_another_seller_is_404(self, fill):
        fill()
        instance = TemplateInstance.objects.get()
        other = visitor(TeamFactory(seller=True))

        assert other.get(f"/seller/templates/made/{instance.pk}").status_code == 404
        assert other.get(f"/seller/templates/made/{instance.pk}/edit").status_code == 404
