"""What the appliance behind the page says in these tests; the web process between them is the real one."""

from __future__ import annotations

import asyncio
import math
import threading
from pathlib import Path
from typing import Any

import msgspec

from appliance.config import schema
from tests.controlled import Controlled, Table, controlled, stage, status

SECONDS = 30.0
CHANGEABLE = frozenset({"language", "audio.volume", "audio.muted", "wake.words", "timers.zone", "tts.speed"})


def entity(name: str, title: str, area: str | None, state: str, *services: str, **attributes: Any) -> Table:
    domain = name.partition(".")[0]
    return {
        "id": name, "name": title, "domain": domain, "area": area, "state": state, "attributes": attributes,
        "services": list(services),
    }  # fmt: skip


ENTITIES = [
    entity("light.kitchen", "Kitchen light", "kitchen", "on", "turn_on", "turn_off",
           brightness=166, supported_color_modes=["brightness"]),
    entity("switch.coffee", "Coffee machine", "kitchen", "off", "turn_on", "turn_off"),
    entity("sensor.kitchen", "Kitchen temperature", "kitchen", "21.4", unit_of_measurement="°C"),
    entity("light.living", "Reading lamp", "living", "off", "turn_on", "turn_off"),
    entity("cover.living", "Blind", "living", "open", "open_cover", "close_cover"),
    entity("climate.living", "Heating", "living", "heat", current_temperature=20.5),
    entity("lock.front", "Front door", "hall", "locked", "lock", "unlock"),
    entity("scene.evening", "Evening", None, "unknown", "turn_on"),
]  # fmt: skip
DEVICES: Table = {
    "name": "Our house",
    "language": "en",
    "floors": [{"id": "ground", "name": "Ground floor"}],
    "areas": [
        {"id": "kitchen", "name": "Kitchen", "floor": "ground"},
        {"id": "living", "name": "Living room", "floor": "ground"},
        {"id": "hall", "name": "Hall", "floor": "ground"},
    ],
    "entities": ENTITIES,
    "next": None,
}
STAGES = [
    stage("sound", memory_mb=38.2), stage("wake", memory_mb=61.0), stage("vad", memory_mb=48.4),
    stage("stt", memory_mb=142.7, limits={"memory_max_mb": 400}),
    stage("intent", memory_mb=55.1), stage("tts", memory_mb=121.8, limits={"memory_max_mb": 300}),
]  # fmt: skip
CAPABLE = {"mute": True, "volume": True}
SATELLITES = [
    {
        "name": "bedroom", "title": "Bedroom", "area": "Bedroom", "online": True, "refused": "",
        "state": "idle", "muted": False, "hardware_mute": False, "volume": 0.6, "capabilities": CAPABLE,
        "health": "ok", "searched": True, "search_reason": "", "counters": {"jitter_ms": 3.2}, "faults": {},
    },
    {
        "name": "hall", "title": "Hall", "area": "Hall", "online": False, "refused": "", "state": "idle",
        "muted": False, "hardware_mute": False, "volume": None, "capabilities": None, "health": "ok",
        "searched": None, "search_reason": "", "counters": {}, "faults": {},
    },
]  # fmt: skip
STATUS = status(
    stages=STAGES,
    absent={},
    rooms=[{"name": "local"}],
    satellites={"connected": 1, "satellites": SATELLITES, "faults": {}},
    home={"entities": 8, "areas": 3, "faults": {"a payload that is no JSON": 2}},
)
TIMERS: Table = {
    "timers": [
        {"id": 1, "kind": "timer", "state": "running", "name": "Pasta", "room": "local", "at": "", "zone": "",
         "days": [], "left_s": 427.0},
        {"id": 2, "kind": "alarm", "state": "waiting", "name": "", "room": "bedroom",
         "at": "2026-11-23T07:00:00", "zone": "Europe/Berlin", "days": [0, 1, 2, 3, 4], "left_s": None},
    ]
}  # fmt: skip


def model(name: str, kind: str, state: str, size: int, **changes: Any) -> Table:
    usual = {
        "name": name, "kind": kind, "engine": "some", "state": state, "needed": False, "size_bytes": size,
        "ram_mb": 90, "licence": "MIT", "languages": ["en"], "pinned": True, "source": "",
    }  # fmt: skip
    return usual | changes


MODELS: Table = {
    "models": [
        model("okay-nabu", "wake", "package", 60_000, needed=True),
        model("hey-jarvis", "wake", "verified", 62_000),
        model("small-en", "stt", "verified", 41_000_000, needed=True),
        model("amy-low", "tts", "verified", 63_000_000, needed=True),
        model("thorsten-medium", "tts", "missing", 64_000_000, languages=["de"]),
        model("qwen-1.5b", "llm", "missing", 1_120_000_000, ram_mb=1_700, licence="Apache-2.0"),
    ],
    "fetches": [],
}
FETCH = {
    "name": "thorsten-medium", "state": "running", "done_bytes": 21_000_000, "total_bytes": 64_000_000,
    "error": "", "hint": "",
}  # fmt: skip
VOICES: Table = {
    "engine": "piper",
    "voices": [
        {"name": name, "engine": "piper", "languages": ["en"], "licence": "MIT", "rate_hz": 16_000,
         "installed": True, "chosen": chosen, "setting": "tts.voice"}
        for name, chosen in (("amy-low", True), ("lessac-medium", False))
    ],
}  # fmt: skip
PEOPLE: Table = {
    "people": [
        {"name": "Ada", "role": "owner", "permissions": [], "rooms": [], "voices": 6, "pin": True},
        {"name": "Ben", "role": "child", "permissions": ["deny lock.*"], "rooms": ["bedroom"], "voices": 0,
         "pin": False},
    ]
}  # fmt: skip
LINES: Table = {
    "lines": [
        msgspec.json.encode({
            "time": "2026-11-21T10:00:00Z", "level": "info", "component": "turn", "stage": "stt",
            "message": "transcribed", "trace_id": "4f2a90bb12", "latency_ms": 182.0,
        }).decode()
    ],
    "next": 1, "more": False,
}  # fmt: skip


STEP_SECONDS, DAY = 300, 288
BEGINS = 1_795_000_000


def values(middle: float, wave: float, spike: float = 0.0) -> list[float | None]:
    """A day of them, with an hour in which the appliance was off."""
    found: list[float | None] = [
        round(middle + wave * math.sin(at / 23) + (spike if at % 61 == 0 else 0.0), 2) for at in range(DAY)
    ]
    found[100:112] = [None] * 12
    return found


HISTORY: Table = {
    "step_seconds": STEP_SECONDS,
    "begins": BEGINS,
    "series": {
        "first_audio_p50_ms": {"unit": "ms", "values": values(610, 60)},
        "first_audio_p95_ms": {"unit": "ms", "values": values(900, 120, 700)},
        "memory_mb": {"unit": "MB", "values": values(1_240, 90)},
        "memory_mb.stt": {"unit": "MB", "values": values(140, 20)},
        "load": {"unit": "", "values": values(0.6, 0.3, 1.2)},
        "temperature_c": {"unit": "°C", "values": values(54, 6)},
        "pressure_percent": {"unit": "%", "values": values(1.2, 0.8, 5)},
        "loop_lag_ms": {"unit": "ms", "values": values(2, 1)},
    },
}
SETUP: Table = {
    "name": "appliance-k3m7", "name_why": "", "language": "en", "languages": ["de", "en"],
    "language_why": "", "zone": "Europe/Berlin", "zone_why": "", "note": "",
    "home_assistant": {"url": "", "token": False, "state": "none", "reason": ""},
    "wifi": {"offered": True, "why": "", "connected": "Our network",
             "change": {"state": "done", "ssid": "Next door", "reason": ""}},
}  # fmt: skip
NETWORKS: Table = {
    "offered": True, "why": "", "connected": "Our network",
    "change": {"state": "working", "ssid": "Next door", "reason": ""},
    "networks": [{"ssid": "Our network", "signal_percent": 82, "secured": True},
                 {"ssid": "Next door", "signal_percent": 31, "secured": True}],
}  # fmt: skip


def settings() -> Table:
    """Every key there is, at its default."""
    told = {}
    for path, leaf in schema.leaves().items():
        value = schema.HIDDEN if schema.is_secret(path) and leaf.default else leaf.default
        told[leaf.key] = {
            "value": list(value) if isinstance(value, tuple) else value,
            "origin": {"kind": "default", "name": ""},
            "chosen_while_running": leaf.key in CHANGEABLE,
            "needs_restart": path[0] in {"mqtt", "web"},
        }
    told["wake.words"]["value"] = ["okay-nabu"]
    return {"settings": msgspec.to_builtins(told), "choosable": True}


def answers() -> dict[str, Table]:
    """By the name of the request."""
    return {
        "status": STATUS, "devices": DEVICES, "timers": TIMERS, "models": MODELS, "voices": VOICES,
        "model_fetches": {"fetches": [FETCH]}, "model_fetch": {"fetch": FETCH}, "person_list": PEOPLE,
        "settings": settings(), "logs": LINES, "audit_list": {"rows": []}, "mute": {"muted": True},
        "account_list": {"accounts": [{"name": "bedroom", "kind": "satellite", "area": "Bedroom"}]},
        "account_add": {"name": "attic", "kind": "satellite", "uri": "appliance://attic:secret@10.0.0.2:8883",
                        "password": "secret", "host": "10.0.0.2", "port": 8883, "tls": True},
        "deed": {"verdict": "allow", "words": "", "question": "",
                 "results": [{"entity_id": "light.living", "name": "Reading lamp", "done": True,
                              "confirmed": True}]},
        "understand": {"intent": "HassTurnOn", "source": "intent", "answer": "Turned on the light",
                       "asks": False,
                       "deeds": [{"domain": "light", "service": "turn_on", "entity_id": ["light.living"],
                                  "data": {}}]},
        "timer_start": {"id": 1, "answer": "Timer for 5 minutes set."}, "claim_verify": {"valid": True},
        "update": {"installed": "1.2.3", "latest": "1.3.0", "available": True, "in_progress": False,
                   "percent": None, "doing": "", "notes": "Quicker answers.", "released": "", "size_mb": 84,
                   "trying": False, "undone": "", "undone_why": "", "problem": "", "hint": ""},
        "backup_list": {"snapshots": ["/data/backup/2026-11-20T031500Z"], "trouble": "",
                        "offsite_trouble": ""},
        "health_history": HISTORY, "setup": SETUP, "setup_language": SETUP | {"language": "de"},
        "setup_name": SETUP | {"name": "kitchen"}, "setup_zone": SETUP, "setup_wifi": NETWORKS,
        "setup_home_assistant": SETUP, "restart": {"restarting": True},
        "factory_reset": {"factory reset": "the machine starts anew"},
        "announce": {"rooms": ["local"]}, "hush": {},
        "setting_choose": {"key": "audio.volume", "value": 0.4, "origin": {"kind": "chosen", "name": "here"},
                           "chosen_while_running": True, "needs_restart": False},
    }  # fmt: skip


class Behind:
    """The control socket in a thread of its own, so that a test can wait for a browser."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._ready = threading.Event()
        self.serving: Controlled
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(SECONDS)

    async def _serve(self) -> None:
        async with controlled(self._data, **answers()) as self.serving:
            self._ready.set()
            await self._ended.wait()

    def asked(self, do: str) -> list[Table]:
        """All requests of this name so far."""
        return [request for request in self.serving.requests if request["do"] == do]

    def note(self, turn: int, kind: str, at_ms: int, site: str = "local", **data: Any) -> None:
        """One that every watcher gets."""

        async def tell() -> None:
            await self.serving.watched()
            self.serving.note(turn, kind, at_ms, site, **data)

        asyncio.run_coroutine_threadsafe(tell(), self._loop).result(SECONDS)

    def spoken_turn(self, turn: int = 7) -> None:
        """A sentence, what was done, and the answer."""
        for kind, at_ms, data in (
            ("wake", 1_000, {"word": "okay-nabu", "score": 0.97}),
            ("listening", 1_010, {}),
            ("partial", 1_900, {"text": "turn on"}),
            ("endpoint", 3_050, {"speech_end_ms": 2_700}),
            ("transcript", 3_130, {"text": "turn on the reading lamp", "confidence": 0.93, "ms": 80}),
            ("intent", 3_155, {"intent": "HassTurnOn", "source": "intent", "ms": 12}),
            ("deed", 3_240, {"entity_id": "light.living", "name": "Reading lamp", "done": True}),
            ("reply", 3_245, {"text": "Turned on the reading lamp"}),
            ("first_audio", 3_370, {"speech_end_ms": 2_700}),
            ("played", 4_900, {"seconds": 1.5, "rms": 0.1}),
            ("done", 4_910, {"outcome": "done"}),
        ):
            self.note(turn, kind, at_ms, **data)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(SECONDS)
        self._loop.close()
