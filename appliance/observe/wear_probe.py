"""`python -m appliance.observe.wear_probe`: asks every disk about its wear, as root, for `observe.wear`.

The only part that needs root: smartctl talks to the disks themselves. Writes one small file in /run and ends.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from appliance.observe import wear
from appliance.observe.wear import Drive, Storage

BLOCK = Path("/sys/block")
DISK = re.compile(r"sd[a-z]{1,2}|nvme\d{1,2}n\d{1,2}|mmcblk\d{1,2}")
MMC_FACTS = ("type", "name", "life_time", "pre_eol_info")
SMARTCTL_SECONDS = 20.0
MAX_FACT_BYTES = 256
SEARCH = "/usr/sbin:/usr/bin:/sbin:/bin"


def look(block: Path = BLOCK, smartctl: str | None = None) -> Storage:
    """Every disk that says something; `smartctl` None leaves out those that need it."""
    found = [drive for name in disks(block) if (drive := _drive(block, name, smartctl)) is not None]
    return Storage(time.clock_gettime(time.CLOCK_BOOTTIME), tuple(found))


def disks(block: Path) -> Iterator[str]:
    """Names of real disks, sorted, `wear.MAX_DRIVES` at most."""
    try:
        names = sorted(each.name for each in block.iterdir() if DISK.fullmatch(each.name))
    except OSError:
        return
    yield from names[: wear.MAX_DRIVES]


def _drive(block: Path, name: str, smartctl: str | None) -> Drive | None:
    if name.startswith("mmcblk"):
        facts = {fact: _fact(block / name / "device" / fact) for fact in MMC_FACTS}
        fields = _fact(block / name / "stat").split()
        sectors = float(fields[6]) if len(fields) > 6 and fields[6].isdecimal() else None
        return wear.from_mmc(name, facts, sectors)
    return wear.from_smartctl(name, ask(smartctl, name)) if smartctl else None


def _fact(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FACT_BYTES).decode("ascii", "replace")
    except OSError:
        return ""


def ask(smartctl: str, name: str, seconds: float = SMARTCTL_SECONDS) -> bytes:
    """What smartctl says of a disk that is awake; empty when it says too much or takes too long.

    Its exit status counts the disk's troubles: it is no error.
    """
    command = [
        smartctl,
        "--json=c",
        "--info",
        "--health",
        "--attributes",
        "--nocheck=standby",
        f"/dev/{name}",
    ]
    # Into a file: neither a flood nor a silence can then fill our memory or hold us.
    with tempfile.TemporaryFile() as said:
        try:
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL,
                timeout=seconds, check=False, preexec_fn=_limit,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return b""
        said.seek(0)
        return said.read(wear.MAX_SMARTCTL_BYTES)


def _limit() -> None:
    """In the child: what it writes stays small."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (wear.MAX_SMARTCTL_BYTES, wear.MAX_SMARTCTL_BYTES))


def _write(path: Path, raw: bytes) -> None:
    """As a whole, for everybody to read."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
        file.write(raw)
    part.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 when the file cannot be written."""
    parser = argparse.ArgumentParser(prog="appliance.observe.wear_probe", description=__doc__)
    parser.add_argument("--out", type=Path, default=wear.STORAGE, metavar="FILE")
    given = parser.parse_args(arguments)
    storage = look(BLOCK, shutil.which("smartctl", path=SEARCH))
    try:
        _write(given.out, msgspec.json.encode(storage))
    except OSError as error:
        print(f"appliance: {given.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{len(storage.drives)} disks: {', '.join(drive.name for drive in storage.drives) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
