"""The first steps of every start, before the network: take over what was given, name, claim code, services.

Each step stands for itself: what fails is said, and the next one is done all the same.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from appliance import __version__
from appliance.config import load
from appliance.config.model import Config
from appliance.datafolder import make_room
from appliance.errors import ApplianceError
from appliance.firstboot import (
    codes,
    drop,
    forgetting,
    host_keys,
    importing,
    machine,
    names,
    naming,
    screen,
    services,
)
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import SetupError
from appliance.firstboot.hotspot import Phase
from appliance.firstboot.ownership import Claim
from appliance.firstboot.partition import mounted
from appliance.firstboot.places import LABEL, Places, prepare, service_user

LOG = logging.getLogger(__name__)
COUNTRY_SECONDS = 5.0


class Given(msgspec.Struct):
    """What came of the steps."""

    name: str = "appliance"
    taken: bool = False
    faulty: bool = False
    forgetting: bool = False
    """A factory reset was asked for; nothing else was taken over."""
    failed: list[str] = []


def run(places: Places, root: Path = Path("/"), drops: tuple[Path, ...] = ()) -> Given:
    """All steps; `failed` names those that failed. `drops` are folders in place of the partition."""
    result = Given()
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("room", lambda: make_room(places.data)),
        ("folders", lambda: prepare(places)),
        ("import", lambda: _import(places, drops, result)),
        ("name", lambda: _name(places, root, result)),
        ("services", lambda: _services(places)),
        ("country", lambda: _country(places)),
        ("host keys", lambda: host_keys.make(places.config)),
        ("claim", lambda: renew_code(places)),
        ("screen", lambda: show(places, result.name, Phase.WAITING, faulty=result.faulty)),
    )
    for name, step in steps:
        try:
            step()
        except (ApplianceError, OSError) as error:
            LOG.error("%s: %s", name, error)  # noqa: TRY400 - a sentence, no traceback
            result.failed.append(name)
    return result


def settings(places: Places) -> Config:
    """The configuration in force; the defaults when there is none, or it cannot be used."""
    file = places.config / drop.CONFIG
    try:
        return load.load(file if file.exists() else None, in_memory={}).config
    except ApplianceError as error:
        LOG.warning("%s", error.message)
        return Config()


def _import(places: Places, drops: tuple[Path, ...], result: Given) -> None:
    for folder in _sources(places, drops):
        if forgetting.asked_for(importing.names_in(folder)):
            _forget(places, folder, result)
            return
        plan = importing.take_over(folder, places)
        result.taken |= bool(plan.taken)
        result.faulty |= any(not finding.ok for finding in plan.findings)


def _forget(places: Places, folder: Path, result: Given) -> None:
    """Mark it before the file goes: after a power cut it is asked for once more, and never lost."""
    forgetting.mark(places.data)
    for name in forgetting.asked_for(importing.names_in(folder)):
        RealDisk().remove(folder / name)
    RealDisk().sync_folder(folder)
    result.forgetting = True


def _sources(places: Places, drops: tuple[Path, ...]) -> Iterator[Path]:
    yield from drops
    if not drops:
        with mounted(LABEL, places.run / "partition") as folder:
            if folder is not None:
                yield folder


def _name(places: Places, root: Path, result: Given) -> None:
    result.name = naming.remembered(places) or names.host_name(machine.identity(root))
    machine.set_host_name(result.name)


def _services(places: Places) -> None:
    """Readable for systemd-resolved, whatever our umask is."""
    places.services.mkdir(parents=True, exist_ok=True)
    places.services.chmod(0o755)
    for name, text in services.files(announced_port(settings(places)), __version__).items():
        RealDisk().create(places.services / name, text.encode(), 0o644)


def announced_port(config: Config) -> int:
    """Where the network finds the web page; 0: nowhere."""
    web = config.web
    own = web.port if web.enabled and web.listen != "loopback" else 0
    return config.setup.web_port or own


def _country(places: Places) -> None:
    """Tell the Wi-Fi which channels are allowed. Without a country it keeps to those allowed everywhere."""
    code = (RealDisk().read(places.config / drop.COUNTRY, 8) or b"").decode("ascii", "replace").strip()
    if not (len(code) == 2 and code.isalpha()):
        return
    try:
        subprocess.run(["iw", "reg", "set", code], check=True, timeout=COUNTRY_SECONDS, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise SetupError(f"the Wi-Fi country {code} cannot be set: {error}") from error


def renew_code(places: Places) -> None:
    """A new claim code at every start, until the appliance has an owner or somebody chose a code."""
    user = service_user()
    claim = Claim(places.claim, user)
    RealDisk().remove(places.code)
    if claim.state == "claimed" or claim.fixed:
        return
    code = codes.made()
    claim.renew(code)
    put(RealDisk(user), places.code, code.encode())


def code_for_hotspot(places: Places) -> Claim:
    """The claim whose code the hotspot asks for: one of its own, in memory, when there is an owner."""
    claim = Claim(places.claim, service_user())
    if claim.state != "claimed":
        return claim
    own = Claim(places.run / "hotspot-claim")
    if own.state == "unprepared":
        code = codes.made()
        own.renew(code)
        put(RealDisk(), places.code, code.encode())
    return own


def forget_hotspot_code(places: Places) -> None:
    """The hotspot has ended: a code that was only for it counts no more."""
    own = Claim(places.run / "hotspot-claim")
    if own.state != "unprepared":
        own.reset()
        RealDisk().remove(places.code)


def show(places: Places, name: str, phase: Phase, *, password: str = "", faulty: bool = False) -> None:
    """Write the screen's file; a path unit puts it on the screen."""
    disk = RealDisk()
    code = (disk.read(places.code, codes.MAX_TYPED) or b"").decode("ascii", "replace")
    claim = Claim(places.claim, service_user())
    fixed = claim.fixed and claim.state == "open"
    language = settings(places).language
    text = screen.text(name, language, phase, password=password, code=code, fixed=fixed, faulty=faulty)
    put(disk, places.screen, text.encode())
