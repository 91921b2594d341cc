"""A cold start, really done: a second appliance with empty data beside the running one, without a sound."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from appliance.acceptance import result
from appliance.backup.files import scratch
from appliance.config.environment import PREFIX
from appliance.config.model import Config
from appliance.control import asked
from appliance.errors import ApplianceError, ControlError
from appliance.selftest import surroundings

LOOK_SECONDS = 0.1
DIES_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
"""Of util-linux, which every Debian has: also when this process is killed, the second appliance ends."""
STOP_SECONDS = 20.0
MIN_FREE_MB = 600.0
PREFIX_OF_FOLDERS = "appliance-acceptance-"
OWN = {
    "AUDIO__DEVICE": "none", "MQTT__HOST": "embedded", "MQTT__LISTEN": "", "HOME_ASSISTANT__URL": "",
    "WEB__ENABLED": "false", "BACKUP__ENABLED": "false", "SATELLITES__ENABLED": "false",
    "HISTORY__DAYS": "0", "UPDATE__URL": "", "AUDIO__MUTED": "false",
}  # fmt: skip
"""Settings of the second one: nobody outside this machine meets it."""


class Start(msgspec.Struct, frozen=True):
    """Seconds from the command on; None did not happen."""

    listening: float | None = None
    healthy: float | None = None
    trouble: str = ""


async def cold_start(config: Config, file: Path | None, seconds: float) -> Start:
    """Start one, wait until it is well, end it. Blocks nobody; leaves nothing."""
    free = surroundings.available_mb()
    if free is not None and free < MIN_FREE_MB:
        return Start(trouble=f"{free:.0f} MB of memory are free, too little for a second appliance")
    data = Path(config.paths.data)
    with _folder(data) as folder:
        return await _started(folder, _environment(folder), file, seconds)


@contextlib.contextmanager
def _folder(data: Path) -> Iterator[Path]:
    """Data of its own, with the running one's models."""
    with scratch(surroundings.folder_in_memory(), PREFIX_OF_FOLDERS) as made:
        folder = made / "data"
        folder.mkdir(mode=0o700)
        if (data / "models").exists():
            (folder / "models").symlink_to((data / "models").resolve())
        yield folder


def _environment(folder: Path) -> Mapping[str, str]:
    own = {f"{PREFIX}{name}": value for name, value in OWN.items()}
    return {**os.environ, **own, f"{PREFIX}PATHS__DATA": str(folder), "NOTIFY_SOCKET": ""}


async def _started(folder: Path, environ: Mapping[str, str], file: Path | None, seconds: float) -> Start:
    arguments = ["--config", str(file)] if file is not None else []
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *DIES_WITH_US, sys.executable, "-m", "appliance", "run", "--json", *arguments, env=environ,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    found = Start(trouble=f"not well after {seconds:.0f} s")
    try:
        async with asyncio.timeout(seconds):
            found = await _until_well(process, folder, began, found)
    except TimeoutError:
        pass
    finally:
        await _end(process)
    return found


async def _until_well(process: asyncio.subprocess.Process, data: Path, began: float, found: Start) -> Start:
    while process.returncode is None:
        try:
            status = await asked(data, "status")
        except ControlError:
            status = None  # it is not up yet: the deadline decides
        now = time.monotonic() - began
        if status is not None and status["listening"] and found.listening is None:
            found = msgspec.structs.replace(found, listening=now)
        if found.listening is not None and status is not None and not result.unhealthy(status):
            return msgspec.structs.replace(found, healthy=now, trouble="")
        await asyncio.sleep(LOOK_SECONDS)
    raise ApplianceError(f"a second appliance ended with {process.returncode}", "try: appliance selftest")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
