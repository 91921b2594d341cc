"""What an own Mosquitto is given: its configuration as text, and its command line. Pure.

Everything is relative to the broker's working directory, so that a broker of another user needs no way
through the directories above it.
"""

from __future__ import annotations

import re

import msgspec

from appliance.errors import HomeError
from appliance.home.dynsec import FILE

CONFIG = "mosquitto.conf"
CERTIFICATE, KEY = "server.pem", "server.key"
MAX_CONNECTIONS = "max_connections 256\n"
"""Of each listener: who fills the outer ones keeps none of our own programs out."""
MAX_DATA_BYTES = 134_217_728
"""Not by `memory_limit`: the access control gives back memory that Mosquitto 2.0 never counted, so its count
falls below zero, it takes itself for full, and drops every connection."""
ADDRESS = re.compile(r"[0-9A-Za-z][0-9A-Za-z.:_-]{0,253}|::[0-9A-Fa-f:.]{0,40}")


LISTEN_HINT = (
    'set mqtt.listen to an address of this machine ("0.0.0.0" is all of them), mqtt.listen_port to a free one'
)


class Outside(msgspec.Struct, frozen=True):
    """Where others than this machine's own programs connect; a port of 0 is closed."""

    address: str
    tls_port: int = 0
    plain_port: int = 0


def configuration(port: int, max_packet_bytes: int, plugin: str, outside: Outside | None = None) -> str:
    """Nobody without a password, every queue bounded, few writes to the disk.

    Raises HomeError for an address that is none.
    """
    return f"""\
per_listener_settings false
listener {port} 127.0.0.1
{MAX_CONNECTIONS}{_outside(outside)}allow_anonymous false
plugin {plugin}
plugin_opt_config_file {FILE}
persistence true
persistence_location ./
persistence_file retained.db
autosave_interval 1800
autosave_on_changes false
persistent_client_expiration 1d
max_inflight_messages 100
max_queued_messages 1000
max_queued_bytes 16777216
max_packet_size {max_packet_bytes}
max_keepalive 300
sys_interval 0
set_tcp_nodelay true
connection_messages false
log_dest stderr
log_type error
log_type warning
"""


def _outside(outside: Outside | None) -> str:
    if outside is None:
        return ""
    if not ADDRESS.fullmatch(outside.address):
        raise HomeError(f"mqtt.listen: {outside.address[:80]!r} is no address", LISTEN_HINT)
    lines = ""
    if outside.tls_port:
        lines += f"listener {outside.tls_port} {outside.address}\n{MAX_CONNECTIONS}"
        lines += f"certfile {CERTIFICATE}\nkeyfile {KEY}\ntls_version tlsv1.2\n"
    if outside.plain_port:
        lines += f"listener {outside.plain_port} {outside.address}\n{MAX_CONNECTIONS}"
    return lines


def hint(words: str, outside: Outside | None) -> str:
    """What to do about a broker that said this and ended."""
    if outside is not None and any(
        sign in words for sign in ("already in use", "assign requested", "Name or service")
    ):
        return LISTEN_HINT
    return "set mqtt.host to a broker that runs, or look at `mosquitto -v`"


def argv(prlimit: str, setpriv: str, program: str, account: tuple[int, int] | None) -> list[str]:
    """The command line: bounded memory, dies with its parent, gains no privileges, and is not root.

    setpriv sets the death signal after it changed the user; a change of user would clear it.
    """
    command = [prlimit, f"--data={MAX_DATA_BYTES}", setpriv, "--pdeathsig", "TERM", "--no-new-privs"]
    if account is not None:
        user_id, group_id = account
        command += ["--reuid", str(user_id), "--regid", str(group_id), "--clear-groups"]
    return [*command, program, "-c", CONFIG]
