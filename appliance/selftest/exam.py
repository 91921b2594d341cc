"""One self test from its first row to its last, within its time, leaving nothing behind."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.config.model import Config
from appliance.control import ControlClient, socket_path
from appliance.errors import ApplianceError, ControlError
from appliance.selftest import sentences, steps, surroundings
from appliance.selftest.apart import Apart
from appliance.selftest.steps import Outcome, Step

READY_SHARE = 0.4
"""Share of the time in which the running appliance may still become ready."""
TRY_SHARE = 0.7
"""Share of the time after which no further utterance is begun."""
LOOK_SECONDS = 0.5
Report = Callable[[Step], None]


class Exam:
    """`run` once."""

    def __init__(
        self, config: Config, report: Report, seconds: float, *, outside_counts: bool = True
    ) -> None:
        """`report` gets each row at once; `outside_counts`: is a broker elsewhere that is away a failure?"""
        self._config = config
        self._report = report
        self._seconds = seconds
        self._outside_counts = outside_counts
        self._good = True
        self._began = 0.0
        self._doing = "running appliance"

    async def run(self) -> bool:
        """Did every row go well?"""
        before = surroundings.descendants(os.getpid())
        began = self._began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                await self._all()
        except TimeoutError:
            hint = f"a slow machine needs more: appliance selftest --timeout {self._seconds * 3:.0f}"
            self._row(Step(self._doing, ok=False, found=f"not done after {self._seconds:.0f} s", hint=hint))
        except ApplianceError as error:
            hint = error.hint or "appliance doctor"
            self._row(Step(self._doing, ok=False, found=error.message, hint=hint, ms=_since(began)))
        self._row(steps.left_step(await surroundings.still_running(before)))
        return self._good

    async def _all(self) -> None:
        status = await self._running()
        memory = await asyncio.to_thread(surroundings.available_mb)
        room = steps.memory_step(memory, steps.needed_mb(status))
        self._row(room)
        if room.ok:
            await self._speech()

    def _row(self, step: Step) -> None:
        self._good = self._good and step.ok
        self._report(step)

    # --- the running one ----------------------------------------------------------------------------------

    async def _running(self) -> dict[str, Any]:
        """Its rows; its status, empty when nobody can be asked."""
        began = time.monotonic()
        try:
            status = await self._settled()
        except ControlError as error:
            self._row(Step("running appliance", ok=False, found=error.message, hint=error.hint))
            return {}
        version = str(status.get("version", ""))[:80]
        self._row(Step("running appliance", ok=True, found=version, ms=_since(began)))
        for step in steps.running_steps(status, outside_counts=self._outside_counts):
            self._row(step)
        return status

    async def _settled(self) -> dict[str, Any]:
        """Its status once its stages are ready, or what it is when they take too long."""
        deadline = time.monotonic() + self._seconds * READY_SHARE
        async with ControlClient(socket_path(Path(self._config.paths.data))) as client:
            while True:
                status = await client.ask("status")
                settled = not steps.unready(status) and status.get("mqtt", {}).get("connected")
                if settled or time.monotonic() > deadline:
                    return status
                await asyncio.sleep(LOOK_SECONDS)

    # --- the private one ----------------------------------------------------------------------------------

    async def _speech(self) -> None:
        self._doing, began = "private appliance", time.monotonic()
        phrase = sentences.phrase(self._config.language)
        said = phrase or sentences.PHRASES[sentences.ENGLISH]
        async with Apart(self._config, said, self._seconds) as apart:
            found = f"no card, own broker, in {apart.folder.parent}, sandbox: {apart.confinement}"
            self._row(Step("private appliance", ok=True, found=found, ms=_since(began)))
            self._doing = "own voice"
            await self._command(apart, phrase)

    async def _command(self, apart: Apart, phrase: sentences.Phrase | None) -> None:
        """The rows of the spoken command; without a sentence in this language, of its wake word."""
        outcomes = await self._attempts(apart, steps.WHOLE if phrase else steps.WOKEN)
        outcome = steps.best(outcomes)
        if outcome is None:
            raise ControlError("no voice could be had", "appliance say 'Hello' --out hello.wav")
        tries = f"{len(outcomes)} {'try' if len(outcomes) == 1 else 'tries'}"
        self._row(Step("own voice", ok=True, found=tries, ms=round(apart.voice_ms, 1)))
        rows = list(steps.chain(outcome, phrase.sentence if phrase else ""))
        for step in rows if phrase else [*rows[: steps.WOKEN], steps.no_sentence(self._config.language)]:
            self._row(step)

    async def _attempts(self, apart: Apart, enough: int) -> list[Outcome]:
        """Until one got far enough, nothing is left to try, or most of the time is gone."""
        outcomes: list[Outcome] = []
        last = self._began + self._seconds * TRY_SHARE
        for utterance in sentences.utterances(apart.words, self._config.wake.words):
            tried = [(each.utterance, each.woken) for each in outcomes]
            if not sentences.worth_trying(utterance, tried):
                continue
            outcome = await apart.hear(utterance)
            if outcome is not None:
                outcomes.append(outcome)
                self._doing = "recogniser" if outcome.woken else "wake word"
                if outcome.progress >= enough:
                    break
            if time.monotonic() > last:
                break
        return outcomes


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)
