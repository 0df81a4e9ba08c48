"""Counts the hours of usage anew from the charges, which are what they sum up."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import connection, transaction


@transaction.atomic
def recount_usage(*, wallet_id: UUID) -> int:
    """Count the hours of one wallet anew, under its lock. Returns how many rows there are. Twice changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hourly_usage_recount(%s)", [wallet_id])
        return int(cursor.fetchone()[0])


@transaction.atomic
def recount_sales() -> int:
    """Count the hours of all services anew; the settlement waits meanwhile. Returns how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hourly_sales_recount(%s)", [settings.TEST_CUSTOMER_TEAM])
        return int(cursor.fetchone()[0])
