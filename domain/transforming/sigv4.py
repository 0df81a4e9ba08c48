"""AWS Signature Version 4 for one request, as AWS publishes it.

Source: "Create a signed AWS API request", AWS Identity and Access Management user guide.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
#: Services that want the path as it is sent; all others want it encoded once more.
_PATH_AS_SENT = frozenset(("s3", "s3express", "s3-object-lambda"))
_BLANKS = re.compile(r" +")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose signature it is. session_token: of temporary credentials, else ""."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


def sign(
    *,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    credentials: Credentials,
    region: str,
    service: str,
    now: datetime,
) -> dict[str, str]:
    """Return the headers to add: authorization, x-amz-date and what the service wants beside them.

    url: absolute, its path and query encoded as they are sent. headers: lower-case names that are to be signed besides
    the host, such as content-type. now: aware, in UTC.
    """
    parts = urlsplit(url)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    added = {"x-amz-date": stamp}
    if credentials.session_token:
        added["x-amz-security-token"] = credentials.session_token
    if service in _PATH_AS_SENT:
        added["x-amz-content-sha256"] = digest
    signed = {"host": _authority(parts.scheme, parts.netloc), **headers, **added}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            method,
            _path(parts.path, service),
            _query(parts.query),
            *(f"{name}:{_BLANKS.sub(' ', signed[name].strip())}" for name in sorted(signed)),
            "",
            names,
            digest,
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = _hmac(_key(credentials.secret_key, stamp[:8], region, service), to_sign).hex()
    authorization = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**added, "authorization": f"{_ALGORITHM} {authorization}"}


def _key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _authority(scheme: str, netloc: str) -> str:
    """Return host and port as they are sent: without the port that the scheme implies."""
    host = netloc.rpartition("@")[2].lower()
    default = ":443" if scheme == "https" else ":80"
    return host.removesuffix(default)


def _path(path: str, service: str) -> str:
    if service in _PATH_AS_SENT:
        return quote(unquote_to_bytes(path or "/"), safe="/~")
    return quote(path or "/", safe="/~")


def _query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="-_.~")
