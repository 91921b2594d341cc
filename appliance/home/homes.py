"""The whole home: the broker's devices and Home Assistant behind one interface, one of them for each deed."""

from __future__ import annotations

import asyncio
import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from appliance.config.model import Config
from appliance.home import guard, union
from appliance.home.deeds import DeedResult
from appliance.home.entities import House
from appliance.home.hass.model import Model, Twin
from appliance.home.mqtt_devices import MqttDevices
from appliance.home.union import Part, Side, Union
from appliance.mqtt.announced import Announced
from appliance.mqtt.client import MqttClient
from appliance.wire.messages import Deed

if TYPE_CHECKING:  # it brings the WebSocket library, which nobody needs who has no Home Assistant
    from appliance.home.hass.home import HassHome

NOBODY = Side(House(), connected=False)
NOTHING = Model()


def home_assistant(
    config: Config, *, on_change: Callable[[], None], on_state: Callable[[], None], own_prefix: str
) -> HassHome | None:
    """As it is configured; None without a `home_assistant.url`. See `HassHome` for the rest."""
    if not config.home_assistant.url:
        return None
    from appliance.home.hass.home import HassHome

    return HassHome(
        config.home_assistant,
        config.home,
        on_change=on_change,
        on_state=on_state,
        language=config.language,
        own_prefix=own_prefix,
    )


class Homes:
    """Both adapters. Used in one event loop, in place of either."""

    def __init__(
        self,
        devices: MqttDevices,
        client: MqttClient,
        announced: Callable[[], Mapping[str, Announced]],
        hass: HassHome | None = None,
        *,
        unguarded: Collection[str] = (),
        own_prefix: str = "",
    ) -> None:
        """`announced` gives what stands behind each entity id of `devices`.

        `unguarded` are ids of what may be opened by voice (`home.unguarded`); `own_prefix` begins the unique
        ids of what this appliance announces itself.
        """
        self._devices = devices
        self._client = client
        self._announced = announced
        self._hass = hass
        self._unguarded = unguarded
        self._own_prefix = own_prefix
        self._last: tuple[tuple[object, ...], Union] | None = None

    # --- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start both."""
        self._devices.start()
        if self._hass is not None:
            self._hass.start()

    async def stop(self) -> None:
        """Stop both."""
        self._devices.stop()
        if self._hass is not None:
            await self._hass.stop()

    @property
    def hass(self) -> HassHome | None:
        """Home Assistant's part, if there is one."""
        return self._hass

    async def link(self, hass: HassHome | None) -> None:
        """Another Home Assistant in place of the one there is, or none; the broker's part goes on."""
        former, self._hass = self._hass, hass
        if former is not None:
            await former.stop()
        if hass is not None:
            hass.start()

    async def settle(self, limit_seconds: float) -> bool:
        """Wait until both know their part, or cannot; False when neither does by then."""
        waits = [self._devices.settle(limit_seconds)]
        if self._hass is not None:
            waits.append(self._hass.settle(limit_seconds))
        return any(await asyncio.gather(*waits))

    def house(self) -> House:
        """Everything there is, with its state now."""
        return self._union().house

    @property
    def faults(self) -> Counter[str]:
        """What could not be used, by kind of fault; Home Assistant's kinds say so."""
        counted = Counter(self._devices.faults)
        if self._hass is not None:
            counted.update({f"Home Assistant: {kind}": count for kind, count in self._hass.faults.items()})
        return counted

    def __len__(self) -> int:
        return len(self._union().parts)

    def _union(self) -> Union:
        """Merged anew when one of the two houses is another one."""
        announced = self._announced()
        broker = Side(self._devices.house(), self._client.connected)
        hass, model = NOBODY, NOTHING
        if self._hass is not None:
            hass, model = Side(self._hass.house(), self._hass.connection.connected), self._hass.model
        made_of = (announced, broker.house, broker.connected, hass.house, hass.connected, model)
        if self._last is not None and all(map(operator.is_, self._last[0], made_of)):
            return self._last[1]
        merged = union.merge(broker, hass, _identities(announced), model, self._own_prefix)
        self._last = (made_of, merged)
        return merged

    # --- deeds --------------------------------------------------------------------------------------------

    async def perform(
        self, deed: Deed, deadline_seconds: float | None = None, granted: Collection[str] = ()
    ) -> list[DeedResult]:
        """Do it on each of its entities, each through its owner. Never raises; one result each, in order.

        `granted`: entities of which somebody who may has confirmed that they are to be opened, this once.
        """
        now = self._union()
        wanted = list(dict.fromkeys(deed.entity_id))
        owned: defaultdict[str, list[str]] = defaultdict(list)
        results: dict[str, DeedResult] = {}
        for entity_id in wanted:
            refused = self._not_done(deed, entity_id, now.house, granted)
            if refused is not None:
                results[entity_id] = refused
            else:
                owned[now.parts[entity_id].owner].append(entity_id)
        told = await asyncio.gather(
            self._by_broker(
                deed, {each: now.parts[each] for each in owned["broker"]}, deadline_seconds, granted
            ),
            self._by_hass(deed, {each: now.parts[each] for each in owned["hass"]}, deadline_seconds, granted),
        )
        results |= told[0] | told[1]
        return [_renamed(results[each], each, now.house) for each in wanted]

    def _not_done(
        self, deed: Deed, entity_id: str, house: House, granted: Collection[str]
    ) -> DeedResult | None:
        """A result at once: there is no such entity, or it is one that is not opened by voice.

        Looked at here too, since either side alone may not know that a relay opens a gate.
        """
        entity = house.entity(entity_id)
        if entity is None:
            reason = f"there is no {entity_id} here"
            return DeedResult(entity_id, entity_id, done=False, outcome="unknown", reason=reason)
        unguarded = {*self._unguarded, *granted}
        refusal = guard.refusal(
            entity_id, entity.domain, entity.attributes, deed.service, deed.data, unguarded=unguarded
        )
        if not refusal:
            return None
        reason = f"{entity.name} {refusal}"
        return DeedResult(entity_id, entity.name, done=False, outcome="refused", reason=reason)

    async def _by_broker(
        self, deed: Deed, parts: Mapping[str, Part], seconds: float | None, granted: Collection[str]
    ) -> dict[str, DeedResult]:
        """Over MQTT. A refused deed was not sent, for want of a command: Home Assistant may know how."""
        if not parts:
            return {}
        asked = msgspec.structs.replace(deed, entity_id=tuple(part.broker for part in parts.values()))
        known_there = {part.broker for each, part in parts.items() if each in granted}
        results = await self._devices.perform(asked, seconds, known_there)
        found = dict(zip(parts, results, strict=True))
        others = {
            each: parts[each]
            for each, result in found.items()
            if result.outcome == "refused" and parts[each].hass and self._hass_is_there
        }
        return found | await self._by_hass(deed, others, seconds, granted)

    @property
    def _hass_is_there(self) -> bool:
        return self._hass is not None and self._hass.connection.connected

    async def _by_hass(
        self, deed: Deed, parts: Mapping[str, Part], seconds: float | None, granted: Collection[str]
    ) -> dict[str, DeedResult]:
        if not parts:
            return {}
        if self._hass is None:  # it was taken away a moment ago
            return {each: _unlinked(each) for each in parts}
        asked = msgspec.structs.replace(deed, entity_id=tuple(part.hass for part in parts.values()))
        known_there = {part.hass for each, part in parts.items() if each in granted}
        results = await self._hass.perform(asked, seconds, known_there)
        return dict(zip(parts, results, strict=True))


def _identities(announced: Mapping[str, Announced]) -> dict[str, Twin]:
    return {
        entity_id: (entity.component, entity.unique_id)
        for entity_id, entity in announced.items()
        if entity.unique_id
    }


def _unlinked(entity_id: str) -> DeedResult:
    reason = "Home Assistant is not connected any more"
    return DeedResult(entity_id, entity_id, done=False, outcome="unavailable", reason=reason)


def _renamed(result: DeedResult, entity_id: str, house: House) -> DeedResult:
    """The result under the id and the name that the merged house has for it."""
    entity = house.entity(entity_id)
    name = entity.name if entity else result.name
    reason = result.reason
    if reason.startswith(result.name):
        reason = name + reason[len(result.name) :]
    return msgspec.structs.replace(result, entity_id=entity_id, name=name, reason=reason)
