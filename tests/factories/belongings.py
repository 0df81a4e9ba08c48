"""One of everything that a buyer and a seller can own, each with words in it that nobody else may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.files import services as files_of_accounts
from accounts.files.models import AccountFile
from accounts.files.places import Place
from accounts.teams import services as teams
from accounts.teams.models import Invitation, Role, Team
from accounts.users.models import User
from billing.payments.models import TopUp
from billing.payouts.models import Invoice
from billing.promotions import services as promotions
from billing.promotions.models import PriceRule
from billing.rating import services as rating
from billing.rating.models import Charge
from billing.statements import services as statements
from billing.statements.models import FileKind, Statement
from billing.subscriptions.models import Plan
from billing.wallets.models import Wallet
from common.idempotency.models import KeptAnswer
from gateway_admin.aliases import services as aliases
from gateway_admin.aliases.models import Alias
from gateway_admin.api_keys import services as api_keys
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.broadcasts.models import Broadcast
from gateway_admin.chains import services as chains
from gateway_admin.chains.models import Chain
from gateway_admin.collections import services as collections
from gateway_admin.collections.models import Collection
from gateway_admin.preferences.models import Preference
from gateway_admin.request_logs import services as request_logs
from gateway_admin.schedules import services as schedules
from gateway_admin.schedules.models import Run, Schedule, ScheduleQuota, TaskAnswer
from gateway_admin.secrets import services as secrets
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Document, Service, ServiceGroup, UploadTask
from marketplace.catalog.services.groups import GroupContent
from marketplace.conversations import services as conversations
from marketplace.conversations.models import Conversation, Side
from marketplace.disputes import services as disputes
from marketplace.disputes.models import Dispute
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment
from marketplace.service_templates.models import TemplateInstance
from marketplace.testing import services as testing
from marketplace.testing.models import TestRun
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.billing import Process, funded_wallet, price_version, ship, ship_raw, usage_event
from tests.factories.marketplace import as_payload, files, make_service
from tests.factories.payments import history
from tests.factories.payouts import paid_seller
from tests.factories.request_logs import call, kept, part, take_calls
from tests.factories.templates import service_template

_FEED = {
    "user_parameters_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "title": "City", "maxLength": 80}},
    },
    # a code of eight characters is in no page by chance
    "service_options": {
        "default_visibility": "public",
        "enrollment": {"scope": "global"},
        "plans": [{"name": "free", "monthly_fee": "0", "included": {"metric": "requests", "quantity": 5}}],
    },
    "user_access_interfaces": {"own": {"base_url": "${API_GATEWAY_BASE_URL}/feed/{{ enrollment.code }}"}},
    "documents": {
        "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
    },
}
_PRIVATE = {
    "display_name": "Vermilion Prototype",
    "service_options": {"default_visibility": "private"},
    "documents": {
        "Vermilion guide": {
            "category": "getting_started",
            "mime_type": "markdown",
            "file_content": "# Vermilion inside",
            "is_public": True,
        },
        "Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"},
    },
}
SECRET, VARIABLE, HOST = "VERMILION_TOKEN", "VERMILION_REGION", "vermilion.example"


@dataclass(frozen=True)
class Belongings:
    """What they have. service: a private one, for its seller alone; enrollment: in the service of somebody else."""

    buyer: Team
    seller: Team
    buyer_key: ApiKey
    seller_key: ApiKey
    buyer_key_text: str
    seller_key_text: str
    wallet: Wallet
    top_up: TopUp
    statement: Statement
    dispute: Dispute
    conversation: Conversation
    invoice: Invoice
    enrollment: Enrollment
    service: Service
    document: Document
    task: UploadTask
    group: ServiceGroup
    promotion: PriceRule
    test_run: TestRun
    instance: TemplateInstance
    alias: Alias
    schedule: Schedule
    delayed: Schedule
    run: Run
    collection: Collection
    chain: Chain
    broadcast: Broadcast
    file: AccountFile
    log_id: UUID
    invitation: Invitation

    @property
    def canaries(self) -> tuple[str, ...]:
        """Words that stand in what they own, and nowhere else."""
        return (
            "Vermilion",
            "vermilion",
            SECRET,
            VARIABLE,
            self.enrollment.code,
            self.buyer_key.prefix,
            self.seller_key.prefix,
            "731,942.58",
            "731942.58",
        )


def belongings() -> Belongings:
    """Make all of it. Every name begins with the word vermilion, the wallet got 731 942.58 USD."""
    buyer = TeamFactory(name="vermilion-buyer", display_name="Vermilion Buyer", owner=_person("buyer"))
    seller = TeamFactory(kind="seller", name="vermilion-seller", display_name="Vermilion", owner=_person("seller"))
    now = timezone.now()
    for team in (buyer, seller):
        secrets.put(team=team, name=SECRET, value="vermilion value", by=None, now=now, description="Vermilion's own")
        secrets.put(team=team, name=VARIABLE, value="vermilion-west", by=None, now=now, sensitive=False)
        secrets.grant(team=team, name=SECRET, host=HOST, by=None)
    buyer_key, buyer_text = api_keys.issue(team=buyer, role=Role.OWNER, name="Vermilion key", by=None, now=now)
    seller_key, text = api_keys.issue(team=seller, role=Role.OWNER, name="Vermilion key", by=None, now=now)
    KeptAnswer.objects.create(caller=str(buyer_key.pk), key="vermilion", status=201, body=b"Vermilion")
    feed = make_service(listing=_FEED)
    plan = Plan.objects.get(service_id=feed.pk)
    enrollment = enrollments.enroll(
        team=buyer, service=feed, by=None, parameters={"city": "Vermilion Bay"}, now=now, plan_id=plan.pk
    )
    service = make_service(seller, namespace="vermilion", name="prototype", listing=_PRIVATE)
    return Belongings(
        buyer=buyer,
        seller=seller,
        buyer_key=buyer_key,
        seller_key=seller_key,
        buyer_key_text=buyer_text,
        seller_key_text=text,
        wallet=_used_wallet(buyer, feed, service),
        top_up=history(Wallet.objects.get(team=buyer), now=now),
        dispute=_dispute(buyer, service),
        conversation=_conversation(buyer, service, now),
        invoice=paid_seller(seller, note="Vermilion chargeback", now=now),
        statement=_statement(buyer, now),
        log_id=_log(buyer, now),
        enrollment=enrollment,
        service=service,
        document=Document.objects.get(title="Vermilion guide"),
        **_catalogue(seller, buyer),
        file=_file(buyer, now),
        test_run=_tested(service),
        invitation=_invitation(buyer, now),
        **_routing(buyer, feed),
    )


def _person(who: str) -> User:
    return UserFactory(email=f"{who}@vermilion.example", full_name=f"Vermilion {who}")


def _invitation(buyer: Team, now: datetime) -> Invitation:
    owner = buyer.memberships.get(role=Role.OWNER)
    return teams.invite(team=buyer, email="guest@vermilion.example", role=Role.VIEWER, by=owner, now=now)[0]


def _file(buyer: Team, now: datetime) -> AccountFile:
    """Keep a file of the buyer's owner, and one of the whole team, which is returned."""
    content = {"content_type": "text/plain", "by": None, "now": now}
    for user in (owner_of(buyer), None):
        place = Place(buyer, user)
        file = files_of_accounts.store(place=place, key="vermilion/a.txt", content=ContentFile(b"Vermilion"), **content)
    return file


def _log(buyer: Team, now: datetime) -> UUID:
    """Make the log of one call, with bodies and a setting, and of one that was forgotten."""
    request_logs.start(team=buyer, truncated=True, by=None, now=now)
    record = call(
        buyer.pk, now, path="/l/p/vermilion", alias="a/vermilion", session="vermilion", kept=kept(b"Vermilion")
    )
    pieces = part(record["id"], "response", 0, b"Vermilion")
    forgotten = take_calls(call(buyer.pk, now, path="/p/vermilion"))[0]
    request_logs.forget(team=buyer, log_id=forgotten, by=None, through="vermilion", now=now)
    return take_calls(record, pieces)[0]


def _routing(buyer: Team, feed: Service) -> dict[str, Any]:
    """Make one of everything that calls find by a name."""
    made = {"team": buyer, "by": None, "now": timezone.now()}
    collection = collections.create(name="vermilion-tools", display_name="Vermilion tools", **made)
    collections.add_member(collection=collection, service=feed)
    step = chains.StepContent(name="vermilion-step", target_path="p/vermilion")
    target = broadcasts.TargetContent(name="vermilion-target", target_path="p/vermilion")
    Preference.objects.create(team=buyer, name="ai", target="vermilion/ai", updated_at=timezone.now())
    later = Schedule.objects.create(
        team=buyer, kind="delayed", state="active", path="/p/vermilion", schedule={"schedule_type": "once"}
    )
    ScheduleQuota.objects.create(team=buyer, most=731)
    schedule = Schedule.objects.create(team=buyer, kind="recurrent", name="vermilion-schedule", path="/p/vermilion")
    run = schedules.run_now(schedule=schedule, by=None, now=made["now"])
    TaskAnswer.objects.create(id=uuid4(), team=buyer, broadcast="vermilion-broadcast", name="vermilion-target")
    return {
        "schedule": schedule,
        "delayed": later,
        "run": run,
        "alias": aliases.create(name="vermilion-alias", target_path="p/vermilion", **made),
        "collection": collection,
        "chain": chains.create(name="vermilion-chain", steps=[step], **made),
        "broadcast": broadcasts.create(name="vermilion-broadcast", targets=[target], **made),
    }


def _used_wallet(buyer: Team, feed: Service, service: Service) -> Wallet:
    """Return a wallet with a charge, a lease, an event that waits and one that could not be read."""
    wallet = funded_wallet("731942.58", team=buyer)
    ship(usage_event(wallet, price_version(), service_id=feed.pk))
    ship(usage_event(wallet, price_version(), service_id=service.pk))
    ship_raw([(uuid4(), wallet.pk, None, "{}")])
    rating.settle(limit=10)
    ship(usage_event(wallet, price_version(), service_id=feed.pk))
    Process().draw(wallet, "1")
    return Wallet.objects.get(pk=wallet.pk)


def _dispute(buyer: Team, service: Service) -> Dispute:
    """Return a dispute about the charge for the seller's service."""
    charge = Charge.objects.select_related("wallet").get(service_id=service.pk)
    files = [ContentFile(b"Vermilion", name="vermilion.txt")]
    return disputes.open(
        team=buyer, charge=charge, text="Vermilion is no red", by=None, files=files, now=charge.finished_at
    )


def _conversation(buyer: Team, service: Service, now: datetime) -> Conversation:
    """Return the buyer's question about the seller's service, with a file and the seller's answer."""
    paper = ContentFile(b"Vermilion", name="vermilion.txt")
    asked = conversations.ask(
        team=buyer, service=service, subject="Vermilion?", text="Vermilion", by=owner_of(buyer), files=[paper], now=now
    )
    answer = {"side": Side.SELLER, "team": service.seller, "text": "Vermilion", "by": owner_of(service.seller)}
    conversations.write(conversation=asked, now=now, **answer)
    return asked


def _statement(buyer: Team, now: datetime) -> Statement:
    """Return the statement of the month in which the wallet was used, with one of its files."""
    address = {"legal_name": "Vermilion Ltd", "address": "1 Vermilion Way", "country": "GB", "tax_id": ""}
    statements.set_billing_details(team=buyer, now=now, **address)
    statement, *_ = statements.close_due(wallet=Wallet.objects.get(team=buyer), now=now + timedelta(days=60))
    statements.write_file(statement=statement, kind=FileKind.CSV, content=b"Vermilion", now=now)
    return statement


def _tested(service: Service) -> TestRun:
    """Let the seller report a test, and return the run that says so."""
    script = Document.objects.get(listing=service.listing_id, category="connectivity_test")
    cell = {"status": "script_failed", "error": "Vermilion is not there", "stdout": "vermilion"}
    told = testing.Report("script_failed", tests={service.interfaces.get().name: cell})
    testing.report(document=script, told=told, by=None, now=timezone.now())
    return TestRun.objects.get(service=service)


def _catalogue(seller: Team, buyer: Team) -> dict[str, Any]:
    """Make a group, a promotion with a code that the buyer has redeemed, an upload, and an instance of a template."""
    now = timezone.now() - timedelta(minutes=1)
    content = GroupContent("vermilion-group", "Vermilion group", status="active", expression="status == 'active'")
    group, _ = catalog.store_group(owner=seller, content=content)
    rule = {"name": "vermilion-sale", "pricing": {"type": "multiply", "factor": "0.8"}, "status": "active"}
    scope = {"customers": {"code": "VERMILION20"}}
    promotion, _ = promotions.store(owner=seller, content={**rule, "scope": scope}, by=None, now=now)
    promotions.redeem(team=buyer, code="VERMILION20", by=None, now=now)
    task = catalog.accept_upload(
        seller=seller, payload=as_payload(files("vermilion")), auto_submit=False, key=None, by=None, now=now
    )
    instance = TemplateInstance.objects.create(
        seller=seller, template=service_template(), name="vermilion-bot", task_key="vermilion", last_submitted_at=now
    )
    return {"group": group, "promotion": promotion, "task": task, "instance": instance}
