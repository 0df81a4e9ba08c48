"""Writes of published records: compiled and stored in the transaction of the change itself."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.db import connection, transaction

from domain.routing.snapshot import CODECS
from gateway_admin.publishing import candidates, compilers, named_compilers, queries
from gateway_admin.publishing.models import PublishedRecord
from marketplace.catalog import queries as catalog
from marketplace.catalog.models import Service

_COMPILERS = {**compilers.COMPILERS, "candidate": candidates.candidate}
_UPSERT = """
INSERT INTO publishing_publishedrecord (kind, key, body, written_in, updated_at)
VALUES (%s, %s, %s, pg_current_xact_id()::text::bigint, now())
ON CONFLICT (kind, key) DO UPDATE
SET body = excluded.body, written_in = excluded.written_in, updated_at = excluded.updated_at
WHERE publishing_publishedrecord.body IS DISTINCT FROM excluded.body
"""


@transaction.atomic(savepoint=False)
def publish(kind: str, key: str) -> None:
    """Compile the record (kind, key) anew and store it. What has not changed is not written.

    Two transactions that change parts of one record would each compile without the other's part; so the second one
    waits here for the first to commit, and then sees its work.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind}/{key}"])
        record = _COMPILERS[kind](key)
        body = None if record is None else json.dumps(CODECS[kind].encode(record))
        cursor.execute(_UPSERT, [kind, key, body])
        # the hint makes gateways look at once; without it they look within their polling interval
        cursor.execute("SELECT pg_notify('published', '')")
    if kind == "service" and (service := Service.objects.filter(pk=key).first()) is not None:
        # a group's record has the prices and routing keys of its members
        for group in sorted(named_compilers.group_keys(service)):
            publish("group", group)
        if service.parent_id is not None:
            publish("service", str(service.parent_id))
    if kind == "secret":
        publish("customer", key.partition("/")[0])
    if kind == "customer":
        for digest in queries.keys_out_of_step(team_id=key, is_active=record is not None):
            publish("api_key", digest)
        for name in queries.aliases_out_of_step(team_id=key, is_active=record is not None):
            publish("alias", name)
        for service in queries.services_out_of_step(team_id=key, is_active=record is not None):
            publish("service", str(service.pk))
            for path in sorted(catalog.paths(service)):
                publish("route", path)


def forget_candidates(*, now: datetime) -> int:
    """Remove the records of tests that ended a day ago and more: nobody asks for them again. Returns how many."""
    ended = PublishedRecord.objects.filter(kind="candidate", body=None, updated_at__lt=now - timedelta(days=1))
    return ended.delete()[0]
