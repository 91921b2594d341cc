"""The rows of a self test, judged from what was seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from appliance.pipeline.summary import Summary
from appliance.selftest.sentences import Utterance, spoken_word

AUDIBLE_RMS = 0.005
"""A quieter answer (1 is full scale) is no answer."""
VOICE_STAGES = ("sound", "wake", "vad", "stt", "intent", "tts")
MAX_FOUND = 300
WOKEN, WHOLE = 1, 5
"""How many steps of a spoken command went well: its wake word, all."""
MEMORY_MARGIN_MB = 160.0
"""Beside the stages: the second supervisor, its broker, and what the running one still needs."""
USUAL_MB = 450.0
"""What the stages of a voice appliance take when nobody can be asked."""


class Step(msgspec.Struct, frozen=True):
    """One row."""

    what: str
    ok: bool
    found: str = ""
    hint: str = ""
    ms: float | None = None
    """How long it took; None where time means nothing."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one utterance."""

    utterance: Utterance
    summary: Summary
    light_on: bool = False
    """The device's own word."""
    injected_ms: int = 0
    """When, on the microphone's clock, the utterance began."""
    word_ms: int = 0
    """How long after that its wake word had been said."""

    @property
    def woken(self) -> bool:
        """Was the wake word heard?"""
        return bool(self.summary.word)

    @property
    def progress(self) -> int:
        """How many steps went well, in their order."""
        return next((index for index, step in enumerate(chain(self, "")) if not step.ok), WHOLE)


# --- the running appliance ------------------------------------------------------------------------------


def unready(status: Mapping[str, Any]) -> list[str]:
    """Names of its stages that are not ready, and of those a spoken turn needs that are not even planned."""
    states = {str(stage.get("name")): stage.get("state") for stage in _stages(status)}
    return [name for name in dict.fromkeys((*states, *VOICE_STAGES)) if states.get(name) != "ready"]


def running_steps(status: Mapping[str, Any], *, outside_counts: bool = True) -> Iterator[Step]:
    """What the running appliance says of itself; an outside broker that is away is nobody's fault here."""
    yield _stage_step(status)
    yield _broker_step(_table(status.get("mqtt")), outside_counts=outside_counts)
    yield _sound_step(status)


def _stage_step(status: Mapping[str, Any]) -> Step:
    missing = unready(status)
    if not missing:
        return Step("running stages", ok=True, found=f"{len(_stages(status))} ready")
    by_name = {stage.get("name"): stage for stage in _stages(status)}
    first = by_name.get(missing[0], {})
    why = f": {first['last_error']}" if first.get("last_error") else ""
    hint = str(first.get("hint") or "appliance status")
    return Step("running stages", ok=False, found=_short(f"not ready: {', '.join(missing)}{why}"), hint=hint)


def _broker_step(mqtt: Mapping[str, Any], *, outside_counts: bool) -> Step:
    host = str(mqtt.get("host", ""))
    if mqtt.get("connected"):
        return Step("running broker", ok=True, found=_short(f"connected to {host}:{mqtt.get('port', '')}"))
    found = _short(f"{host} {mqtt.get('problem') or 'not connected'}")
    hint = str(mqtt.get("hint") or "appliance status")
    excused = not outside_counts and not host.startswith("127.") and host != "localhost"
    return Step("running broker", ok=excused, found=found, hint=hint)


def _sound_step(status: Mapping[str, Any]) -> Step:
    device = str(_table(status.get("audio")).get("device", ""))
    stage = next((each for each in _stages(status) if each.get("name") == "sound"), {})
    muted = ", microphone closed by its owner" if status.get("muted") else ""
    found = _short(f"{stage.get('detail') or device}{muted}")
    hint = "" if stage.get("state") == "ready" else str(stage.get("hint") or "appliance doctor")
    return Step("running sound", ok=not hint, found=found, hint=hint)


# --- memory ---------------------------------------------------------------------------------------------


def needed_mb(status: Mapping[str, Any]) -> float:
    """Memory that a second one takes, from what the running one does; the language model is not in it."""
    sizes = [stage.get("memory_mb") for stage in _stages(status) if stage.get("name") in VOICE_STAGES]
    known = sum(float(size) for size in sizes if isinstance(size, int | float))
    return (known or USUAL_MB) + MEMORY_MARGIN_MB


def memory_step(available_mb: float | None, wanted_mb: float) -> Step:
    """Is there room for a second one? It must never cost the first its own."""
    if available_mb is None:
        return Step("memory", ok=True, found="not known")
    found = f"{available_mb:.0f} MB free, {wanted_mb:.0f} MB wanted"
    hint = "" if available_mb >= wanted_mb else "free some memory: a smaller llm.model, fewer programs"
    return Step("memory", ok=not hint, found=found, hint=hint)


def left_step(processes: Iterable[int]) -> Step:
    """Is everything gone that the test started?"""
    pids = ", ".join(map(str, sorted(processes)))
    if not pids:
        return Step("taken down", ok=True, found="nothing is left running")
    return Step(
        "taken down", ok=False, found=_short(f"still running: {pids}"), hint=f"ps -fp {pids}"[:MAX_FOUND]
    )


# --- the spoken command ---------------------------------------------------------------------------------


def chain(outcome: Outcome, sentence: str) -> Iterator[Step]:
    """Wake word, recogniser, intent, deed, answer: `WHOLE` rows."""
    summary = outcome.summary
    yield _wake_step(outcome)
    heard = Step("recogniser", bool(summary.heard), _short(repr(summary.heard)),
                 ms=_between(summary.endpoint_ms, summary.transcript_ms))  # fmt: skip
    yield _hinted(heard, f"expected {sentence!r}; appliance transcribe, or another stt.model")
    intent = Step("intent", bool(summary.intent and summary.deeds), _short(summary.intent or "none"),
                  ms=_between(summary.transcript_ms, summary.intent_ms))  # fmt: skip
    yield _hinted(intent, f"appliance understand {sentence!r}")
    deed = Step("deed on the broker", bool(summary.deeds) and summary.confirmed and outcome.light_on,
                _deeds(outcome), ms=_between(summary.intent_ms, summary.deed_ms))  # fmt: skip
    yield _hinted(deed, "appliance status names what is wrong with the broker")
    audible = bool(summary.reply) and summary.audio_rms >= AUDIBLE_RMS
    answer = Step("spoken answer", audible and bool(summary.over), _answer(summary), ms=summary.latency_ms)
    yield _hinted(answer, "appliance say 'Hello' --out hello.wav")


def no_sentence(language: str) -> Step:
    """A language without a test sentence: no reason to fail, but nothing was found out either."""
    found = f"not tested: there is no test sentence for language {language!r}"
    return Step(
        "spoken command", ok=True, found=_short(found), hint="appliance ask tries a sentence of yours"
    )


def _wake_step(outcome: Outcome) -> Step:
    summary, utterance = outcome.summary, outcome.utterance
    said = spoken_word(utterance.word)
    if not outcome.woken:
        hint = "appliance models verify; appliance doctor"
        return Step("wake word", ok=False, found=_short(f"{said!r} was not heard"), hint=hint)
    voice = "own voice" if utterance.wake_voice == "own" else "eSpeak NG's voice"
    ended_ms = outcome.injected_ms + outcome.word_ms
    ms = float(max(0, summary.started_ms - ended_ms))
    return Step("wake word", ok=True, found=_short(f"{summary.word}, in {voice}"), ms=ms)


def _deeds(outcome: Outcome) -> str:
    deeds = outcome.summary.deeds
    if not deeds:
        return "none"
    troubles = [str(deed.get("reason")) for deed in deeds if deed.get("reason")]
    state = "the light is on" if outcome.light_on else "the light is still off"
    return _short("; ".join([state, *troubles]))


def _answer(summary: Summary) -> str:
    if not summary.reply:
        return "none"
    return _short(f"{summary.answer!r}, {summary.audio_seconds:.1f} s, rms {summary.audio_rms:.3f}")


def _hinted(step: Step, hint: str) -> Step:
    return step if step.ok else msgspec.structs.replace(step, hint=hint)


def _between(first_ms: int, then_ms: int) -> float | None:
    return float(max(0, then_ms - first_ms)) if first_ms and then_ms else None


def best(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The one that got furthest; the first of them."""
    return max(outcomes, key=lambda outcome: outcome.progress, default=None)


def _stages(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    stages = status.get("stages")
    return [each for each in stages if isinstance(each, dict)] if isinstance(stages, list) else []


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _short(text: str) -> str:
    return text if len(text) <= MAX_FOUND else text[: MAX_FOUND - 1] + "…"
