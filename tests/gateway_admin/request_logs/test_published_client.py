"""Request logs through the customers' published client, unmodified, waiting and asynchronous."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from unitysvc import AsyncClient, Client
from unitysvc.exceptions import AuthenticationError, NotFoundError

from accounts.teams.models import Role
from gateway_admin.api_keys import services as api_keys
from tests.factories.accounts import TeamFactory
from tests.factories.request_logs import SERVICE, attempt, call, kept, take_attempts, take_calls


@pytest.fixture
def customer(transactional_db):
    return TeamFactory(name="buyer")


@pytest.fixture
def access(customer, live_server) -> dict[str, str]:
    _, key = api_keys.issue(team=customer, role=Role.OWNER, name="program", by=None, now=timezone.now())
    return {"api_key": key, "base_url": f"{live_server.url}/v1"}


@pytest.fixture
def logged(customer) -> list[UUID]:
    now = timezone.now()
    answered = call(customer.pk, now - timedelta(minutes=2), kept=kept(), log="truncated", path="/l/p/acme/chat")
    take_calls(answered)
    failed = attempt(customer.pk, now - timedelta(minutes=1), status=503)
    return [UUID(answered["id"]), *take_attempts(failed)]


def test_lists_filters_and_reads(access, logged, customer):
    with Client(**access) as client:
        page = client.request_logs.list()
        assert [item.log_id for item in page.items] == [str(each) for each in reversed(logged)]
        assert (page.total_count, page.skip, page.limit) == (2, 0, 50)
        assert (page.items[0].error_source, page.items[0].upstream_response_status_code) == ("upstream", 503)
        only = {
            "status_min": {"status_min": 500},
            "source": {"error_source": "upstream", "error_type": "status_503", "gateway_source": "apisix"},
            "service": {"service_id": UUID(SERVICE), "user_request_path": "/p/acme"},
            "time": {"start_time": timezone.now() - timedelta(seconds=90), "end_time": timezone.now()},
        }
        for asked in only.values():
            assert [item.log_id for item in client.request_logs.list(**asked).items] == [str(logged[1])]
        assert client.request_logs.list(service_enrollment_id=uuid4()).items == []
        assert [item.log_id for item in client.request_logs.list(skip=1, limit=1).items] == [str(logged[0])]
        detail = client.request_logs.get(logged[0])
        assert detail.user_request.body == {"question": "?"}
        assert detail.upstream_response.body == {"answer": 42}
        assert (detail.customer_id, detail.user_request.content_type) == (str(customer.pk), "application/json")
        with pytest.raises(NotFoundError):
            client.request_logs.get(uuid4())
    with Client(**{**access, "api_key": "svcpass_wrong"}) as nobody, pytest.raises(AuthenticationError):
        nobody.request_logs.list()


def test_does_so_asynchronously(access, logged):
    async def asked() -> None:
        async with AsyncClient(**access) as client:
            page = await client.request_logs.list(status_max=299)
            assert [item.log_id for item in page.items] == [str(logged[0])]
            detail = await client.request_logs.get(str(logged[1]))
            assert (detail.error.category, detail.usage_event.usage_metrics["output_tokens"]) == ("status_503", 7)

    asyncio.run(asked())
