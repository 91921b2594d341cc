"""What each part uses when loaded and at its peak, for the table of appliance/budget/table.py.

    .venv/bin/python tools/bench_memory.py [--turns 12] [--llm-mb 490] [SECTION__KEY=VALUE …]

A private appliance without a card is spoken to; all parts are measured ten times a second. With `--llm-mb`
a language model of that size with weights by chance is made first: its answers mean nothing, what it costs is
real. Settings choose other engines: tts__engine=piper tts__model=/path/to/voice.onnx.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from appliance.budget import measure  # noqa: E402
from appliance.budget.measure import Measured  # noqa: E402
from appliance.demonstration import WAKE_SPEECH, speak  # noqa: E402
from tests.appliances import Running, with_models  # noqa: E402
from tests.makers.gguf import make_model  # noqa: E402

HOUSE = ROOT / "appliance" / "home" / "demo.json"
COMMANDS = (
    "turn on the kitchen light",
    "set the living room lamp to forty percent",
    "is the back door open",
    "turn off the lights in the bedroom",
)
QUESTION = "why is the sky blue in the morning and what makes it red"
EVERY_SECONDS = 0.1
SEED = 11
"""Of the weights: with some, the first thing that the model says is that it is done."""
TURN_SECONDS = 15.0
WITH_MODEL = {
    "budget__preload": "3",
    "llm__house_chars": "0",  # a letter is a token: a described home would not fit the context
    "llm__max_tokens": "40",
    "llm__deadline_seconds": "50",
    "turn__think_seconds": "55",
}
WIDTH = 896
PARAMETERS_A_LAYER = 10 * WIDTH * WIDTH
BYTES_A_PARAMETER = 4


class Peaks:
    """The most of each part since `loaded`."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.loaded: dict[str, Measured] = {}
        self.most: dict[str, float] = {}

    async def look(self) -> dict[str, Measured]:
        """All parts now."""
        status = await self._running.status()
        found = {str(each["name"]): measure.stage(each) for each in status["stages"]}
        found |= measure.others(self._running.process.pid, [each["pid"] for each in status["stages"]])
        for name, part in found.items():
            if part is not None:
                self.most[name] = max(self.most.get(name, 0.0), part.now_mb, part.peak_mb or 0.0)
        return {name: part for name, part in found.items() if part is not None}

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)


async def work(running: Running, turns: int, *, asks: bool) -> int:
    """Commands by voice, questions to the model as text; how many commands began no turn that ended."""
    missed = 0
    for number in range(turns):
        async with running.notes() as notes:
            await running.hear(speak(f"{WAKE_SPEECH}, {COMMANDS[number % len(COMMANDS)]}"))
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    async for note in notes:
                        if note.get("kind") == "done":
                            break
            except TimeoutError:
                missed += 1
        if asks and number % 4 == 0:
            await running.ask(QUESTION)
    return missed


async def counted(running: Running) -> str:
    """What the model did: one that read and wrote nothing has no peak worth telling."""
    async with running.client() as client:
        samples = (await client.ask("metrics", form="samples"))["samples"]
    names = {f"appliance_llm_{what}_total": what for what in ("tokens", "prompt_tokens", "generations")}
    found = [
        f"{names[each['name']]} {'/'.join(each['labels'].values())} {each['value']:.0f}"
        for each in samples
        if each["name"] in names and each["value"]
    ]
    return ", ".join(found) or "nothing"


async def bench(turns: int, llm_mb: int, settings: dict[str, Any], folder: Path) -> None:
    """Start, load, work; print the table."""
    if llm_mb:
        layers = max(1, round(llm_mb * measure.MB / BYTES_A_PARAMETER / PARAMETERS_A_LAYER))
        model = make_model(folder / "chance.gguf", width=WIDTH, layers=layers, context=4_096, seed=SEED)
        print(f"language model: {model.stat().st_size / measure.MB:.0f} MB, {layers} layers")
        settings = {**WITH_MODEL, "llm__model": str(model), **settings}
    models = ROOT.parent / "none"
    for place in (Path.home() / ".cache/appliance/test-data/models",):
        models = place if place.is_dir() else models
    running = Running(with_models(folder / "data", models), "--house", str(HOUSE), **settings)
    try:
        await running.until(lambda status: all(each["state"] == "ready" for each in status["stages"]))
        await asyncio.sleep(2)
        peaks = Peaks(running)
        peaks.loaded = await peaks.look()
        watching = asyncio.create_task(peaks.watch())
        missed = await work(running, turns, asks=bool(llm_mb))
        watching.cancel()
        print(f"{turns - missed} of {turns} spoken commands became turns")
        print(f"the language model: {await counted(running)}\n")
        print("| part | loaded MB | peak MB | by |\n|---|---|---|---|")
        for name, part in peaks.loaded.items():
            print(f"| {name} | {part.now_mb:.0f} | {peaks.most[name]:.0f} | {part.source} |")
    finally:
        running.close()


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=12)
    parser.add_argument("--llm-mb", type=int, default=0)
    parser.add_argument("settings", nargs="*")
    arguments = parser.parse_args()
    settings = dict(each.split("=", 1) for each in arguments.settings)
    with tempfile.TemporaryDirectory(prefix="appliance-memory-") as folder:
        asyncio.run(bench(arguments.turns, arguments.llm_mb, settings, Path(folder)))


if __name__ == "__main__":
    main()
