"""Whatever is written as a price: it is read or refused, never a crash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain import pricing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(pricing.TYPES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("type", "price", "prices", "input", "output", "cached_input", "factor", "base", "tiers", "up_to"),
                    *("unit_price", "based_on", "expr", "channels", "default", "percentage", "price_data", "currency"),
                    *("amount", "percentage_off", "description", "x"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


class TestFuzz:
    @given(JSON, st.sampled_from(["list", "payout", "promotion"]))
    def test_any_document_is_valid_or_refused_in_words(self, document, side):
        problems = pricing.validate(document, side=side)

        assert all(problem.text("list_price").isprintable() for problem in problems)
        if not any(problem.is_error for problem in problems):
            pricing.explain(document)
            pricing.nominal(document)
            pricing.effective(document)
            try:
                assert pricing.cost(document, {"count": 1, "input_tokens": 5}).is_finite()
            except pricing.InvalidPrice:
                raise
            except pricing.PricingError as error:
                assert str(error)
