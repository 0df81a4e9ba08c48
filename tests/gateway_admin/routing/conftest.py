"""A customer and the programs that call for them, in the words of the published client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from unitysvc import Client

from accounts.teams.models import Role, Team
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.billing import NOON

Connect = Callable[..., Client]


@pytest.fixture
def customer(transactional_db: None) -> Team:
    return TeamFactory(name="buyer")


@pytest.fixture
def connect(live_server) -> Iterator[Connect]:
    """Connect a program for a team, or with None for nobody."""
    with ExitStack() as open_clients:

        def connected(team: Team | None, role: str = Role.OWNER) -> Client:
            key = api_keys.issue(team=team, role=role, name="program", by=None, now=NOON)[1] if team else None
            return open_clients.enter_context(Client(api_key=key, base_url=f"{live_server.url}/v1"))

        yield connected


@pytest.fixture
def client(customer: Team, connect: Connect) -> Client:
    return connect(customer)


@pytest.fixture
def send(customer: Team, live_server) -> Callable[[str, object], httpx.Response]:
    """POST as a program of the customer's, with nothing in between."""
    _, key = api_keys.issue(team=customer, role=Role.OWNER, name="program", by=None, now=NOON)

    def sent(path: str, body: object) -> httpx.Response:
        return httpx.post(f"{live_server.url}{path}", json=body, headers={"authorization": f"Bearer {key}"})

    return sent
