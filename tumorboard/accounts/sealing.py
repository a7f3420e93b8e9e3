"""Secrets at rest: encrypted with a key of the installation that does not lie in the database."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12  # bytes, random for each seal (NIST SP 800-38D)


class Unsealable(Exception):
    """The key of the installation has changed, or the row was altered."""


def seal(value: bytes, context: str) -> bytes:
    """Encrypted and bound to its context: it opens in no other place."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + _cipher(_key()).encrypt(nonce, value, context.encode())


def unseal(sealed: bytes, context: str) -> bytes:
    """Raises Unsealable."""
    blob = bytes(sealed)
    try:
        return _cipher(_key()).decrypt(blob[:NONCE], blob[NONCE:], context.encode())
    except InvalidTag:
        raise Unsealable("a sealed value does not open with the key of this installation") from None


def lookup(value: str, context: str) -> bytes:
    """A keyed digest to find a row by: without the key nobody can try values out."""
    return hmac.digest(_key(), f"{context}\0{value}".encode(), "sha256")


def _key() -> bytes:
    return _derived(settings.SEALING_KEY or settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _derived(secret: str) -> bytes:
    return hmac.digest(b"tumorboard.sealing.1", secret.encode(), hashlib.sha256)


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
