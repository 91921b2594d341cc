"""What an own Mosquitto is given: its configuration, users and rights as text, and its command line. Pure.

Everything is relative to the broker's working directory, so that a broker of another user needs no way
through the directories above it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence

import msgspec

CONFIG, PASSWORDS, RIGHTS = "mosquitto.conf", "passwords", "rights"
HASH_ROUNDS = 101
"""Mosquitto's own number; the passwords are random and long, so rounds add nothing."""
SALT_BYTES = 12
"""The only length that Mosquitto 2.0 accepts."""
USER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class User(msgspec.Struct, frozen=True):
    """Someone who may connect; `read`, `write` and `both` are topic filters."""

    name: str
    password: str
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    both: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"User({self.name!r})"


def configuration(port: int, max_packet_bytes: int) -> str:
    """Loopback only, nobody without a password, every queue bounded, few writes to the disk."""
    return f"""\
per_listener_settings false
listener {port} 127.0.0.1
allow_anonymous false
password_file {PASSWORDS}
acl_file {RIGHTS}
persistence true
persistence_location ./
persistence_file retained.db
autosave_interval 1800
autosave_on_changes false
persistent_client_expiration 1d
max_connections 256
max_queued_messages 1000
max_queued_bytes 16777216
max_packet_size {max_packet_bytes}
max_keepalive 300
memory_limit 134217728
sys_interval 0
set_tcp_nodelay true
connection_messages false
log_dest stderr
log_type error
log_type warning
"""


def passwords(users: Sequence[User], salts: Sequence[bytes]) -> str:
    """The password file: PBKDF2-SHA512 as Mosquitto 2 writes it."""
    return "".join(
        f"{user.name}:{hashed(user.password, salt)}\n" for user, salt in zip(users, salts, strict=True)
    )


def hashed(password: str, salt: bytes) -> str:
    """`$7$rounds$salt$hash`."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return f"$7${HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def rights(users: Sequence[User]) -> str:
    """The ACL file: what is not listed is forbidden."""
    lines: list[str] = []
    for user in users:
        lines.append(f"user {user.name}")
        for access, filters in (("read", user.read), ("write", user.write), ("readwrite", user.both)):
            lines += [f"topic {access} {topic_filter}" for topic_filter in filters]
        lines.append("")
    return "\n".join(lines)


def argv(setpriv: str, program: str, account: tuple[int, int] | None) -> list[str]:
    """The command line: dies with its parent, gains no privileges, and is not root.

    setpriv sets the death signal after it changed the user; a change of user would clear it.
    """
    command = [setpriv, "--pdeathsig", "TERM", "--no-new-privs"]
    if account is not None:
        user_id, group_id = account
        command += ["--reuid", str(user_id), "--regid", str(group_id), "--clear-groups"]
    return [*command, program, "-c", CONFIG]
