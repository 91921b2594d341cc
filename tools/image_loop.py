"""Runs in the guest, with the appliance's own Python: a person, a lamp and an ear beside a looped sound card.

What is played at one end of snd-aloop is heard at the other, where the appliance has its microphone and
loudspeaker. Prints one JSON object: `deed` (what the lamp was told), `answer_seconds` and `answer_rms` (0…1)
of what the loudspeaker said, `tries`. Arguments: number of the card, the lamp's broker account as JSON.
"""

from __future__ import annotations

import json
import queue
import sys
import time
from typing import Any

import numpy as np
import sounddevice
from paho.mqtt import client as mqtt

from appliance.demonstration import speak

MIC_HZ, SPEAKER_HZ = 16_000, 44_100
SENTENCE = "turn on the kitchen light"
WORDS = ("Hey Jarvis", "Alexa")
CONFIG = {
    "name": "kitchen light", "unique_id": "lamp1", "command_topic": "lamp/set", "state_topic": "lamp/state",
    "device": {"identifiers": ["lamp1"], "name": "Kitchen", "suggested_area": "Kitchen"},
}  # fmt: skip
BROKER_PORT = 1_883
BLOCK_SECONDS = 0.1
LOUD_RMS = 0.005
WAIT_SECONDS = 40.0
SETTLE_SECONDS = 15.0
"""Until it has said what it says when it starts, and its answer is over."""


class Lamp:
    """Announces itself, obeys, and remembers what it was told."""

    def __init__(self, account: dict[str, Any]) -> None:
        self.told: queue.Queue[str] = queue.Queue()
        version = mqtt.CallbackAPIVersion.VERSION2
        self._client = mqtt.Client(version, client_id=account.get("client_id", "lamp"))
        self._client.username_pw_set(account["name"], account["password"])
        self._client.on_connect = self._connected
        self._client.on_message = self._message
        self._client.connect("127.0.0.1", BROKER_PORT)
        self._client.loop_start()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("lamp/set")
        client.publish("homeassistant/light/lamp1/config", json.dumps(CONFIG), retain=True)
        client.publish("lamp/state", "OFF", retain=True)

    def _message(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        said = message.payload.decode(errors="replace")
        client.publish("lamp/state", said, retain=True)
        self.told.put(said)


class Ear:
    """Measures what comes out of the loudspeaker's end."""

    def __init__(self, device: int) -> None:
        self.loud: list[float] = []
        self._stream = sounddevice.InputStream(
            samplerate=SPEAKER_HZ, device=device, channels=1, dtype="int16",
            blocksize=int(SPEAKER_HZ * BLOCK_SECONDS), callback=self._heard,
        )  # fmt: skip
        self._stream.start()

    def _heard(self, block: Any, *_: object) -> None:
        rms = float(np.sqrt(np.mean((block.astype(np.float32) / 32_768) ** 2)))
        if rms > LOUD_RMS:
            self.loud.append(rms)


def device_of(card: int, kind: str) -> int:
    """Our end: device 0 of the card."""
    for number, found in enumerate(sounddevice.query_devices()):
        if f"(hw:{card},0)" in found["name"] and found[f"max_{kind}_channels"]:
            return number
    raise SystemExit(f"no end of card {card} for {kind}: {sounddevice.query_devices()}")


def main() -> int:
    """Say the command with one wake word after the other until the lamp is told; 0: it was, and aloud."""
    card, account = int(sys.argv[1]), json.loads(sys.argv[2])
    lamp = Lamp(account)
    ear = Ear(device_of(card, "input"))
    mouth = device_of(card, "output")
    time.sleep(SETTLE_SECONDS)
    deed, tries = "", 0
    for word in WORDS:
        tries += 1
        ear.loud.clear()
        spoken = np.frombuffer(speak(f"{word}, {SENTENCE}"), np.int16)
        sounddevice.play(spoken, MIC_HZ, device=mouth, blocking=True)
        try:
            deed = lamp.told.get(timeout=WAIT_SECONDS)
            break
        except queue.Empty:
            print(f"no deed after {word!r}", file=sys.stderr)
    time.sleep(SETTLE_SECONDS)
    loud = list(ear.loud)
    answer = {
        "answer_seconds": round(len(loud) * BLOCK_SECONDS, 1),
        "answer_rms": round(max(loud, default=0.0), 3),
    }
    print(json.dumps({"deed": deed, "tries": tries, **answer}))
    return 0 if deed and loud else 1


if __name__ == "__main__":
    sys.exit(main())
