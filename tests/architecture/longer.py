"""What makes each list of the APIs longer: a new list needs a line in LISTS, or in SHORT with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.db import models
from django.utils import timezone

from accounts.files.models import AccountFile
from billing.payouts.models import InvoiceLine, Payout, PayoutTerm
from billing.rating.models import PeriodUsage
from gateway_admin.collections.models import CollectionMember
from gateway_admin.secrets.models import Secret
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Document, Service
from marketplace.catalog.services import membership
from tests.factories.belongings import Belongings
from tests.factories.crowds import multiply, multiply_service
from tests.factories.request_logs import call, take_calls

More = Callable[[Belongings, range], None]


def more(row: Callable[[Belongings], models.Model | None], **other: str) -> More:
    """Return what writes so many more of a row."""

    def write(owner: Belongings, numbers: range) -> None:
        found = row(owner)
        assert found is not None
        multiply(found, numbers, **other)

    return write


def _logs(owner: Belongings, numbers: range) -> None:
    now = timezone.now()
    take_calls(*(call(owner.buyer.pk, now - timedelta(seconds=n + 1)) for n in numbers))


def _sellers_files(owner: Belongings, numbers: range) -> None:
    names = [uuid4().hex for _ in numbers]
    AccountFile.objects.bulk_create(
        AccountFile(team=owner.seller, key=name, object_name=name, size=1, content_type="", updated_at=timezone.now())
        for name in names
    )


def _services(owner: Belongings, numbers: range) -> None:
    multiply_service(owner.service, numbers)


def _deprecated(owner: Belongings, numbers: range) -> None:
    ended = Service.objects.select_related("offering", "listing").get(pk=owner.service.pk)
    ended.status, ended.name = "deprecated", f"{ended.name}-ended"
    multiply_service(ended, numbers)


def _of_sale(owner: Belongings, numbers: range) -> None:
    multiply_service(owner.enrollment.service, numbers)
    membership.refresh_group(group=catalog.ensure_platform_group())


def _grouped(owner: Belongings, numbers: range) -> None:
    offered = Service.objects.select_related("offering", "listing").get(pk=owner.service.pk)
    offered.name = "grouped"
    multiply_service(offered, numbers)
    membership.refresh_group(group=owner.group)


def _collected(owner: Belongings, numbers: range) -> None:
    feed = Service.objects.select_related("offering", "listing").get(pk=owner.enrollment.service_id)
    feed.name = "collected"
    multiply_service(feed, numbers)
    found = Service.objects.filter(name__startswith="collected", collection_members=None)
    CollectionMember.objects.bulk_create(CollectionMember(collection=owner.collection, service=each) for each in found)


def _lines(owner: Belongings, numbers: range) -> None:
    told = {"invoice": owner.invoice, "period": owner.invoice.period, "requests": 0, "customer_charge": 0, "payout": 0}
    InvoiceLine.objects.bulk_create(
        InvoiceLine(service_id=uuid4(), service_name=f"chat {number}", **told) for number in numbers
    )


def _earned(owner: Belongings, numbers: range) -> None:
    term = PayoutTerm.objects.filter(seller=owner.seller)[0]
    usage = PeriodUsage.objects.filter(service_id=term.service_id)[0]
    for number in numbers:
        own = {"service_id": f"'{uuid4()}'"}
        multiply(term, range(number, number + 1), **own)
        multiply(usage, range(number, number + 1), **own)


_paper = more(
    lambda owner: Document.objects.filter(listing=owner.enrollment.service.listing_id).first(),
    is_public="true",
    category="'getting_started'",
)
_SENT = {"transfer": "gen_random_uuid()", "reversal": "NULL", "restored": "NULL"}
#: {address of a list: what makes it longer for whoever asks}.
LISTS: dict[str, More] = {
    "v1/aliases/": more(lambda owner: owner.alias),
    "v1/broadcasts/": more(lambda owner: owner.broadcast),
    "v1/broadcasts/<broadcast_id>": more(lambda owner: owner.broadcast.targets.first()),
    "v1/chains/": more(lambda owner: owner.chain),
    "v1/chains/<chain_id>": more(lambda owner: owner.chain.steps.first()),
    "v1/delayed-requests/": more(lambda owner: owner.delayed),
    "v1/enrollments/": more(lambda owner: owner.enrollment, code="upper(left(md5(random()::text), 8))"),
    "v1/files/list": more(
        lambda owner: AccountFile.objects.exclude(user=None).get(team=owner.buyer, key="vermilion/a.txt")
    ),
    "v1/groups": more(lambda owner: owner.collection, team="t.team_id", is_default="false"),
    "v1/groups/<group_id>/members": _collected,
    "v1/groups/<name>/services": _of_sale,
    "v1/recurrent-requests/": more(lambda owner: owner.schedule),
    "v1/recurrent-requests/<request_id>/runs": more(lambda owner: owner.run),
    "v1/request-logs": _logs,
    "v1/secrets/": more(lambda owner: Secret.objects.filter(team=owner.buyer).first()),
    "v1/services/<service_id>/documents": _paper,
    "v1/usage/cycle": more(
        lambda owner: PeriodUsage.objects.filter(wallet=owner.wallet).first(), service_id="gen_random_uuid()"
    ),
    "v1/seller/earnings": _earned,
    "v1/seller/files/list": _sellers_files,
    "v1/seller/instances": more(lambda owner: owner.instance),
    "v1/seller/invoices": more(lambda owner: owner.invoice),
    "v1/seller/invoices/<invoice_id>": _lines,
    "v1/seller/payouts": more(
        lambda owner: Payout.objects.filter(seller=owner.seller).latest("created_at"), state="'sent'", **_SENT
    ),
    "v1/seller/promotions": more(lambda owner: owner.promotion),
    "v1/seller/secrets/": more(lambda owner: Secret.objects.filter(team=owner.seller).first()),
    "v1/seller/service-groups": more(lambda owner: owner.group),
    "v1/seller/service-groups/<group_id>": _grouped,
    "v1/seller/services": _services,
    "v1/seller/services/<service_id>": more(lambda owner: owner.document),
    "v1/seller/services/deprecated": _deprecated,
    "v1/seller/templates": more(lambda owner: owner.instance.template),
}
#: Where the list of a longer address stands than that which names the owner's things.
ELSEWHERE = {
    "v1/services/<service_id>/documents": "/v1/services/{owner.enrollment.service_id}/documents",
    "v1/files/list": "/v1/files/list?path=vermilion/",
    "v1/groups/<name>/services": "/v1/groups/all_services/services",
}
#: Lists that are long for nobody: {address: why}.
SHORT = {
    "v1/preferences/": "as many as there are names of preferences",
    "v1/recurrent-requests/runs/<run_id>": "checks of one run",
    "v1/request-logs/<log_id>": "attempts of one call, which are limited",
    "v1/seller/balance": "one row a currency",
    "v1/services/<service_id>/documents/<document_id>": "one document",
    "v1/services/<service_id>/groups": "groups of one service",
    "v1/services/<service_id>/interfaces": "interfaces of one service",
    "v1/services/<service_id>/usage": "channels of one service",
}
