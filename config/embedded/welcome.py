"""What `make run` prints when everything is at work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_TRY = """\
curl {url}/p/northwind/aurora-chat/chat/completions \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "aurora-large", "messages": [{{"role": "user", "content": "Hello there"}}]}}'"""


def _cards(pretended_stripe: str) -> list[str]:
    """Say how to pay where no money moves."""
    if not pretended_stripe:
        return []
    return [
        "No Stripe key is set, so cards are pretended and no money moves: pay with 4242 4242 4242 4242.",
        f"What the pretended processor did, and what banks could do next, is at {pretended_stripe}.",
        "",
    ]


def curl_line(*, url: str, key: str) -> str:
    """Return a call that works with the demo catalogue."""
    return _TRY.format(url=url, key=key)


def text(demo: Mapping[str, str], url: str, data: Path, pretended_stripe: str = "") -> str:
    """Return the address, the logins, the key, a call, and where the pretended card processor is, if there is one."""
    key = demo.get("UNITYSVC_API_KEY", "")
    logins = [
        f"  {who:<10} {demo.get(f'{who.upper()}_EMAIL', '')}  password {demo.get(f'{who.upper()}_PASSWORD', '')}"
        for who in ("customer", "seller", "operator")
    ]
    lines = [
        "",
        f"The marketplace is at {url}; operators go to {url}/admin/.",
        "",
        *logins,
        f"  {'API key':<10} {key}",
        "",
        *_cards(pretended_stripe),
        curl_line(url=url, key=key),
        "",
        f"All of this is kept in {data / 'demo.env'}. Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(lines)
