"""Services under test, as the gateway sees them: on sale, to the test customer alone."""

from __future__ import annotations

from billing.wallets.models import Wallet
from common import ports
from domain import enrollment_terms as terms
from domain.routing.snapshot import CandidateRecord, CustomerRecord, EnrollmentRecord, EnrollmentRoute
from gateway_admin.publishing.compilers import price_record, service_record
from marketplace.enrollments import addresses
from marketplace.enrollments import services as enrollments
from marketplace.enrollments.models import Enrollment
from marketplace.testing import queries, stand_in
from marketplace.testing.services import customer as testing
from marketplace.testing.stand_in import Tested


def candidate(reference: str) -> CandidateRecord | None:
    """Compile the service of an open test run, by one of the run's references; None once it has ended."""
    found = queries.open_run(reference)
    if found is None or found[0].service.list_price is None:
        return None
    run, is_direct = found
    service = run.service
    team = testing.the_customer()
    own = stand_in.enrollment(service, team, run.pk)
    price = enrollments.price_of_calls(service)
    interfaces = [each for each in stand_in.tested(own) if each.is_reachable]
    wallets = list(Wallet.objects.filter(team=team).values_list("currency", "pk", "time_zone"))
    enrolled = EnrollmentRecord(
        id=str(own.pk),
        code=own.code,
        service_id=str(service.pk),
        parameters=own.parameters,
        price=price_record(price),
        secret_hosts=_hosts(own),
        routes=_routes(interfaces, is_own=True),
    )
    customer = CustomerRecord(
        team_id=str(team.pk),
        wallets={currency: str(pk) for currency, pk, _ in wallets},
        secret_names=frozenset(ports.secret_names(service.seller_id)),
        enrollments=(enrolled,),
        time_zone=wallets[0][2] if wallets else "UTC",
    )
    routes = (*_routes(interfaces, is_own=False), EnrollmentRoute(service.name, None))
    record = service_record(service, price, status="active")
    return CandidateRecord(record, customer, routes, is_direct)


def _routes(interfaces: list[Tested], *, is_own: bool) -> tuple[EnrollmentRoute, ...]:
    return tuple(EnrollmentRoute(each.path, each.routing_key) for each in interfaces if each.is_own == is_own)


def _hosts(own: Enrollment) -> dict[str, tuple[str, ...]]:
    hosts: dict[str, tuple[str, ...]] = {}
    for each in terms.destinations(own.service.offering.data, addresses.context(own)):
        if each.host:
            hosts[each.secret] = (*hosts.get(each.secret, ()), each.host)
    return hosts
