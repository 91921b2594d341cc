"""A power cut at every step, on a disk that forgets what was not synced."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.firstboot import drop, takeover
from appliance.firstboot.disk import Disk, RealDisk, put
from appliance.firstboot.errors import SetupError
from tests.firstboot.test_drop import CUSTOM, WIFI
from tests.firstboot.test_keys import GOOD

FAT, DATA = Path("/fat"), Path("/data/config")
GIVEN = {
    "appliance.toml": b"# new, good\n",
    "wifi.txt": WIFI,
    "custom.toml": CUSTOM,
    "authorized_keys": GOOD.encode(),
    "claim-code": b"ABCD2345",
    "mine.nmconnection": b"garbage",
}
SECRET = {name for name in GIVEN if name != "mine.nmconnection"}


def no_fault(text: str) -> list[drop.Finding]:
    assert text
    return []


def one(disk: Disk) -> takeover.DiskFor:
    """The same disk for everything."""
    return lambda _: disk


class PowerCut(Exception):
    pass


class ForgetfulDisk:
    """Two folders in memory. What a power cut leaves of unsynced contents and names is `fate`'s choice."""

    def __init__(self, cut_at: int, fate: st.DataObject) -> None:
        self.now: dict[Path, bytes] = {}
        self.safe: dict[Path, bytes] = {}
        self._unsynced_content: set[Path] = set()
        self._left = cut_at
        self._fate = fate

    def _step(self) -> None:
        if self._left == 0:
            raise PowerCut
        self._left -= 1

    def read(self, path: Path, limit: int) -> bytes | None:
        content = self.now.get(path)
        return None if content is None else content[:limit]

    def create(self, path: Path, content: bytes, mode: int) -> None:
        assert mode
        self._step()
        self.now[path] = content
        self._unsynced_content.add(path)

    def sync(self, path: Path) -> None:
        self._step()
        self._unsynced_content.discard(path)

    def rename(self, old: Path, new: Path) -> None:
        self._step()
        self.now[new] = self.now.pop(old)
        if old in self._unsynced_content:
            self._unsynced_content.discard(old)
            self._unsynced_content.add(new)

    def remove(self, path: Path) -> None:
        self._step()
        self.now.pop(path, None)

    def sync_folder(self, path: Path) -> None:
        self._step()
        for name in {*self.now, *self.safe}:
            if name.is_relative_to(path) and name.parent == path:
                self._make_safe(name)

    def _make_safe(self, name: Path) -> None:
        if name not in self.now:
            self.safe.pop(name, None)
        else:
            torn = name in self._unsynced_content
            self.safe[name] = b"" if torn else self.now[name]

    def power_cut(self) -> None:
        """Each name that was not synced is as before or as after; a content that was not synced is lost."""
        for name in sorted({*self.now, *self.safe}):
            if self.now.get(name) != self.safe.get(name) and self._fate.draw(st.booleans()):
                self._make_safe(name)
        self.now = dict(self.safe)
        self._unsynced_content.clear()

    def on(self, steps: int) -> None:
        self._left = steps


def boot(disk: ForgetfulDisk, codes: list[str]) -> None:
    """What every start does with the partition."""
    files = {path.name: content for path, content in disk.now.items() if path.parent == FAT}
    plan = drop.plan(files, takeover.noted(disk, DATA), no_fault)
    takeover.carry_out(plan, one(disk), FAT, DATA, codes.append)


def contents(disk: ForgetfulDisk, folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): content
        for path, content in disk.now.items()
        if path.is_relative_to(folder) and not path.name.startswith(".")
    }


def expected() -> dict[str, bytes]:
    plan = drop.plan(GIVEN, {}, no_fault)
    return {path: text.encode() for path, text in plan.outputs.items()}


@settings(max_examples=300, deadline=None)
@given(cuts=st.lists(st.integers(0, 45), max_size=4), fate=st.data())
def test_power_cuts_at_any_steps_lose_nothing(cuts: list[int], fate: st.DataObject) -> None:
    disk = ForgetfulDisk(0, fate)
    disk.safe = {FAT / name: content for name, content in GIVEN.items()} | {DATA / drop.CONFIG: b"# old\n"}
    disk.now = dict(disk.safe)
    codes: list[str] = []
    for cut in cuts:
        disk.on(cut)
        with contextlib.suppress(PowerCut):
            boot(disk, codes)
        disk.power_cut()
        here, given_still = contents(disk, DATA), contents(disk, FAT)
        assert here[drop.CONFIG] in {b"# old\n", GIVEN["appliance.toml"]}
        for path, content in here.items():
            assert content in {b"# old\n", expected()[path]}, "a torn file"
        if "appliance.toml" not in given_still:
            assert here[drop.CONFIG] == GIVEN["appliance.toml"]
        if "wifi.txt" not in given_still:
            assert any(path.startswith("network/") for path in here)
        if "claim-code" not in given_still:
            assert codes
    disk.on(10_000)
    boot(disk, codes)
    assert contents(disk, DATA) == expected()
    assert set(contents(disk, FAT)) == set(GIVEN) - SECRET
    assert set(codes) == {"ABCD2345"}
    assert takeover.NOTE not in {path.name for path in disk.now}
    assert disk.now == disk.safe


class LockedPartition(RealDisk):
    """A card whose lock is on: nothing can be removed from it."""

    def remove(self, path: Path) -> None:
        if path.parent.name == "fat":
            raise SetupError(f"{path}: Read-only file system")
        super().remove(path)


def test_what_cannot_be_removed_never_overwrites_later_changes(tmp_path: Path) -> None:
    fat, data = tmp_path / "fat", tmp_path / "data"
    (data / "network").mkdir(parents=True)
    fat.mkdir()
    (fat / "appliance.toml").write_bytes(GIVEN["appliance.toml"])
    disk: Disk = LockedPartition()

    def start() -> drop.Plan:
        files = {path.name: path.read_bytes() for path in fat.iterdir()}
        plan = drop.plan(files, takeover.noted(disk, data), no_fault)
        takeover.carry_out(plan, one(disk), fat, data, [].append)
        return plan

    assert any("cannot be removed" in finding.message for finding in start().findings)
    put(disk, data / drop.CONFIG, b"# changed since\n")
    start()
    start()
    assert (data / drop.CONFIG).read_bytes() == b"# changed since\n"
    (fat / "appliance.toml").write_bytes(b"# given anew\n")
    start()
    assert (data / drop.CONFIG).read_bytes() == b"# given anew\n"


def test_files_have_their_modes(tmp_path: Path) -> None:
    fat, data = tmp_path / "fat", tmp_path / "data"
    (data / "network").mkdir(parents=True)
    fat.mkdir()
    for name, content in GIVEN.items():
        (fat / name).write_bytes(content)
    plan = drop.plan(GIVEN, {}, no_fault)
    takeover.carry_out(plan, one(RealDisk()), fat, data, [].append)
    modes = {
        path.relative_to(data).as_posix(): path.stat().st_mode & 0o777
        for path in data.rglob("*")
        if path.is_file()
    }
    assert modes[drop.CONFIG] == 0o640
    assert {path for path, mode in modes.items() if mode & 0o007} == {drop.KEYS, drop.COUNTRY}
    assert {path.name for path in fat.iterdir()} == {"mine.nmconnection"}


def test_a_damaged_note_is_none(tmp_path: Path) -> None:
    (tmp_path / takeover.NOTE).write_bytes(b"\xff{")
    assert takeover.noted(RealDisk(), tmp_path) == {}
