"""What is taken off a list cost, in which order, and who pays for it. Worked numbers: docs/algorithms/promotions.md.

cover         what included quotas of subscriptions take off a call (`Quota`); they come first
discounts     what promotions take off the rest of a call, rule by rule (`Rule`)
net           what is left of a list cost
on_statement  what promotions take off the sums of a statement (`Line`, `Discount`)
takes_off     what a promotion does to a price, in words
"""

from domain.promotions.adjustments import Adjustment, Funder, net
from domain.promotions.allowances import REQUESTS, TOKENS, Quota, cover, quantity
from domain.promotions.rules import Rule, UnusableRule, discounts
from domain.promotions.statements import Discount, Line, on_statement
from domain.promotions.wording import takes_off

__all__ = [
    "REQUESTS",
    "TOKENS",
    "Adjustment",
    "Discount",
    "Funder",
    "Line",
    "Quota",
    "Rule",
    "UnusableRule",
    "cover",
    "discounts",
    "net",
    "on_statement",
    "quantity",
    "takes_off",
]
