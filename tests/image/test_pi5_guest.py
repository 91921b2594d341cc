"""The virtual machine that starts what the firmware would start."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.image.pi5_discs import ROOT_HASH, arm64, firmware

import image_observing  # isort: skip  (tools/ is in the path since the line before)
import image_pi5_guest  # isort: skip


def bash(code: str) -> str:
    """What the code says after the parts of tools/image were read."""
    parts = "".join(
        f'. "$ROOT/tools/lib/image/{name}.sh"\n'
        for name in ("tools_root", "stage", "build", "llm", "module", "guest")
    )
    done = subprocess.run(
        ("bash", "-c", f'. "{ROOT}/tools/lib.sh"\n{parts}{code}'), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_it_starts_what_the_image_says(disc: Path, tmp_path: Path) -> None:
    machine = image_pi5_guest.PiMachine(
        disc, tmp_path / "guest", drop_ins=image_observing.patience(ROOT / "systemd")
    )
    machine.take_out(firmware.start(disc))
    command = machine.command(console="null,id=console")
    words = command[command.index("-append") + 1].split()
    assert words[:2] == ["rauc.slot=A", f"roothash={ROOT_HASH}"]
    assert Path(command[command.index("-initrd") + 1]).read_bytes() == b"an initrd"
    assert any(
        word.startswith("systemd.set_credential_binary=systemd.unit-dropin.appliance-.service:")
        for word in words
    )


def test_the_real_command_line_leaves_room_for_the_drop_ins(tmp_path: Path) -> None:
    words = bash("command_line pi5")
    lines = arm64.command_lines(ROOT / "image/boards/pi5", ROOT_HASH, words)
    patience = image_pi5_guest.credentials(image_observing.patience(ROOT / "systemd"))
    for line in lines.values():
        assert len(f"{line.decode().strip()} {image_pi5_guest.WORDS} {patience}") <= firmware.MAX_COMMAND_LINE
    machine = image_pi5_guest.PiMachine(tmp_path / "disc", tmp_path, words="x" * 2_100)
    with pytest.raises(firmware.DoesNotStart, match="characters"):
        machine.command(console="null,id=console")


def test_drop_ins_are_handed_over_as_systemd_reads_them() -> None:
    text = image_pi5_guest.credentials({"appliance.service": "[Service]\nTimeoutStartSec=15min\n"})
    found = dict(re.findall(r"unit-dropin\.([a-z-]+\.service):(\S+)", text))
    assert set(found) == {"appliance-.service", "appliance.service"}
    assert base64.b64decode(found["appliance.service"]) == b"[Service]\nTimeoutStartSec=15min\n"


@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("build/image/appliance-pi5-0.1.0-dev.9.img.zst", "pi5"),
        ("/x/123-appliance-pi5-0.1.0.img", "pi5"),
        ("appliance-n100-0.1.0.img", "n100"),
        ("/appliance-pi5-x/other.img", "n100"),
    ],
)
def test_the_board_is_in_the_name_of_the_image(name: str, board: str) -> None:
    assert bash(f"board_of {name}") == board


def test_only_this_board_wants_an_emulator_among_its_tools() -> None:
    assert "qemu-user" in bash("IMAGE_BOARD=pi5 tools_listed").split()
    assert "qemu-user" not in bash("IMAGE_BOARD=n100 tools_listed").split()
    assert "qemu-utils" in bash("IMAGE_BOARD=pi5 tools_listed").split()


def test_the_library_of_the_language_model_is_built_anew_when_its_inputs_change() -> None:
    first = bash("cross_llm_key pi5")
    assert first == bash("cross_llm_key pi5")
    assert first != bash("LLM_CMAKE_FLAGS=-DOTHER=1; cross_llm_key pi5")
    assert os.sep not in first
