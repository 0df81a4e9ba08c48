"""All of the money at once: what the apps of billing promise each other, held against plain models and the verifier."""

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{name}" for name in ("world", "card_rules", "call_rules", "month_rules", "year", "killed"))
)
