"""Addresses and their odd spellings, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.addresses import UnsafeHost, canonical_host, is_public

REFUSED = [
    # "this" network, private, shared, loopback, link-local
    "0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255",
    # the clouds' own
    "168.63.129.16", "192.0.0.192", "192.0.0.8", "192.0.0.170",
    # documentation, relays, benchmarks, multicast, reserved
    "192.0.2.1", "198.51.100.1", "203.0.113.255", "192.88.99.1", "198.18.0.1", "198.19.255.255",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    # IPv6: unspecified, loopback, link-local, unique local, site-local, multicast, segment routing
    "::", "::1", "fe80::1", "febf::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "5f00::1", "100::1", "4000::1",
    # IPv4 inside IPv6
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    # assignments and documentation inside the global range
    "2001::1", "2001:1ff::1", "2001:db8::1", "3fff::1", "3fff:fff::1",
    # not exactly one address
    "", " 8.8.8.8", "8.8.8.8 ", "8.8.8", "8.8.8.8.8", "08.8.8.8", "0x8.8.8.8", "134744072", "8.8.8.8/32", "8.8.8.8\n",
    "2606:4700::1111%eth0", "[2606:4700::1111]", "example.com", "8.8.8.256", "٨.8.8.8", "①②⑦.0.0.1", "127。0。0。1",
]  # fmt: skip

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "168.63.129.15", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.88.98.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700::1111", "2001:200::1", "2001:4860:4860::8888", "2003::1", "3ffe::1", "2a00:1450::1",
]  # fmt: skip


class TestIsPublic:
    @pytest.mark.parametrize("address", REFUSED)
    def test_refuses(self, address):
        assert not is_public(address)

    @pytest.mark.parametrize("address", PUBLIC)
    def test_accepts(self, address):
        assert is_public(address)

    @given(st.ip_addresses(v=6))
    def test_never_accepts_an_ipv6_address_that_embeds_a_private_one(self, address):
        if address.ipv4_mapped or address.sixtofour or address.teredo:
            assert not is_public(address)


class TestCanonicalHost:
    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("API.Example.COM", "api.example.com"),
            ("my_service", "my_service"),
            ("8.8.8.8", "8.8.8.8"),
            ("[2606:4700:0:0::1111]", "2606:4700::1111"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("0x7f.example", "0x7f.example"),
        ],
    )
    def test_gives_the_one_spelling(self, host, expected):
        assert canonical_host(host) == expected

    @pytest.mark.parametrize(
        "host",
        [
            "", ".", "a..b", ".a", "a.", "-a.example", "a-.example", "a" * 64, ".".join(["a" * 60] * 5), "a b", "a\tb",
            "a/b", "a@b", "a:80", "a%2eb", "a\\b", "a\x00b", "[::1", "::1]", "[fe80::1%25eth0]", "[::1%lo]",
            "[1.2.3.4]",
            "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001", "1.2.3.4.5", "1.2.3.04",
            "a.0x1",
            "①②⑦.0.0.1", "127。0。0。1", "１２７.0.0.1", "straße.example", "ﬁ.example", "\u212a.example",
            "Bücher.example", "exa\u00admple.com",
        ],
    )  # fmt: skip
    def test_refuses_what_has_another_reading(self, host):
        with pytest.raises(UnsafeHost) as refusal:
            canonical_host(host)

        assert refusal.value.message
