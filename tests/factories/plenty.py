"""More of everything that a buyer and a seller have, each with rows of its own behind it: for pages that list it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.files import services as account_files
from accounts.files.places import Place
from accounts.teams import services as teams
from accounts.teams.models import Role
from billing.promotions import services as promotions
from billing.rating import services as rating
from billing.rating.models import Charge
from billing.subscriptions.models import Plan
from billing.wallets import services as wallets
from gateway_admin.aliases import services as aliases
from gateway_admin.api_keys import services as api_keys
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.chains import services as chains
from gateway_admin.collections import services as collections
from gateway_admin.schedules import services as schedules
from gateway_admin.schedules.models import Run
from gateway_admin.schedules.run_ids import run_id
from gateway_admin.secrets import services as secrets
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Document, Service
from marketplace.catalog.services.groups import GroupContent
from marketplace.disputes import services as disputes
from marketplace.enrollments import services as enrollments
from marketplace.service_templates.models import TemplateInstance
from marketplace.testing import services as testing
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.belongings import Belongings
from tests.factories.billing import price_version, ship, usage_event, usd
from tests.factories.marketplace import as_payload, files, make_service
from tests.factories.payments import start
from tests.factories.request_logs import attempt, call, take_attempts, take_calls

_LISTING = {
    "service_options": {
        "default_visibility": "public",
        "plans": [{"name": "free", "monthly_fee": "0", "included": {"metric": "requests", "quantity": 5}}],
    },
}
#: A collection has no room for more; one of its places is taken.
_MOST_MEMBERS = 20
#: More people in a team, and more targets of one alias, than anybody has.
_MOST_PEOPLE = 12


def add(owner: Belongings, numbers: range) -> None:
    """Make one more of everything for each number. The same number twice is refused by what has a name."""
    for number in numbers:
        service = make_service(owner.seller, namespace="vermilion", name=f"chat-{number}", listing=_LISTING)
        _sell(owner, service)
        _bought(owner, service)
        _routed(owner, service, number)
        _scheduled(owner, service, number)
        _kept(owner, number)
        _offered(owner, number)
        if number < _MOST_PEOPLE:
            _met(owner, number)


def _sell(owner: Belongings, service: Service) -> None:
    """Let the seller have tested the service, and the one that there was before once more."""
    for each in (service, owner.service):
        script = Document.objects.get(listing=each.listing_id, category="connectivity_test")
        cell = {"status": "success", "stdout": "fine"}
        told = testing.Report("success", tests={each.interfaces.get().name: cell})
        testing.report(document=script, told=told, by=None, now=timezone.now())


def _bought(owner: Belongings, service: Service) -> None:
    """Enroll the buyer in a plan of the service, charge a call of it, and contest the charge."""
    now = timezone.now()
    plan = Plan.objects.get(service_id=service.pk)
    enrollments.enroll(team=owner.buyer, service=service, by=None, parameters={}, now=now, plan_id=plan.pk)
    event = usage_event(owner.wallet, price_version(), service_id=service.pk, started_at=now, finished_at=now)
    ship(event)
    rating.settle(limit=10)
    charge = Charge.objects.select_related("wallet").get(service_id=service.pk)
    disputes.open(team=owner.buyer, charge=charge, text="Nothing came.", by=None, now=now)
    person = owner_of(owner.buyer)
    disputes.write(dispute=owner.dispute, side="customer", text="And once more.", by=person, now=now)
    wallets.credit(
        wallet=owner.wallet, amount=usd("1"), kind="grant", key=str(uuid4()), note="A present", by=None, now=now
    )
    start(owner.wallet, "25", "pm_card", now=now)
    facts = {"service_id": str(service.pk), "path": f"/p/{service.name}"}
    take_attempts(attempt(owner.buyer.pk, now, **facts))
    take_calls(call(owner.buyer.pk, now, path=f"/p/{service.name}"))


def _routed(owner: Belongings, service: Service, number: int) -> None:
    """Make one of everything that calls find by a name, and one more part of those that there are."""
    made = {"team": owner.buyer, "by": None, "now": timezone.now()}
    target = f"p/{service.name}"
    aliases.create(name=f"alias-{number}", target_path=target, **made)
    if number < _MOST_PEOPLE:
        other = aliases.create(name=owner.alias.name, target_path=target, **made)
        aliases.switch(team=owner.buyer, identifier=str(other.pk), by=None, now=made["now"])
    collection = collections.create(name=f"tools-{number}", display_name="Tools", **made)
    for each in (collection, owner.collection)[: 2 if number < _MOST_MEMBERS else 1]:
        collections.add_member(collection=each, service=service)
    chains.create(name=f"chain-{number}", steps=[chains.StepContent(name="one", target_path=target)], **made)
    broadcasts.create(
        name=f"broadcast-{number}", targets=[broadcasts.TargetContent(name="one", target_path=target)], **made
    )


def _scheduled(owner: Belongings, service: Service, number: int) -> None:
    now = timezone.now()
    by = schedules.Owner(owner_of(owner.buyer))
    content = {"name": f"probe-{number}", "path": f"p/{service.name}"}
    schedules.create(team=owner.buyer, owner=by, content=content, now=now)
    due = now - timedelta(minutes=number)
    Run.objects.create(
        schedule=owner.schedule, team=owner.buyer, id=run_id(owner.schedule.pk, due), due_at=due, not_before=due,
        state="done", status=200, attempt=1, started_at=due, finished_at=due, request_id=uuid4(),
    )  # fmt: skip


def _kept(owner: Belongings, number: int) -> None:
    """Let both have another key, secret, host and file."""
    now = timezone.now()
    for team in (owner.buyer, owner.seller):
        api_keys.issue(team=team, role=Role.DEVELOPER, name=f"key {number}", by=owner_of(team), now=now)
        secrets.put(team=team, name=f"TOKEN_{number}", value="x", by=owner_of(team), now=now)
        secrets.grant(team=team, name="VERMILION_TOKEN", host=f"host-{number}.example", by=owner_of(team))
        account_files.store(
            place=Place(team, None), key=f"folder/{number}.txt", content=ContentFile(b"x"), content_type="text/plain",
            by=owner_of(team), now=now,
        )  # fmt: skip


def _offered(owner: Belongings, number: int) -> None:
    """Let the seller have another group, promotion, upload and service of a template; the buyer redeems the code."""
    now = timezone.now() - timedelta(minutes=1)
    catalog.store_group(
        owner=owner.seller, content=GroupContent(name=f"group-{number}", display_name="Group", status="active")
    )
    rule = {"name": f"sale-{number}", "pricing": {"type": "multiply", "factor": "0.8"}, "status": "active"}
    promotions.store(owner=owner.seller, content={**rule, "scope": {"customers": {"code": f"SALE{number}"}}}, by=None,
                     now=now)  # fmt: skip
    promotions.redeem(team=owner.buyer, code=f"SALE{number}", by=None, now=now)
    payload = as_payload(files("vermilion", f"upload-{number}"))
    catalog.accept_upload(seller=owner.seller, payload=payload, auto_submit=False, key=None, by=None, now=now)
    TemplateInstance.objects.create(
        seller=owner.seller, template_id=owner.instance.template_id, name=f"bot-{number}", task_key=f"task-{number}",
        last_submitted_at=now,
    )  # fmt: skip


def _met(owner: Belongings, number: int) -> None:
    """Let both have another member and another invitation, and their owners another account."""
    now = timezone.now()
    for team in (owner.buyer, owner.seller):
        teams.add_member(team=team, user=UserFactory(full_name=f"Person {number}"), role=Role.VIEWER)
        inviter = team.memberships.get(role=Role.OWNER)
        teams.invite(team=team, email=f"guest{number}@{team.name}.example", role=Role.VIEWER, by=inviter, now=now)
        TeamFactory(owner=owner_of(team), display_name=f"Another team {number}")
