"""Updates of a Raspberry Pi 5 with the files of its image: its firmware is the one that reads the disc.

The power goes before every single write of an update, for every way in which the new version may turn out:
what starts is whole, nothing untried starts twice, and what stays is healthy.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.updating import carrying, slots
from appliance.updating.boards import PARTITIONS, TRYBOOT
from appliance.updating.slots import Slot
from tests.image.pi5_discs import arm64, firmware
from tests.updating.machines import Machine, System

MEMORY = next((folder for folder in ("/dev/shm",) if os.access(folder, os.W_OK)), None)
MAX_WRITES = 80
HEALTHS = ("healthy", "unhealthy", "hang", "panic")


@dataclass
class PiOfTheImage(Machine):
    """Its autoboot.txt lies on a disc with the image's boot partitions, and is read from there."""

    disc: Path = field(default_factory=Path)
    known: dict[tuple[bytes, bool], Slot] = field(default_factory=dict)

    def _raspberry(self) -> Slot:
        parameter = self.root / "run/systemd/reboot-param"
        flag = self.reset_by == "restart" and parameter.exists() and parameter.read_text() == TRYBOOT
        files = sorted((self.root / "boot/autoboot").iterdir())
        content = (self.root / "boot/autoboot/autoboot.txt").read_bytes()
        if (content, flag) not in self.known:
            part = arm64.partitions(self.disc)["autoboot"]
            new = self.disc.with_name("autoboot.new")
            arm64.file_system(new, part.size, "AUTOBOOT", {file.name: file.read_bytes() for file in files}, 0)
            arm64.put(self.disc, part, new)
            found = firmware.start(self.disc, tryboot=flag)
            slot: Slot = "A" if "rauc.slot=A" in found.command_line.split() else "B"
            assert found.partition.number == PARTITIONS[slot]
            self.known[content, flag] = slot
        return self.known[content, flag]


@pytest.fixture(scope="module")
def shared_disc(pi5_disc: Path) -> Iterator[tuple[Path, dict[tuple[bytes, bool], Slot]]]:
    """A disc, and what its firmware made of each autoboot.txt: the same file is read once."""
    copy = pi5_disc.with_name("tried.img")
    subprocess.run(("cp", "--sparse=always", pi5_disc, copy), check=True)
    yield copy, {}
    copy.unlink()


Shared = tuple[Path, dict[tuple[bytes, bool], Slot]]


def machine_in(folder: str, shared: Shared, seed: int = 0) -> PiOfTheImage:
    return PiOfTheImage(Path(folder) / "root", "pi5", random.Random(seed), disc=shared[0], known=shared[1])


def stays(machine: Machine) -> System:
    """What runs now. Nothing is on trial, and it was found healthy."""
    now = carrying.facts(machine.firmware, machine.data)
    assert not now.trying
    assert machine.firmware.pending() is None
    running = machine.systems[now.running]
    assert running is not None
    assert running.passed
    assert running.whole
    return running


@pytest.mark.parametrize("health", HEALTHS)
def test_without_a_power_cut(health: str, shared_disc: Shared) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        machine = machine_in(folder, shared_disc)
        machine.install(System("new", health))
        assert ("B", "new") in machine.started
        assert stays(machine).name == ("new" if health == "healthy" else "first")


@pytest.mark.parametrize("health", HEALTHS)
def test_the_power_goes_before_each_write(health: str, shared_disc: Shared) -> None:
    for cut in itertools.count():
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            machine = machine_in(folder, shared_disc, seed=cut)
            machine.cut_after = cut
            machine.install(System("new", health))
            through = machine.cut_after is not None
            machine.cut_after = None
            assert stays(machine).name in ({"first", "new"} if health == "healthy" else {"first"})
            machine.install(System("newer"))
            assert stays(machine).name == "newer"
            if through:
                break
        assert cut < MAX_WRITES


def test_a_committed_version_is_left_again_by_the_next_one(shared_disc: Shared) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        machine = machine_in(folder, shared_disc)
        for number, expected in ((2, "B"), (3, "A"), (4, "B")):
            machine.install(System(f"version {number}"))
            assert machine.firmware.committed() == expected
        assert stays(machine).name == "version 4"


def test_a_power_cut_during_a_try_takes_it_back(shared_disc: Shared) -> None:
    """The flag of a try does not outlive the restart that carries it."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        machine = machine_in(folder, shared_disc)
        machine.install(System("new"), restart=False)
        assert carrying.facts(machine.firmware, machine.data).mark("B") == "armed"
        machine.restart("power")
        assert machine.started[-1] == ("A", "first")
        assert slots.primary(carrying.facts(machine.firmware, machine.data)) == "A"
