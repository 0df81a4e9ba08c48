"""Cards on one machine: pretended ones where nobody has set a key, and said to be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.embedded import cards, programs, welcome
from tests.fakes.stripe.world import OWN_ACCOUNT


class TestCards:
    @pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_SECRET_KEY_FILE"])
    def test_are_real_with_a_key(self, name):
        assert cards.are_real({name: "sk_test_1"})

    @pytest.mark.parametrize("given", [{}, {"STRIPE_SECRET_KEY": ""}, {"STRIPE_API_BASE": "http://127.0.0.1:1"}])
    def test_are_pretended_without_one(self, given):
        assert not cards.are_real(given)

    def test_that_are_pretended_have_keys_of_this_start_alone(self):
        first, second = cards.pretended(9200), cards.pretended(9200)

        for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS"):
            assert first[name] != second[name]
        assert first["STRIPE_SECRET_KEY"].startswith("sk_test_")
        assert (first["STRIPE_API_BASE"], first["STRIPE_ACCOUNT"]) == ("http://127.0.0.1:9200", OWN_ACCOUNT)


class TestTheProgram:
    def test_shows_no_key_in_the_list_of_processes(self):
        environment = {"SITE_URL": "http://127.0.0.1:8000", **cards.pretended(9200)}

        program = programs.stripe(environment, port=9200, state=Path("/data/stripe.json"))

        assert "http://127.0.0.1:8000/webhooks/stripe" in program.command
        assert environment["STRIPE_SECRET_KEY"] not in " ".join(program.command)
        assert program.environment["STRIPE_WEBHOOK_SECRETS"] == environment["STRIPE_WEBHOOK_SECRETS"]

    def test_ends_with_the_others_and_after_the_web(self):
        order = [name for group in programs.ENDING for name in group]
        assert order.index("web") < order.index("stripe")
        assert any({"stripe", "upstream"} <= set(group) for group in programs.ENDING)


class TestTheSettings:
    def test_let_forms_lead_to_the_pages_of_stripe(self):
        allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]

        assert allowed == ["'self'", settings.STRIPE_API_BASE or "https://*.stripe.com"]

    def test_of_production_pretend_nothing(self):
        environment = {
            **dict.fromkeys(("SECRET_KEY", "API_KEY_PEPPER", "SECRETS_PUBLIC_KEY"), "x"),
            "DATABASE_URL": "postgresql:///marketplace",
            "REDIS_URL": "redis://127.0.0.1:6379/0",
            "PATH": os.environ["PATH"],
        }
        said = [
            subprocess.run(
                [sys.executable, "-c", "import config.settings.prod"],
                env={**environment, "STRIPE_API_BASE": base},
                capture_output=True,
                text=True,
                check=False,
            ).stderr
            for base in ("", "http://127.0.0.1:9200")
        ]

        assert said[0] == ""
        assert "unset it in production" in said[1]


class TestTheWelcome:
    def test_says_that_cards_are_pretended(self):
        told = welcome.text({}, "http://127.0.0.1:8000", Path("/data"), "http://127.0.0.1:9200")

        assert "no money moves: pay with 4242 4242 4242 4242" in told
        assert "http://127.0.0.1:9200" in told

    def test_says_nothing_of_it_with_a_key(self):
        assert "4242" not in welcome.text({}, "http://127.0.0.1:8000", Path("/data"))
