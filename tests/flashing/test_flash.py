"""The tool as a person calls it, on real loop devices."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.flashing.conftest import MIB, MakeLoop, packed

TOOL = ROOT / "tools/flash"
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


def flash(*arguments: str | Path, said: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TOOL, *arguments], input=said, check=False, capture_output=True, text=True, timeout=60,
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
    )  # fmt: skip


def same(device: Path, image: Path) -> bool:
    with device.open("rb") as file:
        return file.read(image.stat().st_size) == image.read_bytes()


def refused(done: subprocess.CompletedProcess[str], reason: str) -> None:
    assert done.returncode == 1, done.stderr
    assert reason in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [[], ["bmap"], ["catalogue"]])
def test_help_says_how_to_call(command: list[str]) -> None:
    done = flash(*command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: tools/flash")


@pytest.mark.parametrize(
    "words", [["--frobnicate"], ["bmap"], ["catalogue", "x"], ["a", "b", "--sha256", "x"]]
)
def test_wrong_words_are_refused(words: list[str]) -> None:
    done = flash(*words)
    assert done.returncode == 2
    assert "usage: tools/flash" in done.stderr


def test_an_image_is_written_and_read_back(loop: MakeLoop, image: Path) -> None:
    device = loop(32)
    done = flash("--yes", packed(image), device)
    assert done.returncode == 0, done.stderr
    steps = [line.partition(":")[0] for line in done.stderr.splitlines() if line.startswith("✓")]
    assert steps[:3] == ["✓ Check the image", "✓ Write", "✓ Read back"]
    assert "by its block map" in done.stderr
    assert same(device, image)


def test_it_is_written_without_a_map_and_uncompressed_too(loop: MakeLoop, image: Path) -> None:
    device = loop(32)
    done = flash("--yes", "--without-map", packed(image), device)
    assert done.returncode == 0, done.stderr
    assert "without a block map" in done.stderr
    assert same(device, image)
    with device.open("r+b") as file:
        file.write(b"x" * MIB)
    done = flash("--yes", "--without-checksum", image, device)
    assert done.returncode == 0, done.stderr
    assert same(device, image)


def on_fat(device: Path, name: str) -> bytes:
    command = ["mtype", "-i", f"{device}@@{16 * MIB}", f"::{name}"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_settings_are_put_on_it(loop: MakeLoop, setup_image: Path, tmp_path: Path) -> None:
    device, config, key = loop(32), tmp_path / "my.toml", tmp_path / "id.pub"
    config.write_text('language = "de"\n')
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    words = ["--yes", "--config", config, "--ssh-key", key, "--wifi", 'My "net"', "--wifi-country", "DE"]
    done = flash(*words, packed(setup_image), device, said="pass\\word\n")
    assert done.returncode == 0, done.stderr
    assert "pass" not in done.stderr + done.stdout
    found = {name: on_fat(device, name) for name in ("appliance.toml", "wifi.toml", "authorized_keys")}
    assert found["appliance.toml"] == config.read_bytes()
    assert found["authorized_keys"] == key.read_bytes()
    assert found["wifi.toml"] == b'ssid = "My \\"net\\""\npassword = "pass\\\\word"\ncountry = "DE"\n'


def test_the_standard_library_is_enough_away_from_a_terminal(loop: MakeLoop, setup_image: Path) -> None:
    """As on a PC without this checkout's environment."""
    device, config = loop(32), setup_image.with_name("my.toml")
    config.write_text('language = "de"\n')
    bare = [sys.executable, "-S", "-P", "-m", "tools.flashing"]
    done = subprocess.run(
        [*bare, "--yes", "--config", config, packed(setup_image), device],
        check=False, capture_output=True, text=True, env=BARE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert on_fat(device, "appliance.toml") == config.read_bytes()


def test_whoever_was_given_the_device_needs_not_be_root(loop: MakeLoop, image: Path) -> None:
    device, compressed, nobody = loop(32), packed(image), 65_534
    bare = [Path(sys.executable).resolve(), "-S", "-P", "-m", "tools.flashing"]

    def as_nobody() -> subprocess.CompletedProcess[str]:
        with compressed.open("rb") as file:
            words = ["--yes", "--without-checksum", f"/proc/self/fd/{file.fileno()}", device]
            return subprocess.run(
                [*bare, *words], pass_fds=[file.fileno()], user=nobody, group=nobody, extra_groups=(),
                check=False, capture_output=True, text=True, env=BARE,
            )  # fmt: skip

    refused(as_nobody(), "may only be written by root")
    os.chown(device, nobody, -1)
    try:
        done = as_nobody()
    finally:
        os.chown(device, 0, -1)
    assert done.returncode == 0, done.stderr
    assert same(device, image)


def test_settings_without_a_place_for_them_are_said(loop: MakeLoop, image: Path, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("")
    refused(
        flash("--yes", "--config", tmp_path / "my.toml", packed(image), loop(32)), "no partition APPLIANCE"
    )


def unchanged(device: Path, before: bytes, done: subprocess.CompletedProcess[str], reason: str) -> None:
    refused(done, reason)
    assert device.read_bytes() == before


def test_nothing_is_written_when_something_is_wrong(loop: MakeLoop, image: Path, tmp_path: Path) -> None:
    device, small, compressed = loop(32), loop(8), packed(image)
    before, small_before = device.read_bytes(), small.read_bytes()
    unchanged(small, small_before, flash("--yes", compressed, small), "too small")
    unchanged(device, before, flash(compressed, device, said="yes\n"), "nobody is here to ask")
    unchanged(device, before, flash("--yes", "--sha256", "0" * 64, compressed, device), "is damaged")
    unchanged(device, before, flash("--yes", tmp_path / "none.img.zst", device), "cannot be read")
    unchanged(device, before, flash("--yes", "--wifi", "x", compressed, device, said="short\n"), "password")
    unchanged(device, before, flash("--yes", image, device), "no checksum")
    with compressed.open("r+b") as file:
        file.seek(compressed.stat().st_size // 2)
        file.write(b"damage")
    unchanged(device, before, flash("--yes", compressed, device), "is damaged")


def test_a_read_only_device_is_refused(loop: MakeLoop, image: Path) -> None:
    refused(flash("--yes", packed(image), loop(32, "--read-only")), "read-only")


def test_a_mounted_device_is_refused(loop: MakeLoop, image: Path, tmp_path: Path) -> None:
    device, where = loop(32), tmp_path / "mounted"
    where.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    done = subprocess.run(["mount", device, where], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        done = flash("--yes", packed(image), device)
    finally:
        subprocess.run(["umount", where], check=True)
    refused(done, "is mounted" if not str(where).startswith("/var") else "running system")


def test_an_image_damaged_before_its_checksum_was_made_is_noticed(loop: MakeLoop, image: Path) -> None:
    compressed = packed(image)
    os.truncate(compressed, compressed.stat().st_size - 100_000)
    device = loop(32)
    refused(
        flash("--yes", "--without-checksum", "--sha256", sum_of(compressed), compressed, device),
        "ends before",
    )
    with device.open("rb") as file:
        assert not any(file.read(MIB))


def sum_of(path: Path) -> str:
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]


def test_after_a_power_cut_it_is_flashed_again(loop: MakeLoop, tmp_path: Path) -> None:
    """Killed while writing: the device does not look finished, is free again, and the next time is right."""
    image = tmp_path / "large.img"
    image.write_bytes(os.urandom(160 * MIB))
    (tmp_path / "SHA256SUMS").write_text(f"{sum_of(image)}  large.img\n")
    device = loop(161)
    process = subprocess.Popen(
        [TOOL, "--yes", image, device], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_until(lambda: written(device, 8 * MIB, image))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with device.open("rb") as file:
        assert not any(file.read(MIB))
    assert not same(device, image)
    done = flash("--yes", image, device)
    assert done.returncode == 0, done.stderr
    assert same(device, image)


def written(device: Path, offset: int, image: Path) -> bool:
    fd = os.open(device, os.O_RDONLY)
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        found = os.pread(fd, 4096, offset)
    finally:
        os.close(fd)
    with image.open("rb") as file:
        file.seek(offset)
        return file.read(4096) == found


def wait_until(condition: object, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.002)


class Terminal:
    """The tool on a terminal, as a person has it."""

    def __init__(self, *arguments: str | Path) -> None:
        self._fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            [TOOL, *arguments], stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        os.close(inner)
        self.shown = ""

    def read_until(self, text: str | None) -> None:
        until = time.monotonic() + 30
        while text is None or text not in self.shown:
            assert time.monotonic() < until, self.shown
            if not select.select([self._fd], [], [], 0.2)[0]:
                continue
            try:
                self.shown += os.read(self._fd, 65_536).decode(errors="replace")
            except OSError:
                break

    def type(self, text: str, end: str = "\n") -> None:
        os.write(self._fd, f"{text}{end}".encode())

    def close(self) -> int:
        self.read_until(None)
        os.close(self._fd)
        return self.process.wait(30)


def test_the_devices_name_must_be_typed(loop: MakeLoop, image: Path) -> None:
    device, compressed = loop(32), packed(image)
    before = device.read_bytes()
    terminal = Terminal(compressed, device)
    terminal.read_until(f"Type {device.name} to go on")
    terminal.type("yes")
    assert terminal.close() == 1
    assert "nothing was written" in terminal.shown
    assert device.read_bytes() == before
    terminal = Terminal(compressed, device)
    terminal.read_until("to go on")
    assert "33.6 MB" in terminal.shown
    terminal.type(device.name)
    assert terminal.close() == 0
    assert same(device, image)


def test_the_password_is_not_shown(loop: MakeLoop, setup_image: Path) -> None:
    device = loop(32)
    terminal = Terminal("--yes", "--wifi", "home", "--wifi-country", "DE", packed(setup_image), device)
    terminal.read_until("Password of the Wi-Fi home")
    terminal.type("very secret")
    assert terminal.close() == 0, terminal.shown
    assert "very secret" not in terminal.shown
    assert b'password = "very secret"' in on_fat(device, "wifi.toml")


def test_no_answer_ends_in_a_sentence(loop: MakeLoop, image: Path) -> None:
    device = loop(32)
    for words in (["--wifi", "home", "--wifi-country", "DE"], []):
        terminal = Terminal(*words, packed(image), device)
        terminal.read_until("Password" if words else "to go on")
        terminal.type("\x04", end="")
        assert terminal.close() in {1, 130}
        assert "Traceback" not in terminal.shown


def test_interrupting_ends_in_a_sentence(loop: MakeLoop, image: Path) -> None:
    terminal = Terminal(packed(image), loop(32))
    terminal.read_until("to go on")
    os.killpg(terminal.process.pid, signal.SIGINT)
    assert terminal.close() == 130
    assert "stopped" in terminal.shown
    assert "Traceback" not in terminal.shown


def test_without_a_device_it_lists_what_there_is() -> None:
    done = flash()
    assert done.returncode == 0
    assert "card or USB disk" in done.stderr or "Give an image" in done.stderr


def test_downloads_and_catalogue_are_made(image: Path) -> None:
    assert flash("bmap", "--level", "1", image).returncode == 0
    words = [
        "--base-url",
        "https://example.org/",
        "--date",
        "2026-11-21",
        "--out",
        image.with_name("list.json"),
    ]
    done = flash("catalogue", *words, f"{image}.zst")
    assert done.returncode == 0, done.stderr
    assert '"release_date": "2026-11-21"' in image.with_name("list.json").read_text()
    done = flash(
        "catalogue", "--base-url", "https://example.org/", f"{image}.zst", SOURCE_DATE_EPOCH="1781913600"
    )
    assert '"release_date": "2026-06-20"' in done.stdout
    again = flash("catalogue", "--base-url", "https://example.org/", f"{image}.zst", SOURCE_DATE_EPOCH="soon")
    refused(again, "no time")
    refused(flash("catalogue", "--base-url", "nowhere", f"{image}.zst"), "not the address")
    refused(flash("bmap", image.with_name("none.img")), "not an uncompressed image")
