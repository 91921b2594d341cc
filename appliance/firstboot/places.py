"""Where the set-up keeps its things on the image."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import msgspec

LABEL = "APPLIANCE"
USER = "appliance"


class Places(msgspec.Struct, frozen=True):
    """Folders; other ones in tests."""

    config: Path = Path("/data/config")
    """Survives updates: configuration, networks, keys, claim."""
    run: Path = Path("/run/appliance-setup")
    """Gone with the power: what is shown, the plain claim code."""
    services: Path = Path("/run/systemd/dnssd")
    """What systemd-resolved announces; in /run because the root is read-only and the port is a setting."""
    data: Path = Path("/data/appliance")
    """The appliance's own folder, as root sees it before it is bound to its usual place."""

    @property
    def network(self) -> Path:
        """NetworkManager's keyfiles."""
        return self.config / "network"

    @property
    def name(self) -> Path:
        """The name that the owner chose; not there: the one of the machine's number."""
        return self.config / "name"

    @property
    def claim(self) -> Path:
        """The claim's folder."""
        return self.config / "claim"

    @property
    def code(self) -> Path:
        """The plain claim code of this start, for speaking and showing it; the folder is the service's."""
        return self.run / "claim" / "code"

    @property
    def screen(self) -> Path:
        """What the screen shows."""
        return self.run / "screen.txt"

    @property
    def hotspot(self) -> Path:
        """The hotspot's password."""
        return self.config / "hotspot"

    @property
    def hotspot_state(self) -> Path:
        """JSON: what the hotspot is doing."""
        return self.run / "hotspot.json"


def service_user() -> tuple[int, int] | None:
    """Ids of the appliance's own user and group; None when files cannot be given away or there is none."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_uid, grp.getgrnam(USER).gr_gid
    except KeyError:
        return None


def prepare(places: Places) -> None:
    """Make the folders: a public one holds public files or private ones, the others are private.

    `config` is public because sshd reads the keys in it as the user who logs in. Raises OSError.
    """
    for path, mode in (
        (places.config, 0o755),
        (places.network, 0o700),
        (places.claim, 0o700),
        (places.run, 0o755),
        (places.code.parent, 0o700),
        (places.run / "hotspot-claim", 0o700),
    ):
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o7777 != mode:
            path.chmod(mode)
    user = service_user()
    for path in (places.claim, places.code.parent):
        if user is not None and (path.stat().st_uid, path.stat().st_gid) != user:
            os.chown(path, *user, follow_symlinks=False)
