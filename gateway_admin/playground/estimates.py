"""What a call would cost, told before it is made: by the plan that the gateway would make."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse

from accounts.teams.models import Team
from billing.wallets import queries as wallets
from domain.routing.explanation import resolve
from domain.routing.plan import Refusal
from gateway_admin.planning import queries as planning
from gateway_admin.planning.queries import Asked
from gateway_admin.playground.forms import CallForm

#: How many tokens an answer has as a rule.
_USUAL_OUTPUT = 300
#: Where the mend of a refusal is done, by its code; the others lead to their row on the page about errors.
_MENDS = {
    "secret_missing": ("Store it", "/secrets"),
    "secret_consent_required": ("Look at your secrets", "/secrets"),
    "wallet_missing": ("Open your wallet", "/wallet"),
    "enrollment_required": ("Find it in the market", "/market"),
    "enrollment_not_found": ("Your enrollments", "/enrollments"),
    "service_not_found": ("Go to the market", "/market"),
}

Amount = tuple[Decimal, str]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call would do. expected, most: per currency. available: what those wallets bear.

    service_id: the one service that is called; None for several or none. refusal: why the gateway would refuse it.
    """

    expected: list[Amount]
    most: list[Amount]
    available: list[Amount]
    service_id: UUID | None
    refusal: Refusal | None
    mend: tuple[str, str] | None

    @property
    def is_paid(self) -> bool:
        return any(amount for amount, _ in self.most)

    @property
    def cap(self) -> Decimal:
        """Return what the call's token is good for: twice the estimate, for what the gateway may count differently.

        What is charged is never more than what the gateway itself holds.
        """
        return 2 * sum((amount for amount, _ in self.most), Decimal(0))

    @property
    def lacks_money(self) -> bool:
        available = {currency: amount for amount, currency in self.available}
        return any(amount > available.get(currency, amount) for amount, currency in self.most if amount)


def of(form: CallForm, *, team: Team, service_id: UUID | None = None) -> Estimate:
    """Return what the call of a valid form would do and cost, without making it. service_id: whose page it is."""
    asked = Asked(
        path=form.cleaned_data["path"],
        method=form.cleaned_data["method"],
        body=form.body_json or {},
        body_bytes=len(form.sent_body),
        usual_output=_USUAL_OUTPUT,
    )
    planned = planning.plan(team=team, asked=asked)
    most = _amounts(planned.explained.get("hold", {}))
    selected = resolve(planned.node)["selected"] if planned.node is not None else None
    return Estimate(
        expected=_amounts(planned.explained.get("cost", {})),
        most=most,
        available=[(_available(team, currency), currency) for amount, currency in most if amount],
        service_id=UUID(selected["service_id"]) if selected else None,
        refusal=planned.refusal,
        mend=_mend(planned.refusal, service_id) if planned.refusal else None,
    )


def _amounts(by_currency: dict[str, str]) -> list[Amount]:
    return [(Decimal(amount), currency) for currency, amount in by_currency.items()]


def _available(team: Team, currency: str) -> Decimal:
    """Return what a wallet bears, with what calls under way hold: the gateway may have set money aside for this one."""
    if not wallets.wallets(team=team).filter(currency=currency).exists():
        return Decimal(0)
    numbers = wallets.three_numbers(team=team, currency=currency)
    return numbers.available + numbers.credit_limit


def _mend(refusal: Refusal, service_id: UUID | None) -> tuple[str, str]:
    if refusal.code == "enrollment_required" and service_id is not None:
        return "Enroll", reverse("enrollments:create", args=[service_id])
    errors = reverse("documentation:detail", args=["errors"])
    return _MENDS.get(refusal.code) or ("What this means", f"{errors}#gateway-{quote(refusal.code)}")
