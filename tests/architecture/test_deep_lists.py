"""Lists of ten thousand rows: the last page reads as little as the first one, by PostgreSQL's own count of rows.

Two things grow with a list because the clients' contract has them: `count`, which is exact, and the places of the rows
that `skip` leaves out, which are walked over. What a row is joined to is read for the rows that are shown alone.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.db import connection
from django.test import Client

from common import cursors
from common.caches import of_process
from marketplace.catalog import services as catalog
from marketplace.catalog.models import GroupMember, Service
from marketplace.catalog.services import membership
from tests.architecture import addresses, plans
from tests.architecture.longer import ELSEWHERE, LISTS, More
from tests.architecture.test_lists import lists
from tests.factories.belongings import Belongings, belongings
from tests.factories.crowds import multiply, multiply_service_by_name

pytestmark = pytest.mark.django_db
ROWS, SHOWN, DEEP = range(3, 10_003), 50, 9_900
#: What a page of 50 may look at, with its team, key, and what is told of each row.
MOST = 1_500


def _of_sale(owner: Belongings, numbers: range) -> None:
    sold = Service.objects.get(pk=owner.enrollment.service_id)
    membership.refresh_group(group=catalog.ensure_platform_group())
    multiply_service_by_name("sold", sold, numbers)
    member = GroupMember.objects.get(service=sold, group__name="all_services")
    multiply(member, numbers, service="md5('sold-service' || n)::uuid")


def _own(owner: Belongings, numbers: range) -> None:
    multiply_service_by_name("own", Service.objects.get(pk=owner.service.pk), numbers)


def _aliases(owner: Belongings, numbers: range) -> None:
    multiply(owner.alias, numbers, name="'alias-' || n")


#: Faster ways to make what LISTS makes, or ways that leave names apart.
FASTER: dict[str, More] = {
    "v1/aliases/": _aliases,
    "v1/groups/<name>/services": _of_sale,
    "v1/seller/services": _own,
}
#: Told page by page, from a place on or after a row.
PAGED = [
    "v1/aliases/",
    "v1/broadcasts/",
    "v1/chains/",
    "v1/delayed-requests/",
    "v1/enrollments/",
    "v1/groups/<name>/services",
    "v1/recurrent-requests/",
    "v1/recurrent-requests/<request_id>/runs",
    "v1/secrets/",
    "v1/seller/instances",
    "v1/seller/promotions",
    "v1/seller/secrets/",
    "v1/seller/service-groups",
    "v1/seller/services",
]
#: {address: why its length does not matter, or who else looks after it}.
ELSEHOW = {
    "v1/broadcasts/<broadcast_id>": "the whole of one broadcast",
    "v1/chains/<chain_id>": "the whole of one chain",
    "v1/files/list": "a folder of at most ACCOUNT_FILES_LIMIT files, which is read whole to tell of the folders in it",
    "v1/groups": "the contract has no pages: all groups",
    "v1/groups/<group_id>/members": "the contract has no pages: all members of one collection",
    "v1/request-logs": "tests/gateway_admin/request_logs: partitions, and counts up to a limit",
    "v1/seller/files/list": "the same",
    "v1/seller/earnings": "the contract has no pages: all services that earned something in one month",
    "v1/seller/invoices": "one a month",
    "v1/seller/invoices/<invoice_id>": "the whole of one invoice",
    "v1/seller/payouts": "one a day, at most a few more",
    "v1/seller/service-groups/<group_id>": "the whole of one group",
    "v1/seller/services/<service_id>": "the whole of one service",
    "v1/seller/templates": "those that operators wrote",
    "v1/seller/services/deprecated": "the contract has no pages: all that a seller has ended",
    "v1/services/<service_id>/documents": "the contract has no pages: all documents of one service",
    "v1/usage/cycle": "the contract has no pages: all services that were called in one month",
}


class Read(NamedTuple):
    """rows: what was looked at besides counting, and besides the rows that a skip leaves out."""

    queries: int
    rows: int


def test_every_list_has_pages_or_a_reason():
    assert sorted({*PAGED, *ELSEHOW} ^ {route for route in lists() if route in LISTS}) == []


def test_the_last_page_of_ten_thousand_rows_reads_as_little_as_the_first():
    owner = belongings()
    for route in PAGED:
        FASTER.get(route, LISTS[route])(owner, ROWS)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    found = {}
    for route in PAGED:
        address = ELSEWHERE.get(route, "").format(owner=owner) or addresses.filled(route, owner)
        first, cursor = read(route, f"{address}?limit={SHOWN}", owner)
        deep, _ = read(route, f"{address}?limit={SHOWN}&" + (f"cursor={cursor}" if cursor else f"skip={DEEP}"), owner)
        # a page after a skip asks for the ids of its rows first
        if deep.queries != first.queries + (0 if cursor else 1) or max(first.rows, deep.rows) > MOST:
            found[route] = f"{first} {deep}"

    assert found == {}


def read(route: str, address: str, owner: Belongings) -> tuple[Read, str | None]:
    """Return what a page reads, and the cursor of a page that is as deep as DEEP."""
    key = owner.seller_key_text if route.startswith("v1/seller/") else owner.buyer_key_text
    of_process.clear()
    with plans.asked() as queries:
        told = Client(headers={"Authorization": f"Bearer {key}"}).get(address).json()
    data, further = (told, None) if isinstance(told, list) else (told["data"], told.get("next_cursor"))
    assert len(data) == SHOWN, f"{address}: {str(told)[:300]}"
    rows = Counter[str]()
    for each in queries:
        if "COUNT(*)" not in each[0]:
            rows.update(plans.rows_read(each))
    if "skip=" in address:  # places of rows are walked over, in their own table alone
        del rows[max(rows, key=lambda table: rows[table])]
    return Read(len(queries), rows.total()), _deeper(further)


def _deeper(cursor: str | None) -> str | None:
    """Return the cursor of a row so many further on: each is a second older than the one before it."""
    if cursor is None:
        return None
    moment, pk = cursors.read(cursor)
    return cursors.written(moment - timedelta(seconds=DEEP - SHOWN), pk)
