"""Bodies that are removed because their team wants it. The row stays, and so does the money."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from common.errors import DomainError
from gateway_admin.request_logs import bodies, queries
from gateway_admin.request_logs.models import BodyPart, Forgetting, KeptBodies, RequestLog

logger = logging.getLogger(__name__)


class AlreadyForgotten(DomainError):
    """There is nothing left to remove."""

    code = "already_forgotten"
    sentence = "The bodies of this call have been removed already. Its row and its charge stay."


@transaction.atomic
def forget(*, team: Team, log_id: UUID, by: User | None, through: str, now: datetime) -> Forgetting:
    """Remove headers, bodies, query, routing key and session of a call; note who did.

    What is still on its way from a gateway is thrown away when it arrives. Raises: NotFound, AlreadyForgotten.
    """
    row = queries.lock_row(team=team, log_id=log_id, now=now)
    if row.forgotten_at is not None:
        raise AlreadyForgotten
    kept = KeptBodies.objects.filter(pk=log_id, team_id=team.pk).first()
    BodyPart.objects.filter(log_id=log_id).delete()
    KeptBodies.objects.filter(pk=log_id, team_id=team.pk).delete()
    RequestLog.objects.filter(pk=log_id).update(forgotten_at=now, routing_key=None, session="", error_message="")
    noted = Forgetting.objects.create(team=team, log_id=log_id, by=by, through=through[:100])
    if kept is not None:
        # also those that are just being written, or that a worker left behind: no row names them yet
        names = {*bodies.object_names(kept), *(bodies.object_name(kept, side) for side in bodies.SIDES)}
        transaction.on_commit(lambda: bodies.delete_objects(names))
    logger.info("request_log.forgotten team=%s log=%s by=%s", team.pk, log_id, by.pk if by else through)
    return noted
