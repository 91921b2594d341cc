"""A judge with a clock that the test moves, over the house of `homes`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from appliance.config.model import Config, Policy, Stt
from appliance.home.entities import House
from appliance.judgement.audit import Row
from appliance.judgement.identity.evidence import Evidence
from appliance.judgement.identity.profiles import Profile
from appliance.judgement.judge import Judge
from appliance.judgement.policy import Room
from appliance.judgement.verdict import Heard, Verdict
from appliance.wire.messages import Deed
from tests.judgement.homes import HOUSE
from tests.judgement.speakers import utterance

NOON = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)
PIN = "471199"
ANNA = Profile("Anna", "owner", voices=tuple(utterance("anna", n) for n in range(5)))
KIM = Profile("Kim", "child", voices=tuple(utterance("kim", n) for n in range(5)))
ANNAS = Evidence("local", voice=utterance("anna", 9))
KIMS = Evidence("local", voice=utterance("kim", 9))
NOBODYS = Evidence("local")
HERE = Room()
UNLOCK = Deed("lock", "unlock", ("lock.front_door",))
LIGHT = Deed("light", "turn_on", ("light.kitchen",), {"brightness_pct": 42})


class Court:
    """`judge` and what surrounds it."""

    def __init__(self, data: Path, language: str = "en", **policy: Any) -> None:
        stt = Stt(engine="vosk", speaker_model="vosk-model-spk")
        self.config = Config(language=language, stt=stt, policy=Policy(**policy))
        self.data = data
        self.now = 1_000.0
        self.wall = NOON
        self.house: House = HOUSE
        self.judge = Judge(self.config, data, lambda: self.now, lambda: self.wall)

    async def __aenter__(self) -> Self:
        await self.judge.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.judge.stop()

    async def people(self, *profiles: Profile, pin_of: str = "") -> None:
        for profile in profiles:
            await asyncio.to_thread(self.judge.household.add, profile)
        if pin_of:
            await asyncio.to_thread(self.judge.household.set_pin, pin_of, PIN)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.wall += timedelta(seconds=seconds)

    def ask(self, *deeds: Deed, by: Evidence = ANNAS, room: Room = HERE, turn: int = 7) -> Verdict:
        return self.judge.judge(deeds or (UNLOCK,), self.house, room, by, turn)

    async def say(
        self, text: str, by: Evidence = NOBODYS, room: Room = HERE, turn: int = 7, source: Any = "heard"
    ) -> Verdict | None:
        heard = Heard(text, self.now - 1.0, self.now, source)
        return await self.judge.answer(heard, self.house, room, by, turn)

    async def rows(self) -> Sequence[Row]:
        return await asyncio.to_thread(self.judge.audit.list)

    async def story(self) -> list[str]:
        """The audit as short lines."""
        return [
            f"{row.outcome} {row.entity}{' ' + row.reason if row.reason else ''}" for row in await self.rows()
        ]
