"""Every write of enrollments: `enrolling`, `access` as their plans open and pause it, and `price_changes`."""

from marketplace.enrollments.services.access import set_access, subscribe
from marketplace.enrollments.services.enrolling import (
    CustomersOnly,
    LimitReached,
    ParametersInvalid,
    PlanRequired,
    PriceChanged,
    ServiceNotOffered,
    cancel,
    check_parameters,
    enroll,
    parameter_form,
    price_of_calls,
)
from marketplace.enrollments.services.price_changes import ChangeClosed, accept, follow_price, remind, take_effect

__all__ = [
    "ChangeClosed",
    "CustomersOnly",
    "LimitReached",
    "ParametersInvalid",
    "PlanRequired",
    "PriceChanged",
    "ServiceNotOffered",
    "accept",
    "cancel",
    "check_parameters",
    "enroll",
    "follow_price",
    "parameter_form",
    "price_of_calls",
    "remind",
    "set_access",
    "subscribe",
    "take_effect",
]
