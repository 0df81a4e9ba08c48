"""Secrets in calls through a gateway on a real socket: put in for the upstream, and sent nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import re

import pytest

from domain import scrubbing
from gateway import runtime
from gateway.upstream import whole
from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.conftest import offer
from tests.gateway.harness import serving


class TestSecrets:
    async def test_of_the_seller_are_put_in_for_the_upstream(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
        await gateway.call()
        assert upstream.requests[0].header(b"authorization") == b"Bearer sk-upstream"

    async def test_stand_in_the_header_that_the_channel_names(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }", "auth_header": "x-api-key"})
        await gateway.call()
        assert upstream.requests[0].header(b"x-api-key") == b"sk-upstream"

    async def test_of_the_seller_take_the_place_of_their_default_once_they_are_stored(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY ?? shared }"})
        await gateway.call()
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        await gateway.see_changes()
        await gateway.call()
        keys = [request.header(b"authorization") for request in upstream.requests]
        assert keys == [b"Bearer shared", b"Bearer sk-upstream"]

    async def test_of_the_customer_go_only_where_the_customer_agreed(self, gateway, upstream):
        upstream.answers(json_answer({}))
        byok = {"type": "byok", "required_secrets": ("MY_KEY",)}
        gateway.publish_customer(secret_names=frozenset({"MY_KEY"}))
        gateway.publish_secret(make.TEAM, "MY_KEY", "sk-mine")
        await offer(gateway, upstream, config={"api_key": "${ customer_secrets.MY_KEY }"}, channel=byok)

        refused = await gateway.call()
        gateway.publish_secret(make.TEAM, "MY_KEY", "sk-mine", hosts=("127.0.0.1",))
        await gateway.see_changes()
        allowed = await gateway.call()

        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "secret_consent_required")
        assert allowed.status_code == 200
        assert upstream.requests[0].header(b"authorization") == b"Bearer sk-mine"
        assert len(upstream.requests) == 1

    async def test_of_the_customer_go_to_the_address_that_the_customer_stored(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await self.offer_own_address(gateway, upstream)
        gateway.publish_secret(make.TEAM, "MY_BASE", upstream.url)
        answer = await gateway.call()
        assert answer.status_code == 200
        assert upstream.requests[0].header(b"authorization") == b"Bearer sk-mine"

    async def test_of_the_customer_do_not_go_to_the_sellers_default_address(self, gateway, upstream):
        await self.offer_own_address(gateway, upstream)
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "secret_consent_required")
        assert upstream.requests == []

    async def offer_own_address(self, gateway, upstream):
        gateway.publish_customer(secret_names=frozenset({"MY_KEY"}))
        gateway.publish_secret(make.TEAM, "MY_KEY", "sk-mine")
        config = {
            "base_url": f"${{ customer_secrets.MY_BASE ?? {upstream.url} }}",
            "api_key": "${ customer_secrets.MY_KEY }",
        }
        await offer(gateway, upstream, config=config, channel={"type": "byoe", "required_secrets": ("MY_KEY",)})

    @pytest.mark.parametrize(("agreed", "status"), [(("127.0.0.1",), 200), ((), 403)])
    async def test_of_the_customer_go_to_a_parameters_address_only_as_agreed(self, gateway, upstream, agreed, status):
        upstream.answers(json_answer({}))
        own = make.enrollment(parameters={"base_url": upstream.url}, secret_hosts={"MY_KEY": agreed})
        gateway.publish_customer(secret_names=frozenset({"MY_KEY"}), enrollments=(own,))
        gateway.publish_secret(make.TEAM, "MY_KEY", "sk-mine")
        config = {"base_url": "{{ params.base_url }}", "api_key": "${ customer_secrets.MY_KEY }"}
        await offer(gateway, upstream, config=config)
        assert (await gateway.call()).status_code == status

    async def test_that_are_missing_are_named(self, gateway, upstream):
        byok = {"type": "byok", "required_secrets": ("MY_KEY",)}
        await offer(gateway, upstream, config={"api_key": "${ customer_secrets.MY_KEY }"}, channel=byok)
        answer = await gateway.call()
        assert (answer.status_code, "MY_KEY" in answer.json()["detail"]) == (424, True)

    async def test_of_the_seller_never_go_to_a_host_that_the_customer_chose(self, gateway, upstream):
        gateway.publish_customer(enrollments=(make.enrollment(parameters={"base_url": upstream.url}),))
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        config = {"base_url": "{{ params.base_url }}", "api_key": "${ secrets.UP_KEY }"}
        await offer(gateway, upstream, config=config)
        answer = await gateway.call()
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "config_error")
        assert upstream.requests == []

    async def test_appear_in_no_event(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
        await gateway.call()
        event = await gateway.event()
        assert b"sk-upstream" not in event.to_bytes()
        assert gateway.key.encode() not in event.to_bytes()


class TestInMemory:
    """Nothing that is in clear stays for longer than it may, also when nobody asks for it again."""

    @pytest.fixture
    def kept(self, gateway, monkeypatch):
        deps, now = gateway.app.runtime.deps, [1000.0]
        for book in (deps.secrets, deps.rendered):
            monkeypatch.setattr(book, "_clock", lambda: now[0])
        return deps, now

    async def test_of_sellers_are_gone_after_thirty_seconds(self, gateway, upstream, kept):
        deps, now = kept
        upstream.answers(json_answer({}))
        gateway.publish_secret(make.SELLER, "UP_KEY", "sk-upstream")
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
        await gateway.call()
        now[0] += 20
        await gateway.call()  # asking again does not lengthen it
        deps.secrets.forget()
        deps.rendered.forget()
        assert (len(deps.secrets._opened), len(deps.rendered._kept)) == (1, 1)
        now[0] += 10
        deps.secrets.forget()
        deps.rendered.forget()
        assert (deps.secrets._opened, deps.rendered._kept) == ({}, {})
        assert (await gateway.call()).status_code == 200

    async def test_without_any_a_rendered_address_stays(self, gateway, upstream, kept):
        deps, now = kept
        upstream.answers(json_answer({}))
        await offer(gateway, upstream)
        await gateway.call()
        now[0] += 3600
        deps.rendered.forget()
        assert len(deps.rendered._kept) == 1

    async def test_that_were_taken_out_of_a_log_are_gone_too(self, tmp_path, upstream, monkeypatch):
        upstream.answers(json_answer({"echo": "upstreamsecret"}))
        monkeypatch.setattr(runtime, "_FORGET_SECONDS", 0.05)
        async with serving(tmp_path, secret_cache_seconds=0.5) as gateway:
            gateway.publish_secret(make.SELLER, "UP_KEY", "upstreamsecret")
            await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
            await gateway.call("/l/p/acme/chat")
            async with asyncio.timeout(10):
                while not (gateway.logs.calls and not scrubbing._all_writings.cache_info().currsize):
                    await asyncio.sleep(0.02)
            (call,) = gateway.logs.calls.values()
            assert "upstreamsecret" not in json.dumps(call)
            assert base64.b64decode(call["kept"]["response"]["bytes"]) == b'{"echo": "***"}'
            assert not any("upstreamsecret" in repr(pattern) for pattern in re._cache)

    async def test_that_an_upstream_says_again_in_a_head_are_gone_too(self, tmp_path, upstream, monkeypatch):
        upstream.answers(json_answer({}, headers=[("X-Echo", "upstreamsecret")]))
        monkeypatch.setattr(runtime, "_FORGET_SECONDS", 0.05)

        def are_remembered() -> bool:
            return any(b"upstreamsecret" in line for line in whole._lines)

        async with serving(tmp_path, secret_cache_seconds=1) as gateway:
            gateway.publish_secret(make.SELLER, "UP_KEY", "upstreamsecret")
            await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
            async with asyncio.timeout(10):
                while not are_remembered():  # the first call does not take the short way
                    await gateway.call()
                while are_remembered():
                    await asyncio.sleep(0.02)

    async def test_that_are_rotated_are_the_new_ones_at_the_next_look(self, gateway, upstream):
        upstream.answers(json_answer({}))
        await offer(gateway, upstream, config={"api_key": "${ secrets.UP_KEY }"})
        for value in ("sk-first", "sk-second"):
            gateway.publish_secret(make.SELLER, "UP_KEY", value)
            await gateway.see_changes()
            for _ in range(2):
                await gateway.call()
        sent = [asked.header(b"authorization") for asked in upstream.requests]
        assert sent == [b"Bearer sk-first"] * 2 + [b"Bearer sk-second"] * 2
