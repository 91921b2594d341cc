"""What Prometheus may ask: fed by the notes of turns, the messages of stages and the status. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from appliance.observe.catalogue import Catalogue
from appliance.observe.exposition import Labels, Sample, render
from appliance.observe.machine import MB, Machine
from appliance.observe.steps import Step, Steps
from appliance.wire import messages
from appliance.wire.notes import Note

BYTES_PER_SECOND = 32_000
"""16 kHz mono s16le."""
LOAD_SECONDS = 5.0
"""The wake stage tells each second how busy it is with satellites; when it is silent there are none."""
GAP_SECONDS = 1.0
"""After this long without a block the microphone was closed; that is no jitter."""
Values = Iterable[tuple[Labels, float | None]]


class Metrics:
    """`take` is for the notes of turns, `message` for what stages say, `sample` for the rest."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self._steps = Steps()
        self._heard: float | None = None
        self._searched: float | None = None

    def render(self) -> str:
        """The text that Prometheus reads (`exposition.CONTENT_TYPE`)."""
        return render(self.catalogue.families())

    def samples(self) -> list[Sample]:
        """The same, unwritten."""
        return [sample for family in self.catalogue.families() for sample in family.samples()]

    # --- turns ----------------------------------------------------------------------------------------------

    def take(self, note: Note) -> None:
        """One note of a turn: a watcher for `pipeline.trace.Trace.watch`."""
        step = self._steps.take(note)
        self.catalogue.turns_running.set(self._steps.running)
        if step is not None:
            self._step(step)

    def _step(self, step: Step) -> None:
        have, seconds = self.catalogue, _seconds(step.latency_ms)
        match step.kind:
            case "wake":
                have.wakes.add(1, step.name)
                have.wake_score.observe(_or_nothing(step.score), step.name)
            case "endpoint":
                have.endpoint.observe(seconds)
            case "transcript":
                have.stt.observe(seconds)
                have.confidence.observe(_or_nothing(step.score))
            case "intent":
                have.understood.add(1, step.source)
                have.intent.observe(seconds, step.source)
            case "deed":
                have.deeds.add(1, step.outcome)
                have.deed.observe(seconds)
            case "first_audio":
                have.first_audio.observe(seconds, step.source or "none")
                have.tts_first.observe(_seconds(step.reply_ms))
            case "done":
                have.turns.add(1, step.outcome)

    # --- stages ---------------------------------------------------------------------------------------------

    def message(self, message: messages.Message, now: float) -> None:
        """One message of any stage, at `now` in seconds of a monotonic clock."""
        have = self.catalogue
        match message:
            case messages.MicAudio(pcm=pcm):
                self._block(len(pcm) / BYTES_PER_SECOND, now)
            case messages.Spoken():
                self._spoken(message)
            case messages.WakeNear(word=word):
                have.wake_near.add(1, word)
            case messages.Generated():
                have.llm_generations.add(1, message.reason)
                have.llm_tokens.add(message.tokens)
                have.llm_prompt.add(message.prompt_tokens - message.prefill_tokens, "known")
                have.llm_prompt.add(message.prefill_tokens, "evaluated")
                if message.tokens:
                    have.llm_first_token.observe(message.first_token_ms / 1000)
            case messages.WakeLoad():
                have.wake_streams.set(message.streams)
                have.wake_busy.set(message.busy)
                have.wake_lag.set(message.lag_ms / 1000)
                have.wake_dropped.add(message.dropped)
                self._searched = now
            case messages.Overrun(input_blocks=lost_in, output_blocks=lost_out):
                have.lost_blocks.add(lost_in, "input")
                have.lost_blocks.add(lost_out, "output")

    def _spoken(self, spoken: messages.Spoken) -> None:
        have = self.catalogue
        have.cache.add(1, "speech", "hit" if spoken.cached else "miss")
        if not spoken.cached:
            have.synthesis.observe(spoken.ms / 1000)
            have.speech.add(spoken.seconds)

    def _block(self, length_seconds: float, now: float) -> None:
        before, self._heard = self._heard, now
        if before is not None and 0 <= now - before < GAP_SECONDS:
            self.catalogue.jitter.observe(abs(now - before - length_seconds))

    # --- now ------------------------------------------------------------------------------------------------

    def sample(
        self,
        status: Mapping[str, Any],
        now: float,
        machine: Machine | None = None,
        *,
        store_writable: bool | None = None,
        pressures: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """What `appliance status` shows, and one look at the machine; None is not looked at.

        `now` in seconds of the clock of `message`; `pressures` of stages, in percent.
        """
        have = self.catalogue
        self._wake_load_ends(now)
        have.stage_pressure.replace(((name,), _scaled(each, 0.01)) for name, each in pressures.items())
        stages = list(status.get("stages", ()))
        self._stages(stages)
        self._others(status)
        waiting = [((each["name"],), each.get("waiting")) for each in stages]
        have.queue_depth.replace([(("mqtt",), status.get("mqtt", {}).get("waiting")), *waiting])
        level = str(status.get("sandbox", {}).get("level", ""))
        have.info.replace([((str(status.get("version", "")), level), 1.0)])
        have.listening.set(_flag(status.get("listening")))
        have.muted.set(_flag(status.get("muted")))
        have.entities.set(status.get("home", {}).get("entities"))
        have.timers.set(status.get("timers"))
        have.troubles.set(len(status.get("judgement", {}).get("troubles", ())))
        if store_writable is not None:
            have.store_up.set(_flag(store_writable))
        if machine is not None:
            self._machine(machine)

    def _wake_load_ends(self, now: float) -> None:
        if self._searched is not None and now - self._searched > LOAD_SECONDS:
            self._searched = None
            for gauge in (self.catalogue.wake_streams, self.catalogue.wake_busy, self.catalogue.wake_lag):
                gauge.set(0.0)

    def _stages(self, all_of_them: Sequence[Mapping[str, Any]]) -> None:
        have = self.catalogue

        def of(name: str, scale: float = 1.0) -> Values:
            return [((each["name"],), _scaled(each.get(name), scale)) for each in all_of_them]

        have.stage_up.replace(((each["name"],), _flag(each["state"] == "ready")) for each in all_of_them)
        have.stage_restarts.totals(of("restarts"))
        have.stage_memory.replace(of("memory_mb", MB))
        have.stage_load.replace(of("load_ms", 0.001))
        have.stage_dropped.totals(of("dropped_audio"))
        have.stage_refused.totals(of("refused"))
        limits = (((each["name"],), each.get("limits", {}).get("memory_max_mb")) for each in all_of_them)
        have.stage_memory_limit.replace((name, _scaled(limit, MB)) for name, limit in limits)

    def _others(self, status: Mapping[str, Any]) -> None:
        have, mqtt = self.catalogue, status.get("mqtt", {})
        have.mqtt.set(_flag(mqtt.get("connected")))
        have.mqtt_dropped.totals(_counted(mqtt.get("dropped")))
        hass = status.get("home_assistant")
        have.home_assistant.set(None if hass is None else _flag(hass.get("connected")))
        satellites = status.get("satellites", {})
        have.satellites_known.set(len(satellites.get("satellites", ())))
        have.satellites_online.set(satellites.get("connected", 0))
        have.satellite_faults.totals(_counted(satellites.get("faults")))

    def _machine(self, look: Machine) -> None:
        have = self.catalogue
        have.memory.set(_scaled(look.memory_percent, 0.01))
        have.pressure.set(_scaled(look.memory_pressure_percent, 0.01))
        have.temperature.set(look.temperature_c)
        have.disk_free.set(_scaled(look.disk_free_mb, MB))
        have.disk_used.set(_scaled(look.disk_percent, 0.01))

    def lag(self, seconds: float) -> None:
        """How late the event loop woke."""
        self.catalogue.loop_lag.observe(seconds)


class Shown(msgspec.Struct, frozen=True):
    """One series, for `appliance metrics --json`."""

    name: str
    labels: dict[str, str]
    value: float | None


def shown(samples: Iterable[Sample]) -> list[Shown]:
    """The same for people's own tools."""
    return [Shown(sample.name, dict(sample.labels), sample.value) for sample in samples]


NOTHING = float("nan")
"""Is not counted."""


def _or_nothing(value: float | None) -> float:
    return NOTHING if value is None else value


def _seconds(ms: float | None) -> float:
    return NOTHING if ms is None else ms / 1000


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale


def _counted(counts: object) -> Values:
    """A table of counts; anything else counts nothing."""
    table = counts if isinstance(counts, dict) else {}
    return [((str(name),), float(count)) for name, count in table.items()]


def _flag(value: object) -> float:
    return 1.0 if value else 0.0
