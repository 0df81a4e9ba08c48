"""Who a team is to the processor."""

from __future__ import annotations

from accounts.teams.models import Team
from billing.payments import queries
from billing.payments.models import Customer
from billing.payments.processor import Processor


def ensure(*, team: Team, processor: Processor) -> str:
    """Return what the processor calls the team, told of it now if need be. Two callers at once get the same."""
    known = queries.customer_id(team=team, is_live=processor.is_live)
    if known:
        return known
    made = processor.create_customer(
        key=f"customer:{team.pk}", name=str(team), email=team.contact_email, reference=str(team.pk)
    )
    stored, _ = Customer.objects.get_or_create(team=team, is_live=processor.is_live, defaults={"processor_id": made})
    return stored.processor_id
