"""The addresses of the control plane, and whose object each argument of one names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from uuid import uuid4

from django.urls import URLPattern, URLResolver, get_resolver

from billing.payouts.models import Payout
from tests.factories.belongings import SECRET, Belongings

#: The operators' pages (tests/config/test_admin.py asks every one of them), the pages of the library for log-ins, and
#: signed addresses, which are for whoever holds them (tests/common/storage, tests/accounts/files).
ELSEWHERE = ("admin/", "accounts/", "objects/", "files/put/")

#: {path segment before an argument, and the argument: the object of the owner that it names}.
OBJECTS: dict[str, Callable[[Belongings], object]] = {
    "aliases/<alias_id>": lambda owner: owner.alias.pk,
    "aliases/<identifier>": lambda owner: owner.alias.pk,
    "broadcasts/<broadcast_id>": lambda owner: owner.broadcast.pk,
    "broadcasts/<row_id>": lambda owner: owner.broadcast.pk,
    "chains/<chain_id>": lambda owner: owner.chain.pk,
    "chains/<row_id>": lambda owner: owner.chain.pk,
    "collections/<collection_id>": lambda owner: owner.collection.pk,
    "names/<name>": lambda owner: owner.alias.name,
    "groups/<group_id>": lambda owner: owner.collection.pk,
    "groups/<name>": lambda owner: owner.collection.name,
    "members/<member_id>": lambda owner: owner.buyer.memberships.get(role="owner").pk,
    "members/<service_id>": lambda owner: owner.enrollment.service_id,
    "steps/<step_id>": lambda owner: owner.chain.steps.get().pk,
    "targets/<target_id>": lambda owner: owner.broadcast.targets.get().pk,
    "charge/<event_id>": lambda owner: owner.dispute.charge_id,
    "charges/<event_id>": lambda owner: owner.dispute.charge_id,
    "disputes/<dispute_id>": lambda owner: owner.dispute.pk,
    "messages/<conversation_id>": lambda owner: owner.conversation.pk,
    "attachments/<attachment_id>": lambda owner: owner.conversation.messages.first().attachments.get().pk,
    "attached/<file_id>": lambda owner: owner.dispute.messages.first().attachments.get().pk,
    # whoever holds a link from a mail logs in and is a member of its team (tests/accounts/teams/test_links.py)
    "open/<token>": lambda _: "nobody-was-given-this-word",
    "documents/<document_id>": lambda owner: owner.document.pk,
    "docs/<page>": lambda _: "gateway",
    "topics/<slug>": lambda _: "gateway",
    "enrollments/<enrollment_id>": lambda owner: owner.enrollment.pk,
    "files/<file_id>": lambda owner: owner.file.pk,
    "export/<kind>": lambda _: "csv",
    "files/<kind>": lambda _: "csv",
    "invitations/<invitation_id>": lambda owner: owner.invitation.pk,
    "invoices/<invoice_id>": lambda owner: owner.invoice.pk,
    "instances/<instance_id>": lambda owner: owner.instance.pk,
    "templates/<template_id>": lambda owner: owner.instance.template_id,
    "made/<instance_id>": lambda owner: owner.instance.pk,
    # whoever holds the word of an invitation may read it (tests/accounts/teams/test_invitations.py)
    "join/<word>": lambda _: "nobody-was-given-this-word",
    "keys/<key_id>": lambda owner: owner.buyer_key.pk,
    "groups/<reference>": lambda owner: f"{owner.seller.name}:{owner.group.name}",
    "providers/<name>": lambda owner: owner.service.provider.name,
    "market/<reference>": lambda owner: owner.service.name,
    "preferences/<name>": lambda _: "ai",
    "new/<service_id>": lambda owner: owner.service.pk,
    "request-logs/<log_id>": lambda owner: owner.log_id,
    "delayed-requests/<task_id>": lambda owner: owner.delayed.pk,
    "recurrent-requests/<request_id>": lambda owner: owner.schedule.pk,
    "calls/<log_id>": lambda owner: owner.log_id,
    "playground/<service_id>": lambda owner: owner.service.pk,
    "runs/<run_id>": lambda owner: owner.run.id,
    "schedules/<schedule_id>": lambda owner: owner.schedule.pk,
    "secrets/<name>": lambda _: SECRET,
    "groups/<service_group_id>": lambda owner: owner.group.pk,
    "service-groups/<group_id>": lambda owner: owner.group.pk,
    "payouts/<payout_id>": lambda owner: Payout.objects.get(seller=owner.seller).pk,
    "promotions/<promotion_id>": lambda owner: owner.promotion.pk,
    "services/<service_id>": lambda owner: owner.service.pk,
    "tasks/<enrollment_task>": lambda owner: owner.enrollment.pk,
    "statements/<number>": lambda owner: owner.statement.number,
    "tests/<run_id>": lambda owner: owner.test_run.pk,
    "tasks/<task_id>": lambda owner: owner.task.key,
    "top-ups/<top_up_id>": lambda owner: owner.top_up.pk,
}
_ID, _NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), re.compile(r"[0-9]{4}-[0-9]{6}")
_ARGUMENT = re.compile(r"(?:([^/<>]+)/)?<(?:\w+:)?(\w+)>")


def routes() -> list[str]:
    """Return the patterns of all addresses, each one once."""
    return sorted({route for route in _walk(get_resolver().url_patterns) if not route.startswith(ELSEWHERE)})


def arguments(route: str) -> list[str]:
    """Return the arguments of a pattern, each with the segment before it. "keys/<uuid:key_id>" -> ["keys/<key_id>"]."""
    return [f"{before}/<{name}>" for before, name in _ARGUMENT.findall(route)]


def filled(route: str, owner: Belongings) -> str:
    """Return the address at which a pattern names what the owner has."""

    def value(argument: re.Match[str]) -> str:
        before, name = argument.groups()
        return f"{before}/{OBJECTS[f'{before}/<{name}>'](owner)}"

    return f"/{_ARGUMENT.sub(value, route)}"


def unknown(route: str, owner: Belongings) -> str:
    """Return the address at which a pattern names what nobody has, of the same kinds."""

    def value(argument: re.Match[str]) -> str:
        before, name = argument.groups()
        return f"{before}/{nobodys(str(OBJECTS[f'{before}/<{name}>'](owner)))}"

    return f"/{_ARGUMENT.sub(value, route)}"


def nobodys(value: str) -> str:
    """Return what nobody has, of the kind of a value that somebody has. A word that names no object stays."""
    if _ID.fullmatch(value):
        return str(uuid4())
    if value.isdigit():
        return "2000000001"
    if _NUMBER.fullmatch(value):
        return f"{value[:-4]}9999"
    return value.replace("vermilion", "unheardof").replace("VERMILION", "UNHEARDOF")


def _walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route
