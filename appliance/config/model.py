"""Every setting, with its unit and its default. Defaults live only here; nothing is read here.

A key of the TOML is the path of an attribute: `[turn] listen_seconds = 8` is `Config.turn.listen_seconds`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

OptionValue = bool | int | float | str | list[str]

Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(gt=0.0, le=86_400.0)]
Milliseconds = Annotated[int, Meta(ge=0, le=600_000)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Count = Annotated[int, Meta(ge=1, le=100_000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every table of the configuration."""


class Paths(Section, frozen=True):
    """Where things lie. Nothing is ever written outside `data`."""

    data: str = "/var/lib/appliance"
    """Models fetched, state, the control socket."""
    models: str = "/usr/share/appliance/models"
    """Models that came with the image, read only; looked at before `data`."""


class Audio(Section, frozen=True):
    """Microphone and loudspeaker."""

    device: str = "default"
    """A PortAudio name or number for both directions; "none" runs without a card."""
    input_device: str = ""
    """Overrides `device` for the microphone."""
    output_device: str = ""
    """Overrides `device` for the loudspeaker."""
    volume: Fraction = 0.8
    """Loudness of everything that is played; 1 is as it was made."""
    muted: bool = False
    """Start with the microphone closed."""
    chime: bool = True
    """The wake sound: a short tone when the wake word was heard."""
    thinking_sound: bool = False
    """Soft ticking while an answer takes longer than `thinking_after_ms`."""
    thinking_after_ms: Milliseconds = 800
    """Quiet time before the ticking begins."""
    echo_cancellation: bool = True
    """Take what the own loudspeaker plays out of what the microphone hears; only with a sound card."""
    echo_canceller: Literal["speex", "webrtc"] = "speex"
    """"speex" keeps who speaks over the echo whole; "webrtc" leaves less echo, and less of the wake word."""
    noise_suppression: Annotated[int, Meta(ge=0, le=4)] = 0
    """0 (off) to 4 (very high): quieter pauses for people who listen in; no engine hears better by it."""
    auto_gain_dbfs: Annotated[int, Meta(ge=0, le=31)] = 0
    """Loudness of the microphone's peaks, so far below full scale in dB; 0 leaves it as it comes."""
    preroll_ms: Milliseconds = 1_600
    """Audio kept from before the wake word was noticed, so that nothing said right after it is lost."""


class Mqtt(Section, frozen=True):
    """The broker that devices, satellites and Home Assistant meet on."""

    host: str = "embedded"
    """Name or address; "embedded" starts an own Mosquitto on loopback."""
    port: Port = 1883
    """With "embedded", 1883 is only a wish: a free port is taken when it is in use."""
    username: str = ""
    """Name at the broker; the embedded one makes its own."""
    password: str = ""
    """Better in `password_file`: this file may be read by more people than you think."""
    password_file: str = ""
    """Read instead of `password`; keeps the secret out of the configuration."""
    client_id: str = ""
    """Empty makes one from the host name."""
    prefix: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9_-]{1,64}){0,3}$")] = "appliance"
    """First level of our own topics: entities and satellites."""
    version: Literal["auto", "3.1.1", "5"] = "auto"
    """MQTT version; "auto" tries 5, and 3.1.1 when the broker does not know it."""
    listen: str = ""
    """With "embedded": address for satellites and devices ("0.0.0.0"), by TLS; empty is this machine only."""
    listen_port: Port = 8883
    """Port of `listen`."""
    listen_plain_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Another port of `listen` without encryption, for devices that cannot do TLS; 0 leaves it closed."""
    tls: bool = False
    """Encrypt the connection; the port is then usually 8883."""
    tls_ca_file: str = ""
    """Certificate authority of the broker, in PEM; empty takes the system's."""
    tls_certificate_file: str = ""
    """Our own certificate, in PEM, for a broker that asks for one."""
    tls_key_file: str = ""
    """The key of `tls_certificate_file`, in PEM, without a password."""
    keepalive_seconds: Count = 30
    """A broker that is silent for half as long again is gone."""
    reconnect_min_seconds: Seconds = 0.5
    """Pause before the first new attempt."""
    reconnect_max_seconds: Seconds = 30.0
    """Longest pause between attempts; there is always another one."""
    connect_seconds: Seconds = 5.0
    """How long one attempt to connect, and one answer of the broker, may take."""
    max_payload_bytes: Annotated[int, Meta(ge=1_024, le=1_048_576)] = 262_144
    """A longer payload is counted and dropped."""
    max_waiting: Count = 1_000
    """Messages that wait for a connection; one more is counted and dropped."""


class Home(Section, frozen=True):
    """The devices."""

    discovery_prefix: str = "homeassistant"
    """First level of the topics on which devices announce themselves."""
    deed_deadline_seconds: Seconds = 2.0
    """A device that has not reported its new state by then did not do it."""
    already_seconds: Seconds = 0.5
    """A device whose known state is already the one asked for has so long to say otherwise."""
    settle_seconds: Seconds = 0.25
    """Quiet time after the last announcement before the house counts as changed."""
    announce: bool = True
    """Say "online" on `<discovery_prefix>/status` when connected: devices announce themselves again then."""
    max_entities: Count = 5_000
    """Announcements beyond it are counted and left out."""
    unguarded: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    """Ids of locks, doors, gates, garages, valves and alarms that may be opened or disarmed by voice."""
    area: str = ""
    """Area id or name of the room that this appliance stands in."""
    discovery_form: Literal["device", "single", "none"] = "device"
    """How we announce ourselves: "device" for Home Assistant 2024.11 and later, "single" before, "none"."""
    show_words: bool = False
    """Let Home Assistant see what was heard and answered; its history then keeps the words."""
    duck_volume: Fraction = 0.3
    """What is left of the loudness of players in a room while somebody speaks to it; 1 changes nothing."""


class HomeAssistant(Section, frozen=True):
    """Home Assistant's WebSocket API: rooms, names, and what it knows from elsewhere than the broker."""

    url: str = ""
    """Where Home Assistant is, such as "http://homeassistant.local:8123"; empty leaves it out."""
    token: str = ""
    """Better in `token_file`: this file may be read by more people than you think."""
    token_file: str = ""
    """Holds a long-lived access token and nothing else; read instead of `token`."""
    tls_ca_file: str = ""
    """Certificate authority for https and wss, in PEM; empty takes the system's."""
    connect_seconds: Seconds = 10.0
    """How long one attempt to connect and to log in may take."""
    answer_seconds: Seconds = 15.0
    """How long one answer to a question about rooms, devices and services may take."""
    ping_seconds: Seconds = 15.0
    """How often Home Assistant is asked for a sign of life; without one in as long again, it is gone."""
    reconnect_min_seconds: Seconds = 1.0
    """Pause before the first new attempt."""
    reconnect_max_seconds: Seconds = 60.0
    """Longest pause between attempts; there is always another one."""
    refused_seconds: Seconds = 300.0
    """Pause after a token was refused: Home Assistant may ban an address that insists."""
    settle_seconds: Seconds = 0.5
    """Quiet time after the last change of rooms, devices or names before all of them are read again."""
    max_entities: Count = 2_000
    """Entities beyond it are counted and left out."""


class Satellites(Section, frozen=True):
    """Microphones and loudspeakers in other rooms, over MQTT."""

    enabled: bool = True
    """Listen to satellites at all."""
    hermes: bool = True
    """Also those that speak Hermes, the protocol of Rhasspy 2.5."""
    max_count: Annotated[int, Meta(ge=1, le=1_000)] = 64
    """Satellites beyond it are refused, with the reason."""
    wake_streams: Annotated[int, Meta(ge=0, le=1_000)] = 0
    """Satellites whose audio is searched for the wake word here; 0 is as many as the processor allows."""
    same_words_ms: Milliseconds = 900
    """Wake words heard within it in several rooms are one person's: the first room answers."""
    quiet_seconds: Seconds = 4.0
    """A satellite that sends nothing for so long in the middle of a turn is gone, and its turn ends."""
    max_messages_per_second: Count = 120
    """A satellite that sends more is not listened to until it slows down."""
    max_bytes_per_second: Annotated[int, Meta(ge=16_384, le=10_485_760)] = 393_216
    """Likewise; 16 kHz audio in 16 bits is 32,000."""
    announce_seconds: Seconds = 60.0
    """Longest announcement, or call between two rooms without speech."""
    publish_words: bool = False
    """Say by Hermes what was heard and meant, for everyone on the broker who may read it."""
    send_text: bool = True
    """A satellite with a display gets the words that were spoken to it, and their answer."""


class Satellite(Section, frozen=True):
    """This machine as a satellite of another appliance: `appliance run --mode satellite`."""

    name: str = ""
    """Its name at the hub, in its topics; empty takes the one it joined with, or `mqtt.username`."""
    area: str = ""
    """Area id or name of the room it stands in."""
    jitter_ms: Milliseconds = 120
    """Speech gathered before it is played, so that a late packet makes no gap."""
    answer_seconds: Seconds = 2.0
    """A hub that does not answer a wake word by then is away, and a tone says so."""
    run_seconds: Seconds = 30.0
    """An exchange in which the hub says nothing for so long is over."""


class Policy(Section, frozen=True):
    """Who may have what done by voice, and what is asked before; see docs/judgement.md."""

    guarded: Literal["confirm", "pin", "voice", "deny"] = "confirm"
    """Before a lock, door, gate, alarm, siren, valve or oven: ask for a yes, a PIN, a known voice; never."""
    unknown: Literal["harmless", "confirm"] = "harmless"
    """Who is not recognised does only the harmless, and the rest with a PIN; "confirm": a yes will do."""
    marked: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    """Ids of heaters and whatever else must be confirmed before it is switched on."""
    rules: Annotated[tuple[str, ...], Meta(max_length=200)] = ()
    """Rules of your own, the first that fits counts: "pin lock.front_door", "deny switch.tv for child"."""
    reach: Literal["home", "area"] = "home"
    """How far a satellite's harmless commands reach: "area" is only its own room."""
    confirm_seconds: Annotated[float, Meta(ge=3.0, le=120.0)] = 20.0
    """A question that nobody answered by then is forgotten."""
    recognised: Annotated[float, Meta(ge=0.5, le=0.999)] = 0.9
    """Probability from which on a person counts as recognised."""
    pin_tries: Annotated[int, Meta(ge=1, le=10)] = 3
    """So many wrong PINs in all rooms together, then none is taken for a while."""
    pin_wait_seconds: Seconds = 60.0
    """The first while; each further wrong PIN doubles it, up to an hour."""
    audit_days: Annotated[int, Meta(ge=0, le=3_650)] = 30
    """How long it is kept who did what; 0 keeps nothing."""
    audit_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    """How many deeds and refusals are kept at most; the oldest go first."""


class Wake(Section, frozen=True):
    """The wake word stage."""

    engine: str = "openwakeword"
    """A file of engines/wake: "openwakeword" or "microwakeword"."""
    words: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)] = ("hey_jarvis", "alexa")
    """Names of models of this engine, several at once; see `appliance models list`."""
    threshold: Fraction = 0.0
    """Score that a wake word must reach; 0 takes what each engine and model was measured best with."""
    sensitivity: Literal["low", "normal", "high"] = "normal"
    """"low" wants a clearer wake word, "high" takes a poorer one: moves the threshold by a fixed step."""
    lead_ms: Milliseconds = 300
    """Audio from before the moment of detection that the recogniser gets too."""
    refractory_seconds: Seconds = 1.5
    """One saying of the word is one detection."""
    options: dict[str, OptionValue] = {}
    """The engine's own settings."""


class Vad(Section, frozen=True):
    """The voice activity stage and the endpointing on top of it."""

    engine: str = "silero"
    """A file of engines/vad."""
    threshold: Fraction = 0.5
    """Probability of speech that counts as voice."""
    end_silence_ms: Milliseconds = 480
    """Silence after speech that ends a sentence."""
    whole_silence_ms: Milliseconds = 280
    """The same when what was heard is a whole command that is not likely to go on."""
    unfinished_silence_ms: Milliseconds = 900
    """The same when it breaks off: "turn on the"."""
    min_speech_ms: Milliseconds = 160
    """Less voice than this is a click, not speech."""
    options: dict[str, OptionValue] = {}
    """The engine's own settings."""


class Stt(Section, frozen=True):
    """The speech recogniser stage."""

    engine: str = "vosk"
    """A file of engines/stt: "vosk", with our model of English or a fetched one; or "pocketsphinx"."""
    model: str = ""
    """Name in models.toml, or a path; empty takes what the engine brings."""
    speaker_model: str = ""
    """Name of a Vosk speaker model, or a path; empty does not tell voices apart."""
    grammar: bool = True
    """Listen for what this home can say; false is open dictation."""
    options: dict[str, OptionValue] = {}
    """The engine's own settings."""


class Understanding(Section, frozen=True):
    """The intent stage: what a sentence means."""

    sentences_file: str = ""
    """Own sentences: a YAML file in hassil's format (docs/understanding.md), at most 64 KiB; empty: none."""
    follow_up_seconds: Seconds = 60.0
    """So long "it" and "and in the bedroom" mean what was said before in the same room."""


class Llm(Section, frozen=True):
    """The language model stage, asked when no intent fits."""

    engine: str = "llamacpp"
    """A file of engines/llm; or a server elsewhere: "ollama", or "openai" for all that speak its protocol."""
    model: str = ""
    """Name in models.toml, or a path, or what a server calls it; empty leaves the stage out."""
    max_tokens: Count = 128
    """Longest answer, in tokens."""
    deadline_seconds: Seconds = 20.0
    """An answer is cut there, in the middle of a sentence if need be."""
    system: str = "You are the voice of a home. Answer in one or two short spoken sentences."
    """What the model is told about itself before each question."""
    house_chars: Annotated[int, Meta(ge=0, le=8_000)] = 3_000
    """How much of the home it is told, in characters; 0 lets it only talk. A token is about 3 characters."""
    memory_turns: Annotated[int, Meta(ge=0, le=20)] = 4
    """So many exchanges of a room are remembered, in memory only; 0 remembers none."""
    memory_seconds: Seconds = 180.0
    """An older exchange is forgotten."""
    options: dict[str, OptionValue] = {}
    """The engine's own settings; of a server `url` and more (docs/language-model.md)."""


class Tts(Section, frozen=True):
    """The speech synthesis stage."""

    engine: str = "espeak"
    """A file of engines/tts: "espeak" comes with the system, "piper" wants a voice."""
    model: str = ""
    """Name in models.toml, or a path; empty takes what the engine brings."""
    voice: str = ""
    """An eSpeak NG voice ("en-us+f3") or a Piper voice's speaker; empty: the language's, or the first."""
    speed: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
    """1.0 is the voice's own pace."""
    options: dict[str, OptionValue] = {}
    """More of the engine's own settings, such as `volume`."""

    def engine_options(self, language: str) -> dict[str, OptionValue]:
        """What the engine gets as options: the language, the voice, and `options` over both."""
        voice: dict[str, OptionValue] = {"voice": self.voice} if self.voice else {}
        return {"language": language, **voice, **self.options}


class Turn(Section, frozen=True):
    """How long each state of a spoken exchange may last."""

    fillers: bool = True
    """Say "Okay." or "Let me think." when an answer is likely to take long, in English and German."""
    stop_word: bool = True
    """While it speaks, "stop" alone silences it, without a wake word; English and German."""
    listen_seconds: Seconds = 5.0
    """No speech after the wake word by then: back to idle without a word."""
    speech_seconds: Seconds = 15.0
    """Longest sentence."""
    transcribe_seconds: Seconds = 4.0
    """From the end of speech to its text."""
    understand_seconds: Seconds = 3.0
    """From the text to its meaning."""
    think_seconds: Seconds = 25.0
    """For the language model."""
    act_seconds: Seconds = 4.0
    """For all deeds together."""
    speak_seconds: Seconds = 60.0
    """Longest reply."""
    first_audio_seconds: Seconds = 5.0
    """For the first sound of a reply."""


class Timers(Section, frozen=True):
    """Timers, alarms and reminders."""

    ring_minutes: Annotated[float, Meta(gt=0.0, le=60.0)] = 10.0
    """How long one rings when nobody stops it; then it counts as missed."""
    volume: Fraction = 0.8
    """Loudness of the ring tone and of what is said with it."""
    snooze_minutes: Annotated[float, Meta(gt=0.0, le=120.0)] = 9.0
    """"Snooze" without saying for how long."""
    late_hours: Annotated[float, Meta(gt=0.0, le=168.0)] = 6.0
    """What was due longer ago, because the machine was off, is not rung any more but told once."""
    zone: str = ""
    """IANA name of the time zone of alarms, such as "Europe/Berlin"; empty takes the system's."""
    unsynchronised_minutes: Annotated[float, Meta(ge=0.0, le=1_440.0)] = 15.0
    """A clock that no time server has set so long after the start is believed all the same."""


class Backup(Section, frozen=True):
    """Daily snapshots of what cannot be fetched again; see docs/backup.md."""

    enabled: bool = True
    """Make one every day while the appliance runs."""
    folder: str = ""
    """Where they go: a disk or share that is mounted; empty is `snapshots` in `paths.data`."""
    passphrase_file: str = ""
    """Holds the passphrase and nothing else; empty leaves passwords, PINs and keys out of them."""
    keep_daily: Annotated[int, Meta(ge=1, le=366)] = 7
    """The newest of so many days is kept."""
    keep_weekly: Annotated[int, Meta(ge=0, le=520)] = 4
    """The newest of so many weeks."""
    keep_monthly: Annotated[int, Meta(ge=0, le=240)] = 6
    """The newest of so many months."""
    offsite: str = ""
    """A restic repository that gets a copy of each: a mounted folder, or "s3:http://nas:9000/bucket"."""
    offsite_password_file: str = ""
    """Holds the repository's password and nothing else, mode 0600; relative to `paths.data`, or absolute."""
    offsite_credentials_file: str = ""
    """Keys of S3 as an AWS credentials file, of mode 0600; likewise."""


class Firewall(Section, frozen=True):
    """The packet filter of the device; see docs/hardening.md. Changes nothing where its unit does not run."""

    enabled: bool = True
    """Load the rules; false takes them away."""
    lan: Annotated[tuple[str, ...], Meta(max_length=16)] = ()
    """Networks that belong to the home beside the private ones, such as "192.0.2.0/24"."""
    allow_in: Annotated[tuple[str, ...], Meta(max_length=32)] = ()
    """More ports that the home may reach: "tcp 9090"."""
    allow_out: Annotated[tuple[str, ...], Meta(max_length=32)] = ()
    """More that this machine may reach: "tcp 192.168.1.5 445"."""


class Update(Section, frozen=True):
    """New versions of the image; see docs/updates.md. Without the image none of it matters."""

    url: str = ""
    """Folder of the channel files, such as "https://updates.example.org"; empty asks nobody."""
    channel: Literal["stable", "beta"] = "stable"
    """"beta" gets versions earlier, and finds their faults."""
    check_hours: Annotated[float, Meta(ge=1.0, le=720.0)] = 24.0
    """How often the channel is asked for a newer version; nothing is installed by that."""
    delta: bool = True
    """Fetch only the blocks that changed; false fetches the whole bundle first."""
    usb: bool = True
    """Install a newer version from a stick whose file system is named UPDATE, when it is plugged in."""
    healthy_minutes: Annotated[float, Meta(ge=2.0, le=15.0)] = 10.0
    """A new version that has not passed its self test so long after its start is taken back."""


class Sandbox(Section, frozen=True):
    """How strictly stages must be confined."""

    minimum: Literal["full", "landlock", "limits", "none"] = "limits"
    """Refuse to start below this level of docs/sandbox.md: "full" needs delegated cgroup v2."""
    cgroup: str = ""
    """A delegated cgroup v2 folder to make groups in; empty takes this process's own."""


class Limits(Section, frozen=True):
    """What one stage may use."""

    memory_max_mb: Annotated[int, Meta(ge=16, le=262_144)]
    """Above it the stage is killed and replaced."""
    memory_high_mb: Annotated[int, Meta(ge=16, le=262_144)]
    """Above it the kernel slows the stage down and reclaims."""
    cpu_max_percent: Annotated[int, Meta(ge=5, le=6_400)] = 100
    """100 is one core."""
    cpu_weight: Annotated[int, Meta(ge=1, le=10_000)] = 100
    """Share when stages compete, against 100 for an ordinary one."""
    pids_max: Annotated[int, Meta(ge=4, le=1_024)] = 32
    """Processes and threads."""
    threads: Annotated[int, Meta(ge=1, le=64)] = 1
    """What engines are told to use."""


class StageLimits(Section, frozen=True):
    """Limits of every stage."""

    sound: Limits = Limits(memory_max_mb=160, memory_high_mb=120, cpu_weight=1_000)
    """Microphone and loudspeaker."""
    wake: Limits = Limits(memory_max_mb=256, memory_high_mb=192, cpu_weight=800)
    """Wake word."""
    vad: Limits = Limits(memory_max_mb=192, memory_high_mb=128, cpu_weight=800)
    """Voice activity."""
    stt: Limits = Limits(memory_max_mb=1_024, memory_high_mb=896, cpu_weight=600, cpu_max_percent=200)
    """Speech recogniser."""
    intent: Limits = Limits(memory_max_mb=256, memory_high_mb=192, cpu_weight=600)
    """Intents."""
    llm: Limits = Limits(memory_max_mb=3_072, memory_high_mb=2_816, cpu_max_percent=300, threads=2)
    """Language model."""
    tts: Limits = Limits(memory_max_mb=512, memory_high_mb=448, cpu_weight=400, cpu_max_percent=200)
    """Speech synthesis."""


class Budget(Section, frozen=True):
    """Which stages are loaded at start, and when one gives its memory back (docs/budget.md)."""

    preload: Annotated[int, Meta(ge=1, le=3)] = 2
    """Stages up to this priority are loaded at start, others when they are asked: 3 is the language model."""
    pressure_percent: Annotated[float, Meta(gt=0, le=100)] = 10.0
    """Memory is short when something waited for it for so much of the last 10 seconds."""
    relaxed_percent: Annotated[float, Meta(ge=0, le=100)] = 5.0
    """And is not short any more below this."""
    keep_seconds: Seconds = 60.0
    """So long after its last use a stage is kept, however short memory is."""
    pause_seconds: Seconds = 60.0
    """At most one stage in that time gives its memory back."""
    idle_seconds: Seconds = 600.0
    """Where not everything fits into the machine, a stage that nobody asked for so long is unloaded."""
    pressure_file: str = ""
    """Absolute path of a file in the kernel's format (memory.pressure) to look at; empty takes the control
    group and the machine, and without these what memory is available."""


class Supervision(Section, frozen=True):
    """Heartbeat and restart policy of every stage."""

    heartbeat_seconds: Seconds = 1.0
    """How often each stage is asked for a sign of life."""
    heartbeat_limit_seconds: Seconds = 4.0
    """A stage that has not answered for so long is killed and replaced."""
    start_seconds: Seconds = 60.0
    """Loading a large model from a slow card takes time; longer than this is a failure."""
    stop_seconds: Seconds = 2.0
    """Between asking and killing."""
    backoff_min_seconds: Seconds = 0.05
    """Pause before the first restart."""
    backoff_max_seconds: Seconds = 5.0
    """Longest pause before a restart within a burst."""
    burst_restarts: Count = 5
    """So many within `burst_seconds`, then only one every `slow_retry_seconds`, for ever."""
    burst_seconds: Seconds = 30.0
    """Window of `burst_restarts`; so long a stage must stay ready to be forgiven."""
    slow_retry_seconds: Seconds = 30.0
    """Pause between attempts after a burst, for ever."""
    missing_retry_seconds: Seconds = 5.0
    """How often to look whether a missing library or model has arrived."""
    max_messages_per_second: Count = 1_000
    """More within one second and the stage is killed: it would starve the others."""
    max_bytes_per_second: Annotated[int, Meta(ge=65_536, le=1_073_741_824)] = 8_388_608
    """Likewise; speech made ahead of its playing is about 1 MB a second."""
    usage_seconds: Seconds = 0.25
    """How often memory and processes are counted where the kernel does not limit them (level "limits")."""


class Setup(Section, frozen=True):
    """The first boot of the image, and the way back into the network; see docs/first-boot.md."""

    hotspot: bool = True
    """Open a Wi-Fi hotspot for setting up when there is no network."""
    offline_seconds: Seconds = 60.0
    """No network for so long after the start, then it opens."""
    lost_seconds: Seconds = 600.0
    """The same when a network was there and went."""
    speak: bool = True
    """Say aloud what happens during set-up, and the claim code until there is an owner."""
    web_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Port of the web page that is announced in the network, behind a proxy for example; 0 announces
    `web.port`, if the network may use that."""


class Log(Section, frozen=True):
    """What is written to standard error (journald on the device)."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Nothing below it is written."""
    format: Literal["auto", "text", "json"] = "auto"
    """"auto" is text on a terminal and JSON elsewhere."""


class Observe(Section, frozen=True):
    """What is told to other programs about turns; logs and metrics are always there."""

    otlp_url: Annotated[str, Meta(max_length=500)] = ""
    """Where OpenTelemetry traces are sent (OTLP over HTTP), such as "http://collector.local:4318"; empty
    sends none. Needs the extra `otlp`; never holds words."""


class Web(Section, frozen=True):
    """The web page and the HTTP API, a process of its own."""

    enabled: bool = True
    """Serve them."""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8_085
    """Of everything: page, API and WebSockets. Two appliances on one machine need two ports."""
    listen: Literal["loopback", "lan", "any"] = "lan"
    """Who may come: this machine alone, the networks of the home (private addresses), or anybody."""
    tls: Literal["auto", "off"] = "auto"
    """"auto" encrypts for everybody but this machine itself, with a certificate of an authority of its own;
    "off" does not, and whoever listens in the network reads the passphrase."""
    certificate: str = ""
    """File of a certificate chain (PEM) to use in place of an own one; with `key`."""
    key: str = ""
    """File of its private key (PEM), readable only for the appliance."""
    allow_origins: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    """Whose pages may use the API with a token, such as "https://example.org"; these names are answered."""
    requests_per_minute: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    """Of one token, session or address; files of the page, health and metrics ten times as often."""
    timeout_seconds: Annotated[float, Meta(gt=0, le=3_600)] = 60.0
    """So long a request may take until its answer begins."""
    max_body_kb: Annotated[int, Meta(ge=1, le=65_536)] = 1_024
    """Largest body of a request."""


class History(Section, frozen=True):
    """Whether what was said is kept, for the people of the home to read again. By default it is not."""

    days: Annotated[int, Meta(ge=0, le=365)] = 0
    """How long sentences and answers are kept on disk; 0 keeps none, and removes what was kept."""
    rows: Annotated[int, Meta(ge=1, le=100_000)] = 2_000
    """How many are kept at most; the oldest go first."""


class Config(Section, frozen=True):
    """The whole configuration."""

    language: str = "en"
    """Of sentences, replies and voices: a code like "en" or "de"."""
    profile: Literal["auto", "p1", "p2", "p3", "p4"] = "auto"
    """Kind of machine, for the defaults of docs/placement.md; "auto" looks at cores and memory."""
    paths: Paths = Paths()
    audio: Audio = Audio()
    mqtt: Mqtt = Mqtt()
    home: Home = Home()
    home_assistant: HomeAssistant = HomeAssistant()
    satellites: Satellites = Satellites()
    satellite: Satellite = Satellite()
    policy: Policy = Policy()
    wake: Wake = Wake()
    vad: Vad = Vad()
    stt: Stt = Stt()
    understanding: Understanding = Understanding()
    llm: Llm = Llm()
    tts: Tts = Tts()
    turn: Turn = Turn()
    timers: Timers = Timers()
    history: History = History()
    web: Web = Web()
    backup: Backup = Backup()
    update: Update = Update()
    firewall: Firewall = Firewall()
    sandbox: Sandbox = Sandbox()
    limits: StageLimits = StageLimits()
    budget: Budget = Budget()
    supervision: Supervision = Supervision()
    setup: Setup = Setup()
    observe: Observe = Observe()
    log: Log = Log()
