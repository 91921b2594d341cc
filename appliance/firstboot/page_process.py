"""The set-up page's process: started with two sockets, without rights, ended with the hotspot."""

from __future__ import annotations

import asyncio
import logging
import pwd
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from appliance.errors import PeerGone, WireError
from appliance.firstboot.errors import SetupError
from appliance.firstboot.exchange import Attempt, Channel, Message, Show, Verdict, Visit
from appliance.tasks import end

LOG = logging.getLogger(__name__)
USER = "appliance-setup"
STOP_SECONDS = 2.0
BACKLOG = 32

OnAttempt = Callable[[Attempt], Awaitable[Verdict]]


class PageProcess:
    """One hotspot's page."""

    def __init__(
        self,
        on_attempt: OnAttempt,
        on_visit: Callable[[], None],
        on_gone: Callable[[], None],
        user: str = USER,
    ) -> None:
        """`on_gone` is called when it ends by itself; `user` is who it runs as, empty: who we are."""
        self._user = user
        self._on_gone = on_gone
        self._on_attempt = on_attempt
        self._on_visit = on_visit
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, show: Show, listening: socket.socket) -> None:
        """Serve on this socket, which is closed here. Raises SetupError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = Channel(ours, page=False)
        numbers = (listening.fileno(), theirs.fileno())
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "appliance.firstboot.portal", *map(str, numbers)),
                pass_fds=numbers, stdin=asyncio.subprocess.DEVNULL, **_as_user(self._user),
            )  # fmt: skip
            await self._channel.send(show)
        except (OSError, PeerGone, SetupError) as error:
            self._channel.close()
            raise SetupError(f"the set-up page cannot be started: {error}") from error
        finally:
            listening.close()
            theirs.close()
        self._task = asyncio.create_task(self._serve(self._channel))

    async def stop(self) -> None:
        """End it; what is being answered gets a moment."""
        await end(self._task)
        if self._channel is not None:
            self._channel.close()
        if self._process is not None and self._process.returncode is None:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._task = self._channel = self._process = None

    async def _serve(self, channel: Channel) -> None:
        try:
            while True:
                await self._take(await channel.receive(), channel)
        except WireError as error:
            LOG.warning("the set-up page: %s", error.message)
            self._on_gone()

    async def _take(self, message: Message, channel: Channel) -> None:
        match message:
            case Visit():
                self._on_visit()
            case Attempt():
                await channel.send(await self._on_attempt(message))


def _as_user(name: str) -> dict[str, Any]:
    """Arguments of `subprocess` for another user without groups. Raises SetupError when there is none."""
    if not name:
        return {}
    try:
        user = pwd.getpwnam(name)
    except KeyError as error:
        raise SetupError(f"there is no user {name}", "systemd-sysusers makes it") from error
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def listen(address: str, port: int) -> socket.socket:
    """A socket on this address alone; who comes before the page is ready waits. Raises SetupError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise SetupError(f"{address}:{port} cannot be listened on: {error.strerror}") from error
    return sock
