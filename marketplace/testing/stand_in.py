"""The enrollment that a test has: made up from the values that the seller gives for tests, and never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from accounts.teams.models import Team
from domain import enrollment_terms as terms
from domain.routing.codes import ALPHABET
from marketplace.catalog import queries as catalog
from marketplace.catalog.files.parameters import with_defaults
from marketplace.catalog.models import AccessInterface, AccessMethod, Gateway, Service
from marketplace.enrollments import addresses
from marketplace.enrollments.models import Enrollment

_CODE_LENGTH = 8
#: What the gateway carries. Mail, shells, buckets and MCP it does not.
_SERVED = frozenset({AccessMethod.HTTP, AccessMethod.WEBSOCKET, AccessMethod.GRPC})


@dataclass(frozen=True, slots=True)
class Tested:
    """An interface as a test calls it. path: below /p/; is_own: it exists for the test's enrollment alone."""

    interface: AccessInterface
    path: str
    routing_key: dict[str, Any] | None
    is_own: bool

    @property
    def is_reachable(self) -> bool:
        """Whether the gateway serves it."""
        return self.interface.gateway == Gateway.API and self.interface.access_method in _SERVED

    def address(self, root: str) -> str:
        """Return its full address. root: of the API gateway."""
        if self.interface.gateway != Gateway.API:
            return catalog.base_url(self.interface)
        return f"{root}/p/{self.path}" if self.path else root


def enrollment(service: Service, team: Team, run_id: UUID) -> Enrollment:
    """Return the enrollment of a test, unsaved, the same for the same run."""
    made = uuid5(run_id, "enrollment")
    return Enrollment(pk=made, team=team, service=service, code=_code(made), parameters=_parameters(service))


def tested(own: Enrollment) -> list[Tested]:
    """Return the active interfaces of a service as its test reaches them, in the catalogue's order."""
    found = []
    for interface in own.service.interfaces.filter(is_active=True):
        if interface.is_enrollment_scoped:
            made = addresses.rendered(interface, own)
            found.append(Tested(interface, made.path, _key(made.routing_key), is_own=True))
        else:
            found.append(Tested(interface, interface.path, _key(interface.routing_key), is_own=False))
    return found


def _parameters(service: Service) -> dict[str, Any]:
    """Return the values of `ops_testing_parameters`, then those of the channels, then the defaults of the schema."""
    options = service.listing.data.get("service_options") or {}
    values = dict(options.get("ops_testing_parameters") or {})
    for _, channel in terms.active_channels(service.offering.data):
        declared = channel.get("params")
        if isinstance(declared, dict) and isinstance(declared.get("testing_defaults"), dict):
            values = {**declared["testing_defaults"], **values}
    schema = terms.parameter_form(service.listing.data, service.offering.data).schema
    return with_defaults(schema, values) if schema else values


def _code(made: UUID) -> str:
    number, letters = made.int, ""
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(ALPHABET))
        letters += ALPHABET[index]
    return letters


def _key(routing_key: object) -> dict[str, Any] | None:
    return routing_key if isinstance(routing_key, dict) and routing_key else None
