"""A customer and a seller beside the owner of everything: with things of their own, to which they tie what is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.test import Client
from django.utils import timezone

from accounts.teams.models import Team
from billing.promotions import services as promotions
from billing.promotions.models import PriceRule
from gateway_admin.aliases import services as aliases
from gateway_admin.aliases.models import Alias
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.broadcasts.models import Broadcast
from gateway_admin.chains import services as chains
from gateway_admin.chains.models import Chain
from gateway_admin.collections import services as collections
from gateway_admin.collections.models import Collection
from gateway_admin.schedules.models import Schedule
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Document, Service, ServiceGroup
from marketplace.catalog.services.groups import GroupContent
from tests.architecture.test_isolation import program
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service

_LISTING = {
    "documents": {"Connectivity test": {"category": "connectivity_test", "mime_type": "bash", "file_content": "true"}}
}


@dataclass(frozen=True)
class Neighbour:
    """Named as the fields of Belongings are, so that addresses.filled() finds them."""

    buyer: Team
    seller: Team
    alias: Alias
    collection: Collection
    chain: Chain
    broadcast: Broadcast
    schedule: Schedule
    service: Service
    document: Document
    group: ServiceGroup
    promotion: PriceRule
    customers_program: Client
    sellers_program: Client

    @property
    def service_id(self) -> UUID:
        return self.service.pk

    def program(self, address: str) -> Client:
        """Return whose API an address belongs to."""
        return self.sellers_program if address.startswith("/v1/seller/") else self.customers_program


def neighbour() -> Neighbour:
    """Make them. Every name begins with the word crimson."""
    buyer, seller = TeamFactory(name="crimson-buyer"), TeamFactory(seller=True, name="crimson-seller")
    now = timezone.now() - timedelta(minutes=1)
    made = {"team": buyer, "by": None, "now": now}
    service = make_service(seller, namespace="crimson", name="prototype", listing=_LISTING)
    group, _ = catalog.store_group(owner=seller, content=GroupContent(name="crimson-group", display_name="Crimson"))
    rule = {"name": "crimson-sale", "pricing": {"type": "multiply", "factor": "0.8"}, "status": "draft", "scope": {}}
    promotion, _ = promotions.store(owner=seller, content=rule, by=None, now=now)
    step = chains.StepContent(name="crimson-step", target_path="p/crimson")
    target = broadcasts.TargetContent(name="crimson-target", target_path="p/crimson")
    return Neighbour(
        buyer=buyer,
        seller=seller,
        alias=aliases.create(name="crimson-alias", target_path="p/crimson", **made),
        collection=collections.create(name="crimson-tools", display_name="Crimson tools", **made),
        chain=chains.create(name="crimson-chain", steps=[step], **made),
        broadcast=broadcasts.create(name="crimson-broadcast", targets=[target], **made),
        schedule=Schedule.objects.create(team=buyer, kind="recurrent", name="crimson-schedule", path="/p/crimson"),
        service=service,
        document=Document.objects.get(listing=service.listing_id),
        group=group,
        promotion=promotion,
        customers_program=program(buyer),
        sellers_program=program(seller),
    )
