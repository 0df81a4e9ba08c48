"""Into an enrollment and out of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.teams.models import Team
from accounts.users.models import User
from billing.prices import services as prices
from billing.prices.models import PriceVersion, Side
from billing.subscriptions import queries as billing
from billing.subscriptions import services as subscriptions
from billing.subscriptions.models import Plan
from billing.wallets import services as wallets
from common import ports
from common.errors import DomainError
from domain import enrollment_terms as terms
from domain import plans
from domain.routing.codes import ALPHABET
from domain.schema_forms import problems
from marketplace.catalog import queries as catalog
from marketplace.catalog import services as sellers
from marketplace.catalog.files.parameters import parameter_errors, validate_parameters, with_defaults
from marketplace.catalog.models import Service, ServiceStatus, Visibility
from marketplace.enrollments import addresses, queries
from marketplace.enrollments.models import CodeScope, Enrollment, EnrollmentStatus

_CODE_LENGTH = {CodeScope.CUSTOMER: 4, CodeScope.GLOBAL: 8}
_MOST_ATTEMPTS = 100


class ServiceNotOffered(DomainError):
    """The service takes no new enrollments."""

    code = "service_not_offered"
    sentence = "{service} takes no new enrollments: it is {status}. Choose another service in the market."


class CustomersOnly(DomainError):
    """A seller account cannot buy."""

    code = "customers_only"
    sentence = "{team} is a seller account. Switch to a customer account to enroll."


class LimitReached(DomainError):
    """The seller takes no more enrollments. limit: limit_per_customer, limit_per_user or limit."""

    code = "enrollment_limit_reached"
    sentence = "{service} allows {allowed} {whose} ({limit}). {remedy}"


class PriceChanged(DomainError):
    """The price is not the one that the customer saw."""

    code = "price_changed"
    sentence = "The price of {service} has changed since you opened this page. Read the new price, then enroll again."


class PlanRequired(DomainError):
    """Calls of the service are not sold without a plan."""

    code = "plan_required"
    sentence = "{service} is paid by the month. Choose a plan to enroll."


class ParametersInvalid(DomainError):
    """The parameters do not fit the service's schema. `by_path`: sentences by the path of each value."""

    code = "invalid_parameters"
    sentence = "{summary}"

    def __init__(self, by_path: Mapping[problems.Path, list[str]]) -> None:
        self.by_path = by_path
        told = [f"{'.'.join(map(str, path)) or 'parameters'}: {' '.join(each)}" for path, each in by_path.items()]
        super().__init__(summary=" ".join(told), problems=told)


@transaction.atomic
def enroll(
    *,
    team: Team,
    service: Service,
    by: User | None,
    parameters: Mapping[str, Any],
    now: datetime,
    accepted_price_id: UUID | None = None,
    plan_id: UUID | None = None,
) -> Enrollment:
    """Opt a customer in to a service at its present price, and make the addresses that are theirs alone.

    parameters: defaults of the schema fill what is not given. accepted_price_id: the price version that was shown.
    plan_id: of the subscription that begins with it; None pays for each call, where the service allows that.
    Raises: CustomersOnly, ServiceNotOffered, PriceChanged, PlanRequired, PlanNotOffered, ParametersInvalid,
    LimitReached, FeeUnaffordable.
    Source: docs/algorithms/enrollments.md.
    """
    if team.is_seller:
        raise CustomersOnly(team=str(team))
    # the row of the service is the lock under which its enrollments are counted
    service = catalog.lock_service(service.pk)
    _check_offered(service, team)
    assert service.list_price is not None
    if accepted_price_id not in {None, service.list_price.pk}:
        raise PriceChanged(service=str(service))
    plan = _chosen_plan(service, plan_id, now=now)
    values = check_parameters(service=service, parameters=parameters)
    _check_limits(service, team=team, by=by)
    enrollment = _create(service, team=team, by=by, parameters=values, now=now)
    addresses.materialise(enrollment)
    wallets.open(team=team, currency=service.list_price.currency)
    if plan is not None:
        subscriptions.subscribe(team=team, service_id=service.pk, enrollment_id=enrollment.pk, plan=plan, now=now)
    ports.publish("customer", str(team.pk))
    return enrollment


@transaction.atomic
def cancel(*, enrollment: Enrollment, now: datetime) -> Enrollment:
    """End an enrollment at once: its addresses go, its place is free. A second call changes nothing.

    One with a plan ends with the period that is paid; until then the plan's cancellation can be undone.
    """
    plan = billing.live_subscription(team=enrollment.team, enrollment_id=enrollment.pk)
    if plan is not None:
        subscriptions.cancel(subscription_id=plan.pk, now=now)
        return queries.enrollment(team=enrollment.team, enrollment_id=enrollment.pk)
    enrollment = queries.lock_enrollment(team=enrollment.team, enrollment_id=enrollment.pk)
    return end(enrollment, now=now)


def end(enrollment: Enrollment, *, now: datetime) -> Enrollment:
    """End a locked enrollment."""
    if not enrollment.is_current:
        return enrollment
    enrollment.status, enrollment.cancelled_at = EnrollmentStatus.CANCELLED, now
    enrollment.save(update_fields=["status", "cancelled_at", "updated_at"])
    enrollment.interfaces.all().delete()
    ports.publish("customer", str(enrollment.team_id))
    return enrollment


def check_parameters(*, service: Service, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with the schema's defaults filled in. Raises: ParametersInvalid."""
    schema = parameter_form(service).schema
    found = problems.unstorable(dict(parameters))
    values: dict[str, Any] = with_defaults(schema, parameters) if schema else dict(parameters)
    if not found and schema and (told := validate_parameters(schema, values)):
        found = problems.explain(parameter_errors(schema, values)) or {(): [sentence for _, sentence in told]}
    elif not found and not schema:
        found = {(name,): ["This service has no such parameter."] for name in values}
    if found:
        raise ParametersInvalid(found)
    return values


def parameter_form(service: Service) -> terms.ParameterForm:
    """Return the parameters that enrolling in a service asks for."""
    return terms.parameter_form(service.listing.data, service.offering.data)


def price_of_calls(service: Service) -> PriceVersion:
    """Return what calls cost who enrolls now: the list price, or nothing where that is a sum per month."""
    assert service.list_price is not None
    if not plans.is_flat(service.list_price.price):
        return service.list_price
    free = plans.usage_price(service.list_price.price)
    return prices.version(side=Side.LIST, currency=service.list_price.currency, price=free)


def _chosen_plan(service: Service, plan_id: UUID | None, *, now: datetime) -> Plan | None:
    """Return the plan to subscribe to. The only one is chosen where there must be one: its fee is the list price."""
    offered = sellers.offer_plans(service=service, now=now)
    if plan_id is not None:
        chosen = next((plan for plan in offered if plan.pk == plan_id), None)
        if chosen is None:
            raise subscriptions.PlanNotOffered(plan="that you chose")
        return chosen
    if not plans.offered(service.listing.data).is_required:
        return None
    if len(offered) == 1 and plans.is_flat(service.list_price.price if service.list_price else None):
        return offered[0]
    raise PlanRequired(service=str(service))


def _check_offered(service: Service, team: Team) -> None:
    is_hidden = service.visibility == Visibility.PRIVATE and service.seller_id != team.pk
    if service.status != ServiceStatus.ACTIVE or service.is_revision or service.list_price is None or is_hidden:
        status = "private" if is_hidden else service.get_status_display().lower()
        raise ServiceNotOffered(service=str(service), status=status)


def _check_limits(service: Service, *, team: Team, by: User | None) -> None:
    """Count what is active, the customer first, then the person, then all. Holds under the service's lock."""
    limits = terms.limits(service.listing.data)
    of_team, of_user, overall = queries.active_counts(service=service, team=team, by=by)
    own = "Cancel one you no longer need, then enroll again."
    checks = (
        ("limit_per_customer", limits.per_customer, of_team, "per customer", own),
        ("limit_per_user", limits.per_user, of_user, "per person", own),
        ("limit", limits.overall, overall, "in all", "Ask its seller when there will be room."),
    )
    for limit, allowed, count, whose, remedy in checks:
        if allowed is not None and count >= allowed and not (limit == "limit_per_user" and by is None):
            noun = "active enrollment" if allowed == 1 else "active enrollments"
            raise LimitReached(
                service=str(service), allowed=f"{allowed} {noun}", whose=whose, limit=limit, remedy=remedy
            )


def _create(service: Service, *, team: Team, by: User | None, parameters: dict[str, Any], now: datetime) -> Enrollment:
    scope = CodeScope.GLOBAL if terms.is_global(service.listing.data) else CodeScope.CUSTOMER
    enrollment = Enrollment(
        team=team,
        service=service,
        user=by,
        scope=scope,
        code=_new_code(scope, team),
        parameters=parameters,
        price=price_of_calls(service),
        created_at=now,
    )
    enrollment.secret_hosts = [
        {"secret": each.secret, "host": each.host}
        for each in terms.destinations(service.offering.data, addresses.context(enrollment))
        if each.host
    ]
    enrollment.save(force_insert=True)
    return enrollment


def _new_code(scope: CodeScope, team: Team) -> str:
    """Return a code that nobody who could mistake it has. The customer's row is the lock for codes of its own."""
    if scope == CodeScope.CUSTOMER:
        Team.objects.select_for_update(of=("self",), no_key=True).get(pk=team.pk)
    for _ in range(_MOST_ATTEMPTS):
        code = "".join(secrets.choice(ALPHABET) for _ in range(_CODE_LENGTH[scope]))
        if not queries.is_code_taken(code=code, team=team, scope=scope):
            return code
    raise RuntimeError(f"No free enrollment code after {_MOST_ATTEMPTS} attempts.")
