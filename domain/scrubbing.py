"""Taking secrets out of what is kept: as they are, and as an upstream may give them back in another writing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from urllib.parse import quote, quote_plus

#: Stands where a secret was.
MARK = b"***"
#: Shorter texts are words of every answer; what is so short is no secret.
LEAST_CHARACTERS = 6
_HALF_KNOWN = {0: 0, 1: 2, 2: 3}
#: What writers of JSON escape beside what they must: none; Go and Rails; Jinja; Gson; .NET.
_ESCAPED_TOO = ("", "&<>", "&<>'", "&<>'=", "\"&'+<>`")
_CODE = re.compile(r"(?<=\\u)[0-9a-f]{4}")


def scrub(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return the body with every secret replaced.

    Found are: the text itself, in JSON, percent-encoded, in base 64 (both alphabets, alone or inside a longer text such
    as a Basic credential) and in hexadecimal. A secret that was compressed or encrypted is not found.
    """
    wanted = _wanted(secrets)
    return _pattern(wanted).sub(MARK, body) if wanted else body


def scrub_beginning(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return the beginning of a longer body with every secret replaced, and without one that its end cuts in two."""
    wanted = _wanted(secrets)
    if not wanted:
        return body
    pattern, end = _pattern(wanted), min(_beginning_at_the_end(body, writing) for writing in _all_writings(wanted))
    for found in pattern.finditer(body):
        if found.start() < end < found.end():
            end = found.start()  # what is cut off must not leave half of another secret
    return pattern.sub(MARK, body[:end])


def forget() -> None:
    """Let go of everything that was made of secrets to find them."""
    if _all_writings.cache_info().currsize:
        _pattern.cache_clear()
        _all_writings.cache_clear()
        re.purge()  # it remembers patterns by their text


def _wanted(secrets: Iterable[str]) -> frozenset[str]:
    return frozenset(secret for secret in secrets if len(secret) >= LEAST_CHARACTERS)


def _beginning_at_the_end(body: bytes, writing: bytes) -> int:
    """Return where the longest beginning of `writing` stands that `body` ends with; the body's length for none."""
    at = max(len(body) - len(writing), 0)
    while (at := body.find(writing[:1], at)) >= 0:
        if writing.startswith(body[at:]):
            return at
        at += 1
    return len(body)


@lru_cache(maxsize=1024)
def _pattern(secrets: frozenset[str]) -> re.Pattern[bytes]:
    # the longest first, so that a writing that holds another one is taken out whole
    return re.compile(
        b"|".join(re.escape(text) for text in sorted(_all_writings(secrets), key=lambda text: (-len(text), text)))
    )


@lru_cache(maxsize=1024)
def _all_writings(secrets: frozenset[str]) -> frozenset[bytes]:
    return frozenset(writing for secret in secrets for writing in _writings(secret))


def _writings(secret: str) -> Iterator[bytes]:
    plain = secret.encode("utf-8", "surrogatepass")
    yield plain
    for written in _in_json(secret):
        yield written.encode("utf-8", "surrogatepass")
        yield written.replace("/", "\\/").encode("utf-8", "surrogatepass")
        for ascii_only in (True, False):
            yield json.dumps(written, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass")  # JSON in JSON
    # the last two are JavaScript's
    for encoded in (
        quote(plain, safe=""),
        quote(plain),
        quote_plus(plain),
        quote(plain, safe="!'()*"),
        quote_plus(plain, safe="*").replace("~", "%7E"),
    ):
        yield encoded.encode()
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), encoded).encode()
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield from _in_base64(plain, encode)


def _in_json(secret: str) -> Iterator[str]:
    """Yield what the secret looks like inside of a JSON string."""
    for escaped, ascii_only in product(_ESCAPED_TOO, (True, False)):
        written = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        for character in escaped:
            plain = '\\"' if character == '"' else character
            written = written.replace(plain, f"\\u{ord(character):04x}")
        yield written
        yield _CODE.sub(lambda found: found[0].upper(), written)


def _in_base64(plain: bytes, encode: object) -> Iterator[bytes]:
    """Yield what the secret looks like at each of the three places that it can begin at within a longer text."""
    assert callable(encode)
    for before in range(3):
        encoded: bytes = encode(b"\0" * before + plain)
        # the first and last letters also hold bits of the neighbours
        start = _HALF_KNOWN[before]
        end = (len(plain) + before) * 8 // 6
        piece = encoded[start:end]
        if len(piece) >= LEAST_CHARACTERS:
            yield piece
