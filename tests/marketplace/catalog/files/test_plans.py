"""Plans in files: where they may stand, what is refused and with which words, and what they are read as."""

from __future__ import annotations

from decimal import Decimal

import pytest
from unitysvc_core.models import validate_service_options
from unitysvc_core.models.offering_v1 import OfferingV1

from domain import plans
from tests.marketplace.catalog.files.samples import OFFERING, changed, check, texts

PRO = {
    "name": "pro",
    "display_name": "Pro",
    "monthly_fee": "20.00",
    "included": {"metric": "requests", "quantity": 100},
}
BASIC = {"name": "basic", "monthly_fee": "5"}
NO_DECIMAL = 'is not a decimal number; write digits and a point, like "0.50"'
OPTIONS = "listing_data.service_options"


def problems(*given, **more):
    return texts(check(listing={"service_options": {"plans": list(given)}, **more}).problems)


class TestPlansOfAListing:
    def test_are_read_cheapest_first(self):
        checked = check(listing={"service_options": {"plans": [PRO, BASIC], "plan_required": True}})

        offered = plans.offered(checked.listing)
        assert [(each.key, each.name, each.fee, each.metric, each.quantity) for each in offered.plans] == [
            ("basic", "basic", Decimal(5), "", 0),
            ("pro", "Pro", Decimal(20), "requests", 100),
        ]
        assert offered.is_required
        assert (checked.problems, checked.enrollment_reasons) == ((), ("it is paid by the month",))

    def test_do_not_ask_for_an_enrollment_where_calls_are_sold_without_them(self):
        assert check(listing={"service_options": {"plans": [PRO]}}).enrollment_reasons == ()

    @pytest.mark.parametrize(("change", "sentence"), [
        ({"name": "A B"}, "name: 1 to 100 lowercase letters, digits, '-', '_' (got 'A B'). Write it like pro"),
        ({"name": "monthly"}, "name: 'monthly' stands for a list_price per month. Choose another name"),
        ({"monthly_fee": None}, "monthly_fee: required"),
        ({"monthly_fee": "-1"}, "monthly_fee: must be between 0 and 1,000,000,000 (got '-1')"),
        ({"monthly_fee": "1e3"}, f"monthly_fee: '1e3' {NO_DECIMAL}"),
        ({"monthly_fee": "NaN"}, f"monthly_fee: 'NaN' {NO_DECIMAL}"),
        ({"monthly_fee": "\u0661"}, f"monthly_fee: '\u0661' {NO_DECIMAL}"),
        ({"monthly_fee": "0.0000000000001"}, "monthly_fee: at most 12 decimal places (got '0.0000000000001')"),
        ({"monthly_fee": True}, "monthly_fee: must be an amount as text (got true). Write it like \"20.00\""),
        ({"included": {"metric": "requests", "quantity": 0}},
         "included.quantity: must be a positive whole number (got 0)"),
        ({"trial": 7}, "trial: unknown field"),
    ])  # fmt: skip
    def test_that_are_broken_are_told_with_their_mend(self, change, sentence):
        assert problems({**PRO, **change}) == [f"{OPTIONS}.plans[0].{sentence}"]

    def test_of_an_unknown_metric_are_told_the_known_ones(self):
        (told,) = problems({**PRO, "included": {"metric": "calls", "quantity": 5}})

        assert told.startswith(f"{OPTIONS}.plans[0].included.metric: must be requests, tokens, input_tokens")

    def test_have_names_of_their_own(self):
        assert problems(PRO, PRO) == [f"{OPTIONS}.plans[1].name: 'pro' is there twice. Give each a name"]

    def test_need_a_price_for_what_goes_beyond_them(self):
        assert problems(PRO, list_price=None) == [
            f"{OPTIONS}.plans: plans need a list_price. State what calls beyond a plan cost"
        ]

    def test_and_a_price_per_month_exclude_each_other(self):
        (told,) = problems(PRO, list_price={"type": "one_month", "price": "9"})

        assert told.startswith(f"{OPTIONS}.plans: the list_price asks for a sum per month as well")

    def test_are_not_required_when_there_are_none(self):
        checked = check(listing={"service_options": {"plan_required": True}})

        assert texts(checked.problems) == [f"{OPTIONS}.plan_required: there are no plans. Give plans"]


class TestPlansInTheDetails:
    """The sellers' published client refuses options that it does not know, and lets details be."""

    DETAILS = {"details": {"region": "eu", "plans": [PRO], "plan_required": True}}

    def test_pass_the_published_validator_where_options_do_not(self):
        assert OfferingV1.model_validate(changed(OFFERING, self.DETAILS))
        assert validate_service_options({"plans": [PRO]}) != []

    def test_are_moved_to_the_listing(self):
        checked = check(offering=self.DETAILS)

        assert checked.problems == ()
        assert checked.listing["service_options"] == {"plans": [PRO], "plan_required": True}
        assert checked.offering["details"] == {"region": "eu"}

    def test_stand_in_one_place(self):
        checked = check(offering=self.DETAILS, listing={"service_options": {"plans": [BASIC]}})

        assert texts(checked.problems) == [
            f"{OPTIONS}.plans: stands here and in the offering's details. Keep one of them"
        ]


class TestAPricePerMonth:
    def test_is_a_plan_with_every_call_and_calls_cost_nothing(self):
        price = {"type": "one_month", "price": "9.00", "description": "Reserved slot | internal"}
        checked = check(listing={"list_price": price})

        (plan,) = plans.offered(checked.listing).plans
        assert (plan.key, plan.fee, plan.metric, plan.description) == ("monthly", 9, "everything", "Reserved slot")
        assert plans.usage_price(price)["price"] == "0"
        assert plans.sentence(plan, "USD") == "9.00 USD a month, every call included."

    def test_inside_of_another_price_stays_a_price_of_time(self):
        price = {"type": "add", "prices": [{"type": "one_month", "price": "9"}, {"type": "constant", "price": "1"}]}

        assert plans.offered(check(listing={"list_price": price}).listing).plans == ()
        assert plans.usage_price(price) == price
