"""Secrets that are shown once, and the marks that are kept of them.

A secret has 256 random bits, so nobody can try them all and a plain hash is enough: there is nothing to slow
down. (What people choose themselves is different; see `passwords`.)
"""

from __future__ import annotations

import hashlib
import secrets

SECRET_BYTES = 32
ID_BYTES = 4
MAX_SECRET = 128
"""Characters; longer ones are not even hashed."""


def fresh(prefix: str = "") -> str:
    """A new secret."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def short_id() -> str:
    """By which something that has a secret is called; not secret itself."""
    return secrets.token_hex(ID_BYTES)


def mark(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def csrf(session: str) -> str:
    """What a page proves with that it can read this session's cookies; tells nothing about the session."""
    return hashlib.sha256(b"csrf of " + session.encode("utf-8", "surrogateescape")).hexdigest()
