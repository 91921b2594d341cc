"""What the doctor looks at of what is kept and served: the disk, backups, the web page."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from appliance.backup.snapshots import folder, listed
from appliance.config.model import Config
from appliance.observe import wear
from appliance.ops.check import Check

OLD_DAYS = 2.0
"""One is made every day; a day of being switched off is no fault."""
MIN_FILES = 2_000


def disk(data: Path, probed: Path = wear.STORAGE) -> Check:
    """Is the disk worn, or out of room for files? How much space is free is told elsewhere."""
    why = "a card or disk that wears out takes everything with it"
    storage = wear.read(probed)
    reasons = wear.wrong(wear.Look(storage), "disk") or []
    place = next((each for each in (data, *data.parents) if os.path.isdir(each)), Path("/"))  # noqa: PTH112
    try:
        left = os.statvfs(place)
    except OSError as error:
        return Check(
            "disk", "bad", f"{place} cannot be looked at: {error.strerror}", why, "mount; dmesg | tail"
        )
    if left.f_flag & os.ST_RDONLY:
        return Check(
            "disk", "bad", f"{place} is mounted read-only", why, "dmesg | tail says why; then restart"
        )
    if left.f_files and left.f_favail < MIN_FILES:
        mend = f"find {place} -xdev -type f | wc -l"
        return Check("disk", "bad", f"room for {left.f_favail} more files only", why, mend)
    if reasons:
        return Check("disk", "bad", "; ".join(reasons), why, wear.RULES["disk"].hint)
    names = ", ".join(drive.name for drive in storage.drives) if storage is not None else ""
    return Check("disk", "good", f"{names}: not worn" if names else "nothing is known of its wear", why)


def snapshots(config: Config, now_seconds: float) -> Check:
    """How old is the newest snapshot?"""
    why = "a broken card then costs a day, not everything"
    if not config.backup.enabled:
        return Check(
            "backup", "weak", "backup.enabled = false: none is made", why, "set backup.enabled = true"
        )
    if not Path(config.paths.data).exists():
        return Check("backup", "good", "there are no data yet", why)
    times = listed(folder(config))
    if not times:
        mend = "start the appliance; it makes one every day. Or now: appliance backup"
        return Check("backup", "weak", "there is no snapshot yet", why, mend)
    days = (datetime.fromtimestamp(now_seconds, UTC) - max(times)).total_seconds() / 86_400
    secrets = "" if config.backup.passphrase_file else "; without passwords, see backup.passphrase_file"
    found = f"{len(times)} snapshots, the newest is {max(0.0, days):.1f} days old{secrets}"
    if days > OLD_DAYS:
        return Check("backup", "weak", found, why, "appliance status tells what keeps it from making one")
    return Check("backup", "good", found, why)


def web_page(config: Config) -> Check:
    """Can the page be served as configured?"""
    why = "the page, the API and speech in a browser are served there"
    web = config.web
    if not web.enabled:
        return Check("web page", "good", "web.enabled = false: there is none", why)
    if bool(web.certificate) != bool(web.key):
        return Check("web page", "bad", "certificate and key belong together", why, "set both, or none")
    for name in filter(None, (web.certificate, web.key)):
        if not os.access(name, os.R_OK):
            return Check("web page", "bad", f"{name} cannot be read", why, f"ls -l {name}")
    if web.tls == "off" and web.listen != "loopback":
        found = "web.tls = off: who listens in the network reads the passphrase"
        return Check("web page", "weak", found, why, 'set web.tls = "auto"')
    if web.listen == "any":
        found = "web.listen = any: it answers whoever reaches this machine"
        return Check("web page", "weak", found, why, 'set web.listen = "lan"')
    return Check("web page", "good", f"port {web.port}, for {web.listen}", why)
