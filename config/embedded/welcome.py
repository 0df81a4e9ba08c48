"""What `make run` prints when everything is at work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_TRY = """\
curl {url}/p/northwind/aurora-chat/chat/completions \\
  -H "Authorization: Bearer {key}" \\
  -H "Content-Type: application/json" \\
  -d '{{"model": "aurora-large", "messages": [{{"role": "user", "content": "Hello there"}}]}}'"""


def curl_line(*, url: str, key: str) -> str:
    """Return a call that works with the demo catalogue."""
    return _TRY.format(url=url, key=key)


def text(demo: Mapping[str, str], url: str, data: Path) -> str:
    """Return the address, the logins, the key and a call."""
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
        curl_line(url=url, key=key),
        "",
        f"All of this is kept in {data / 'demo.env'}. Ctrl-C ends everything.",
        "",
    ]
    return "\n".join(lines)
