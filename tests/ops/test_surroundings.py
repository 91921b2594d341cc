"""What the doctor sees of the machine: from files as the kernel writes them, and from this machine itself."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Audio, Config, Mqtt, Paths
from appliance.ops import surroundings
from appliance.ops.check import Check
from appliance.supervision.cgroup import CONTROLLERS, Subtree
from appliance.supervision.ladder import Ladder
from tests.ops.checking import sane

CARD = "00-00: USB Audio : USB Audio : capture 1\n01-00: bcm2835 : bcm2835 Headphones : playback 8\n"
ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
DEFAULT4 = "wlan0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
LOCAL4 = "wlan0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
ZEROS = "0" * 32
DEFAULT6 = f"{ZEROS} 00 {ZEROS} 00 fe80{'0' * 28} 00000400 00000001 00000000 00000003 eth0\n"
UNREACHABLE6 = f"{ZEROS} 00 {ZEROS} 00 {ZEROS} ffffffff 00000001 00000000 00200200 lo\n"


def put(root: Path, name: str, text: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return root


@pytest.mark.parametrize(
    ("subtree", "verdict", "said"),
    [
        (None, "weak", "none is delegated"),
        (Subtree("/sys/fs/cgroup/x", CONTROLLERS), "good", "/sys/fs/cgroup/x"),
        (Subtree("/sys/fs/cgroup/x", tuple(set(CONTROLLERS) - {"memory"})), "weak", "without memory"),
    ],
)
def test_limits_by_the_kernel(subtree: Subtree | None, verdict: str, said: str) -> None:
    check = sane(surroundings.cgroups(Ladder("limits", "seccomp", subtree)))
    assert (check.verdict, said in check.found) == (verdict, True)


def sound(root: Path, device: str = "default") -> dict[str, Check]:
    config = Config(audio=Audio(device=device))
    return {each.name: sane(each) for each in surroundings.microphone_and_loudspeaker(config, root)}


def test_cards_that_can_do_both(tmp_path: Path) -> None:
    put(tmp_path, "proc/asound/pcm", CARD)
    for name in ("pcmC0D0c", "pcmC1D0p"):
        put(tmp_path, f"dev/snd/{name}", "")
    found = sound(tmp_path)
    assert {name: (each.verdict, each.found) for name, each in found.items()} == {
        "microphone": ("good", "USB Audio"),
        "loudspeaker": ("good", "bcm2835"),
    }


def test_a_card_without_a_microphone(tmp_path: Path) -> None:
    put(tmp_path, "proc/asound/pcm", CARD.splitlines()[1])
    put(tmp_path, "dev/snd/pcmC1D0p", "")
    assert {name: each.verdict for name, each in sound(tmp_path).items()} == {
        "microphone": "bad",
        "loudspeaker": "good",
    }


def test_a_card_that_this_user_may_not_open(tmp_path: Path) -> None:
    put(tmp_path, "proc/asound/pcm", CARD)
    found = sound(tmp_path)
    assert {each.verdict for each in found.values()} == {"bad"}
    assert "audio" in found["microphone"].mend


def test_no_card_is_told_once_and_elsewhere(tmp_path: Path) -> None:
    assert sound(tmp_path) == {}
    put(tmp_path, "proc/asound/pcm", CARD)
    assert sound(tmp_path, device="none") == {}


@pytest.mark.parametrize(
    ("four", "six", "verdict", "found"),
    [
        (ROUTES + LOCAL4 + DEFAULT4, "", "good", "by wlan0"),
        (ROUTES + DEFAULT4, DEFAULT6, "good", "by eth0, wlan0"),
        (ROUTES + LOCAL4, UNREACHABLE6, "weak", "no way"),
        ("", "", "weak", "no way"),
        (ROUTES + "x\t00000000\ty\tzz\t0\t0\t0\t00000000\n\n", "one two\n", "weak", "no way"),
    ],
)
def test_ways_to_other_machines(tmp_path: Path, four: str, six: str, verdict: str, found: str) -> None:
    put(put(tmp_path, "proc/net/route", four), "proc/net/ipv6_route", six)
    check = sane(surroundings.network(tmp_path))
    assert (check.verdict, found in check.found) == (verdict, True)


def test_no_network_at_all_is_no_error(tmp_path: Path) -> None:
    assert surroundings.network(tmp_path).verdict == "weak"


def test_a_time_server_leaves_a_mark(tmp_path: Path) -> None:
    marker = tmp_path / "synchronized"
    marker.touch()
    assert sane(surroundings.time_source(marker)).verdict == "good"
    sane(surroundings.time_source(tmp_path / "none"))


@pytest.mark.parametrize(("mode", "verdict"), [(0o700, "good"), (0o750, "weak"), (0o707, "weak")])
def test_data_are_private(tmp_path: Path, mode: int, verdict: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    assert sane(surroundings.permissions(Config(paths=Paths(data=str(data))))).verdict == verdict


def test_no_data_are_no_fault(tmp_path: Path) -> None:
    assert surroundings.permissions(Config(paths=Paths(data=str(tmp_path / "none")))).verdict == "good"


def test_data_of_somebody_else() -> None:
    if os.geteuid() == 0:
        pytest.skip("root may do everything")
    assert surroundings.permissions(Config(paths=Paths(data="/root"))).verdict == "bad"


@pytest.mark.parametrize(
    ("password", "mode", "verdict"), [("s", 0o644, "weak"), ("s", 0o640, "good"), ("", 0o644, "good")]
)
def test_a_file_with_a_password(tmp_path: Path, password: str, mode: int, verdict: str) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    file = tmp_path / "appliance.toml"
    file.touch()
    file.chmod(mode)
    config = msgspec.structs.replace(Config(paths=Paths(data=str(data))), mqtt=Mqtt(password=password))
    assert sane(surroundings.permissions(config, [file])).verdict == verdict


def test_the_packages_of_this_version_are_here() -> None:
    assert sane(surroundings.packages()).verdict == "good"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("openwakeword>=0.6", ("openwakeword", "0.6")),
        ("pyseccomp>=0.1.2; sys_platform == 'linux'", ("pyseccomp", "0.1.2")),
        ("llama-cpp-python==0.3.36", ("llama-cpp-python", "0.3.36")),
        ("uv_build<1,>=0.11", ("uv_build", "0")),
        ("some-thing", ("some-thing", "0")),
    ],
)
def test_what_a_requirement_asks_for(text: str, parsed: tuple[str, str]) -> None:
    assert surroundings._requirement(text) == parsed


def test_versions_are_compared_as_numbers() -> None:
    assert surroundings._numbers("0.10.1rc2") > surroundings._numbers("0.9")
