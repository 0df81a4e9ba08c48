"""Platform services come in with the template of their members; a worker ingests both in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from marketplace.catalog import services as catalog
from marketplace.catalog.models import ServiceKind, UploadTask
from marketplace.service_templates.services.errors import SellerNotTrusted

Json = dict[str, Any]


@transaction.atomic
def upload_platform(
    *,
    seller: Team,
    files: Json,
    member_template: Json,
    service_status: Json | None,
    key: str | None,
    by: User | None,
    now: datetime,
) -> UploadTask:
    """Accept a platform service and its member template. The same key within a day starts nothing.

    files: provider_data, offering_data, listing_data. Raises: SellerNotTrusted, Invalid for a malformed key.
    """
    if not seller.is_verified:
        raise SellerNotTrusted()
    payload = {
        "data": files,
        "service_status": service_status,
        "kind": ServiceKind.PLATFORM.value,
        "member_template": member_template,
    }
    return catalog.accept_upload(seller=seller, payload=payload, auto_submit=False, key=key, by=by, now=now)
