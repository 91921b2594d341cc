"""Real bundles, made by tools/bundle and judged by the real RAUC."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import ApplianceError
from appliance.updating import channel, rauc
from tests.checkout import ROOT

Extract = Callable[[Path, Path, Path], subprocess.CompletedProcess[str]]

PROGRAM = [sys.executable, str(ROOT / "tools/bundling.py")]


def tool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    for name, size in (("rootfs", 300_000), ("verity", 20_480), ("kernel", 5_001), ("boot", 65_536)):
        (folder / name).write_bytes(os.urandom(size))
    for name in ("slot-a.addon.efi", "slot-b.addon.efi"):
        (folder / name).write_bytes(b"addon")
    return folder


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys") / "mine"
    done = tool("keys", folder)
    assert done.returncode == 0, done.stderr
    return folder


def make(parts: Path, keys: Path, out: Path, board: str = "n100", *more: str) -> Path:
    done = tool(
        "make", "--board", board, "--version", "2026.12.0", "--rootfs", parts / "rootfs",
        "--verity", parts / "verity", "--kernel", parts / "kernel", "--boot", parts / "boot",
        "--addons", parts, "--keys", keys, "--out", out, *more,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / f"appliance-{board}-2026.12.0.raucb"


@pytest.fixture(scope="module")
def real_rauc() -> list[str]:
    """The command of a RAUC that knows what our manifests say."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import bundling
    finally:
        sys.path.remove(str(ROOT / "tools"))
    if shutil.which("mksquashfs") is None:
        pytest.skip("bundles need squashfs: apt-get install squashfs-tools")
    try:
        command: list[str] = bundling.rauc_command()
    except ApplianceError as error:
        pytest.skip(f"{error.message}: {error.hint}")
    return command


@pytest.fixture(scope="module")
def bundle(parts: Path, keys: Path, real_rauc: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert real_rauc
    if shutil.which("rauc") is None or shutil.which("mksquashfs") is None:
        pytest.skip("RAUC is not installed: apt-get install rauc squashfs-tools")
    return make(
        parts, keys, tmp_path_factory.mktemp("out"), "n100", "--url", "https://u.example.org", "--serial", "5"
    )


@pytest.fixture
def extract(real_rauc: list[str]) -> Extract:
    """Checks the signature and every byte, without the kernel's help."""

    def run(bundle: Path, keys: Path, to: Path) -> subprocess.CompletedProcess[str]:
        keyring = str(keys / "public/keyring.pem")
        command = [*real_rauc, "extract", "--keyring", keyring, str(bundle), str(to)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    return run


def test_private_keys_are_private_and_only_the_others_go_into_the_image(keys: Path) -> None:
    private = sorted(path.name for path in keys.glob("*.key"))
    assert private == ["authority.key", "bundles.key", "channel.key"]
    assert {path.stat().st_mode & 0o777 for path in keys.glob("*.key")} == {0o600}
    public = list((keys / "public").iterdir())
    assert sorted(path.name for path in public) == ["channel.pem", "keyring.pem"]
    assert all("PRIVATE" not in path.read_text() for path in public)


def test_keys_are_never_made_again_nor_in_the_checkout(keys: Path) -> None:
    again = tool("keys", keys)
    assert again.returncode == 1
    assert "already" in again.stderr
    inside = tool("keys", ROOT / "build" / "keys")
    assert inside.returncode == 1
    assert "checkout" in inside.stderr
    assert not (ROOT / "build" / "keys").exists()


def test_a_good_bundle(bundle: Path, keys: Path, parts: Path, extract: Extract, tmp_path: Path) -> None:
    done = extract(bundle, keys, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = tmp_path / "out"
    assert found.joinpath("rootfs.img").read_bytes().rstrip(b"\0") == (parts / "rootfs").read_bytes().rstrip(
        b"\0"
    )
    assert found.joinpath("rootfs.img").stat().st_size % 4_096 == 0
    assert found.joinpath("kernel.efi").read_bytes() == (parts / "kernel").read_bytes()
    assert found.joinpath("rootfs.img.block-hash-index").exists()
    manifest = found.joinpath("manifest.raucm").read_text()
    for line in ("compatible=appliance-n100", "version=2026.12.0", "board=n100", "epoch=1"):
        assert re.search(rf"^{re.escape(line)}$", manifest, re.MULTILINE), line
    assert "min-version" not in manifest
    assert os.access(found / "hook", os.X_OK)


def test_its_channel_file(bundle: Path, keys: Path) -> None:
    from appliance.updating import signing

    trusted = signing.public_keys(keys / "public/channel.pem")
    content = (bundle.parent / "stable-n100.json").read_bytes()
    found = channel.unseal(content, trusted, channel="stable", board="n100", where="https://u.example.org/x")
    assert (found.version, found.size, found.serial) == ("2026.12.0", bundle.stat().st_size, 5)
    assert found.url == f"https://u.example.org/{bundle.name}"


def test_a_tampered_bundle(bundle: Path, keys: Path, extract: Extract, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / "bad.raucb").write_bytes(content)
    done = extract(tmp_path / "bad.raucb", keys, tmp_path / "out")
    assert done.returncode != 0


def test_a_bundle_cut_short(bundle: Path, keys: Path, extract: Extract, tmp_path: Path) -> None:
    (tmp_path / "bad.raucb").write_bytes(bundle.read_bytes()[:-5_000])
    assert extract(tmp_path / "bad.raucb", keys, tmp_path / "out").returncode != 0


def test_another_key(bundle: Path, extract: Extract, tmp_path: Path) -> None:
    assert tool("keys", tmp_path / "other").returncode == 0
    done = extract(bundle, tmp_path / "other", tmp_path / "out")
    assert done.returncode != 0
    assert isinstance(rauc.meaning(done.stderr), rauc.Refused)
    assert "not signed" in str(rauc.meaning(done.stderr))


@pytest.mark.parametrize("board", ["n100", "pi5"])
def test_the_machines_configuration_is_understood(
    bundle: Path, parts: Path, keys: Path, real_rauc: list[str], tmp_path: Path, board: str
) -> None:
    mine = bundle if board == "n100" else make(parts, keys, tmp_path, "pi5")
    settings = ROOT / f"etc/rauc/{board}.conf"
    options = ["--conf", str(settings), "--keyring", str(keys / "public/keyring.pem")]
    done = subprocess.run(
        [*real_rauc, "info", *options, str(mine)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert f"'appliance-{board}'" in done.stdout
    text = settings.read_text()
    assert f"compatible=appliance-{board}\n" in text
    images = set(
        re.findall(r"^\[image\.(\w+)\]", (ROOT / f"image/bundle/{board}.raucm.in").read_text(), re.MULTILINE)
    )
    slots = re.findall(r"^\[slot\.(\w+)\.(\d)\]", text, re.MULTILINE)
    assert {name for name, _ in slots} == images
    assert {number for _, number in slots} == {"0", "1"}


def test_all_parts_from_one_folder(parts: Path, keys: Path, real_rauc: list[str], tmp_path: Path) -> None:
    assert real_rauc
    slot = tmp_path / "slot"
    slot.mkdir()
    for name, part in (("rootfs.img", "rootfs"), ("verity.img", "verity"), ("kernel.efi", "kernel")):
        shutil.copyfile(parts / part, slot / name)
    words = ["make", "--board", "n100", "--version", "1.0", "--slot", slot, "--keys", keys, "--out", tmp_path]
    missing = tool(*words)
    assert missing.returncode == 1
    assert "slot-a.addon.efi is missing" in missing.stderr
    for name in ("slot-a.addon.efi", "slot-b.addon.efi"):
        shutil.copyfile(parts / name, slot / name)
    assert tool(*words).returncode == 0
    assert (tmp_path / "appliance-n100-1.0.raucb").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--version", "new"], "not a version"),
        (["--version", "1.0", "--rootfs", "/nonexistent"], "--rootfs"),
        (["--version", "1.0", "--build", "a b"], "BUILD"),
    ],
)
def test_what_cannot_be_made(parts: Path, keys: Path, tmp_path: Path, words: list[str], why: str) -> None:
    known = [
        "--rootfs",
        parts / "rootfs",
        "--verity",
        parts / "verity",
        "--kernel",
        parts / "kernel",
        "--addons",
        parts,
    ]
    done = tool("make", "--board", "n100", *known, "--keys", keys, "--out", tmp_path / "out", *words)
    assert done.returncode == 1
    assert why in done.stderr
    assert "Traceback" not in done.stderr
