"""Envelope encryption of secrets: who writes a value cannot read it back.

A value is encrypted with a data key of its own (AES-256-GCM, bound to owner, name and version); the data key is sealed
to the gateway's public key (X25519, HKDF-SHA-256, AES-256-GCM). Only the holder of the private key opens it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_KEY_BYTES = 32


class Unreadable(Exception):
    """The ciphertext does not belong to this row, or no private key opens it. Says nothing about the content."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored. All three base64; `key_id` names the public key that sealed it."""

    key_id: str
    sealed_key: str
    ciphertext: str


def binding(*, owner: str, name: str, version: int) -> bytes:
    """Return the associated data that ties a ciphertext to its row."""
    return f"secret|{owner}|{name}|{version}".encode()


def new_key_pair() -> tuple[str, str]:
    """Return a fresh (private, public) pair, base64."""
    private = X25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def public_key_of(private_key: str) -> str:
    """Return the public half of a private key, both base64."""
    return _text(_private(private_key).public_key().public_bytes_raw())


def key_id(public_key: str) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:16]


def seal(value: str, *, public_key: str, bound_to: bytes) -> Sealed:
    """Encrypt `value` so that only the private half of `public_key` opens it, and only with the same `bound_to`."""
    data_key = os.urandom(_KEY_BYTES)
    ephemeral = X25519PrivateKey.generate()
    ephemeral_public = ephemeral.public_key().public_bytes_raw()
    recipient = X25519PublicKey.from_public_bytes(base64.b64decode(public_key))
    wrapping = _wrapping_key(ephemeral.exchange(recipient), ephemeral_public, recipient.public_bytes_raw())
    return Sealed(
        key_id=key_id(public_key),
        sealed_key=_text(ephemeral_public + AESGCM(wrapping).encrypt(bytes(_NONCE_BYTES), data_key, bound_to)),
        ciphertext=_text(_encrypt(data_key, value.encode(), bound_to)),
    )


def unseal(sealed: Sealed, *, private_key: str, bound_to: bytes) -> str:
    """Return the value. Raises Unreadable when the key or the binding is another one."""
    private = _private(private_key)
    raw = base64.b64decode(sealed.sealed_key)
    ephemeral_public, wrapped = raw[:_KEY_BYTES], raw[_KEY_BYTES:]
    shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral_public))
    wrapping = _wrapping_key(shared, ephemeral_public, private.public_key().public_bytes_raw())
    try:
        data_key = AESGCM(wrapping).decrypt(bytes(_NONCE_BYTES), wrapped, bound_to)
        body = base64.b64decode(sealed.ciphertext)
        return AESGCM(data_key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], bound_to).decode()
    except InvalidTag:
        raise Unreadable("The secret cannot be opened with this key for this owner, name and version.") from None


def _encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _wrapping_key(shared: bytes, ephemeral_public: bytes, recipient_public: bytes) -> bytes:
    # the key is used once (the ephemeral half is fresh), so a nonce of zeros is safe for it
    info = b"secret data key" + ephemeral_public + recipient_public
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(shared)


def _private(private_key: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(base64.b64decode(private_key))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
