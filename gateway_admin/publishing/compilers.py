"""From tables to records: one function a kind. Each reads what is committed or written in this transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from accounts.teams.models import Team
from accounts.teams.permissions import Permission, is_allowed
from billing.prices.models import PriceVersion
from billing.wallets.models import Wallet
from domain.routing.matching import canonical
from domain.routing.snapshot import (
    ApiKeyRecord,
    ChannelRecord,
    CustomerRecord,
    EnrollmentRecord,
    EnrollmentRoute,
    PriceRecord,
    RouteEntry,
    RouteRecord,
    SecretRecord,
    ServiceRecord,
)
from gateway_admin.api_keys.models import ApiKey
from gateway_admin.publishing import coverage, named_compilers
from gateway_admin.request_logs import queries as request_logs
from gateway_admin.secrets.models import Secret, SecretGrant
from marketplace.catalog.models import AccessInterface, Service, ServiceKind, ServiceStatus, Visibility
from marketplace.enrollments.models import Enrollment

#: A service in one of these states may be called by somebody.
ROUTABLE = ("active", "deprecated")


def api_key(digest: str) -> ApiKeyRecord | None:
    """Compile a live key, or None for a revoked one."""
    key = ApiKey.objects.select_related("team").filter(digest=digest, revoked_at=None, team__is_active=True).first()
    if key is None:
        return None
    return ApiKeyRecord(
        id=str(key.pk),
        team_id=str(key.team_id),
        team_kind=key.team.kind,
        user_id=str(key.created_by_id) if key.created_by_id else None,
        may_call=is_allowed(key.role, Permission.CALL),
        expires_at=key.expires_at.timestamp() if key.expires_at else None,
    )


def customer(team_id: str) -> CustomerRecord | None:
    """Compile what a team may call with: wallets, names of secrets, active enrollments."""
    team = Team.objects.filter(pk=team_id, is_active=True).first()
    if team is None:
        return None
    enrollments = list(
        Enrollment.objects.filter(team=team, status__in=["active", "paused"])
        .select_related("price", "service")
        .prefetch_related("interfaces")
        .order_by("created_at")
    )
    covered = coverage.covered_until(enrollments, now=timezone.now())
    wallets = list(Wallet.objects.filter(team=team).order_by("currency").values_list("pk", "currency", "time_zone"))
    return CustomerRecord(
        team_id=str(team.pk),
        wallets={currency: str(pk) for pk, currency, _ in wallets},
        secret_names=frozenset(Secret.objects.filter(team=team).values_list("name", flat=True)),
        enrollments=tuple(_enrollment(each, covered.get(each.pk)) for each in enrollments),
        time_zone=wallets[0][2] if wallets else "UTC",
        request_log=request_logs.mode(team=team).value,  # type: ignore[arg-type]  # a constraint keeps it to these words
    )


def service(service_id: str) -> ServiceRecord | None:
    """Compile a service that somebody may call, or None."""
    found = (
        Service.objects.select_related("provider", "offering", "listing", "list_price")
        .filter(pk=service_id, revision_of=None, status__in=ROUTABLE, seller__is_active=True)
        .first()
    )
    if found is None or found.list_price is None:
        return None
    return service_record(found, found.list_price, status=found.status)


def service_record(found: Service, price: PriceVersion, *, status: str) -> ServiceRecord:
    """Return what a service is for calls. status: as whose it is called."""
    return ServiceRecord(
        id=str(found.pk),
        name=found.name,
        provider_name=found.provider.name,
        seller_id=str(found.seller_id),
        status=status,
        visibility=found.visibility,
        requires_enrollment=found.requires_enrollment,
        price=price_record(price),
        channels=_channels(found),
        routing_vars=found.routing_vars or {},
        details=_limits(found.offering.data.get("details") or {}),
        account_limits=_account_limits(found),
        recurrence=_recurrence(found.listing.data.get("service_options") or {}),
        pool=named_compilers.pool(found) if found.kind == ServiceKind.PLATFORM else None,
    )


def route(path: str) -> RouteRecord | None:
    """Compile who answers at a path: interfaces that name it, else the service that is called so.

    What is on sale goes before what was, which is still there for those who are enrolled in it.
    """
    at_path = (
        AccessInterface.objects.select_related("service")
        .filter(
            path=path,
            gateway="api",
            is_active=True,
            is_enrollment_scoped=False,
            service__status__in=ROUTABLE,
            service__revision_of=None,
            service__seller__is_active=True,
        )
        .order_by("service__approved_at", "sort_order", "name")
    )
    named = Service.objects.filter(name=path, status__in=ROUTABLE, revision_of=None, seller__is_active=True)
    answering = [(interface.service, interface.routing_key) for interface in at_path]
    answering += [(service, None) for service in named.order_by("approved_at")]
    answering.sort(key=lambda answer: answer[0].status == ServiceStatus.DEPRECATED)
    holders: dict[str, Service] = {}
    entries = []
    for service, key in answering:
        holder = holders.setdefault(canonical(key), service)
        if holder == service or service.status == ServiceStatus.DEPRECATED:
            is_private = service.visibility == Visibility.PRIVATE or holder != service
            entries.append(RouteEntry(key, str(service.pk), is_private))
    return RouteRecord(path, tuple(entries)) if entries else None


def secret(key: str) -> SecretRecord | None:
    """Compile a secret ("team id/name") as it is stored: sealed."""
    team_id, _, name = key.partition("/")
    row = Secret.objects.filter(team_id=team_id, name=name).first()
    if row is None:
        return None
    hosts = SecretGrant.objects.filter(team_id=team_id, name=name).values_list("host", flat=True)
    return SecretRecord(
        team_id=team_id,
        name=name,
        version=row.version,
        sensitive=row.sensitive,
        value=row.value,
        key_id=row.key_id,
        sealed_key=row.sealed_key,
        ciphertext=row.ciphertext,
        hosts=tuple(sorted(hosts)),
    )


COMPILERS: dict[str, Callable[[str], Any]] = {
    "api_key": api_key,
    "customer": customer,
    "service": service,
    "route": route,
    "secret": secret,
    "alias": named_compilers.alias,
    "group": named_compilers.group,
    "chain": named_compilers.chain,
    "broadcast": named_compilers.broadcast,
}


def _enrollment(enrollment: Enrollment, covered_until: float | None) -> EnrollmentRecord:
    hosts: dict[str, tuple[str, ...]] = {}
    for consent in enrollment.secret_hosts:
        hosts[consent["secret"]] = (*hosts.get(consent["secret"], ()), consent["host"])
    return EnrollmentRecord(
        id=str(enrollment.pk),
        code=enrollment.code,
        service_id=str(enrollment.service_id),
        parameters=enrollment.parameters,
        price=price_record(enrollment.price),
        secret_hosts=hosts,
        routes=tuple(EnrollmentRoute(each.path, each.routing_key) for each in enrollment.interfaces.all()),
        paused=coverage.why_paused(enrollment),
        covered_until=covered_until,
    )


def price_record(version: PriceVersion) -> PriceRecord:
    return PriceRecord(id=str(version.pk), currency=version.currency, price=version.price)


def _channels(found: Service) -> tuple[ChannelRecord, ...]:
    config: dict[str, dict[str, Any]] = found.offering.data.get("upstream_access_config") or {}
    types: dict[str, dict[str, Any]] = found.customer_secrets or {}
    return tuple(
        ChannelRecord(
            name=name,
            type=types.get(name, {}).get("type") or "managed",
            access_method=channel.get("access_method") or "http",
            config=channel,
            required_secrets=tuple(types.get(name, {}).get("required") or ()),
            optional_secrets=tuple(types.get(name, {}).get("optional") or ()),
            is_primary=bool(channel.get("is_primary")),
            sort_order=int(channel.get("sort_order") or 0),
        )
        for name, channel in config.items()
        if channel.get("is_active") is not False
    )


def _account_limits(found: Service) -> dict[str, Any]:
    """Keep the limits of the seller's account with the provider that some channel is counted against."""
    config: dict[str, dict[str, Any]] = found.offering.data.get("upstream_access_config") or {}
    named = {name for channel in config.values() for name in channel.get("rate_limit_refs") or ()}
    limits = found.provider.data.get("rate_limits") or ()
    return {limit["name"]: limit for limit in limits if limit.get("name") in named}


def _recurrence(options: dict[str, Any]) -> dict[str, Any]:
    """Keep what a listing says of calls that repeat."""
    return {name: value for name, value in options.items() if name.startswith("recurrence_")}


def _limits(details: dict[str, Any]) -> dict[str, Any]:
    """Keep the numbers of an offering's details: declared limits bound what a call can cost."""
    return {name: value for name, value in details.items() if isinstance(value, int) and not isinstance(value, bool)}
