"""What is true of this machine; the rules in a kernel are in test_connections."""

from __future__ import annotations

from ipaddress import IPv6Network
from pathlib import Path

import msgspec
import pytest

from appliance.config import load
from appliance.errors import ConfigError
from appliance.firewall import machine, rules
from appliance.firewall.model import FirewallError, State
from tests.checkout import ROOT

GLOBAL = "20010db8000100020000000000000000 40 " + "0" * 32 + " 00 " + "0" * 32
REAL = GLOBAL.replace("20010db8", "26000db8")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"{REAL} 00000100 00000001 00000000 00000001     eth0", (IPv6Network("2600:db8:1:2::/64"),)),
        (f"{REAL} 00000100 00000001 00000000 00000001       lo", ()),
        (f"{GLOBAL} 00000100 00000001 00000000 00000001     eth0", ()),
        (f"{REAL[:-1]}1 00000100 00000001 00000000 00000001     eth0", ()),
        (f"{REAL.replace(' 40 ', ' 20 ')} 00000100 00000001 00000000 00000001     eth0", ()),
        (f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001     eth0", ()),
        ("nonsense", ()),
        ("x y z 1 2 3 4 5 6 eth0", ()),
    ],
)
def test_networks_without_a_router_in_between(line: str, found: tuple[IPv6Network, ...]) -> None:
    assert machine.on_link(line + "\n" + line) == found


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("wlan0\n", ("wlan0",)),
        ("wlan0\n ap0 \n", ("wlan0", "ap0")),
        ('wlan0"; accept', ()),
        ("a" * 16, ()),
        ("", ()),
        ("a\nb\nc\nd\ne\nf", ("a", "b", "c", "d")),
    ],
)
def test_hotspots(text: str, names: tuple[str, ...]) -> None:
    assert machine.hotspots(text) == names


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("100", 40),
        ("50", 0),
        ("", 0),
        ("-5", 0),
        ("x", 0),
        ("99999999999", 14_400),
        ("9" * 50, 0),
        ("١٠٠", 0),
    ],
)
def test_fetching_ends(text: str, left: int) -> None:
    assert machine.fetch_seconds(text, now=60.5) == left


ROUTE4 = "wlan0\t00002A0A\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n"


def places(folder: Path) -> machine.Places:
    """All of them in a folder, and none there yet."""
    names = ("run", "hotspot.json", "keys", "route", "ipv6_route", "net")
    return machine.Places(*(folder / name for name in names))


def test_whatever_the_rules_are_made_from_is_watched() -> None:
    text = (ROOT / "systemd/appliance-firewall.path").read_text(encoding="utf-8")
    watched = {Path(line.partition("=")[2]) for line in text.splitlines() if line.startswith("PathChanged=")}
    assert watched == {machine.OWNER_FILE, load.SYSTEM_FILE, machine.KEYS, machine.SETUP, machine.STATE}


def test_what_is_not_there_opens_nothing(tmp_path: Path) -> None:
    assert msgspec.structs.replace(machine.state(places(tmp_path)), uids={}) == State()


def test_the_state_is_what_was_said(tmp_path: Path) -> None:
    where = places(tmp_path)
    machine.set_hotspot(("wlan0",), where.folder)
    machine.open_for_models(2, where.folder)
    where.keys.write_text("ssh-ed25519 AAAA owner\n")
    where.routes6.write_text(f"{REAL} 00000100 00000001 00000000 00000001     eth0\n")
    now = machine.state(where)
    assert now.ssh
    assert now.hotspots == ("wlan0",)
    assert 100 <= now.fetch_seconds <= 120
    assert len(now.on_link) == 1
    assert now.uids["root"] == 0


@pytest.mark.parametrize(
    ("note", "radio", "found"),
    [
        ('{"phase": "open", "name": "appliance-1234"}', True, ("wlan0",)),
        ('{"phase": "open"}', False, ()),
        ('{"phase": "online"}', True, ()),
        ("[]", True, ()),
        ("[" * 4_000, True, ()),
        ("nonsense", True, ()),
    ],
)
def test_the_hotspot_of_the_set_up(tmp_path: Path, note: str, radio: bool, found: tuple[str, ...]) -> None:
    where = places(tmp_path)
    where.setup.write_text(note)
    where.routes4.write_text("Iface\tDestination\n" + ROUTE4 + ROUTE4.replace("00002A0A", "0000A8C0", 1))
    (where.cards / "wlan0" / ("phy80211" if radio else "queues")).mkdir(parents=True)
    assert machine.state(where).hotspots == found


def test_what_cannot_be_said(tmp_path: Path) -> None:
    with pytest.raises(FirewallError, match="no name of an interface"):
        machine.set_hotspot(("wlan0; accept",), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FirewallError, match="cannot be written"):
        machine.open_for_models(2, tmp_path / "file")


def test_without_nft_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FirewallError, match="not installed") as caught:
        machine.try_out(rules.closed())
    assert "apt" in caught.value.hint


def test_a_wrong_configuration_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        machine.configuration(tmp_path / "none.toml")
