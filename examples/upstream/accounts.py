"""Who may call, with which key: the first path segment is the account, and each account has its own secret.

A call without the right key is refused, so a demo call that works proves that the secret was put in on the way.
"""

from __future__ import annotations

#: The account's name in the address, and the key that its owner keeps as a secret on the marketplace.
KEYS = {
    "northwind": "nw-demo-4f1c9a70d2",
    "tidewater": "tw-demo-b83e05c6a1",
    "bring-your-own": "byo-demo-6d2a91f3c8",
}

#: Accounts that ask for no key: their addresses are secret enough, or there is nothing to protect.
OPEN = frozenset({"topics", "open"})


def key_in(headers: dict[str, str]) -> str:
    """Return the key of a request in any of the three headers that providers use, or ''."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return headers.get("x-api-key") or headers.get("api-key") or ""


def may_call(account: str, headers: dict[str, str]) -> bool:
    """Return whether the request carries the account's key."""
    return account in OPEN or (account in KEYS and key_in(headers) == KEYS[account])
