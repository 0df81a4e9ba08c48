"""Writes of statements: close a month, render what was frozen, tell the customer, note billing details."""

from billing.statements.services.closing import (
    EarlierPeriodOpen,
    PeriodStillOpen,
    close,
    close_due,
)
from billing.statements.services.details import CountryUnknown, set_billing_details
from billing.statements.services.mail import announce
from billing.statements.services.rendering import FileDiffers, render, write_file

__all__ = [
    "CountryUnknown",
    "EarlierPeriodOpen",
    "FileDiffers",
    "PeriodStillOpen",
    "announce",
    "close",
    "close_due",
    "render",
    "set_billing_details",
    "write_file",
]
