"""SSH keys in `authorized_keys`: what is taken, and what is not. Pure.

Options (`command=`, `from=`, `restrict` …) are the owner's business and stay. Source: sshd(8),
AUTHORIZED_KEYS FILE FORMAT; RFC 4253, 6.6 for the blob.
"""

from __future__ import annotations

import base64
import binascii
import re

from appliance.firstboot.errors import Fault
from appliance.firstboot.text import numbered

MAX_KEYS = 64
KINDS = (
    *("ssh-ed25519", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa"),
    *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
)
LINE = re.compile(rf"(?:.*\s)?({'|'.join(map(re.escape, KINDS))})\s+([A-Za-z0-9+/]+=*)(?:\s.*)?")
MIN_RSA_BLOB_BYTES = 270
"""A 2048 bit key; sshd refuses shorter ones."""


def parse(text: str) -> tuple[str, ...]:
    """The lines with a key. Raises Fault with the line."""
    found: list[str] = []
    for number, line in numbered(text):
        if "PRIVATE KEY" in line:
            raise Fault(
                "this is a private key, which never leaves your computer",
                "use the file that ends in .pub, and make a new pair: ssh-keygen -t ed25519",
                number,
            )
        found.append(_checked(line, number))
    if not found:
        raise Fault("there is no key in it", "put the content of your ~/.ssh/id_ed25519.pub in it")
    if len(found) > MAX_KEYS:
        raise Fault(f"more than {MAX_KEYS} keys", "leave out those that nobody needs")
    return tuple(dict.fromkeys(found))


def _checked(line: str, number: int) -> str:
    match = LINE.fullmatch(line)
    if match is None:
        raise Fault("this is no SSH key that is taken", "it begins with ssh-ed25519 or ssh-rsa", number)
    kind = match[1]
    try:
        blob = base64.b64decode(match[2], validate=True)
    except binascii.Error as error:
        raise Fault("the key is damaged or cut short", "copy the whole line again", number) from error
    if blob[:4] != len(kind).to_bytes(4, "big") or blob[4 : 4 + len(kind)] != kind.encode():
        raise Fault("the key is damaged or cut short", "copy the whole line again", number)
    if kind == "ssh-rsa" and len(blob) < MIN_RSA_BLOB_BYTES:
        raise Fault("this RSA key is too short to be safe", "make one: ssh-keygen -t ed25519", number)
    return line


def merged(*lists: tuple[str, ...]) -> str:
    """One `authorized_keys` of all of these, each key once."""
    lines = dict.fromkeys(line for each in lists for line in each)
    return "".join(f"{line}\n" for line in lines)
