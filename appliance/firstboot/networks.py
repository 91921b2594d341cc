"""NetworkManager as the keeper of the hotspot needs it: `nmcli` runs, profiles are files that it loads.

A network that is tried is a profile of its own beside those that are kept; it takes the place of an older one
of the same SSID only when it worked, so a wrong password loses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from pathlib import Path
from typing import Final, Protocol

import msgspec

from appliance.firstboot import nmcli, wifi
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import SetupError
from appliance.firstboot.phrases import Reason

PROGRAM: Final = "nmcli"
VOLATILE = Path("/run/NetworkManager/system-connections")
TRIAL: Final = "trial.nmconnection"
MAX_OUTPUT_BYTES = 262_144
READ_BYTES = 65_536
ASK_SECONDS, SCAN_SECONDS, UP_SECONDS = 20.0, 20.0, 65.0
AGAIN_SECONDS = 4.0


class CannotJoin(SetupError):
    """A network could not be joined; it is forgotten."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"the network could not be joined: {reason}")
        self.reason: Reason = reason


class State(msgspec.Struct, frozen=True):
    """Is there a network, and which Wi-Fi card is there (empty: none)?"""

    online: bool
    card: str


class Networks(Protocol):
    """What the keeper asks for."""

    async def state(self) -> State:
        """Now. Raises SetupError."""

    async def scan(self) -> list[nmcli.Seen]:
        """What is in the air. Raises SetupError."""

    async def raise_hotspot(self, card: str, ssid: str, password: str, address: str) -> None:
        """Our own access point. Raises SetupError."""

    async def drop_hotspot(self) -> None:
        """End it, if there is one. Raises SetupError."""

    async def join(self, network: wifi.Wifi) -> None:
        """Connect and keep it. Raises CannotJoin, SetupError."""


class NetworkManager:
    """The real one; `folder` holds the profiles that are kept."""

    def __init__(
        self, folder: Path, volatile: Path = VOLATILE, program: str = PROGRAM, *, hotspot: bool = True
    ) -> None:
        """`hotspot` False: no Wi-Fi card is there for one."""
        self._folder = folder
        self._hotspot = volatile / f"{nmcli.HOTSPOT_ID}.nmconnection"
        self._program = program
        self._may_raise = hotspot
        self._disk = RealDisk()

    async def state(self) -> State:
        """See Networks."""
        found = nmcli.devices(await self._asked(*nmcli.DEVICES))
        return State(nmcli.is_online(found), nmcli.wifi_device(found) if self._may_raise else "")

    async def scan(self) -> list[nmcli.Seen]:
        """See Networks."""
        return nmcli.networks(await self._asked(*nmcli.SCAN, seconds=SCAN_SECONDS))

    async def connected(self) -> str:
        """SSID of the Wi-Fi network that it is in; empty when it is in none. Raises SetupError."""
        return nmcli.active(await self._asked(*nmcli.ACTIVE))

    async def raise_hotspot(self, card: str, ssid: str, password: str, address: str) -> None:
        """See Networks. The profile lies in /run: it never outlives a start."""
        profile = wifi.hotspot_keyfile(ssid, password, wifi.profile_id(ssid), address, card)
        self._hotspot.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        self._disk.create(self._hotspot, profile.encode(), 0o600)
        await self._asked("connection", "load", str(self._hotspot))
        await self._asked("--wait", "60", "connection", "up", "id", nmcli.HOTSPOT_ID, seconds=UP_SECONDS)

    async def drop_hotspot(self) -> None:
        """See Networks."""
        with contextlib.suppress(_Failed):  # it may be down already
            await self._asked("connection", "delete", "id", nmcli.HOTSPOT_ID)
        self._disk.remove(self._hotspot)

    async def join(self, network: wifi.Wifi) -> None:
        """See Networks."""
        profile = str(uuid.uuid4())
        trial = self._folder / TRIAL
        self._disk.create(trial, wifi.keyfile(network, profile, autoconnect=False).encode(), 0o600)
        try:
            await self._asked("connection", "load", str(trial))
            await self._up(profile)
        except _Failed as error:
            raise CannotJoin(nmcli.reason_of(error.message)) from error
        else:
            kept = self._folder / wifi.file_name(network.ssid)
            put(self._disk, kept, wifi.keyfile(network, profile).encode())
        finally:
            self._disk.remove(trial)
            await self._asked("connection", "reload")

    async def _up(self, profile: str) -> None:
        """Twice when it is not found: a card that was an access point a moment ago has seen nothing yet."""
        await self._looked()
        try:
            await self._connect(profile)
        except _Failed as error:
            if nmcli.reason_of(error.message) != "not_found":
                raise
            await asyncio.sleep(AGAIN_SECONDS)
            await self._looked()
            await self._connect(profile)

    async def _connect(self, profile: str) -> None:
        await self._asked("--wait", "60", "connection", "up", "uuid", profile, seconds=UP_SECONDS)

    async def _looked(self) -> None:
        with contextlib.suppress(_Failed):  # some drivers refuse to look so soon; the try tells
            await self._asked(*nmcli.SCAN, seconds=SCAN_SECONDS)

    async def _asked(self, *arguments: str, seconds: float = ASK_SECONDS) -> str:
        """What nmcli prints. Raises _Failed when it refuses, SetupError when it is not there or hangs."""
        try:
            process = await asyncio.create_subprocess_exec(
                self._program, *arguments, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
        except OSError as error:
            raise SetupError(f"{self._program}: {error.strerror}", "apt install network-manager") from error
        try:
            async with asyncio.timeout(seconds):
                output = await _bounded(process)
                status = await process.wait()
        except TimeoutError as error:
            raise SetupError(f"NetworkManager has not answered for {seconds:.0f} seconds") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        if status:
            raise _Failed(output)
        return output


class _Failed(SetupError):
    """nmcli said no; `message` is what it said."""


async def _bounded(process: asyncio.subprocess.Process) -> str:
    """All of it is read, the beginning is kept."""
    assert process.stdout is not None
    output = b""
    while more := await process.stdout.read(READ_BYTES):
        output += more[: MAX_OUTPUT_BYTES - len(output)]
    return output.decode("utf-8", "replace")
