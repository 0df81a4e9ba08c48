"""A test run through the real gateway, and whose fault it is when one fails."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.wallets.models import Wallet
from gateway_admin.secrets import services as secrets
from marketplace.testing import queries, services
from marketplace.testing.models import TestRun
from tests.fakes.upstream import answer, json_answer
from tests.marketplace.testing.conftest import CHOICES, TEMPLATE


def checked(service, **options):
    """Run the tests of a service; they are over when this returns."""
    run = services.begin(service=service, by=None, now=timezone.now(), **options)
    return TestRun.objects.get(pk=run.pk)


def probe(run):
    return run.results.get(source="probe")


class TestPass:
    def test_asks_the_interface_with_the_request_template_and_the_sellers_secret(self, world, make, store):
        store("UPSTREAM_KEY", "sk-of-acme")
        service = make(channel={"api_key": "${ secrets.UPSTREAM_KEY }"})

        run = checked(service)

        assert (run.status, run.success_count, run.fail_count, run.skipped_count) == ("completed", 1, 0, 1)
        (asked,) = world.upstream.requests
        assert (asked.method, asked.target) == ("POST", "/v1/chat/completions")
        assert asked.header(b"authorization") == b"Bearer sk-of-acme"
        assert asked.json["max_tokens"] == 5

    def test_is_paid_by_the_platform_and_changes_nothing_for_the_service(self, world, make):
        service = make()

        checked(service)

        service.refresh_from_db()
        assert service.status == "draft"
        assert service.enrollments.count() == 0
        assert Wallet.objects.get(team__name="platform-tests").settled == Decimal(10)

    def test_says_of_the_document_what_came_of_it(self, make):
        service = make()

        run = checked(service)

        document = queries.request_templates(service)[0]
        interface = service.interfaces.get()
        test = document.meta["test"]
        assert (test["status"], test["tests"][str(interface.pk)]["status"]) == ("success", "success")
        assert probe(run).outcome == "gateway_pass"
        assert "pong" in probe(run).stdout

    def test_leaves_scripts_to_their_seller_when_nobody_runs_them(self, make):
        run = checked(make())

        script = run.results.get(source="script")
        assert (script.status, script.outcome) == ("skipped", "no_runner")
        assert "usvc seller specs run-tests" in script.error

    def test_uses_the_values_for_tests_and_an_address_of_its_own(self, world, make):
        service = make(
            channel={"base_url": f"{world.upstream.url}/{{{{ params.city }}}}"},
            listing={
                "user_parameters_schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                },
                "service_options": {"ops_testing_parameters": {"city": "Oslo"}},
                "user_access_interfaces": {
                    "own": {
                        "access_method": "http",
                        "base_url": "${API_GATEWAY_BASE_URL}/weather/{{ enrollment.code }}",
                    }
                },
            },
        )

        run = checked(service)

        assert run.has_passed, probe(run).error
        assert world.upstream.requests[0].target == "/Oslo/chat/completions"

    def test_takes_a_secret_that_customers_bring_from_the_seller(self, world, make, store):
        store("OPENAI_API_KEY", "sk-for-tests")

        run = checked(make(channel={"api_key": "${ customer_secrets.OPENAI_API_KEY }"}))

        assert run.has_passed, probe(run).error
        assert world.upstream.requests[0].header(b"authorization") == b"Bearer sk-for-tests"

    def test_asks_what_the_document_says(self, world, make):
        request = {"method": "GET", "path": "/models?limit=1", "headers": {"x-trace": "1", "authorization": "mine"}}
        meta = {"request": request, "response": {"status": 404}}
        world.upstream.answers(json_answer({}, status=404))

        run = checked(make(documents={"Request body": {**TEMPLATE, "meta": meta}}))

        assert run.has_passed, probe(run).error
        (asked,) = world.upstream.requests
        assert (asked.method, asked.target, asked.body) == ("GET", "/v1/models?limit=1", b"")
        assert (asked.header(b"x-trace"), asked.header(b"authorization")) == (b"1", None)


FAULTS = {
    "an upstream that fails": ([json_answer({}, status=503)], "upstream_fault", "upstream", "status 503"),
    "a key that the upstream refuses": ([json_answer({}, status=401)], "upstream_fault", "credentials", "status 401"),
    "an address that the upstream does not know": (
        [json_answer({}, status=404)],
        "upstream_fault",
        "seller_file",
        "status 404",
    ),
    "a redirect": (
        [answer(b"", status=302, headers=[("Location", "http://169.254.169.254/")])],
        "upstream_fault",
        "seller_file",
        "status 302",
    ),
    "an answer of another shape": (
        [json_answer({"error": "no"})],
        "upstream_fault",
        "seller_file",
        "choices is missing",
    ),
    "a failure that is over when it is asked again": (
        [json_answer({}, status=500), json_answer(CHOICES)],
        "platform_fault",
        "platform",
        "although the channel default answers",
    ),
}


class TestFailure:
    @pytest.mark.parametrize("case", FAULTS)
    def test_is_attributed(self, world, make, case):
        scripts, outcome, fault, words = FAULTS[case]
        world.upstream.answers(*scripts)

        found = probe(checked(make()))

        assert (found.outcome, found.fault) == (outcome, fault)
        assert words in found.error
        assert found.status != "success"

    def test_of_a_host_that_is_not_there(self, make):
        found = probe(checked(make(channel={"base_url": "http://127.0.0.1:9/v1"})))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")
        assert found.upstream_channels["default"]["status"] == "script_failed"

    def test_by_a_rule_of_the_channel_is_the_upstreams(self, world, make):
        world.upstream.answers(json_answer({"error": "Out of order.", **CHOICES}))
        said = {"condition": "body.error", "message": "{{ body.error }}"}

        found = probe(checked(make(channel={"response_rules": {"fault": said}})))

        assert (found.outcome, found.fault) == ("upstream_fault", "upstream")
        assert "Out of order." in found.error

    def test_of_a_secret_that_is_gone(self, make, store, seller):
        store("UPSTREAM_KEY", "sk-of-acme")
        service = make(channel={"api_key": "${ secrets.UPSTREAM_KEY }"})
        secrets.delete(team=seller, name="UPSTREAM_KEY")

        found = probe(checked(service))

        assert found.fault == "credentials"
        assert "UPSTREAM_KEY" in found.error

    def test_of_the_gateway_itself(self, make, settings):
        settings.GATEWAY_INTERNAL_URL = "http://127.0.0.1:9"

        found = probe(checked(make()))

        assert (found.status, found.fault) == ("task_failed", "platform")

    def test_of_one_channel_of_two_tells_them_apart(self, world, make):
        url = world.upstream.url
        world.upstream.answers_by(
            lambda request: json_answer(CHOICES) if request.target.startswith("/good") else json_answer({}, status=500)
        )
        channels = {
            "bad": {"access_method": "http", "base_url": f"{url}/bad", "is_primary": True},
            "good": {"access_method": "http", "base_url": f"{url}/good"},
        }

        found = probe(checked(make(channels=channels)))

        assert {name: each["status"] for name, each in found.upstream_channels.items()} == {
            "bad": "script_failed",
            "good": "success",
        }

    def test_keeps_secrets_out_of_what_is_stored(self, world, make, store):
        store("UPSTREAM_KEY", "sk-of-acme-that-is-secret")
        echoed = json.dumps({"you_sent": "Bearer sk-of-acme-that-is-secret"}).encode()
        world.upstream.answers(answer(echoed, status=500))

        found = probe(checked(make(channel={"api_key": "${ secrets.UPSTREAM_KEY }"})))

        assert "sk-of-acme-that-is-secret" not in json.dumps([found.stdout, found.upstream_channels, found.error])

    def test_keeps_a_bounded_part_of_a_huge_answer(self, world, make):
        world.upstream.answers(answer(b"x" * 3_000_000, status=500))

        found = probe(checked(make()))

        assert len(found.stdout) <= 16 * 1024
