"""provider_v1 and seller_v1: who stands behind the services."""

from __future__ import annotations

from functools import partial

from marketplace.catalog.files import vocabulary
from marketplace.catalog.files.fields import (
    Field,
    anything,
    boolean,
    check_object,
    date_time,
    email,
    list_of,
    mapping,
    object_of,
    one_of,
    text,
    url,
)
from marketplace.catalog.files.names import provider_name
from marketplace.catalog.files.problems import Findings, JsonObject, shown
from marketplace.catalog.files.rate_limits import check_account_limits


def _command(value: object, found: Findings) -> None:
    if isinstance(value, list):
        list_of(text(1000), limit=100)(value, found)
    elif not isinstance(value, str):
        found.error(f"must be text or a list of texts (got {shown(value)})", type="type_error")


_POPULATOR = {
    "command": Field(_command),
    "requirements": Field(list_of(text(500), limit=200)),
    "envs": Field(mapping),
}
_PROVIDER = {
    "name": Field(provider_name, required=True),
    "display_name": Field(text(200)),
    "contact_email": Field(email, required=True),
    "secondary_contact_email": Field(email),
    "homepage": Field(partial(url, limit=1000), required=True),
    "description": Field(text()),
    "status": Field(one_of(vocabulary.STATUSES)),
    "documents": Field(anything),
    "logo": Field(text(2083)),
    "terms_of_service": Field(text(2083)),
    "services_populator": Field(object_of(_POPULATOR)),
    "rate_limits": Field(check_account_limits),
    "time_created": Field(date_time, required=True),
}
_SELLER = {
    "name": Field(provider_name, required=True),
    "contact_email": Field(email, required=True),
    "time_created": Field(date_time, required=True),
    "display_name": Field(text(200)),
    "seller_type": Field(one_of(vocabulary.SELLER_TYPES)),
    "description": Field(text(1000)),
    "homepage": Field(url),
    "secondary_contact_email": Field(email),
    "account_manager": Field(text(100)),
    "business_registration": Field(text(100)),
    "tax_id": Field(text(100)),
    "stripe_connect_id": Field(text(255)),
    "logo": Field(text(2083)),
    "documents": Field(anything),
    "status": Field(one_of(vocabulary.STATUSES)),
    "is_verified": Field(boolean),
}
#: Fields of a seller's file that only the platform sets; what the file says is never taken over.
PLATFORM_SELLER_FIELDS = frozenset({"is_verified", "account_manager", "stripe_connect_id"})


def check_provider(provider: JsonObject, found: Findings) -> None:
    """Check a provider, but for its documents."""
    check_object(provider, _PROVIDER, found, strict=False)


def check_seller(seller: JsonObject, found: Findings) -> None:
    """Check a seller's file, but for its documents."""
    check_object(seller, _SELLER, found, strict=False)
    for name in sorted(PLATFORM_SELLER_FIELDS & seller.keys()):
        found.at(name).warning("set by the platform, not by a file; ignored", type="ignored_field")
