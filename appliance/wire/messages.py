"""The whole process language: every message, who sends it, and when.

A message is one msgpack map with a `type` tag in one SEQPACKET packet of at most `MAX_PACKET_BYTES`.
Audio inside the appliance is always 16 kHz, mono, signed 16 bit little endian (`pcm`); only speech
output carries its own rate. `at_ms` counts milliseconds of audio since the microphone was opened, so
it is the same clock for every stage and for a replayed file. Everything that belongs to a spoken
exchange carries `turn`, a number that only grows; 0 is "no turn".
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from appliance.errors import Malformed, TooBig

MAX_PACKET_BYTES = 128 * 1024
MAX_PCM_BYTES = 64 * 1024

StageName = Literal["sound", "wake", "vad", "stt", "intent", "llm", "tts"]
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)

OptionValue = bool | int | float | str | list[str]


class Message(msgspec.Struct, frozen=True, tag=True, tag_field="type", forbid_unknown_fields=True):
    """Base of every message."""


# --- supervisor → any stage ---------------------------------------------------------------------------


class Configure(Message, frozen=True):
    """First message to a new stage: load this engine with these options and model files."""

    engine: str
    options: dict[str, OptionValue] = {}
    models: dict[str, str] = {}
    threads: int = 1


class Ping(Message, frozen=True):
    """Heartbeat, answered by the thread that runs the engine."""

    id: int


class Cancel(Message, frozen=True):
    """Drop whatever is being done or queued for this turn."""

    turn: int


class Stop(Message, frozen=True):
    """Finish and exit with status 0."""


# --- any stage → supervisor ---------------------------------------------------------------------------


class Ready(Message, frozen=True):
    """The engine is loaded and warm; `detail` is a short line for `appliance status`."""

    engine: str
    load_ms: float
    detail: str = ""


class Failed(Message, frozen=True):
    """The engine cannot work; the stage exits after sending it."""

    message: str
    hint: str = ""
    missing: bool = False
    """True when a library or model is not there yet: wait for it, do not count a failure."""


class Pong(Message, frozen=True):
    """Answer to `Ping`."""

    id: int


class Note(Message, frozen=True):
    """A line for the log from inside a stage (never the words of a person)."""

    level: Literal["debug", "info", "warning", "error"]
    text: str


# --- sound ---------------------------------------------------------------------------------------------


class MicAudio(Message, frozen=True):
    """sound → supervisor: one block from the microphone."""

    at_ms: int
    pcm: bytes


class Capture(Message, frozen=True):
    """supervisor → sound: open (or really close: mute) the microphone."""

    on: bool


class Inject(Message, frozen=True):
    """supervisor → sound without a card: speak this into the virtual microphone, in real time."""

    pcm: bytes


class Play(Message, frozen=True):
    """supervisor → sound: queue speech or a tone for the loudspeaker."""

    turn: int
    rate_hz: int
    pcm: bytes


class PlayEnd(Message, frozen=True):
    """supervisor → sound: nothing more follows for this turn; answer `Played` when all was heard."""

    turn: int


class Volume(Message, frozen=True):
    """supervisor → sound: loudness of what is played, 0.0 to 1.0."""

    level: float


class PlayStarted(Message, frozen=True):
    """sound → supervisor: the first sample of this turn left for the loudspeaker."""

    turn: int
    at_ms: int


class Played(Message, frozen=True):
    """sound → supervisor: all of this turn was played, or it was cut short by `Cancel`."""

    turn: int
    at_ms: int
    seconds: float
    rms: float
    """Root mean square of what was played, 0.0 to 1.0 of full scale."""
    interrupted: bool = False


class Injected(Message, frozen=True):
    """sound without a card → supervisor: what was injected after silence is heard from `at_ms` on."""

    at_ms: int


class Overrun(Message, frozen=True):
    """sound → supervisor: blocks lost since the last report (input not taken, or output not fed)."""

    input_blocks: int
    output_blocks: int


class DeviceState(Message, frozen=True):
    """sound → supervisor: a sound card appeared, vanished, or could not be opened."""

    direction: Literal["input", "output"]
    present: bool
    device: str
    hint: str = ""


# --- wake ----------------------------------------------------------------------------------------------


class Audio(Message, frozen=True):
    """supervisor → wake (turn 0), vad, stt: one block of audio.

    `stream` numbers microphones for the wake stage: 0 is the appliance's own, others were opened before.
    """

    turn: int
    at_ms: int
    pcm: bytes
    stream: int = 0


class WakeStream(Message, frozen=True):
    """supervisor → wake: another microphone's audio follows under this number, or ended."""

    stream: int
    open: bool


class WakeReset(Message, frozen=True):
    """supervisor → wake: forget what was heard so far of this stream (after a turn, or a gap)."""

    stream: int = 0


class WakeHeard(Message, frozen=True):
    """wake → supervisor: a wake word; `at_ms` is the end of the audio that made the score."""

    word: str
    score: float
    at_ms: int
    stream: int = 0


class WakeNear(Message, frozen=True):
    """wake → supervisor: something was nearly a wake word, and is over; nothing follows from it."""

    word: str
    score: float
    at_ms: int
    stream: int = 0


class WakeLoad(Message, frozen=True):
    """wake → supervisor, once a second while it has other streams than 0: how far it is from too many."""

    streams: int
    busy: float
    """Share of the last second that was spent on scoring, 0.0 to 1.0."""
    lag_ms: int
    """How much later than usual the latest block of that second was scored."""
    cost: float
    """Share of a core that one stream of speech takes."""
    dropped: int = 0
    """Blocks of streams other than 0 that were too late to be of use."""


# --- vad -----------------------------------------------------------------------------------------------


class Voice(Message, frozen=True):
    """vad → supervisor: probability of speech in the chunk that ends at `at_ms`."""

    turn: int
    at_ms: int
    probability: float


# --- stt -----------------------------------------------------------------------------------------------


class SpeechGrammar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What this home can say.

    `patterns` are sentences in JSGF's notation: words, `[optional]`, `(one|other)` and `<list>`.
    `lists` gives the alternatives of each `<list>`. All lower case, no punctuation.
    """

    patterns: tuple[str, ...] = ()
    lists: dict[str, tuple[str, ...]] = {}


class SetGrammar(Message, frozen=True):
    """supervisor → stt: listen for these sentences from the next turn on; None is open dictation."""

    grammar: SpeechGrammar | None


class ListenStart(Message, frozen=True):
    """supervisor → stt, vad: audio of this turn follows."""

    turn: int


class ListenEnd(Message, frozen=True):
    """supervisor → stt, vad: the speaker is done; stt answers with `Transcript`."""

    turn: int


class Partial(Message, frozen=True):
    """stt → supervisor: what was understood so far (may change)."""

    turn: int
    text: str
    at_ms: int


class TimedWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word, its begin and end in milliseconds of the utterance's audio, and how sure it is, 0…1."""

    word: str
    start_ms: int
    end_ms: int
    confidence: float


class Transcript(Message, frozen=True):
    """stt → supervisor: the sentence; empty when nothing was said or it fits no grammar."""

    turn: int
    text: str
    confidence: float
    """Of `text`, 0…1; of `nearly` when that is told."""
    ms: float
    """Milliseconds from `ListenEnd` to this answer, inside the stage."""
    speaker: tuple[float, ...] = ()
    """Speaker vector, empty without a speaker model."""
    words: tuple[TimedWord, ...] = ()
    """Of `text`; empty when the engine does not know their times."""
    nearly: str = ""
    """When `text` is empty: the sentence that it was most like, for "did you mean …"; or empty."""


# --- intent --------------------------------------------------------------------------------------------


class HousePart(Message, frozen=True):
    """supervisor → intent: a piece of the house as JSON; the last one makes it valid."""

    data: bytes
    last: bool


class Understand(Message, frozen=True):
    """supervisor → intent: what does this sentence mean in that house?"""

    turn: int
    text: str
    area: str = ""
    """Area id of the device that heard it, for "the light in here"."""
    room: str = ""
    """Which conversation it belongs to, for "it" and "and in the bedroom"."""


class Consider(Message, frozen=True):
    """supervisor → intent: what was heard so far; is it a whole sentence? Nothing is done about it."""

    turn: int
    text: str
    area: str = ""
    room: str = ""


class Considered(Message, frozen=True):
    """intent → supervisor: the answer to `Consider`."""

    turn: int
    text: str
    whole: bool
    """It is understood as it is."""
    ending: Literal["closed", "open", "unclear"]
    """Nothing is likely to follow; something must; or neither is known."""
    answer: str = ""
    """What would be said if nothing follows."""


class Deed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service call, in Home Assistant's terms."""

    domain: str
    service: str
    entity_id: tuple[str, ...]
    data: dict[str, bool | int | float | str | list[int | float | str] | None] = {}


class Understood(Message, frozen=True):
    """intent → supervisor: the deeds, and what to say when they succeed (or instead of any)."""

    turn: int
    deeds: tuple[Deed, ...]
    answer: str
    source: Literal["intent", "model", "none"]
    intent: str
    ms: float
    asks: bool = False
    """The answer is a question: what is said next answers it."""


class GrammarReady(Message, frozen=True):
    """intent → supervisor: the speech grammar of the house it was given."""

    grammar: SpeechGrammar


# --- llm -----------------------------------------------------------------------------------------------


class Generate(Message, frozen=True):
    """supervisor → llm: answer this; one at a time, stopped for certain at its deadline."""

    turn: int
    system: str
    text: str
    grammar: str = ""
    """GBNF, checked by us before llama.cpp sees it; empty for free text."""
    max_tokens: int = 128
    deadline_ms: int = 20_000


class Token(Message, frozen=True):
    """llm → supervisor: the next piece of text."""

    turn: int
    text: str


class Generated(Message, frozen=True):
    """llm → supervisor: the generation ended, and why."""

    turn: int
    reason: Literal["stop", "length", "deadline", "cancelled", "refused"]
    prompt_tokens: int
    tokens: int
    first_token_ms: float
    ms: float
    prefill_tokens: int = 0
    """Tokens of the prompt that had to be evaluated; the others were known from the turn before."""


# --- tts -----------------------------------------------------------------------------------------------


class Speak(Message, frozen=True):
    """supervisor → tts: one sentence of this turn's reply, in order."""

    turn: int
    sentence: int
    text: str
    speed: float = 1.0


class Prepare(Message, frozen=True):
    """supervisor → tts: this may have to be said soon; have it ready."""

    turn: int
    text: str
    speed: float = 1.0


class SpeechAudio(Message, frozen=True):
    """tts → supervisor: a piece of that sentence as it is made."""

    turn: int
    sentence: int
    rate_hz: int
    pcm: bytes


class Spoken(Message, frozen=True):
    """tts → supervisor: that sentence is complete."""

    turn: int
    sentence: int
    seconds: float
    ms: float
    cached: bool = False
    """It was known from before; nothing was made."""


Common = Configure | Ping | Cancel | Stop
CommonReply = Ready | Failed | Pong | Note

TO_STAGE: dict[str, object] = {
    "sound": Common | Capture | Inject | Play | PlayEnd | Volume,
    "wake": Common | Audio | WakeStream | WakeReset,
    "vad": Common | Audio | ListenStart | ListenEnd,
    "stt": Common | Audio | SetGrammar | ListenStart | ListenEnd,
    "intent": Common | HousePart | Understand | Consider,
    "llm": Common | Generate,
    "tts": Common | Speak | Prepare,
}
FROM_STAGE: dict[str, object] = {
    "sound": CommonReply | MicAudio | Injected | PlayStarted | Played | Overrun | DeviceState,
    "wake": CommonReply | WakeHeard | WakeNear | WakeLoad,
    "vad": CommonReply | Voice,
    "stt": CommonReply | Partial | Transcript,
    "intent": CommonReply | Understood | Considered | GrammarReady,
    "llm": CommonReply | Token | Generated,
    "tts": CommonReply | SpeechAudio | Spoken,
}

_encoder = msgspec.msgpack.Encoder()
_decoders = {
    direction: {name: msgspec.msgpack.Decoder(union) for name, union in table.items()}
    for direction, table in (("to", TO_STAGE), ("from", FROM_STAGE))
}


def encode(message: Message) -> bytes:
    """One packet. Raises TooBig when it would exceed `MAX_PACKET_BYTES`."""
    packet = _encoder.encode(message)
    if len(packet) > MAX_PACKET_BYTES:
        raise TooBig(f"{type(message).__name__} of {len(packet)} bytes is above {MAX_PACKET_BYTES}")
    return packet


def decode(packet: bytes, direction: Literal["to", "from"], stage: str) -> Message:
    """The message in one packet that travels `to` or `from` the stage.

    Raises TooBig above `MAX_PACKET_BYTES`, Malformed for anything this stage may not receive or say.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise TooBig(f"a packet of more than {MAX_PACKET_BYTES} bytes {direction} stage {stage}")
    try:
        message: Message = _decoders[direction][stage].decode(packet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"a packet of {len(packet)} bytes {direction} stage {stage}: {error}") from error
    return message
