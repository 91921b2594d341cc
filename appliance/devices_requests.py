"""What the local socket can ask of the house: what is there, and a deed that is judged like a spoken one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from appliance.control import Answer, Handler
from appliance.dialogue.events import DeedResult
from appliance.errors import ControlError
from appliance.home.entities import Entity, House
from appliance.judgement import services
from appliance.judgement.identity.evidence import Evidence
from appliance.judgement.judge import Judge
from appliance.judgement.policy import Room
from appliance.judgement.verdict import Heard, Verdict
from appliance.pipeline.hands import Home
from appliance.pipeline.places import Places
from appliance.wire.messages import Deed

ROOM = "web"
"""Where these deeds come from, for rules and audit: a place that is not the appliance itself."""
PAGE_ENTITIES = 300
MAX_ANSWER = 100
MAX_TEXT = 1_000
MAX_AREA = 200
SHOWN = (
    *("brightness", "color_mode", "current_position", "current_temperature", "device_class", "friendly_name"),
    *("fan_mode", "hvac_mode", "hvac_modes", "media_title", "percentage", "position", "preset_mode"),
    *("supported_color_modes", "temperature", "unit_of_measurement", "volume_level"),
)
"""Attributes that are told; others may be long, or nobody's business."""
MAX_ATTRIBUTE_BYTES = 500

Text = Annotated[str, Meta(min_length=1, max_length=200)]
Number = Annotated[int, Meta(ge=-(2**31), le=2**31)]
Value = bool | Number | float | Annotated[str, Meta(max_length=500)] | None


class Wanted(msgspec.Struct, frozen=True):
    """A deed as it is asked for."""

    entity_id: Text
    service: Text
    data: Annotated[
        dict[
            Annotated[str, Meta(max_length=50)],
            Value
            | Annotated[list[Number | float | Annotated[str, Meta(max_length=100)]], Meta(max_length=10)],
        ],
        Meta(max_length=16),
    ] = {}
    area: Annotated[str, Meta(max_length=200)] = ""


class DevicesRequests:
    """Handlers by name. One question at a time waits for its answer: the newest."""

    def __init__(self, judge: Judge, home: Home, places: Places, clock: Callable[[], float]) -> None:
        """`clock` is the judge's."""
        self._places = places
        self._judge = judge
        self._home = home
        self._clock = clock
        self._turn = 0
        self._question = ""
        self._room = Room(ROOM)
        self._turns = asyncio.Lock()

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "devices": self._devices,
            "deed": self._deed,
            "deed_answer": self._answer,
            "understand": self._understand,
        }

    async def _understand(self, request: Answer) -> Answer:
        """What `text` means, said in `area`; nothing of it is done."""
        text, area = request.get("text"), request.get("area", "")
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
            raise ControlError(f"understand needs a `text` of 1 to {MAX_TEXT} characters")
        if not isinstance(area, str) or len(area) > MAX_AREA:
            raise ControlError("understand: `area` is the id or name of a room")
        meant = await self._places.understand(text.strip(), area)
        told: Answer = msgspec.to_builtins(meant)
        return {name: told[name] for name in ("intent", "source", "answer", "asks", "deeds")}

    async def _devices(self, request: Answer) -> Answer:
        """Rooms, and one page of entities: `after` is what the page before called `next`."""
        after = request.get("after", 0)
        if isinstance(after, bool) or not isinstance(after, int) or after < 0:
            raise ControlError("devices: `after` is a number")
        house = self._home.house()
        page = house.entities[after : after + PAGE_ENTITIES]
        end = after + len(page)
        places = {device.id: device.area for device in house.devices}
        return {
            "name": house.name,
            "language": house.language,
            "floors": [{"id": each.id, "name": each.name} for each in house.floors],
            "areas": [{"id": each.id, "name": each.name, "floor": each.floor} for each in house.areas],
            "entities": [_shown(each, places) for each in page],
            "next": end if end < len(house.entities) else None,
        }

    async def _deed(self, request: Answer) -> Answer:
        """`entity_id`, `service`, `data`, and the `area` where somebody wants it."""
        try:
            wanted = msgspec.convert({k: v for k, v in request.items() if k != "do"}, Wanted)
        except msgspec.ValidationError as error:
            raise ControlError(f"deed: {error}", "give entity_id, service and data") from error
        house = self._home.house()
        entity = house.entity(wanted.entity_id)
        if entity is None:
            raise ControlError(f"there is no {wanted.entity_id!r} here", "see: GET /api/devices")
        if not services.known(entity.domain, entity.domain, wanted.service):
            known = ", ".join(sorted(services.KNOWN.get(entity.domain, ())))
            raise ControlError(
                f"{entity.name} knows no {wanted.service!r}",
                f"one of: {known}" if known else "it is only read",
            )
        deed = Deed(entity.domain, wanted.service, (entity.id,), dict(wanted.data))
        async with self._turns:
            self._forget()
            self._turn += 1
            self._room = Room(ROOM, _area_id(house, wanted.area))
            verdict = self._judge.judge(
                (deed,), house, self._room, Evidence(ROOM, self._room.area), self._turn
            )
            return await self._obey(verdict)

    async def _answer(self, request: Answer) -> Answer:
        """`question` as it was given, and the `text` that answers it: a yes or a PIN."""
        text = request.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= MAX_ANSWER:
            raise ControlError(f"deed_answer needs a `text` of 1 to {MAX_ANSWER} characters")
        async with self._turns:
            asked = request.get("question")
            if not (
                isinstance(asked, str) and self._question
                and secrets.compare_digest(asked.encode(), self._question.encode())
            ):  # fmt: skip
                raise ControlError("that question is not asked (any more)", "ask for the deed again")
            now = self._clock()
            heard = Heard(text, now, now, "typed")
            evidence = Evidence(ROOM, self._room.area)
            verdict = await self._judge.answer(heard, self._home.house(), self._room, evidence, self._turn)
            if verdict is None:
                self._forget()
                raise ControlError("that was no answer", "ask for the deed again")
            return await self._obey(verdict)

    async def _obey(self, verdict: Verdict) -> Answer:
        told: Answer = {"verdict": verdict.kind, "words": verdict.words, "results": [], "question": ""}
        if verdict.kind in {"ask", "again"}:
            self._question = self._question or secrets.token_urlsafe(12)
            return told | {"verdict": "ask", "question": self._question}
        self._forget()
        if verdict.kind == "ignore":
            return told | {"verdict": "deny"}
        if verdict.kind == "allow":
            done = await asyncio.gather(
                *(self._home.perform(deed, verdict.granted) for deed in verdict.deeds)
            )
            results: list[DeedResult] = [result for each in done for result in each]
            self._judge.record(verdict, results)
            told["results"] = [msgspec.to_builtins(result) for result in results]
        return told

    def _forget(self) -> None:
        """Nothing is asked any more."""
        if self._question:
            self._judge.end_turn(ROOM, self._turn)
            self._question = ""


def _area_id(house: House, area: str) -> str:
    wanted = area.casefold()
    found = (each.id for each in house.areas if wanted in {each.id.casefold(), each.name.casefold()})
    return next(found, "") if wanted else ""


def _shown(entity: Entity, places: Mapping[str, str | None]) -> dict[str, Any]:
    attributes = {
        name: value
        for name in SHOWN
        if (value := entity.attributes.get(name)) is not None
        and len(msgspec.json.encode(value)) <= MAX_ATTRIBUTE_BYTES
    }
    return {
        "id": entity.id,
        "name": entity.name,
        "domain": entity.domain,
        "area": entity.area or places.get(entity.device or "") or None,
        "state": entity.state,
        "attributes": attributes,
        "services": sorted(services.KNOWN.get(entity.domain, ())),
    }
