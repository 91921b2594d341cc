"""What may be asked of root: to install, to go back, to follow another channel, to restart.

One JSON object a line, one answer a connection. Only root may allow a downgrade: that takes the console or
the owner's shell, not a foothold in the appliance.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.config.model import Update
from appliance.errors import ApplianceError
from appliance.updating import here, installing, rauc, record
from appliance.updating.errors import UpdateError
from appliance.updating.installing import Installer, Run, Source
from appliance.updating.places import Places

LOG = logging.getLogger(__name__)
MAX_LINE_BYTES = 8_192
ANSWER_SECONDS = 10.0
CHANNELS = ("stable", "beta")
IDLE_SECONDS = 20.0
"""Without a request and without work: the helper goes; the next request starts it again."""
ENDING_SECONDS = 0.5
"""Work that has shown its result is over a moment later."""
CREDENTIALS = struct.Struct("3i")

Answer = dict[str, Any]


class Helper:
    """Answers requests, one installation at a time."""

    def __init__(
        self,
        places: Places,
        update: Update,
        *,
        run: Run = rauc.install,
        restart: Callable[[], None] = installing.restart,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._places = places
        self._update = update
        self._run = run
        self._restart = restart
        self._idle_seconds = idle_seconds
        self._work: threading.Thread | None = None

    def serve(self, server: socket.socket) -> None:
        """Until nobody has asked for a while and nothing is under way."""
        server.settimeout(self._idle_seconds)
        while True:
            try:
                client, _ = server.accept()
            except TimeoutError:
                if not self.busy:
                    return
                continue
            with client:
                self._serve(client)

    @property
    def busy(self) -> bool:
        """Is an installation under way?"""
        return self._work is not None and self._work.is_alive()

    def answer(self, request: Answer, *, as_root: bool) -> Answer:
        """Do it or begin it. Raises ApplianceError for a refusal."""
        match request.get("do"):
            case "status":
                return {"state": here.publish(self._places)}
            case "install":
                return self._install(request, as_root=as_root)
            case "rollback":
                return self._roll_back(request)
            case "channel":
                return self._follow(_text(request, "name"))
            case "restart":
                self._free()
                self._begin(self._restart)
                return {"restarting": True}
            case unknown:
                raise UpdateError(
                    f"no request {str(unknown)[:40]!r}", "status, install, rollback, channel or restart"
                )

    def _install(self, request: Answer, *, as_root: bool) -> Answer:
        source = installing.source(_text(request, "source"))
        downgrade = _flag(request, "allow_downgrade", default=False)
        restart = _flag(request, "restart", default=True)
        if downgrade and not as_root:
            raise UpdateError(
                "only the owner may go back to an older version, at the console or by ssh",
                "sudo appliance update install FILE --allow-downgrade",
            )
        self._free()
        here.require_committed(here.look(self._places))
        installer = self._installer()
        installer.show("fetching", doing="looking")
        self._begin(lambda: self._whole(installer, source, downgrade=downgrade, restart=restart))
        return {"begun": True}

    def _whole(self, installer: Installer, source: Source, *, downgrade: bool, restart: bool) -> None:
        version = installer.install(source, allow_downgrade=downgrade)
        LOG.info("version %s is installed", version)
        if restart:
            self._restart()
        else:
            installer.show("idle", doing="starts with the next restart")

    def _roll_back(self, request: Answer) -> Answer:
        self._free()
        version = self._installer().roll_back()
        if _flag(request, "restart", default=True):
            self._begin(self._restart)
        return {"version": version}

    def _follow(self, name: str) -> Answer:
        if name not in CHANNELS:
            raise UpdateError(f"no channel is named {name[:40]!r}", f"one of: {', '.join(CHANNELS)}")
        known = record.read(self._places.kept)
        if name != (known.channel or self._update.channel):
            after = msgspec.structs.replace(known, channel=name, serial=0)
            record.write(self._places.kept, after)
        here.publish(self._places)
        return {"channel": name}

    def _installer(self) -> Installer:
        return Installer(self._places, self._update, self._run)

    def _free(self) -> None:
        if self._work is not None:
            self._work.join(ENDING_SECONDS)
        if self.busy:
            raise UpdateError("an installation is under way", "see: appliance update status")

    def _begin(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            except ApplianceError as error:
                LOG.error("%s", error)  # noqa: TRY400 - a sentence, and where it happened does not matter

        self._work = threading.Thread(target=run, name="installation")
        self._work.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(ANSWER_SECONDS)
        try:
            request = _read(client)
            answer = self.answer(request, as_root=_peer_is_root(client))
        except ApplianceError as error:
            answer = {"error": error.message, "hint": error.hint}
        except OSError as error:
            LOG.info("a client went away: %s", error.strerror or error)
            return
        try:
            client.sendall(msgspec.json.encode(answer) + b"\n")
        except OSError as error:
            LOG.info("a client did not wait for its answer: %s", error.strerror or error)


def _peer_is_root(client: socket.socket) -> bool:
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return bool(CREDENTIALS.unpack(credentials)[1] == 0)


def _read(client: socket.socket) -> Answer:
    line = b""
    while not line.endswith(b"\n"):
        piece = client.recv(MAX_LINE_BYTES)
        line += piece
        if not piece or len(line) > MAX_LINE_BYTES:
            raise UpdateError("a request is one line of JSON", "")
    try:
        request = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpdateError("a request is one line of JSON", "") from error
    return request if isinstance(request, dict) else {}


def _text(request: Answer, name: str) -> str:
    value = request.get(name, "")
    if not isinstance(value, str):
        raise UpdateError(f"`{name}` is a text", "")
    return value


def _flag(request: Answer, name: str, *, default: bool) -> bool:
    value = request.get(name, default)
    if not isinstance(value, bool):
        raise UpdateError(f"`{name}` is true or false", "")
    return value
