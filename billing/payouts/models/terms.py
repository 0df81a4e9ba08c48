"""Which payout price holds for which service, from which month on."""

from __future__ import annotations

from django.db import models

from accounts.teams.models import Team
from billing.prices.models import PriceVersion
from common.models import Identified


class PayoutTerm(Identified):
    """The payout price of a service from the month `from_period` on, until a later term. No price: it earns nothing.

    Written when a service or a revision is approved. A trigger keeps the term of a month that is on an invoice.
    """

    service_id = models.UUIDField()
    seller = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="payout_terms")
    price = models.ForeignKey(PriceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=8)
    from_period = models.DateField(help_text="First day of the first month it holds for.")

    class Meta:
        ordering = ["service_id", "-from_period"]
        constraints = [
            models.UniqueConstraint(fields=["service_id", "from_period"], name="payout_term_once_per_month"),
            models.CheckConstraint(condition=models.Q(from_period__day=1), name="payout_term_starts_with_a_month"),
        ]
        indexes = [models.Index(fields=["seller", "service_id"], name="payout_terms_of_a_seller")]

    def __str__(self) -> str:
        return f"{self.service_id} from {self.from_period:%Y-%m}"
