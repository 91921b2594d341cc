"""The root side of a change: `python -m appliance.firstboot change`, started when a request lies there.

Who asks is trusted with nothing but asking: the file may be a link, a pipe, endless or nonsense, and its
folder is the appliance's. It is taken away first, whatever comes of it; the answer holds neither password
nor request.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from appliance.firstboot import changes, naming, wifi
from appliance.firstboot.changes import Join, Look, Rename, Told
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import Fault, SetupError
from appliance.firstboot.networks import CannotJoin, NetworkManager
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.notes import network_phase
from appliance.firstboot.places import Places

LOG = logging.getLogger(__name__)
NOT_NOW = frozenset({"open", "raising", "scanning", "joining"})
"""While the hotspot is about to change the network, nobody else does."""


async def apply(places: Places, networks: NetworkManager, request: Path = changes.REQUEST) -> int:
    """Do what the file asks, once; the exit status. Raises SetupError when no answer can be written."""
    content = take(request)
    if content is None:
        return 0  # somebody was faster, or a link pointed to nothing
    try:
        asked = changes.request(content)
    except SetupError as error:
        LOG.warning("%s", error.message)
        return 1
    _answer(places, Told(asked.id, "working"))
    answer = await _done(asked, places, networks)
    _answer(places, answer)
    LOG.info("%s: %s%s", type(asked).__name__.lower(), answer.state, f" ({answer.why})" if answer.why else "")
    return 0


def take(request: Path) -> bytes | None:
    """What the file holds, one byte more than it may at most; it is gone then. Never through a link.

    Raises SetupError when it cannot be removed.
    """
    content = None
    try:
        number = os.open(request, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        LOG.warning("%s: %s", request, error.strerror)
    else:
        try:
            if stat.S_ISREG(os.fstat(number).st_mode):
                content = os.read(number, changes.MAX_REQUEST_BYTES + 1)
        finally:
            os.close(number)
    try:
        request.unlink(missing_ok=True)
    except OSError as error:
        raise SetupError(f"{request}: {error.strerror}") from error
    return content


async def _done(asked: changes.Request, places: Places, networks: NetworkManager) -> Told:
    try:
        match asked:
            case Rename(name=name):
                naming.rename(places, name)
                return Told(asked.id, "done")
            case Look():
                return Told(
                    asked.id, "done", connected=await networks.connected(), networks=await _air(networks)
                )
            case Join():
                return await _joined(asked, places, networks)
    except Fault as error:
        return Told(asked.id, "failed", "refused", error.message)
    except CannotJoin as error:
        return Told(asked.id, "failed", error.reason, connected=await _connected(networks))
    except SetupError as error:
        LOG.warning("%s", error.message)
        return Told(asked.id, "failed", "other", error.message)


async def _joined(asked: Join, places: Places, networks: NetworkManager) -> Told:
    if network_phase(places) in NOT_NOW:
        return Told(asked.id, "failed", "busy", "the hotspot for setting up is open: join a network there")
    known = {seen.ssid for seen in await _air(networks)}
    await networks.join(wifi.checked(asked.ssid, asked.password, hidden=asked.ssid not in known))
    return Told(asked.id, "done", connected=asked.ssid)


async def _air(networks: NetworkManager) -> tuple[Seen, ...]:
    return tuple(await networks.scan())


async def _connected(networks: NetworkManager) -> str:
    try:
        return await networks.connected()
    except SetupError:
        return ""


def _answer(places: Places, answer: Told) -> None:
    put(RealDisk(), places.run / changes.ANSWER, changes.encode(answer), 0o644)
