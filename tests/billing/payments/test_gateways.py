"""Which processor the settings name, and what it keeps to itself."""

from __future__ import annotations

import inspect
import logging

import pytest

from billing.payments import gateways
from billing.payments.no_processor import NoProcessor
from billing.payments.processor import NotSetUp, Processor, ProcessorError
from billing.payments.stripe_processor import StripeProcessor
from tests.billing.payments.processors import usd
from tests.fakes.stripe.fake import FakeStripe

CALLS = [name for name, _ in inspect.getmembers(Processor, inspect.isfunction) if not name.startswith("_")]


class TestProcessor:
    def test_is_none_without_a_key(self, settings):
        settings.STRIPE_SECRET_KEY = ""

        processor = gateways.processor()

        assert (processor.is_set_up, processor.is_live, processor.is_pretended) == (False, False, False)

    def test_is_the_pretended_one_where_the_settings_name_it(self, stripe):
        processor = gateways.processor()

        assert (processor.is_set_up, processor.is_live, processor.is_pretended) == (True, False, True)
        assert processor is gateways.processor()

    @pytest.mark.parametrize(("key", "is_live"), [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False)])
    def test_is_live_by_its_key(self, settings, key, is_live):
        settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = key, ""

        processor = gateways.processor()

        assert (processor.is_live, processor.is_pretended) == (is_live, False)

    def test_sends_a_live_key_to_nobody_but_stripe(self, stripe, settings):
        settings.STRIPE_SECRET_KEY = "sk_live_1"

        with pytest.raises(ValueError, match="unset STRIPE_API_BASE"):
            gateways.processor()

    def test_has_what_the_protocol_asks_for(self):
        assert len(CALLS) > 20
        for name in CALLS:
            ours, asked = getattr(StripeProcessor, name), getattr(Processor, name)
            assert inspect.signature(ours) == inspect.signature(asked), name


class TestNoProcessor:
    @pytest.mark.parametrize("name", CALLS)
    def test_refuses_every_call_with_what_to_do(self, name):
        with pytest.raises(NotSetUp, match="Ask the operators") as refused:
            getattr(NoProcessor(), name)(key="k", amount=usd("1.00"))

        assert refused.value.code == "not_set_up"


class TestSecrets:
    def test_are_in_no_log_repr_or_error(self, stripe: FakeStripe, caplog: pytest.LogCaptureFixture):
        secret = "sk_test_51SomethingThatNobodyMayRead"
        processor = StripeProcessor(
            secret_key=secret, webhook_secrets=["whsec_NobodyEither"], api_base=stripe.url, retries=0
        )
        with caplog.at_level(logging.DEBUG), pytest.raises(ProcessorError) as refused:
            processor.payment("pi_1")

        told = f"{caplog.text} {refused.value!r} {refused.value} {processor!r} {processor} {vars(refused.value)}"
        assert "Invalid API Key provided" in told
        assert "SomethingThatNobody" not in told
        assert "NobodyEither" not in told
