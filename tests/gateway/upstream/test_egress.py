"""Where calls may go."""

from __future__ import annotations

import asyncio
import threading
from ipaddress import ip_network

import pytest

from gateway.upstream import egress
from gateway.upstream.egress import EgressGuard, EgressPolicy
from gateway.upstream.errors import EgressRefused, UpstreamRefused, UpstreamTimeout
from tests.domain.test_addresses import REFUSED

PUBLIC = "93.184.216.34"
#: What the threat model says is never called, written down here a second time.
NEVER = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "::/3", "2001::/23", "2001:db8::/32",
    "2002::/16", "3fff::/20", "4000::/2", "8000::/1",
]  # fmt: skip


def guard(*answers: list[str], policy: EgressPolicy | None = None) -> EgressGuard:
    """A guard whose name server gives these answers in turn."""
    turns = iter(answers)
    return EgressGuard(policy or EgressPolicy(), resolve=lambda host, port: next(turns))


class TestSplit:
    @pytest.mark.parametrize(
        ("url", "name", "target"),
        [
            ("https://api.example.com", "https://api.example.com:443", b"/"),
            ("https://API.example.com/v1/chat?x=1", "https://api.example.com:443", b"/v1/chat?x=1"),
            ("https://api.example.com:8443?q", "https://api.example.com:8443", b"/?q"),
            ("https://[2606:4700::1111]/", "https://[2606:4700::1111]:443", b"/"),
            ("https://api.example.com/a//b/%2e%2e/c", "https://api.example.com:443", b"/a//b/%2e%2e/c"),
        ],
    )
    def test_gives_origin_and_target(self, url, name, target):
        origin, found = guard().split(url)

        assert (origin.name, found) == (name, target)

    @pytest.mark.parametrize(
        "url",
        [
            "", "api.example.com", "//api.example.com/", "ftp://api.example.com/", "file:///etc/passwd",
            "https:/a/", "https://",
            "https:///path", "https://user@api.example.com/", "https://user:pass@api.example.com/", "https://a@b@c/",
            "https://api.example.com/#f", "https://api.example.com\\@evil.example/", "https://api.example.com/a b",
            "https://api.example.com/\r\nX: 1", "https://api.example.com/\x00", "https://api.example.com/é",
            "https://api.example.com:/", "https://api.example.com:99999/", "https://api.example.com:22/",
            "https://api.example.com:+443/", "https://api.example.com:4４3/", "https://127.1/", "https://0x7f.0.0.1/",
            "https://2130706433/", "https://①②⑦.0.0.1/", "https://api.example.com./", "https://[::1/",
            "https://[fe80::1%25lo]/",
            "HTTPS://api.example.com/", "https://api%2eexample.com/", "https://a/" + "a" * 9000,
        ],
    )  # fmt: skip
    def test_refuses_what_is_not_plainly_an_address(self, url):
        with pytest.raises(EgressRefused):
            guard().split(url)

    def test_wants_https_unless_the_policy_says_otherwise(self):
        with pytest.raises(EgressRefused):
            guard().split("http://api.example.com/")

        assert guard(policy=EgressPolicy(allow_http=True)).split("http://api.example.com/")[0].port == 80

    def test_refuses_our_own_names(self):
        with pytest.raises(EgressRefused):
            guard(policy=EgressPolicy(denied_hosts=frozenset({"gateway.example"}))).split("https://GATEWAY.example/")

    def test_opens_every_port_in_development(self):
        assert guard(policy=EgressPolicy(allow_private=True)).split("http://localhost:12345/")[0].port == 12345


class TestAddresses:
    @pytest.mark.parametrize(
        "answers",
        [
            ["127.0.0.1"],
            [PUBLIC, "127.0.0.1"],
            ["2606:4700::1111", "::1"],
            [PUBLIC] * 9 + ["169.254.169.254"],
            ["fe80::1%eth0"],
            ["64:ff9b::a9fe:a9fe"],
            [PUBLIC] * 65,
        ],
    )
    async def test_are_refused_when_one_answer_is_not_public(self, answers):
        checked = guard(answers)
        origin, _ = checked.split("https://rebind.example/")

        with pytest.raises(EgressRefused):
            await checked.addresses(origin)

    @pytest.mark.parametrize("address", REFUSED)
    async def test_are_refused_for_every_address_of_the_table_beside_a_public_one(self, address):
        checked = guard([PUBLIC, address])

        with pytest.raises(EgressRefused):
            await checked.addresses(checked.split("https://rebind.example/")[0])

    @pytest.mark.parametrize("network", NEVER)
    async def test_are_refused_from_the_first_to_the_last_of_what_is_not_public(self, network):
        addresses = ip_network(network)
        for address in (addresses[0], addresses[addresses.num_addresses // 2], addresses[-1]):
            checked = guard([str(address)])
            with pytest.raises(EgressRefused):
                await checked.addresses(checked.split("https://rebind.example/")[0])

    @pytest.mark.parametrize("host", ["127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"])
    async def test_are_refused_for_literals_without_asking_anybody(self, host):
        checked = guard()
        origin, _ = checked.split(f"https://{host}/")

        with pytest.raises(EgressRefused):
            await checked.addresses(origin)

    async def test_are_refused_when_they_are_our_own(self):
        checked = guard([PUBLIC], policy=EgressPolicy(denied_addresses=frozenset({PUBLIC})))

        with pytest.raises(EgressRefused):
            await checked.addresses(checked.split("https://mirror.example/")[0])

    async def test_are_what_was_checked_even_when_the_name_changes_its_mind(self):
        checked = guard([PUBLIC], ["127.0.0.1"])
        origin, _ = checked.split("https://rebind.example/")

        assert await checked.addresses(origin) == (PUBLIC,)
        assert await checked.addresses(origin) == (PUBLIC,)

    async def test_are_checked_again_after_thirty_seconds(self, monkeypatch):
        checked = guard([PUBLIC], ["127.0.0.1"])
        origin, _ = checked.split("https://rebind.example/")
        await checked.addresses(origin)
        loop = asyncio.get_running_loop()
        later = loop.time() + 31

        assert checked.known(origin, loop.time()) == (PUBLIC,)
        assert checked.known(origin, later) is None
        monkeypatch.setattr(loop, "time", lambda: later)
        with pytest.raises(EgressRefused):
            await checked.addresses(origin)

    async def test_are_at_most_ten(self):
        checked = guard([f"93.184.216.{number}" for number in range(30)])

        assert len(await checked.addresses(checked.split("https://many.example/")[0])) == 10

    async def test_are_missing_for_unknown_names(self):
        def resolve(host, port):
            raise OSError("no such name")

        checked = EgressGuard(EgressPolicy(), resolve=resolve)
        for _ in range(2):
            with pytest.raises(UpstreamRefused):
                await checked.addresses(checked.split("https://unknown.example/")[0])

    async def test_are_given_up_when_the_name_server_hangs(self, monkeypatch):
        monkeypatch.setattr(egress, "_RESOLVE_SECONDS", 0.05)
        released = threading.Event()
        asked = []

        def resolve(host, port):
            asked.append(host)
            released.wait(5)
            return [PUBLIC]

        checked = EgressGuard(EgressPolicy(), resolve=resolve)
        origin, _ = checked.split("https://slow.example/")
        for _ in range(3):
            with pytest.raises(UpstreamTimeout) as timeout:
                await checked.addresses(origin)
        released.set()

        assert timeout.value.phase == "resolve"
        assert asked == ["slow.example"]  # one thread waits, however many callers

    async def test_resolve_by_the_system(self):
        checked = EgressGuard(EgressPolicy(allow_private=True))

        assert "127.0.0.1" in await checked.addresses(checked.split("http://localhost:80/")[0])
        checked.close()
