from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from appliance.firstboot import partition
from appliance.firstboot.errors import SetupError
from appliance.firstboot.partition import mounted


def test_without_the_partition_there_is_no_folder(tmp_path: Path) -> None:
    with mounted("APPLIANCE", tmp_path / "at", (tmp_path,), 0.01) as folder:
        assert folder is None
    assert not (tmp_path / "at").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_what_is_no_file_system_is_told(tmp_path: Path) -> None:
    (tmp_path / "APPLIANCE").write_bytes(b"no file system" * 100)
    with pytest.raises(SetupError, match="mount"), mounted("APPLIANCE", tmp_path / "at", (tmp_path,), 0.01):
        pytest.fail("it was mounted")


@pytest.mark.skipif(shutil.which("mkfs.vfat") is None, reason="mkfs.vfat is not installed (dosfstools)")
def test_a_real_partition_is_mounted_privately_for_a_while(tmp_path: Path) -> None:
    image = tmp_path / "APPLIANCE"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.vfat", "-n", "APPLIANCE", image], check=True, capture_output=True)
    program = (
        "import sys; from pathlib import Path\n"
        "from appliance.firstboot.partition import mounted\n"
        "here = Path(sys.argv[1])\n"
        "for turn in (1, 2):\n"
        "    with mounted('APPLIANCE', here / 'at', (here,), 0.01) as folder:\n"
        "        names = sorted(path.name for path in folder.iterdir())\n"
        "        assert names == ([] if turn == 1 else ['wifi.txt']), names\n"
        "        (folder / 'wifi.txt').write_text('x')\n"
        "        assert (folder / 'wifi.txt').stat().st_mode & 0o077 == 0\n"
        "    assert not list((here / 'at').iterdir())\n"
    )
    python = shutil.which("python3", path=str(Path(sys.executable).parent)) or sys.executable
    done = subprocess.run(
        ["unshare", "--mount", python, "-c", program, tmp_path],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    here = ("Operation not permitted", "failed to setup loop", "unknown filesystem type")
    if any(reason in done.stderr for reason in here):
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()[-120:]}")
    assert done.returncode == 0, done.stderr


def test_a_busy_udev_is_waited_for(tmp_path: Path) -> None:
    busy, device = tmp_path / "queue", tmp_path / "APPLIANCE"
    busy.touch()

    def appear() -> None:
        device.touch()
        busy.unlink()

    timer = threading.Timer(0.3, appear)
    timer.start()
    assert partition._found([device], 0.0, busy) == device
    timer.join()
    assert partition._found([tmp_path / "other"], 0.0, busy) is None
