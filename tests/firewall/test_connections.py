"""Connections tried through the rules of a real kernel: two network namespaces with a cable between them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv6Network
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Firewall, HomeAssistant, Mqtt
from appliance.firewall import machine, rules
from appliance.firewall.model import FirewallError, State

HOME = "10.77.0.2"
FAR = "203.0.113.5"
DEVICE = "10.77.0.1"
HOME6, DEVICE6 = "fd77::2", "fd77::1"
PUBLIC6, PUBLIC6_DEVICE = "2001:db8:7::2", "2001:db8:7::1"
CONFIG = Config(
    mqtt=Mqtt(listen="0.0.0.0"),
    home_assistant=HomeAssistant(url=f"http://{HOME}:8123"),
    firewall=Firewall(allow_in=("tcp 9090",)),
)
ME = os.geteuid()
OTHER = 60_000
STATE = State(uids={"root": ME, "appliance": ME})

LISTEN = """
import socket, sys, selectors
def opened(port, kind):
    found = socket.socket(socket.AF_INET6, kind)
    found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(("::", port))
    if kind == socket.SOCK_STREAM: found.listen(32)
    return found
chosen = selectors.DefaultSelector()
for port in map(int, sys.argv[1].split(",")):
    chosen.register(opened(port, socket.SOCK_STREAM), selectors.EVENT_READ)
    chosen.register(opened(port, socket.SOCK_DGRAM), selectors.EVENT_READ)
print("up", flush=True)
while True:
    for key, _ in chosen.select():
        if key.fileobj.type == socket.SOCK_STREAM: key.fileobj.accept()[0].close()
        else: key.fileobj.sendto(b"heard", key.fileobj.recvfrom(100)[1])
"""
TRY = """
import os, socket, sys
kind, address, port, source, uid = sys.argv[1:]
if int(uid) != os.geteuid(): os.setuid(int(uid))
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as tried:
    tried.settimeout(0.7)
    tried.bind((source, 0))
    try:
        tried.connect((address, int(port)))
        if kind == "udp":
            tried.send(b"hello")
            tried.recv(100)
    except TimeoutError: print("silence")
    except OSError: print("refused")
    else: print("open")
"""


def run(*command: str, given: str = "") -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=given, timeout=30)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def cable() -> Iterator[str]:
    """Two namespaces, NAME-device and NAME-home; the home also has an address that is not the home's."""
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install iproute2 nftables")
    name = f"fw{os.getpid()}"
    device, home = f"{name}-device", f"{name}-home"
    if subprocess.run(["ip", "netns", "add", device], check=False, capture_output=True).returncode:
        pytest.skip("network namespaces need root")
    try:
        run("ip", "netns", "add", home)
        run(
            "ip",
            "link",
            "add",
            "cable",
            "netns",
            device,
            "type",
            "veth",
            "peer",
            "name",
            "cable",
            "netns",
            home,
        )
        ours = [f"{DEVICE}/24", f"{DEVICE6}/64", f"{PUBLIC6_DEVICE}/64"]
        theirs = [f"{HOME}/24", f"{FAR}/32", f"{HOME6}/64", f"{PUBLIC6}/64"]
        for place, addresses in ((device, ours), (home, theirs)):
            for address in addresses:
                duplicates = ["nodad"] if ":" in address else []
                run("ip", "-n", place, "address", "add", address, "dev", "cable", *duplicates)
            run("ip", "-n", place, "link", "set", "cable", "up")
            run("ip", "-n", place, "link", "set", "lo", "up")
        run("ip", "-n", device, "route", "add", "default", "via", HOME)
        probe = ["ip", "netns", "exec", device, "nft", "--check", "--file", "-"]
        if subprocess.run(
            probe, input=rules.closed(), text=True, check=False, capture_output=True
        ).returncode:
            pytest.skip("this kernel has no nf_tables")
        with listening(device, "22,8883,9090,9999"), listening(home, "53,123,80,443,8123,8124,9999"):
            yield name
    finally:
        for place in (device, home):
            subprocess.run(["ip", "netns", "delete", place], check=False, capture_output=True)


class listening:  # noqa: N801 - used like a function
    """Answers on these ports of a namespace."""

    def __init__(self, place: str, ports: str) -> None:
        command = ["ip", "netns", "exec", place, sys.executable, "-c", LISTEN, ports]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def __enter__(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"up\n"

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def attempt(place: str, kind: str, address: str, port: int, source: str, uid: int = ME) -> str:
    """ "open", "refused" or "silence"."""
    words = (kind, address, str(port), source, str(uid))
    # The system's interpreter: another user may not read this one's folder.
    return run("ip", "netns", "exec", place, "/usr/bin/python3", "-c", TRY, *words).strip()


def loaded(cable: str, config: Config = CONFIG, state: State = STATE) -> None:
    run("ip", "netns", "exec", f"{cable}-device", "nft", "--file", "-", given=rules.ruleset(config, state))


def counter(cable: str, name: str) -> int:
    text = run("ip", "netns", "exec", f"{cable}-device", "nft", "list", "counter", "inet", "appliance", name)
    return int(text.split("packets ")[1].split()[0])


@pytest.mark.parametrize(
    ("kind", "port", "source", "result"),
    [
        ("tcp", 8883, HOME, "open"),
        ("tcp", 9090, HOME, "open"),
        ("tcp", 22, HOME, "silence"),
        ("tcp", 9999, HOME, "silence"),
        ("udp", 9999, HOME, "silence"),
        ("tcp", 8883, FAR, "silence"),
    ],
)
def test_in_only_what_is_offered(cable: str, kind: str, port: int, source: str, result: str) -> None:
    run("ip", "netns", "exec", f"{cable}-device", "nft", "flush", "ruleset")
    assert attempt(f"{cable}-home", kind, DEVICE, port, source) == "open", "open without rules"
    loaded(cable)
    assert attempt(f"{cable}-home", kind, DEVICE, port, source) == result
    assert (counter(cable, "refused_in") > 0) == (result != "open")


@pytest.mark.parametrize(
    ("kind", "address", "port", "uid", "result"),
    [
        ("tcp", HOME, 8123, ME, "open"),
        ("tcp", HOME, 8123, OTHER, "refused"),
        ("tcp", HOME, 8124, ME, "refused"),
        ("tcp", FAR, 8123, ME, "refused"),
        ("tcp", FAR, 443, ME, "refused"),
        ("udp", HOME, 53, ME, "open"),
        ("udp", HOME, 53, OTHER, "refused"),
        ("udp", HOME, 123, ME, "refused"),
        ("tcp", FAR, 9999, OTHER, "refused"),
    ],
)
def test_out_only_what_is_configured(
    cable: str, kind: str, address: str, port: int, uid: int, result: str
) -> None:
    run("ip", "netns", "exec", f"{cable}-device", "nft", "flush", "ruleset")
    assert attempt(f"{cable}-device", kind, address, port, DEVICE, uid) == "open", "open without rules"
    loaded(cable)
    assert attempt(f"{cable}-device", kind, address, port, DEVICE, uid) == result
    assert (counter(cable, "refused_out") > 0) == (result != "open")


@pytest.mark.parametrize(
    ("address", "port", "source", "state", "result"),
    [
        (DEVICE6, 8883, HOME6, STATE, "open"),
        (DEVICE6, 22, HOME6, STATE, "silence"),
        (PUBLIC6_DEVICE, 8883, PUBLIC6, STATE, "silence"),
        (
            PUBLIC6_DEVICE,
            8883,
            PUBLIC6,
            msgspec.structs.replace(STATE, on_link=(IPv6Network("2001:db8:7::/64"),)),
            "open",
        ),
    ],
)
def test_ipv6_with_its_neighbours(
    cable: str, address: str, port: int, source: str, state: State, result: str
) -> None:
    loaded(cable, state=state)
    for place in ("device", "home"):
        # Both have to find each other anew, through the rules.
        run("ip", "-n", f"{cable}-{place}", "-6", "neighbour", "flush", "dev", "cable")
    assert attempt(f"{cable}-home", "tcp", address, port, source) == result


def test_ssh_and_fetching_open_when_said(cable: str) -> None:
    loaded(cable, state=msgspec.structs.replace(STATE, ssh=True, fetch_seconds=60))
    assert attempt(f"{cable}-home", "tcp", DEVICE, 22, HOME) == "open"
    assert attempt(f"{cable}-device", "tcp", FAR, 443, DEVICE) == "open"
    assert attempt(f"{cable}-device", "tcp", FAR, 443, DEVICE, OTHER) == "refused"
    loaded(cable)
    assert attempt(f"{cable}-home", "tcp", DEVICE, 22, HOME) == "silence"
    assert attempt(f"{cable}-device", "tcp", FAR, 443, DEVICE) == "refused"


def test_the_hotspot_opens_its_services_on_its_interface(cable: str) -> None:
    with listening(f"{cable}-device", "80,53"):
        for interface, result in (("cable", "open"), ("wlan0", "silence")):
            loaded(cable, state=msgspec.structs.replace(STATE, hotspots=(interface,)))
            assert attempt(f"{cable}-home", "tcp", DEVICE, 80, HOME) == result
            assert attempt(f"{cable}-home", "udp", DEVICE, 53, HOME) == result


def test_the_closed_rules_let_nobody_in_or_out(cable: str) -> None:
    run("ip", "netns", "exec", f"{cable}-device", "nft", "--file", "-", given=rules.closed())
    assert attempt(f"{cable}-home", "tcp", DEVICE, 8883, HOME) == "silence"
    assert attempt(f"{cable}-device", "udp", HOME, 53, DEVICE) == "refused"


def appliance(cable: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        "ip",
        "netns",
        "exec",
        f"{cable}-device",
        sys.executable,
        "-m",
        "appliance",
        "firewall",
        *words,
    ]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)


def test_the_command_loads_and_checks(cable: str, tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text('[mqtt]\nlisten = "0.0.0.0"\n')
    run("ip", "netns", "exec", f"{cable}-device", "nft", "flush", "ruleset")
    config = ("--config", str(file))
    before = appliance(cable, *config, "check")
    assert (before.returncode, before.stdout) == (1, "No rules are in force: appliance firewall apply\n")
    assert appliance(cable, *config, "apply").returncode == 0
    after = appliance(cable, *config, "check")
    assert (after.returncode, after.stdout) == (0, "The rules of the configuration are in force.\n")
    assert attempt(f"{cable}-home", "tcp", DEVICE, 8883, HOME) == "open"
    file.write_text("")
    changed = appliance(cable, *config, "check")
    assert (changed.returncode, changed.stdout) == (1, "Other rules are in force: appliance firewall apply\n")
    file.write_text("[firewall]\nenabled = false\n")
    assert appliance(cable, *config, "apply").returncode == 0
    assert "off, as configured" in appliance(cable, *config, "check").stdout
    assert attempt(f"{cable}-home", "tcp", DEVICE, 9999, HOME) == "open"


@pytest.mark.parametrize("text", ["nonsense", '[firewall]\nallow_in = ["tcp http"]\n'])
def test_a_broken_configuration_closes(cable: str, tmp_path: Path, text: str) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(text)
    run("ip", "netns", "exec", f"{cable}-device", "nft", "flush", "ruleset")
    done = appliance(cable, "--config", str(file), "apply")
    assert done.returncode == 1
    assert "appliance: " in done.stderr
    assert "Traceback" not in done.stderr
    assert attempt(f"{cable}-home", "tcp", DEVICE, 9999, HOME) == "silence"


def unit(cable: str) -> None:
    """What the unit starts, with the configuration of this environment."""
    environment = os.environ | {"APPLIANCE__MQTT__LISTEN": "0.0.0.0"}
    command = ["ip", "netns", "exec", f"{cable}-device", sys.executable, "-m", "appliance.firewall"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30, env=environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_rules_in_force_are_left_alone(cable: str) -> None:
    run("ip", "netns", "exec", f"{cable}-device", "nft", "flush", "ruleset")
    unit(cable)
    assert attempt(f"{cable}-home", "tcp", DEVICE, 8883, HOME) == "open"
    assert attempt(f"{cable}-home", "tcp", DEVICE, 22, HOME) == "silence"
    counted = counter(cable, "refused_in")
    assert counted > 0
    unit(cable)
    assert counter(cable, "refused_in") >= counted
    loaded(cable, Config())
    unit(cable)
    assert attempt(f"{cable}-home", "tcp", DEVICE, 8883, HOME) == "open"


def test_text_that_nft_refuses_changes_nothing(cable: str, tmp_path: Path) -> None:
    del tmp_path
    loaded(cable)
    with pytest.raises(FirewallError, match="nft refuses"):
        machine.try_out("table inet appliance { chain input { accept and drop } }")
    assert attempt(f"{cable}-home", "tcp", DEVICE, 8883, HOME) == "open"
