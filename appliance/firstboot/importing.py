"""Take over what lies on the set-up partition: read, judge, carry out, report."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from appliance.firstboot import drop, report, settings_file
from appliance.firstboot.disk import Disk, RealDisk
from appliance.firstboot.errors import SetupError
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places, service_user
from appliance.firstboot.takeover import carry_out, noted

MAX_NAMES = 1_000
MAX_REPORT_BYTES = 65_536


def take_over(source: Path, places: Places) -> drop.Plan:
    """Everything good of this folder is taken; what was wrong stands in `setup-report.txt` beside it.

    Raises SetupError when the disk fails.
    """
    user = service_user()
    root, readable = RealDisk(), RealDisk((0, user[1]) if user else None)

    def disk_for(path: str) -> Disk:
        return readable if path == drop.CONFIG else root

    plan = drop.plan(read_folder(source, root), noted(root, places.config), settings_file.faults)
    carry_out(plan, disk_for, source, places.config, Claim(places.claim, user).fix)
    if plan.findings:
        write_report(plan.findings, source, root)
    return plan


def read_folder(folder: Path, disk: Disk) -> Mapping[str, bytes]:
    """Our files in it by name, each up to one byte above the limit. Raises SetupError."""
    names = [name for name in names_in(folder) if drop.kind_of(name)][: drop.MAX_FILES]
    found = {name: disk.read(folder / name, drop.MAX_FILE_BYTES + 1) for name in names}
    return {name: content for name, content in found.items() if content is not None}


def names_in(folder: Path) -> list[str]:
    """Of the regular files in it, sorted; none when there is no such folder. Raises SetupError."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.name for entry, _ in zip(entries, range(MAX_NAMES), strict=False)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SetupError(f"{folder} cannot be read: {error.strerror}", "is the partition damaged?") from error
    return sorted(name for name in found if _is_file(folder / name))


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def write_report(findings: list[drop.Finding], folder: Path, disk: Disk) -> None:
    """Only when it says something new: a faulty file that stays must not wear the card at every start."""
    path = folder / drop.REPORT
    text = report.text(findings).encode()
    if disk.read(path, MAX_REPORT_BYTES) == text:
        return
    disk.create(path, text, 0o644)
    disk.sync(path)
    disk.sync_folder(folder)
