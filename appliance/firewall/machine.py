"""The thin side: what is true of this machine, and nft itself."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import pwd
import re
import subprocess
import time
from ipaddress import IPv6Network
from pathlib import Path

import msgspec

from appliance.config import load
from appliance.config.model import Config
from appliance.errors import ConfigError
from appliance.firewall import rules, wanted
from appliance.firewall.model import FirewallError, State

LOG = logging.getLogger(__name__)
STATE = Path("/run/appliance-firewall")
"""`hotspot` names interfaces, one a line; `fetch-until` is a time of the monotonic clock, in seconds."""
SETUP = Path("/run/appliance-setup/hotspot.json")
"""What the set-up hotspot is doing; docs/first-boot.md."""
KEYS = Path("/data/config/authorized_keys")
ROUTES = Path("/proc/net/ipv6_route")
ROUTES4 = Path("/proc/net/route")
HOTSPOT_NETWORK = "00002A0A"
"""10.42.0.0 as /proc/net/route writes it."""
CARDS = Path("/sys/class/net")
OWNER_FILE = Path("/data/config/appliance.toml")
"""What the owner set; the image reads it as `load.ENVIRONMENT_FILE`."""
INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
COMMENT = re.compile(r'^\tcomment "([0-9a-f]{32})"$', flags=re.MULTILINE)
"""The table's digest; nft's JSON leaves comments of tables out before 1.0.8."""
MAX_HOTSPOTS = 4
MAX_ON_LINK = 32
MAX_FETCH_MINUTES = 240
MAX_STATE_BYTES = 4_096
MAX_ROUTES_BYTES = 1_048_576
NFT_SECONDS = 20.0
INSTALL = "sudo apt install nftables"


def configuration(explicit: Path | None) -> Config:
    """The one that the appliance of this machine runs with. Raises ConfigError."""
    return load.load(explicit).config


class Places(msgspec.Struct, frozen=True):
    """Where the state is read; other files in tests."""

    folder: Path = STATE
    setup: Path = SETUP
    keys: Path = KEYS
    routes4: Path = ROUTES4
    routes6: Path = ROUTES
    cards: Path = CARDS


def state(places: Places | None = None) -> State:
    """What is true now. What cannot be read is not there: that closes, it never opens."""
    where = places or Places()
    return State(
        ssh=bool(_text(where.keys).strip()),
        hotspots=hotspots(_text(where.folder / "hotspot")) or _set_up(where),
        fetch_seconds=fetch_seconds(_text(where.folder / "fetch-until"), time.monotonic()),
        on_link=on_link(_text(where.routes6, MAX_ROUTES_BYTES)),
        uids=_uids(),
    )


def _set_up(where: Places) -> tuple[str, ...]:
    """The radios that the set-up hotspot is on, while it says that it is open."""
    if not says_open(_text(where.setup)):
        return ()
    names = on_hotspot(_text(where.routes4, MAX_ROUTES_BYTES))
    return tuple(name for name in names if (where.cards / name / "phy80211").exists())


def says_open(note: str) -> bool:
    """Does the set-up's note, JSON with a `phase`, say that its hotspot is up?"""
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("phase") == "open"


def on_hotspot(routes: str) -> tuple[str, ...]:
    """Interfaces in the hotspot's network, from the text of /proc/net/route (proc(5))."""
    rows = (line.split() for line in routes.splitlines())
    names = {
        row[0] for row in rows if len(row) > 1 and row[1] == HOTSPOT_NETWORK and INTERFACE.fullmatch(row[0])
    }
    return tuple(sorted(names))[:MAX_HOTSPOTS]


def _text(file: Path, max_bytes: int = MAX_STATE_BYTES) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(max_bytes).decode("utf-8", "replace")
    except OSError:
        return ""


def _uids() -> dict[str, int]:
    return {entry.pw_name: entry.pw_uid for entry in pwd.getpwall() if entry.pw_name in wanted.ACCOUNTS}


def hotspots(text: str) -> tuple[str, ...]:
    """Names of interfaces, one a line; whatever is none is left out."""
    return tuple(name for name in map(str.strip, text.splitlines()) if INTERFACE.fullmatch(name))[
        :MAX_HOTSPOTS
    ]


def fetch_seconds(text: str, now: float) -> int:
    """How much is left until a time written as seconds of the monotonic clock."""
    until = text.strip()
    if not (until.isascii() and until.isdecimal() and len(until) < 12):
        return 0
    return min(max(int(until) - int(now), 0), MAX_FETCH_MINUTES * 60)


def on_link(routes: str) -> tuple[IPv6Network, ...]:
    """Public networks without a router in between, from the text of /proc/net/ipv6_route (proc(5))."""
    found = [network for line in routes.splitlines() if (network := _network(line.split()))]
    return tuple(dict.fromkeys(found))[:MAX_ON_LINK]


def _network(fields: list[str]) -> IPv6Network | None:
    """Destination, its length, source, its length, next hop, metric, …, interface."""
    if len(fields) != 10 or fields[9] == "lo" or int(fields[4], 16):
        return None
    length = int(fields[1], 16)
    address = ipaddress.IPv6Address(int(fields[0], 16))
    if not 64 <= length < 128 or not address.is_global:
        return None
    return IPv6Network((address, length), strict=False)


def open_for_models(minutes: int, folder: Path = STATE) -> None:
    """Let models be fetched for so long; 0 ends it. Raises FirewallError."""
    _write(folder / "fetch-until", str(int(time.monotonic()) + minutes * 60))


def set_hotspot(interfaces: tuple[str, ...], folder: Path = STATE) -> None:
    """Say where the set-up hotspot is up; empty: nowhere. Raises FirewallError."""
    for name in interfaces:
        if not INTERFACE.fullmatch(name):
            raise FirewallError(f"{name[:40]!r} is no name of an interface", "ip link")
    _write(folder / "hotspot", "\n".join(interfaces))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o755, exist_ok=True)
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise FirewallError(f"{file} cannot be written: {error.strerror}", "run it as root") from error


def wanted_text(config: Config, now: State) -> str:
    """What should be loaded. Raises ConfigError."""
    return rules.ruleset(config, now) if config.firewall.enabled else rules.none()


def fallback_text(now: State) -> str:
    """What is loaded while the configuration is broken: its defaults, so that the home can mend it."""
    return rules.ruleset(Config(), now)


def try_out(text: str) -> None:
    """Let nft read the rules without loading them. Raises FirewallError."""
    _nft("--check", "--file", "-", given=text)


def load_rules(text: str) -> None:
    """Put the rules in force, all or none. Raises FirewallError."""
    _nft("--file", "-", given=text)


def loaded_digest() -> str:
    """The digest of what is in force; empty when our table is not loaded. Raises FirewallError."""
    if f"table {rules.TABLE}" not in _nft("list", "tables").splitlines():
        return ""
    found = COMMENT.search(_nft("--terse", "list", "table", *rules.TABLE.split()))
    return found[1] if found else "unknown"


def _nft(*arguments: str, given: str = "") -> str:
    try:
        done = subprocess.run(
            ["nft", *arguments], input=given, capture_output=True, text=True, check=False, timeout=NFT_SECONDS
        )
    except FileNotFoundError as error:
        raise FirewallError("nft is not installed", INSTALL) from error
    except subprocess.TimeoutExpired as error:
        raise FirewallError(
            f"nft did not end within {NFT_SECONDS:.0f} s", "systemctl status nftables"
        ) from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0][:300]
        hint = "run it as root" if os.geteuid() else "appliance firewall show"
        raise FirewallError(f"nft refuses: {said}", hint)
    return done.stdout


def apply(explicit: Path | None, *, only_changes: bool = False) -> None:
    """Load what the configuration asks for; with a broken one its defaults, and then its error is raised.

    `only_changes` leaves rules that are in force already alone, with their counters.
    """
    now = state()
    try:
        text = wanted_text(configuration(explicit), now)
    except ConfigError:
        load_rules(fallback_text(now))
        raise
    if not (only_changes and is_in_force(text)):
        load_rules(text)


def is_in_force(text: str) -> bool:
    """Are these the rules that are loaded? What may be fetched for a while is no part of the answer."""
    digest = loaded_digest()
    return digest in text if digest else text == rules.none()
