"""Preferences and the month's usage through the customers' published client, unmodified."""

from __future__ import annotations

from uuid import uuid4

import pytest
from unitysvc.exceptions import NotFoundError, PermissionError, ValidationError

from accounts.teams.models import Role
from gateway_admin.request_logs import queries as request_logs
from tests.factories.accounts import TeamFactory
from tests.factories.marketplace import make_service
from tests.gateway_admin.routing.conftest import client, connect, customer

__all__ = ["client", "connect", "customer"]


class TestPreferences:
    def test_are_all_there_before_any_is_set(self, client, customer):
        found = {each.name: each for each in client.preferences.list().data}

        assert set(found) == {"notification", "ai", "request-log"}
        ai = found["ai"]
        assert (ai.value, ai.effective, ai.source, ai.can_edit) == (None, None, "default", True)
        assert (ai.account.type_, ai.account.id, ai.account.name) == ("customer", str(customer.pk), "buyer")

    def test_name_a_service_or_an_alias_for_the_ai(self, client):
        make_service(namespace="labs")
        client.aliases.create({"name": "llm", "target_path": "p/labs/chat"})

        for target in ("labs/chat", "a/llm"):
            made = client.preferences.set_ai(target)
            assert (made.value.service, made.effective.service, made.source) == (target, target, "account")
        assert client.preferences.get("ai").value.service == "a/llm"
        assert client.preferences.set("ai", {"service": "labs/chat"}).value.service == "labs/chat"
        assert client.preferences.clear("ai").value is None
        assert client.preferences.clear("ai").source == "default"

    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("ai", "nobody/nothing", "nobody/nothing"),
            ("ai", "b/all", "below a/"),
            ("notification", "a/llm", "below b or e/"),
            ("ai", "", "1 to 500"),
            ("request-log", "everything", "neither truncated nor complete"),
        ],
    )
    def test_that_could_not_be_used_are_refused_when_they_are_set(self, client, name, value, says):
        with pytest.raises(ValidationError, match=says):
            client.preferences.set(name, value)
        assert client.preferences.get(name).value is None

    def test_refuse_an_ai_that_needs_an_enrollment(self, client):
        asks = {"user_parameters_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
        make_service(namespace="labs", listing={**asks, "service_options": {"enrollment": {"required": True}}})

        with pytest.raises(ValidationError, match="nroll"):
            client.preferences.set_ai("labs/chat")

    def test_send_notices_to_a_broadcast(self, client):
        make_service(namespace="labs")
        made = client.broadcasts.create(name="all")
        made.add_target(name="one", target_path="p/labs/chat")

        assert client.preferences.set_notification("b/all").value.service == "b/all"

    def test_switch_the_log_of_calls_where_the_gateway_reads_it(self, client, customer):
        assert client.preferences.set_request_log_mode("complete").value == "complete"
        assert request_logs.mode(team=customer) == "complete"
        assert client.preferences.set_request_log_mode(None).value is None
        assert request_logs.mode(team=customer) == "none"

    def test_are_nobody_elses_and_need_the_right(self, client, connect, customer):
        make_service(namespace="labs")
        client.preferences.set_ai("labs/chat")

        assert connect(TeamFactory()).preferences.get("ai").value is None
        with pytest.raises(PermissionError):
            connect(customer, Role.VIEWER).preferences.clear("ai")
        assert connect(customer, Role.VIEWER).preferences.get("ai").can_edit is False
        with pytest.raises(NotFoundError):
            client.preferences.get(f"n{uuid4().hex}")
