"""The house as it is now, made anew only where something changed: it is asked for at every word. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.home import registry
from appliance.home.entities import Entity, House
from appliance.home.live import UNAVAILABLE, Live
from appliance.home.registry import Frame, Shown
from appliance.mqtt.announced import Announced


class HouseView:
    """Keeps the last house. Tell it what changed; `house` makes the rest."""

    def __init__(self, name: str, language: str) -> None:
        self._name = name
        self._language = language
        self._outline: Frame | None = None
        self._entities: dict[str, Entity] = {}
        self._stale: set[str] = set()
        self._timed: list[str] = []
        self._id_of: dict[str, str] = {}
        self._house: House | None = None
        self._reachable = True

    def other(self) -> None:
        """Other entities, names or areas: everything is made anew."""
        self._outline = None

    def changed(self, key: str) -> None:
        """The entity with this key says something else."""
        self._stale.add(key)

    def house(
        self, ids: Mapping[str, Announced], live: Mapping[str, Live], now: float, *, reachable: bool
    ) -> House:
        """The same object as before when nothing changed. Unreachable: everything is unavailable."""
        if self._outline is None or reachable != self._reachable:
            self._begin(ids, live, now, reachable=reachable)
        assert self._outline is not None
        moved = [self._id_of[key] for key in self._stale if key in self._id_of]
        self._stale.clear()
        for entity_id in {*moved, *self._timed}:
            self._renew(entity_id, ids[entity_id], live[ids[entity_id].key], now)
        if self._house is None:
            entities = tuple(self._entities.values())
            self._house = registry.framed(self._outline, entities, self._name, self._language)
        return self._house

    def _begin(
        self, ids: Mapping[str, Announced], live: Mapping[str, Live], now: float, *, reachable: bool
    ) -> None:
        self._outline = registry.frame(ids)
        self._reachable, self._house = reachable, None
        self._id_of = {announced.key: entity_id for entity_id, announced in ids.items()}
        self._timed = [entity_id for entity_id, announced in ids.items() if live[announced.key].timed]
        self._entities = {}
        for entity_id, place in self._outline.places.items():
            announced = ids[entity_id]
            view = self._shown(live[announced.key], now)
            self._entities[entity_id] = registry.entity(entity_id, announced, place, view)

    def _renew(self, entity_id: str, announced: Announced, live: Live, now: float) -> None:
        view, old = self._shown(live, now), self._entities[entity_id]
        if (view.state, view.attributes) == (old.state, old.attributes):
            return
        assert self._outline is not None
        self._entities[entity_id] = registry.entity(
            entity_id, announced, self._outline.places[entity_id], view
        )
        self._house = None

    def _shown(self, live: Live, now: float) -> Shown:
        view = live.shown(now)
        return view if self._reachable else Shown(UNAVAILABLE, view.attributes)
