"""Cards on one machine: a key of Stripe when somebody has set one, else a processor of our own that moves no money."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

#: What the pretended processor takes for its account; `tests/fakes/stripe/world.py` has the same.
PRETENDED_ACCOUNT = "acct_1TheMarketplaceItself"


def are_real(given: Mapping[str, str]) -> bool:
    """Whether somebody has set a key, of the test mode or of the live one."""
    return bool(given.get("STRIPE_SECRET_KEY") or given.get("STRIPE_SECRET_KEY_FILE"))


def pretended(port: int) -> dict[str, str]:
    """Return the settings that name the pretended processor on this port. Its keys are made anew at each start."""
    return {
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
        "STRIPE_ACCOUNT": PRETENDED_ACCOUNT,
        "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
    }
