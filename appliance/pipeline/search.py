"""Which places' audio is searched for the wake word here, as far as the processor allows."""

from __future__ import annotations

import asyncio
import logging

from appliance.pipeline.admission import Admission
from appliance.pipeline.site import Site
from appliance.pipeline.stages import Stages
from appliance.wire import messages

LOG = logging.getLogger(__name__)
OWN_STREAM = 0
RETRY_SECONDS = 2.0
"""How often refused places are looked at again."""


class Search:
    """Streams of the wake stage; the appliance's own microphone is always one of them."""

    def __init__(self, stages: Stages, admission: Admission, own: Site) -> None:
        self._stages = stages
        self._admission = admission
        self._own = own
        self._streams: dict[int, Site] = {}
        self._numbers: dict[str, int] = {}
        self._wanted: dict[str, Site] = {}
        self._reasons: dict[str, str] = {}
        self._last = OWN_STREAM
        self._timer: asyncio.TimerHandle | None = None
        own.ears.search(OWN_STREAM)

    @property
    def refused(self) -> dict[str, str]:
        """Places that want to be searched and are not, and why."""
        return dict(self._reasons)

    def site(self, stream: int) -> Site | None:
        """Whose audio this is."""
        return self._own if stream == OWN_STREAM else self._streams.get(stream)

    def want(self, site: Site, on: bool) -> None:
        """A place wants its audio searched, or not any more."""
        if on:
            self._wanted[site.name] = site
            self._try(site)
        else:
            self._wanted.pop(site.name, None)
            self._reasons.pop(site.name, None)
            self._close(site)

    def load(self, load: messages.WakeLoad) -> None:
        """How busy the wake stage is: give up the newest places when it is too much."""
        for stream in self._admission.load(load, _now()):
            site = self._streams.get(stream)
            if site is not None:
                self._close(site)
                self._refuse(site, self._admission.reason)

    def stage_ready(self) -> None:
        """A fresh wake stage knows only the own microphone: everyone else is let in again, one by one."""
        self._admission.restarted()
        for site in tuple(self._streams.values()):
            self._close(site)
            self._try(site)

    def close(self) -> None:
        """Look at nobody again."""
        if self._timer is not None:
            self._timer.cancel()

    def _try(self, site: Site) -> None:
        if site.name in self._numbers:
            return
        reason = self._admission.may_open(_now())
        if reason:
            self._refuse(site, reason)
            return
        self._last += 1
        if not self._stages.send("wake", messages.WakeStream(self._last, open=True)):
            self._refuse(site, "the wake word stage is not running")
            return
        self._admission.opened(self._last)
        self._streams[self._last], self._numbers[site.name] = site, self._last
        site.ears.search(self._last)
        self._reasons.pop(site.name, None)
        site.output.searched(True, "")

    def _close(self, site: Site) -> None:
        stream = self._numbers.pop(site.name, None)
        if stream is None:
            return
        self._streams.pop(stream, None)
        site.ears.search(None)
        self._admission.closed(stream)
        self._stages.send("wake", messages.WakeStream(stream, open=False))

    def _refuse(self, site: Site, reason: str) -> None:
        if self._reasons.get(site.name) != reason:
            self._reasons[site.name] = reason
            LOG.warning("%s is not searched for the wake word: %s", site.name, reason)
            site.output.searched(False, reason)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._timer = None
        for name in tuple(self._reasons):
            site = self._wanted.get(name)
            if site is None:
                del self._reasons[name]
            else:
                self._try(site)


def _now() -> float:
    return asyncio.get_running_loop().time()
