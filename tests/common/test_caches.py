"""The cache that all processes share, in real Redis, and what becomes of it without one."""

from __future__ import annotations

import subprocess
import sys
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse

from common.caches import SharedCache, _redis
from tests.architecture.house import ROOT
from tests.factories.accounts import TeamFactory, UserFactory

NOWHERE = "redis://127.0.0.1:1/0"
PASSWORD = "correct horse battery staple"
#: What another process of the site does with a token that counts once: no more than this of Django is set up there.
ANOTHER_PROCESS = """
import sys
from django.conf import settings
settings.configure()
from common.caches import SharedCache
_, address, prefix, key = sys.argv
print(SharedCache(address, {"KEY_PREFIX": prefix}).add(key, True, 60))
"""


@pytest.fixture
def prefix():
    """A site of this test's own in the suite's Redis."""
    name = f"test-{uuid4().hex}"
    yield name
    shared(name).clear()


def shared(prefix: str, address: str = "") -> SharedCache:
    return SharedCache(address or settings.REDIS_URL, {"KEY_PREFIX": prefix})


def use(settings, prefix: str, address: str) -> None:
    settings.CACHES = {
        **settings.CACHES,
        "default": {"BACKEND": "common.caches.SharedCache", "LOCATION": address, "KEY_PREFIX": prefix},
    }
    _redis.cache_clear()


def tries(times: int, *, email: str = "buyer@example.org") -> list[str]:
    """Return what the login page says to wrong passwords, each from an address and a browser of its own."""
    found = []
    for number in range(times):
        form = {"login": email, "password": "wrong"}
        page = Client(REMOTE_ADDR=f"192.0.2.{number}").post(reverse("account_login"), form).content.decode()
        found.append("too many" if "Too many failed login attempts" in page else "wrong")
    return found


class TestSharing:
    def test_is_seen_by_another_process(self, prefix):
        assert shared(prefix).add("token", True, 60)

        asked = [sys.executable, "-c", ANOTHER_PROCESS, settings.REDIS_URL, prefix, "token"]
        other = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)

        assert other.stdout == "False\n", other.stderr

    def test_of_failed_logins_is_over_all_processes(self, settings, prefix, db):
        """Five in five minutes for one address: three here, two at another process, and both are full."""
        use(settings, prefix, settings.REDIS_URL)
        assert tries(3) == ["wrong"] * 3

        _redis.cache_clear()  # other connections: all that a process has of it

        assert tries(3) == ["wrong", "wrong", "too many"]
        assert tries(1, email="other@example.org") == ["wrong"]

    def test_keeps_what_allauth_and_we_put_there(self, prefix):
        cache = shared(prefix)
        for value in (True, 5, 1.5, [1.25, 2.5], {"a": "b"}, None, "text"):
            cache.set("value", value, 60)
            assert cache.get("value", "nothing") == value

        cache.set("number", 5, 60)
        assert cache.incr("number") == 6
        assert cache.get_many(["number", "gone"]) == {"number": 6}

    def test_holds_nothing_in_redis_that_could_run(self, prefix):
        cache = shared(prefix)
        with pytest.raises(TypeError):
            cache.set("object", object(), 60)

        client = redis.Redis.from_url(settings.REDIS_URL)
        client.set(cache.make_key("planted"), b"\x80\x04\x95pickle", ex=60)
        with pytest.raises(ValueError):
            cache.get("planted")

    def test_clears_its_own_site_alone(self, prefix):
        neighbour = shared(f"{prefix}-neighbour")
        neighbour.set("theirs", 1, 60)
        shared(prefix).set("ours", 1, 60)

        shared(prefix).clear()

        assert (shared(prefix).get("ours"), neighbour.get("theirs")) == (None, 1)
        with pytest.raises(ValueError, match="KEY_PREFIX"):
            shared("").clear()


class TestWithoutRedis:
    def test_lets_people_in_and_still_counts_in_each_process(self, settings, prefix, db, caplog):
        use(settings, prefix, NOWHERE)
        user = UserFactory(email="buyer@example.org")
        TeamFactory(owner=user, personal_for=user)
        client = Client(REMOTE_ADDR="198.51.100.1")

        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

        assert client.get("/teams").status_code == 200
        assert tries(6) == [*["wrong"] * 5, "too many"]
        assert [each.message for each in caplog.records if each.name == "common.caches"] == ["cache.unavailable"]

    def test_is_shared_again_when_redis_is_back(self, settings, prefix, monkeypatch):
        cache = shared(prefix)
        _redis(settings.REDIS_URL).failed(redis.ConnectionError())
        cache.set("meanwhile", 1, 60)
        assert cache.get("meanwhile") == 1

        monkeypatch.setattr(_redis(settings.REDIS_URL), "_asleep_until", 0.0)

        assert cache.get("meanwhile") is None
        assert cache.add("meanwhile", 2, 60)
