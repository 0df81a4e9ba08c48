"""Writes of what is taken off prices: rules, redeemed codes, included quotas.

store, store_platform_rule, activate, pause        rules
redeem(team=, code=, by=, now=)                    a customer enters a code
grant_allowance(wallet_id=, enrollment_id=, name=, metric=, included=, starts_at=, ends_at=, key=, funded_by=)
end_allowance(allowance=, now=)                    a quota ends before its time
"""

from billing.promotions.services.allowances import AllowanceInvalid, end_allowance, grant_allowance
from billing.promotions.services.redemptions import (
    CodeAlreadyRedeemed,
    CodeExpired,
    CodeNotForYou,
    CodeUnknown,
    CodeUsedUp,
    redeem,
)
from billing.promotions.services.rules import (
    PromotionCodeTaken,
    PromotionNameTaken,
    activate,
    check_platform_rule,
    pause,
    store,
    store_platform_rule,
)

__all__ = [
    "AllowanceInvalid",
    "CodeAlreadyRedeemed",
    "CodeExpired",
    "CodeNotForYou",
    "CodeUnknown",
    "CodeUsedUp",
    "PromotionCodeTaken",
    "PromotionNameTaken",
    "activate",
    "check_platform_rule",
    "end_allowance",
    "grant_allowance",
    "pause",
    "redeem",
    "store",
    "store_platform_rule",
]
