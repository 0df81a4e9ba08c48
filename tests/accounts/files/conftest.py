from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from unitysvc import Client

from accounts.teams.models import Role, Team
from accounts.users.models import User
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory, UserFactory, owner_of
from tests.factories.billing import NOON


@pytest.fixture(autouse=True)
def _one_origin(request: pytest.FixtureRequest) -> None:
    """Signed addresses lead to the server that the test runs."""
    if "live_server" in request.fixturenames:
        request.getfixturevalue("settings").SITE_URL = request.getfixturevalue("live_server").url


@pytest.fixture
def connect(live_server) -> Iterator[Callable[..., Client]]:
    """Connect a program of a person who acts for a team."""
    with ExitStack() as programs:

        def connected(team: Team, user: User | None, role: str = Role.OWNER, **options: Any) -> Client:
            key = api_keys.issue(team=team, role=role, name="program", by=user, now=NOON)[1]
            return programs.enter_context(Client(api_key=key, base_url=f"{live_server.url}/v1", **options))

        yield connected


@pytest.fixture
def buyer(transactional_db: None) -> Team:
    return TeamFactory(name="buyer")


@pytest.fixture
def client(buyer: Team, connect: Callable[..., Client]) -> Client:
    return connect(buyer, owner_of(buyer))


@pytest.fixture
def colleague() -> User:
    return UserFactory()
