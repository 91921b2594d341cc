"""The SSH server's own key: made once, when SSH is wanted, below /data; never in an image that many share."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from appliance.firstboot.disk import RealDisk
from appliance.firstboot.drop import KEYS
from appliance.firstboot.errors import SetupError

FOLDER, FILE = "ssh", "ssh_host_ed25519_key"
SECONDS = 20.0


def make(config: Path) -> None:
    """Make it if SSH keys were given and there is none. A power cut leaves none or a whole one.

    Raises SetupError.
    """
    if not (config / KEYS).exists() or (config / FOLDER / FILE).exists():
        return
    beside = config / f".{FOLDER}.new"
    shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(config / FOLDER, ignore_errors=True)
    beside.mkdir(mode=0o700)
    _generate(beside / FILE)
    disk = RealDisk()
    for path in sorted(beside.iterdir()):
        disk.sync(path)
    disk.sync_folder(beside)
    disk.rename(beside, config / FOLDER)
    disk.sync_folder(config)


def _generate(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    try:
        subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"the SSH server's key cannot be made: {error}", "apt install openssh-client"
        ) from error
