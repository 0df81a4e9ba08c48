"""Which processor the settings name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from billing.payments.no_processor import NoProcessor
from billing.payments.processor import Processor
from billing.payments.stripe_processor import StripeProcessor


def processor() -> Processor:
    """Return the card processor. Without a key it is one that refuses everything and says `is_set_up` is False."""
    if not settings.STRIPE_SECRET_KEY:
        return NoProcessor()
    return _stripe(
        settings.STRIPE_SECRET_KEY,
        tuple(settings.STRIPE_WEBHOOK_SECRETS),
        settings.STRIPE_ACCOUNT,
        settings.STRIPE_API_BASE,
        settings.STRIPE_TIMEOUT_SECONDS,
        settings.STRIPE_RETRIES,
    )


@lru_cache(maxsize=4)
def _stripe(
    secret_key: str, webhook_secrets: tuple[str, ...], account: str, api_base: str, timeout_seconds: int, retries: int
) -> StripeProcessor:
    """Return one for these settings, always the same: it keeps its connections."""
    return StripeProcessor(
        secret_key=secret_key,
        webhook_secrets=webhook_secrets,
        account=account,
        api_base=api_base,
        timeout_seconds=timeout_seconds,
        retries=retries,
    )
