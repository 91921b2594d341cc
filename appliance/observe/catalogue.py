"""Every metric that there is: its name with its unit, what it means, its labels. Pure."""

from __future__ import annotations

from appliance.observe.exposition import Counter, Family, Gauge, Histogram

ANSWER = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
"""Buckets, in seconds, of what a person waits for; 2 is where the alert is."""
WORK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)
"""Of what one stage does."""
SHORT = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
"""Of what should hardly take any time."""
SCORES = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0)


class Catalogue:
    """One of each."""

    def __init__(self) -> None:
        self._turns()
        self._stages()
        self._appliance()

    def families(self) -> list[Family]:
        """All, in the order of this file."""
        return [each for each in vars(self).values() if isinstance(each, Family)]

    def _turns(self) -> None:
        self.first_audio = Histogram(
            "appliance_first_audio_seconds",
            "End of speech (of a typed sentence: its arrival) to the first sound of the answer.",
            ANSWER, ("source",),
        )  # fmt: skip
        self.endpoint = Histogram(
            "appliance_endpoint_seconds", "End of speech until that was noticed: silence waited for.", WORK
        )
        self.stt = Histogram("appliance_stt_seconds", "End of the audio to its text.", WORK)
        self.intent = Histogram("appliance_intent_seconds", "Text to its meaning.", WORK, ("source",))
        self.deed = Histogram("appliance_deed_seconds", "A command to the word of the device.", WORK)
        self.tts_first = Histogram(
            "appliance_tts_first_audio_seconds", "Text of an answer to its first sound.", WORK
        )
        self.turns = Counter("appliance_turns_total", "Turns that are over.", ("outcome",))
        self.turns_running = Gauge("appliance_turns_running", "Turns that are not over.")
        self.understood = Counter(
            "appliance_understood_total", "Sentences, by who knew their meaning; none is nobody.", ("source",)
        )
        self.deeds = Counter(
            "appliance_deeds_total", "Commands to devices, by what became of them.", ("outcome",)
        )
        self.wakes = Counter("appliance_wake_detections_total", "Wake words that began a turn.", ("word",))
        self.wake_score = Histogram(
            "appliance_wake_score_ratio", "How sure the wake word was.", SCORES, ("word",)
        )
        self.wake_near = Counter(
            "appliance_wake_near_misses_total", "What was nearly a wake word, and began nothing.", ("word",)
        )
        self.confidence = Histogram(
            "appliance_stt_confidence_ratio", "How sure the text was.", (0.1, *SCORES)
        )

    def _stages(self) -> None:
        label = ("stage",)
        self.stage_up = Gauge("appliance_stage_up", "1: the stage is ready.", label)
        self.stage_restarts = Counter(
            "appliance_stage_restarts_total", "Times it failed and was started again.", label
        )
        self.stage_memory = Gauge("appliance_stage_memory_bytes", "Memory that it uses.", label)
        self.stage_memory_limit = Gauge("appliance_stage_memory_limit_bytes", "Most that it may use.", label)
        self.stage_pressure = Gauge(
            "appliance_stage_memory_pressure_ratio",
            "Share of the last minute in which something in it waited for memory.",
            label,
        )
        self.stage_load = Gauge("appliance_stage_load_seconds", "How long its engine took to load.", label)
        self.stage_dropped = Counter(
            "appliance_stage_dropped_audio_blocks_total", "Blocks that it was too slow for.", label
        )
        self.stage_refused = Counter(
            "appliance_stage_refused_messages_total", "Messages that it could not be given.", label
        )
        self.synthesis = Histogram(
            "appliance_tts_synthesis_seconds", "Making the speech of one sentence.", WORK
        )
        self.cache = Counter("appliance_cache_requests_total", "Look-ups; hit or miss.", ("cache", "result"))
        self.speech = Counter("appliance_tts_speech_seconds_total", "Speech that was made.")
        self.llm_first_token = Histogram(
            "appliance_llm_first_token_seconds", "A question to the first token of its answer.", ANSWER
        )
        self.llm_tokens = Counter("appliance_llm_tokens_total", "Tokens that were made.")
        self.llm_prompt = Counter(
            "appliance_llm_prompt_tokens_total",
            "Tokens of prompts: known from the prompt before (a hit of that cache), or evaluated.",
            ("result",),
        )
        self.llm_generations = Counter(
            "appliance_llm_generations_total", "Answers, by why they ended.", ("reason",)
        )
        self.wake_streams = Gauge("appliance_wake_streams", "Satellites searched for the wake word here.")
        self.wake_lag = Gauge("appliance_wake_lag_seconds", "How late that search is.")
        self.wake_busy = Gauge("appliance_wake_busy_ratio", "Share of the time that it takes.")
        self.wake_dropped = Counter(
            "appliance_wake_dropped_blocks_total", "Blocks that came too late for it."
        )
        self.jitter = Histogram(
            "appliance_frame_jitter_seconds",
            "How far the time between two blocks of the microphone was from their length.",
            SHORT,
        )
        self.lost_blocks = Counter(
            "appliance_sound_lost_blocks_total", "Blocks that the sound card lost.", ("direction",)
        )

    def _appliance(self) -> None:
        self.info = Gauge("appliance_info", "1, with what runs as labels.", ("version", "sandbox"))
        self.listening = Gauge("appliance_listening", "1: a spoken turn is possible.")
        self.muted = Gauge("appliance_muted", "1: the own microphone is closed.")
        self.mqtt = Gauge("appliance_mqtt_connected", "1: there is a connection to the broker.")
        self.mqtt_dropped = Counter(
            "appliance_mqtt_dropped_messages_total", "Messages that were not taken or not sent.", ("reason",)
        )
        self.home_assistant = Gauge("appliance_home_assistant_connected", "1: it is connected.")
        self.satellites_known = Gauge("appliance_satellites_known", "Satellites that were ever seen.")
        self.satellites_online = Gauge("appliance_satellites_online", "Satellites that take part.")
        self.satellite_faults = Counter(
            "appliance_satellite_faults_total", "Messages of satellites that were refused.", ("fault",)
        )
        self.entities = Gauge("appliance_home_entities", "Devices that can be steered or asked.")
        self.timers = Gauge("appliance_timers", "Timers, alarms and reminders that are set.")
        self.troubles = Gauge("appliance_judgement_troubles", "What the judgement complains about.")
        self.memory = Gauge("appliance_memory_used_ratio", "Memory of the machine in use.")
        self.pressure = Gauge(
            "appliance_memory_pressure_ratio",
            "Share of the last minute in which something waited for memory.",
        )
        self.temperature = Gauge("appliance_temperature_celsius", "Of the processor.")
        self.disk_free = Gauge("appliance_disk_free_bytes", "Free where the data lies.")
        self.disk_used = Gauge("appliance_disk_used_ratio", "In use where the data lies.")
        self.store_up = Gauge("appliance_store_up", "1: the data directory can be written.")
        self.loop_lag = Histogram(
            "appliance_event_loop_lag_seconds", "How late the supervisor's event loop woke.", SHORT
        )
        self.queue_depth = Gauge(
            "appliance_queue_depth", "Messages that wait for the broker, or for a stage.", ("queue",)
        )
