"""Calls of enrollments with a plan: covered ones need no money, those of a paused one are refused."""

from __future__ import annotations

import time
from decimal import Decimal

from tests.factories import records as make
from tests.fakes.upstream import json_answer
from tests.gateway.conftest import offer
from tests.gateway.harness import serving


class TestACoveredCall:
    async def test_is_made_with_an_empty_wallet_and_holds_nothing(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0") as gateway:
            await offer(gateway, upstream)
            gateway.publish_customer(enrollments=(make.enrollment("CEFF", covered_until=time.time() + 60),))
            await gateway.see_changes()

            answer = await gateway.call("/e/CEFF")

            event = await gateway.event()
            assert answer.status_code == 200
            assert (event.hold, event.lease_id) == (Decimal(0), None)
            assert event.enrollment_id == make.enrollment("CEFF").id

    async def test_needs_money_again_when_the_quota_is_used_up(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0") as gateway:
            await offer(gateway, upstream)
            gateway.publish_customer(enrollments=(make.enrollment("CEFF", covered_until=time.time() + 60),))
            await gateway.see_changes()
            assert (await gateway.call("/e/CEFF")).status_code == 200

            gateway.publish_customer(enrollments=(make.enrollment("CEFF"),))
            await gateway.see_changes()

            refused = await gateway.call("/e/CEFF")
            assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_funds")

    async def test_needs_money_again_when_its_time_is_over_though_nobody_said_so(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0") as gateway:
            await offer(gateway, upstream)
            gateway.publish_customer(enrollments=(make.enrollment("CEFF", covered_until=time.time() - 1),))
            await gateway.see_changes()

            assert (await gateway.call("/e/CEFF")).status_code == 402

    async def test_of_another_enrollment_is_not_covered(self, tmp_path, upstream):
        upstream.answers(json_answer({}))
        async with serving(tmp_path, balance="0") as gateway:
            await offer(gateway, upstream)
            covered, other = make.enrollment("CEFF", covered_until=time.time() + 60), make.enrollment("D00D")
            gateway.publish_customer(enrollments=(covered, other))
            await gateway.see_changes()

            assert (await gateway.call("/e/D00D")).status_code == 402


class TestAPausedEnrollment:
    async def test_is_refused_with_the_sentence_that_was_published(self, gateway, upstream):
        upstream.answers(json_answer({}))
        gateway.publish_customer(enrollments=(make.enrollment("CEFF", paused="The fee is unpaid. Top up."),))
        await gateway.see_changes()

        for path in ("/e/CEFF", "/p/acme/chat"):
            answer = await gateway.call(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (402, "enrollment_paused")
            assert answer.json()["detail"] == "The fee is unpaid. Top up."
        assert upstream.requests == []

    async def test_steps_back_behind_one_that_is_not(self, gateway, upstream):
        upstream.answers(json_answer({}))
        paused, active = make.enrollment("CEFF", paused="Top up."), make.enrollment("D00D")
        gateway.publish_customer(enrollments=(paused, active))
        await gateway.see_changes()

        assert (await gateway.call("/p/acme/chat")).status_code == 200
        assert (await gateway.event()).enrollment_id == active.id
