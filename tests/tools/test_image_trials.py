"""Updates that are broken on purpose: discs, kinds of breakage, and what is made of what a guest does."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.checkout import ROOT

MIB = 1 << 20
OURS = {"image_checks", "image_guest", "image_observing", "image_trials", "image_disc", "image_breakage"}


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "tools")
    yield
    for name in [each for each in sys.modules if each.partition(".")[0] in OURS]:
        del sys.modules[name]


def gpt(*parts: tuple[str, int, int]) -> bytes:
    """The first MiB of a disc with these (label, first sector, last sector)."""
    head = bytearray(MIB)
    struct.pack_into("<8s", head, 512, b"EFI PART")
    struct.pack_into("<QII", head, 512 + 72, 2, 128, 128)
    for number, (label, first, last) in enumerate(parts):
        entry = struct.pack("<16s16sQQQ72s", b"k" * 16, b"u" * 16, first, last, 0, label.encode("utf-16-le"))
        head[1024 + 128 * number : 1024 + 128 * (number + 1)] = entry
    return bytes(head)


def test_partitions_are_found_by_label() -> None:
    from image_disc import partitions

    found = partitions(gpt(("esp", 2048, 4095), ("root-b", 4096, 8191)))
    assert found == {"esp": (MIB, MIB), "root-b": (2 * MIB, 2 * MIB)}
    with pytest.raises(ValueError, match="GPT"):
        partitions(bytes(MIB))


def test_only_chunks_that_differ_are_written_back(tmp_path: Path) -> None:
    from image_disc import changed

    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(bytes(3 * MIB))
    new.write_bytes(bytes(MIB) + b"x" + bytes(2 * MIB - 1))
    assert list(changed(old, new)) == [MIB]
    assert list(changed(old, old)) == []


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_a_disc_is_changed_where_it_should_be(tmp_path: Path) -> None:
    from image_disc import Disc

    raw, path = tmp_path / "raw", tmp_path / "disc.qcow2"
    raw.write_bytes(gpt(("esp", 2048, 4095), ("root-b", 4096, 8191)) + bytes(4 * MIB))
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, path], check=True)
    disc = Disc(path)
    disc.flip("root-b", 1032)
    with disc.opened("esp") as esp, esp.open("r+b") as file:
        file.seek(5000)
        file.write(b"other")
    now = disc.read(0, 5 * MIB)
    assert now[2 * MIB + 1032] == 0x10
    assert now[MIB + 5000 : MIB + 5005] == b"other"
    assert sum(byte != 0 for byte in now[MIB:]) == 6, "nothing else"
    disc.flip("root-b", 1032)
    assert disc.read(2 * MIB, 2 * MIB) == bytes(2 * MIB)


def test_a_damaged_kernel_is_as_long_as_before() -> None:
    from image_breakage import _with_garbage

    content = bytes(8 * MIB)
    assert len(_with_garbage(content)) == len(content)
    assert _with_garbage(content) != content


def test_kinds_of_breakage_are_many_and_each_does_something() -> None:
    from image_breakage import KINDS

    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 5
    assert all(kind.spoil or kind.act or kind.cut_after for kind in KINDS)


class Scripted:
    """A guest whose starts lead to these slots in turn; no start is left after them."""

    def __init__(self, log: Path, *slots: str, state: str = "{}", listens: bool = True) -> None:
        self.starts = list(slots)
        self.slot, self.state, self.listens = "", state, listens
        self.told: list[tuple[str, str]] = []
        self.machine = SimpleNamespace(serial_log=log)

    def wait_for_shell(self, _timeout: float) -> None:
        from image_guest import GuestError

        if not self.starts:
            raise GuestError("no root shell")
        self.slot = self.starts.pop(0)

    def run(self, command: str, _timeout: float = 0) -> tuple[int, str]:
        return 0, f"rauc.slot={self.slot}\n" if "rauc.slot" in command else self.state

    def tell(self, command: str) -> None:
        self.told.append((self.slot, command))

    def wait_until(self, command: str, _timeout: float, **_more: float) -> bool:
        return self.listens or "is-active" not in command


GOOD = '{"committed": "A", "pending": "", "undone": "2.0", "undone_why": "deaf"}'


@pytest.mark.parametrize(
    ("slots", "state", "listens", "back"),
    [
        (("A",), GOOD, True, True),
        (("B", "A"), GOOD, True, True),
        (("B", "B", "A"), GOOD, True, True),
        (("B",), GOOD, True, False),
        (("A",), GOOD, False, False),
        (("A",), '{"committed": "B", "pending": ""}', True, False),
        (("A",), '{"committed": "A", "pending": "B"}', True, False),
    ],
)
def test_back_is_only_who_listens_on_a_committed_slot_a(
    slots: tuple[str, ...], state: str, listens: bool, back: bool, tmp_path: Path
) -> None:
    import time

    from image_breakage import BY_NAME
    from image_trials import _come_back

    (tmp_path / "log").write_text("")
    guest = Scripted(tmp_path / "log", *slots, state=state, listens=listens)
    seen = _come_back(guest, BY_NAME["hang"], time.monotonic())
    assert seen.back is back
    assert seen.seen_b is (slots[0] == "B")
    assert {slot for slot, _ in guest.told} <= {"B"}, "slot A is left alone"
    assert len(guest.told) == slots.count("B")


def test_units_are_read_with_their_times() -> None:
    from image_checks.times import Spent, spent

    text = (
        "Id=a.service\nCPUUsageNSec=2500000000\nInactiveExitTimestampMonotonic=1000000\n"
        "ActiveEnterTimestampMonotonic=3000000\n\n"
        "Id=b.service\nCPUUsageNSec=18446744073709551615\nInactiveExitTimestampMonotonic=0\n"
    )
    assert spent(text) == [Spent("a.service", 2.5, 1.0, 3.0), Spent("b.service", 0.0, 0.0, 0.0)]


def test_ci_leaves_the_image_out_when_nothing_has_changed(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    parts = " ".join(
        f'. "{ROOT}/tools/{part}";' for part in ("lib.sh", "lib/image/tools_root.sh", "lib/image/ci.sh")
    )
    done = subprocess.run(
        ["bash", "-c", f"{parts} image_ci_key"], env=environment, check=True, capture_output=True, text=True
    )
    passed = tmp_path / ".cache/appliance/image/ci.passed"
    passed.parent.mkdir(parents=True)
    passed.write_text(done.stdout)
    again = subprocess.run(
        [ROOT / "tools/image", "ci"], env=environment, check=False, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("left out: nothing in image/")
