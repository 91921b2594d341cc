"""How often a pause in the middle of a sentence is taken for its end; `tools/bench --pauses N`.

Each sentence is spoken in two parts with a pause of known length between them, into a whole appliance.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.audio import pcm
from appliance.control import ControlClient, Notes, socket_path
from appliance.demonstration import WAKE_SPEECH, chunks, next_turn, speak

PARTS = (
    ("turn on the", "kitchen light"),
    ("turn on the kitchen", "light"),
    ("turn on the light", "in the kitchen"),
    ("turn off the lights", "in the bedroom"),
    ("set the living room lamp", "to forty percent"),
    ("turn off the kitchen light", "and the bedroom light"),
    ("is the", "back door open"),
    ("turn off", "the bedroom light"),
)
PAUSES_MS = (150, 250, 350, 450, 600)
QUIET = 300
"""Samples below are the synthesizer's own silence."""
END_MS = 1_500


def trimmed(speech: bytes) -> bytes:
    """Without silence in front and behind."""
    samples = memoryview(speech).cast("h")
    loud = [at for at, value in enumerate(samples) if abs(value) > QUIET]
    return bytes(samples[loud[0] : loud[-1] + 1].cast("B")) if loud else b""


def silence(ms: float) -> bytes:
    """So much of it."""
    return bytes(int(ms) * pcm.BYTES_PER_MS)


async def bench_pauses(
    client: ControlClient, notes: Notes, count: int, table: Callable[[str, Any, Any], None]
) -> None:
    """Every sentence with every pause, `count` times."""
    wake = trimmed(speak(f"{WAKE_SPEECH},"))
    spoken = {words: trimmed(speak(words)) for parts in PARTS for words in parts}
    heard: Counter[int] = Counter()
    cut: Counter[int] = Counter()
    breaks: Counter[str] = Counter()
    for _ in range(count):
        for pause_ms in PAUSES_MS:
            for first, second in PARTS:
                parts = [silence(400), wake, silence(200), spoken[first], silence(pause_ms), spoken[second]]
                for chunk in chunks(b"".join([*parts, silence(END_MS)])):
                    await client.ask("hear", pcm=chunk)
                turn = await next_turn(notes)
                if not turn.speech_end_ms:
                    continue
                heard[pause_ms] += 1
                # From the end of the wake word to the middle of the pause. It is noticed up to 300 ms late,
                # which is less than any second part lasts.
                middle_ms = sum(map(pcm.milliseconds, parts[2:4])) + pause_ms / 2
                if turn.speech_end_ms - turn.started_ms < middle_ms:
                    cut[pause_ms] += 1
                    breaks[f"{first} … {second}"] += 1
                await asyncio.sleep(END_MS / 1000)
    rows = [(ms, heard[ms], cut[ms], f"{100 * cut[ms] / max(1, heard[ms]):.0f}") for ms in PAUSES_MS]
    table("Pauses in the middle of a sentence", ("pause, ms", "n", "cut in", "%"), rows)
    for words, number in breaks.most_common():
        print(f"{number} × {words}")


STORY = "Once upon a time there was a lamp that nobody had ever switched on. " * 3


async def bench_barge(folder: Path, notes: Notes, count: int, table: Callable[[str, Any, Any], None]) -> None:
    """The wake word while the appliance speaks: from the frame in which it was noticed to silence."""
    wake = silence(1_500) + trimmed(speak(f"{WAKE_SPEECH},")) + silence(1_000)
    spans: list[int] = []
    for _ in range(count):
        async with ControlClient(socket_path(folder)) as client:
            await client.ask("announce", text=STORY)
            await until(notes, "first_audio")
            for chunk in chunks(wake):
                await client.ask("hear", pcm=chunk)
        noticed = await until(notes, "wake")
        silent = await until(notes, "done")
        if silent["data"]["outcome"] == "interrupted":
            spans.append(silent["at_ms"] - noticed["at_ms"])
        await until(notes, "done")
    ordered = sorted(spans)
    middle, worst = (ordered[len(ordered) // 2], ordered[-1]) if ordered else ("", "")
    title = "The wake word during speech, noticed → silence"
    table(title, ("n", "median ms", "worst ms"), [(len(spans), middle, worst)])


async def until(notes: Notes, kind: str) -> dict[str, Any]:
    """The next note of this kind."""
    async with asyncio.timeout(30):
        async for raw in notes:
            if raw["kind"] == kind:
                return raw
    raise RuntimeError("the appliance is gone")
