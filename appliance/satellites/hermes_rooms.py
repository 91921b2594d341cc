"""The rooms that speak Hermes: let in, looked after, forgotten; and what is said to the broker about them."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import msgspec

from appliance.config.model import Config
from appliance.mqtt.exchange import Exchange
from appliance.pipeline.places import LOCAL, PlaceRefused, Places
from appliance.satellites import hermes
from appliance.satellites.flow import Faults
from appliance.satellites.hermes_site import HermesSite, Session
from appliance.satellites.hub_gate import Gate

LOG = logging.getLogger(__name__)
FORGET_SECONDS = 60.0
"""A room that sent nothing for so long, and in which nothing happens, is not there any more."""
MAX_ECHOES = 512
HOME_SITES = frozenset({LOCAL, hermes.DEFAULT_SITE})


class Room:
    """What the hub knows of one site."""

    def __init__(self, site: HermesSite, now: float) -> None:
        self.site = site
        self.heard_at = now
        self.audio_ms = 0
        self.off: set[str] = set()
        """Why its wake word is not listened for."""
        self.queued: deque[hermes.StartSession] = deque()
        self.waits_until: float | None = None
        """For who decides about a session to go on."""


class HermesRooms(ABC):
    """What `hermes_hub` builds on."""

    def __init__(
        self, client: Exchange, places: Places, config: Config, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._places = places
        self._config = config
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._echoes: Counter[tuple[str, bytes]] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self.faults = Faults()
        self._gate = Gate(lambda: self._config.satellites, self.faults, clock, self._overran)

    # --- rooms --------------------------------------------------------------------------------------------

    def _room(self, name: str, *, search: bool) -> Room | None:
        """Known, or new and let in."""
        known = self._rooms.get(name)
        if known is not None or name in HOME_SITES:
            return known
        site = HermesSite(
            name, self._post, lambda: self._config.satellites.publish_words, self._config.language
        )
        try:
            site.place = self._places.add_place(name, site, name, search)
        except PlaceRefused as error:
            self.faults.count(name, "refused", error.message)
            return None
        room = self._rooms[name] = Room(site, self._clock())
        site.on_text = lambda session, text, sure: self._decide(room, session, text, sure)
        LOG.info("satellite %s is here (Hermes)", name)
        return room

    def _of_session(self, session_id: str) -> Room | None:
        rooms = self._rooms.values()
        return next(
            (room for room in rooms if room.site.session and room.site.session.id == session_id), None
        )

    def _forget(self, name: str) -> None:
        room = self._rooms.pop(name, None)
        if room is not None:
            room.site.gone()
            self._places.remove_place(name)
            self.faults.forget(name)
            self._gate.forget(name)
            LOG.info("satellite %s is away (Hermes)", name)

    def _overran(self, name: str) -> None:
        room = self._rooms.get(name)
        if room is not None and room.site.place is not None:
            room.site.place.hush()

    @abstractmethod
    def _begin(self, room: Room, message: hermes.StartSession) -> None:
        """Begin a session that waited."""

    @abstractmethod
    def _decide(self, room: Room, session: Session, text: str, confidence: float) -> None:
        """Words in a session that somebody else decides about."""

    def _look(self, name: str, room: Room, now: float) -> None:
        place, quiet = room.site.place, now - room.heard_at
        if place is None:
            return
        if room.waits_until is not None and now > room.waits_until:
            room.waits_until = None
            room.site.close("timeout")
        listens = place.turn and room.site.session is not None and not room.site.says
        if listens and quiet > max(self._config.satellites.quiet_seconds, 1.0) and self._listens(name):
            self._forget(name)
        elif not place.turn and room.site.session is None and room.queued:
            self._begin(room, room.queued.popleft())
        elif not place.turn and room.site.session is None and quiet > FORGET_SECONDS:
            self._forget(name)

    def _listens(self, name: str) -> bool:
        """Is audio owed?"""
        place = self._places.place(name)
        return place is not None and getattr(getattr(place, "phase", None), "value", "") == "listening"

    def _is_echo(self, topic: str, payload: bytes) -> bool:
        """Did we say this ourselves? The broker brings our own words back."""
        key = (topic, payload)
        if not self._echoes[key]:
            del self._echoes[key]
            return False
        self._echoes[key] -= 1
        return True

    # --- to the broker ------------------------------------------------------------------------------------

    def _post(self, topic: str, message: msgspec.Struct | bytes) -> None:
        """What nobody can hear is not kept for later."""
        if not self._client.connected:
            return
        payload = message if isinstance(message, bytes) else hermes.encode(message)
        if topic in hermes.INCOMING or topic.endswith("/detected"):
            if len(self._echoes) > MAX_ECHOES:
                self._echoes.clear()
            self._echoes[topic, payload] += 1
        self._client.post(topic, payload)

    def _fail(self, topic: str, site: str, error: str, session_id: str | None) -> None:
        self.faults.count(site, "refused", error)
        self._post(topic, hermes.Failure(site_id=site, error=error[:500], session_id=session_id))

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
