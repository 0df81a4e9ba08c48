"""One of everything that a buyer and a seller can own, each with words in it that nobody else may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from accounts.teams.models import Role, Team
from accounts.users.models import User
from billing.promotions import services as promotions
from billing.rating import services as rating
from billing.wallets.models import Wallet
from gateway_admin.api_keys import services as api_keys
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.secrets import services as secrets
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Document, Service, UploadTask
from marketplace.catalog.services.groups import GroupContent
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.billing import Process, funded_wallet, price_version, ship, ship_raw, usage_event
from tests.factories.marketplace import as_payload, files, make_service

_FEED = {
    "user_parameters_schema": {"type": "object", "properties": {"city": {"type": "string", "title": "City"}}},
    # a code of eight characters is in no page by chance
    "service_options": {"default_visibility": "public", "enrollment": {"scope": "global"}},
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
    enrollment: Enrollment
    service: Service
    document: Document
    task: UploadTask

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
    feed = make_service(listing=_FEED)
    enrollment = enrollments.enroll(team=buyer, service=feed, by=None, parameters={"city": "Vermilion Bay"}, now=now)
    service = make_service(seller, namespace="vermilion", name="prototype", listing=_PRIVATE)
    return Belongings(
        buyer=buyer,
        seller=seller,
        buyer_key=buyer_key,
        seller_key=seller_key,
        buyer_key_text=buyer_text,
        seller_key_text=text,
        wallet=_used_wallet(buyer, feed),
        enrollment=enrollment,
        service=service,
        document=Document.objects.get(title="Vermilion guide"),
        task=_catalogue(seller),
    )


def _person(who: str) -> User:
    return UserFactory(email=f"{who}@vermilion.example", full_name=f"Vermilion {who}")


def _used_wallet(buyer: Team, feed: Service) -> Wallet:
    """Return a wallet with a charge, a lease, an event that waits and one that could not be read."""
    wallet = funded_wallet("731942.58", team=buyer)
    ship(usage_event(wallet, price_version(), service_id=feed.pk))
    ship_raw([(uuid4(), wallet.pk, None, "{}")])
    rating.settle(limit=10)
    ship(usage_event(wallet, price_version(), service_id=feed.pk))
    Process().draw(wallet, "1")
    return Wallet.objects.get(pk=wallet.pk)


def _catalogue(seller: Team) -> UploadTask:
    """Make a group, a promotion and an upload, which is returned."""
    now = timezone.now() - timedelta(minutes=1)
    content = GroupContent(name="vermilion-group", display_name="Vermilion group", status="active")
    catalog.store_group(owner=seller, content=content)
    rule = {"name": "vermilion-sale", "pricing": {"type": "multiply", "factor": "0.8"}, "status": "active"}
    promotions.store(owner=seller, content=rule, by=None, now=now)
    return catalog.accept_upload(
        seller=seller, payload=as_payload(files("vermilion")), auto_submit=False, key=None, by=None, now=now
    )
