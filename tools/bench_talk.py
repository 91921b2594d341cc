"""End of speech to first sound: in a browser, and on the appliance itself; started by tools/bench-talk.

One appliance, one headless Chromium with a fake microphone. Turns alternate, so that both see the same load.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from appliance.audio import pcm
from appliance.demonstration import WAKE_SPEECH, speak
from appliance.pipeline.trace import TurnNote
from appliance.web.access import sessions
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from tests.appliances import Running, with_models
from tests.web.access.keys import token
from tests.web.talk.browser import browsing, write_wav
from tests.web.talk.listening import ask
from tests.web.test_whole import free_port, ready

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "turn on the kitchen light"
SECOND = bytes(1_000 * pcm.BYTES_PER_MS)
GOAL_MS = 60


async def on_the_device(running: Running, sound: bytes) -> float | None:
    """How long the speaker waits at the appliance's own microphone, in ms; None: it was not heard."""
    async with running.notes() as notes:
        await running.hear(sound)
        waited = None
        async with asyncio.timeout(30):
            async for raw in notes:
                note = msgspec.convert(raw, TurnNote)
                if note.kind == "first_audio" and note.data.get("speech_end_ms"):
                    waited = float(note.at_ms - note.data["speech_end_ms"])
                if note.kind == "done":
                    return waited
    return None


async def in_the_browser(page: Any) -> dict[str, Any]:
    """The figures of one turn there; the microphone is opened anew, so its file begins anew."""
    await page.evaluate("window.events.length = 0")
    await page.evaluate("make({}); talk.start().then(() => talk.press())")
    await page.until("of('figures').length")
    figures: dict[str, Any] = await page.evaluate("of('figures')[0]")
    figures["latencyMs"] = await page.evaluate("of('playing')[0]?.latencyMs ?? null")
    await page.evaluate("talk.stop()")
    return figures


def row(name: str, values: list[float]) -> str:
    """Median and the worst of ten."""
    if not values:
        return f"{name:<58} nothing was measured"
    ranked = sorted(values)
    worst = ranked[int(len(ranked) * 0.9)]
    return f"{name:<58} {statistics.median(ranked):>7.1f} {worst:>7.1f}  n={len(ranked)}"


async def measure(running: Running, port: int, folder: Path, rounds: int) -> int:
    """The exit status: 0 when the goal is met."""
    device: list[float] = []
    browser: list[dict[str, Any]] = []
    cookie = Store(running.data / "web").change(lambda state: sessions.begin(state, "bench", wall()))
    microphone = write_wav(folder / "microphone.wav", SECOND + speak(COMMAND) + 5 * SECOND)
    asked = speak(f"{WAKE_SPEECH}, {COMMAND}")
    async with browsing(folder, microphone) as page:
        await page.open(f"http://127.0.0.1:{port}", cookie)
        for _ in range(rounds):
            waited = await on_the_device(running, asked)
            if waited is not None:
                device.append(waited)
            browser.append(await in_the_browser(page))
    waits = [each["firstAudioMs"] for each in browser if each["firstAudioMs"]]
    print(f"{'ms':<58} {'median':>7} {'p90':>7}")
    print(row("end of speech → first sound, on the appliance", device))
    print(row("end of speech → first sound, in the browser", waits))
    print(row("  of it: first piece in the page → its sound", [each["latencyMs"] or 0 for each in browser]))
    print(
        row(
            "microphone frames, from 20 ms apart (p95 of a turn)",
            [each["captureJitterMs"] for each in browser],
        )
    )
    print(
        row(
            "frames arriving at the appliance, jitter (RFC 3550)",
            [each["serverJitterMs"] or 0 for each in browser],
        )
    )
    print(row("underruns of the loudspeaker, a turn", [each["underruns"] for each in browser]))
    secret, url = token(running.data, "chat", "read"), f"ws://127.0.0.1:{port}/api/talk"
    for listeners in (0, 100):
        late = [-(await ask(url, secret, listeners)).late_ms for _ in range(rounds)]
        print(row(f"speech in the page before it is needed, {listeners} listeners", late))
    if not device or not waits:
        return 1
    added = statistics.median(waits) - statistics.median(device)
    print(f"the browser adds {added:.0f} ms (goal: at most {GOAL_MS})")
    return int(added > GOAL_MS)


def main() -> int:
    """Start everything, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--microphone", action="store_true", help="what the browser's processing of the microphone costs"
    )
    given = parser.parse_args()
    if given.microphone:
        from tools import bench_microphone

        return asyncio.run(bench_microphone.measure())
    rounds = given.rounds
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        data = with_models(folder / "data", Path(os.environ["APPLIANCE_TEST_MODELS"]))
        house = ROOT / "appliance" / "home" / "demo.json"
        running = Running(
            data, "--house", str(house), web__enabled="true", web__port=str(port),
            web__requests_per_minute="100000", web__listen="loopback",
        )  # fmt: skip
        try:
            asyncio.run(running.listening())
            asyncio.run(ready(port))
            return asyncio.run(measure(running, port, folder, rounds))
        finally:
            running.close()


if __name__ == "__main__":
    raise SystemExit(main())
