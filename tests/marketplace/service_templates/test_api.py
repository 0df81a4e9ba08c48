"""Templates over the sellers' API, as both generations of the published client use them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.teams.models import Role
from marketplace.catalog.models import Service, UploadTask
from marketplace.service_templates.models import ServiceTemplate, TemplateInstance
from tests.factories.accounts import TeamFactory
from tests.factories.programs import Caller
from tests.factories.templates import service_template

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return TeamFactory(seller=True)


@pytest.fixture
def call(seller) -> Caller:
    return Caller(seller)


@pytest.fixture
def template() -> ServiceTemplate:
    return service_template()


@pytest.fixture
def make(call, template, django_capture_on_commit_callbacks):
    """Make a service of the template, and return what its task says."""

    def made(name: str = "acme/bot", **body: Any) -> dict[str, Any]:
        body = {"template_id": str(template.pk), "name": name, "parameters": {"model": "aurora"}, **body}
        with django_capture_on_commit_callbacks(execute=True):
            accepted = call("POST", "/services/from-template", body)
        assert accepted.status_code == 202, accepted.content
        return call("GET", f"/tasks/{accepted.json()['task_id']}").json()

    return made


class TestTemplates:
    def test_that_are_active_are_listed_without_their_bodies(self, call, template):
        service_template("draft-one", status="draft")
        service_template("old-one", status="deprecated")

        told = call("GET", "/templates?skip=0&limit=500").json()

        assert (told["count"], [row["name"] for row in told["data"]]) == (1, ["openai-compatible"])
        assert told["data"][0]["parameter_schema"]["required"] == ["model"]
        assert "upstream.example" not in str(told)
        assert call("GET", f"/templates/{template.pk}").json() == told["data"][0]

    def test_can_be_narrowed_by_type(self, call, template):
        assert call("GET", "/templates?service_type=email").json()["count"] == 0

    def test_that_are_drafts_are_not_found(self, call):
        draft = service_template(status="draft")

        assert call("GET", f"/templates/{draft.pk}").status_code == 404
        assert call("POST", "/services/from-template/render", {"template_id": str(draft.pk)}).status_code == 404


class TestRender:
    def test_returns_the_files_and_creates_nothing(self, call, template):
        body = {"template_id": str(template.pk), "parameters": {"model": "aurora", "service_name": "acme/bot"}}

        told = call("POST", "/services/from-template/render", body).json()

        assert told["provider_data"]["name"] == "acme"
        assert told["offering_data"]["upstream_access_config"]["default"]["base_url"].endswith("/v1/aurora")
        assert told["listing_data"]["name"] == "acme/bot"
        assert not UploadTask.objects.exists()

    def test_tells_every_problem_of_the_parameters(self, call, template):
        body = {"template_id": str(template.pk), "parameters": {"price": "free", "context_length": "long"}}

        answer = call("POST", "/services/from-template/render", body)

        assert answer.status_code == 422
        detail = answer.json()["detail"]
        assert "openai-compatible 1" in detail["message"]
        assert {problem.partition(":")[0] for problem in detail["problems"]} == {
            "parameters.model",
            "parameters.price",
            "parameters.context_length",
        }

    @pytest.mark.parametrize("value", ['x", "payout_price": {"type": "constant", "price": "9"}, "y": "', "a\\", "\n"])
    def test_lets_no_value_add_fields(self, call, template, value):
        parameters = {"model": "m", "service_name": "acme/bot", "summary": value}

        told = call(
            "POST", "/services/from-template/render", {"template_id": str(template.pk), "parameters": parameters}
        )

        assert told.json()["offering_data"]["summary"] == value
        assert "payout_price" not in told.json()["offering_data"]

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("{{ nobody }}", "'nobody' is undefined"),
            ("[1]", "does not render to an object"),
            ("{", "does not render to JSON"),
            ("{{ ''.__class__.__mro__ }}", "cannot be rendered"),
            ("{% for i in range(10 ** 9) %}x{% endfor %}", "offering:"),
        ],
    )
    def test_of_a_broken_body_says_so(self, call, body, said):
        broken = service_template(offering_template=body, parameter_schema={"type": "object", "properties": {}})

        answer = call("POST", "/services/from-template/render", {"template_id": str(broken.pk)})

        assert answer.status_code == 422
        assert any(said in problem for problem in answer.json()["detail"]["problems"])


class TestService:
    def test_is_a_draft_that_names_its_template(self, make, seller):
        told = make()

        service = Service.objects.get(seller=seller)
        assert (told["status"], told["result"]["service_id"]) == ("completed", str(service.pk))
        assert (service.name, service.status, service.managed_by_template) == (
            "acme/bot",
            "draft",
            "openai-compatible 1",
        )
        assert service.list_price.price == {"type": "constant", "price": "0.01"}
        assert TemplateInstance.objects.get().service == service

    def test_is_rendered_anew_by_its_id(self, make, seller):
        first = make()["result"]["service_id"]

        again = make(parameters={"model": "aurora", "price": "0.02"}, service_id=first)

        assert (again["result"]["service_id"], again["result"]["status"]) == (first, "updated")
        assert Service.objects.get(seller=seller).list_price.price["price"] == "0.02"
        assert TemplateInstance.objects.get().parameters["price"] == "0.02"

    def test_is_not_rendered_of_another_template(self, make, call):
        first = make()["result"]["service_id"]
        other = service_template("other")

        answer = call(
            "POST",
            "/services/from-template",
            {"template_id": str(other.pk), "parameters": {"model": "m"}, "service_id": first},
        )

        assert answer.status_code == 400
        assert "was not made of the template other" in answer.json()["detail"]

    def test_of_another_seller_is_not_found(self, make, template):
        theirs = make()["result"]["service_id"]
        body = {"template_id": str(template.pk), "parameters": {"model": "m"}, "service_id": theirs}

        assert Caller(TeamFactory(seller=True))("POST", "/services/from-template", body).status_code == 404

    def test_starts_once_for_an_idempotency_key(self, call, template):
        body = {"template_id": str(template.pk), "name": "acme/bot", "parameters": {"model": "m"}}

        answers = [call("POST", "/services/from-template", body, headers={"Idempotency-Key": "once"}) for _ in range(2)]

        assert [answer.json()["task_id"] for answer in answers] == ["once", "once"]
        assert (UploadTask.objects.count(), TemplateInstance.objects.count()) == (1, 1)

    def test_that_breaks_rules_fails_in_its_task(self, make):
        told = make(name="No Name")

        assert told["status"] == "failed"
        assert "name" in told["error"]

    def test_needs_a_key_that_may_manage_services(self, seller, template):
        body = {"template_id": str(template.pk), "parameters": {"model": "m"}}

        assert Caller(seller, role=Role.VIEWER)("POST", "/services/from-template", body).status_code == 403


class TestInstances:
    def test_of_the_older_client_are_made_shown_and_deleted(self, call, template, django_capture_on_commit_callbacks):
        body = {"template_id": str(template.pk), "name": "acme/bot", "parameters": {"model": "aurora"}}
        with django_capture_on_commit_callbacks(execute=True):
            made = call("POST", "/instances", body)

        assert made.status_code == 202
        shown = call("GET", f"/instances/{made.json()['instance_id']}").json()
        assert (shown["name"], shown["template_name"], shown["service_status"]) == (
            "acme/bot",
            "openai-compatible",
            "draft",
        )
        assert call("GET", "/instances").json() == {"data": [shown], "count": 1}
        assert call("DELETE", f"/instances/{shown['id']}").status_code == 200
        assert not Service.objects.exists()
        assert not TemplateInstance.objects.exists()

    def test_of_what_was_on_sale_are_kept(self, call, make, seller):
        make()
        Service.objects.filter(seller=seller).update(status="active")
        instance = TemplateInstance.objects.get()

        answer = call("DELETE", f"/instances/{instance.pk}")

        assert (answer.status_code, "Deprecate it instead" in answer.json()["detail"]) == (400, True)
        assert TemplateInstance.objects.exists()

    def test_of_others_are_not_found(self, make):
        make()
        other = Caller(TeamFactory(seller=True))

        for method in ("GET", "DELETE"):
            assert other(method, f"/instances/{TemplateInstance.objects.get().pk}").status_code == 404
        assert other("GET", "/instances").json()["count"] == 0
