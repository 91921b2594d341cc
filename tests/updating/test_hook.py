"""The bundle's own program for a mini-PC's kernel, and the one that makes what names the slot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

HOOK = ROOT / "image/bundle/n100.hook"


def run(esp: Path, bundle: Path, word: str, slot: str = "B") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "APPLIANCE_ESP": str(esp),
        "RAUC_SLOT_BOOTNAME": slot,
        "RAUC_BUNDLE_MOUNT_POINT": str(bundle),
    }
    return subprocess.run([HOOK, word], check=False, capture_output=True, text=True, env=environment)


@pytest.fixture
def esp(tmp_path: Path) -> Path:
    folder = tmp_path / "esp" / "EFI/Linux"
    folder.mkdir(parents=True)
    (folder / "appliance-a.efi").write_bytes(b"first")
    (folder / "appliance-b.efi").write_bytes(b"former")
    return tmp_path / "esp"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name in ("kernel.efi", "slot-a.addon.efi", "slot-b.addon.efi"):
        (folder / name).write_text(name)
    return folder


def test_the_kernel_goes_before_its_root_and_comes_after_it(esp: Path, bundle: Path) -> None:
    assert run(esp, bundle, "slot-pre-install").returncode == 0
    kernel = esp / "EFI/Linux/appliance-b.efi"
    assert not kernel.exists()
    assert run(esp, bundle, "slot-post-install").returncode == 0
    assert kernel.read_text() == "kernel.efi"
    assert (esp / "EFI/Linux/appliance-b.efi.extra.d/slot.addon.efi").read_text() == "slot-b.addon.efi"
    assert (esp / "EFI/Linux/appliance-a.efi").read_bytes() == b"first"


@pytest.mark.parametrize(
    ("word", "slot", "why"),
    [
        ("slot-post-install", "C", "no slot"),
        ("slot-post-install", "", "no slot"),
        ("slot-install", "A", "understood"),
    ],
)
def test_what_it_does_not_do(esp: Path, bundle: Path, word: str, slot: str, why: str) -> None:
    done = run(esp, bundle, word, slot)
    assert done.returncode == 1
    assert why in done.stderr


def test_a_partition_that_is_not_mounted(tmp_path: Path, bundle: Path) -> None:
    done = run(tmp_path / "nothing", bundle, "slot-post-install")
    assert done.returncode == 1
    assert "not mounted" in done.stderr


def test_a_bundle_without_a_kernel_fails(esp: Path, bundle: Path) -> None:
    (bundle / "kernel.efi").unlink()
    assert run(esp, bundle, "slot-post-install").returncode == 1
