"""The appliance's name: `appliance-` and four characters that stay the same for this machine. Pure.

They come from a slow hash of the machine's serial number or network address. Four characters are some
20 bits: many machines have the same ones, so nobody can get from the name back to the number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from appliance.firstboot.errors import Fault

PREFIX = "appliance"
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that are told apart on paper."""
LENGTH = 4
MIN_IDENTITY = 6
SALT = b"appliance host name 1"
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
PLACEHOLDERS = re.compile(
    r"(?i).*(default|filled by|o\.e\.m|not (applicable|specified|available)|unknown|system serial).*"
    r"|0?123456789|[0\W]*|[f\W]*|03000200-0400-0500-0006-000700080009"
)
"""What makers of boards write where a number of its own belongs."""


def first_usable(candidates: Iterable[str]) -> str:
    """The first that tells one machine from another; empty when none does."""
    for each in candidates:
        text = each.replace("\0", "").strip()
        if len(text) >= MIN_IDENTITY and not PLACEHOLDERS.fullmatch(text):
            return text
    return ""


def host_name(identity: str) -> str:
    """`appliance-k3m7` for what identifies this machine; the same every time."""
    digest = hashlib.scrypt(identity.encode("utf-8", "replace"), salt=SALT, n=2**12, r=8, p=1, dklen=LENGTH)
    return f"{PREFIX}-{''.join(ALPHABET[byte % len(ALPHABET)] for byte in digest)}"


def chosen(text: str) -> str:
    """A name that somebody chose, in lower case. Raises Fault for what can be no host name (RFC 1123)."""
    name = text.strip().lower()
    if not LABEL.fullmatch(name) or name.isdecimal() or name == "localhost":
        raise Fault(
            "a name is 1 to 63 letters (a to z), digits and hyphens, not a number alone", "such as: kitchen"
        )
    return name


def spoken(name: str) -> str:
    """With the characters apart, as they are read out: `appliance k, 3, m, 7`; a chosen one as its words."""
    start, _, tail = name.partition("-")
    if start == PREFIX and len(tail) == LENGTH:
        return f"{start} {', '.join(tail.upper())}"
    return name.replace("-", " ")
