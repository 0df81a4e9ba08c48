"""Writes of what is taken off prices: rules, redeemed codes, included quotas.

store, store_platform_rule, activate, pause        rules
upload, change, delete                             rules of a seller as files and requests say them
redeem(team=, code=, by=, now=)                    a customer enters a code
grant_allowance(wallet_id=, enrollment_id=, name=, metric=, included=, starts_at=, ends_at=, key=, funded_by=)
end_allowance(allowance=, now=)                    a quota ends before its time
"""

from billing.promotions.services.allowances import AllowanceInvalid, end_allowance, grant_allowance
from billing.promotions.services.files import (
    PromotionDeletionRefused,
    PromotionStatusRefused,
    change,
    delete,
    upload,
)
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
    "PromotionDeletionRefused",
    "PromotionNameTaken",
    "PromotionStatusRefused",
    "activate",
    "change",
    "check_platform_rule",
    "delete",
    "end_allowance",
    "grant_allowance",
    "pause",
    "redeem",
    "store",
    "store_platform_rule",
    "upload",
]
