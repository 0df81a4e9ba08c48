"""Which addresses and host names on the public internet a call may go to, decided without asking anybody."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

#: Not the public internet, although some libraries call parts of it global (Azure's and Oracle's host services,
#: 6to4 relays). Source: IANA's special-purpose registries and the clouds' documentation.
DENIED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
#: Global unicast; everything else (mapped, NAT64, link-local, multicast, site-local) is refused.
ALLOWED_V6 = IPv6Network("2000::/3")
#: Inside it: protocol assignments with Teredo, documentation, 6to4 (which embeds IPv4 addresses).
DENIED_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAX_HOST = 253


class UnsafeHost(ValueError):
    """A host name that is malformed, or that two parsers may read differently. `message` names what to write."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Return whether an IP address lies on the public internet. Text that is not exactly one address is not public."""
    if isinstance(address, str):
        try:
            address = ip_address(address)
        except ValueError:
            return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in DENIED_V4)
    return address in ALLOWED_V6 and address.scope_id is None and not any(address in network for network in DENIED_V6)


def canonical_host(host: str) -> str:
    """Return the host in its one spelling: lower case, IDNA-encoded, an IPv6 address without brackets.

    Raises: UnsafeHost when it has any other reading: 127.1, 0x7f000001, 2130706433, digits in circles, wide dots.
    """
    if host.startswith("[") and host.endswith("]"):
        return _canonical_v6(host[1:-1])
    name = _ascii(host)
    if len(name) > _MAX_HOST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UnsafeHost("Write a host name of letters, digits, dots and hyphens, without a dot at the end.")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _canonical_v4(name)
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        encoded = name.encode("idna").decode("ascii")
        same = encoded.encode("ascii").decode("idna") == name
    except UnicodeError:
        same = False
    # IDNA 2003, IDNA 2008 and browsers differ on names that change when they are normalised (ß, circled digits)
    if not same:
        raise UnsafeHost("Write the host name in its punycode form (xn--...): this spelling has several readings.")
    return encoded


def _canonical_v4(name: str) -> str:
    try:
        return str(IPv4Address(name))
    except ValueError:
        raise UnsafeHost("Write an IPv4 address as four decimal numbers, such as 192.0.2.1.") from None


def _canonical_v6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise UnsafeHost("Write an IPv6 address in brackets, such as [2001:db8::1].") from None
    if address.scope_id is not None:
        raise UnsafeHost("An IPv6 address must not name a network interface.")
    return str(address)
