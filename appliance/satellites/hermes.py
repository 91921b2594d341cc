"""The Hermes protocol as Rhasspy 2.5 and the ESP32 satellites speak it: topics and payloads. Pure.

Facts from Rhasspy's reference; names of fields are Hermes' own. Unknown keys are ignored, texts are bounded.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from appliance.errors import Malformed

MAX_JSON_BYTES = 65_536
DEFAULT_SITE = "default"
"""What Rhasspy calls the base station itself."""
SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
Text = Annotated[str, Meta(max_length=1_000)]
Id = Annotated[str, Meta(max_length=128)]
Names = Annotated[tuple[Annotated[str, Meta(max_length=128)], ...], Meta(max_length=64)]


class Hermes(msgspec.Struct, frozen=True, rename="camel", omit_defaults=False, kw_only=True):
    """Base of all messages; `site_id` is a room."""

    site_id: Id = DEFAULT_SITE


# --- hotword and asr --------------------------------------------------------------------------------------


class Detected(Hermes, frozen=True, kw_only=True):
    """`hermes/hotword/<wakewordId>/detected`."""

    model_id: Id | None = None
    model_version: Id = ""
    model_type: Id = "personal"
    current_sensitivity: float = 1.0
    session_id: Id | None = None
    lang: Id | None = None


class Toggle(Hermes, frozen=True, kw_only=True):
    """`hermes/hotword/toggleOn|toggleOff`, `hermes/asr/toggleOn|toggleOff`, `hermes/audioServer/toggle…`."""

    reason: Id = ""


class StartListening(Hermes, frozen=True, kw_only=True):
    """`hermes/asr/startListening`."""

    session_id: Id | None = None
    lang: Id | None = None
    stop_on_silence: bool = True
    send_audio_captured: bool = False
    wakeword_id: Id | None = None
    intent_filter: Names | None = None


class StopListening(Hermes, frozen=True, kw_only=True):
    """`hermes/asr/stopListening`."""

    session_id: Id | None = None


class TextCaptured(Hermes, frozen=True, kw_only=True):
    """`hermes/asr/textCaptured`."""

    text: Text
    likelihood: float
    seconds: float
    session_id: Id | None = None
    wakeword_id: Id | None = None
    lang: Id | None = None


class Failure(Hermes, frozen=True, kw_only=True):
    """`hermes/error/…`."""

    error: Text
    context: Text | None = None
    session_id: Id | None = None


# --- dialogue ---------------------------------------------------------------------------------------------


class Init(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a session begins: words that are only said, or words after which somebody is listened to."""

    type: Literal["action", "notification"] = "action"
    text: Text | None = None
    can_be_enqueued: bool = True
    intent_filter: Names | None = None
    send_intent_not_recognized: bool = False


class StartSession(Hermes, frozen=True, kw_only=True):
    """`hermes/dialogueManager/startSession`."""

    init: Init
    custom_data: Text | None = None
    lang: Id | None = None


class ContinueSession(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`hermes/dialogueManager/continueSession`."""

    session_id: Id
    custom_data: Text | None = None
    text: Text | None = None
    intent_filter: Names | None = None
    send_intent_not_recognized: bool = False
    slot: Id | None = None
    lang: Id | None = None


class EndSession(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`hermes/dialogueManager/endSession`."""

    session_id: Id
    text: Text | None = None
    custom_data: Text | None = None


class SessionQueued(Hermes, frozen=True, kw_only=True):
    """`hermes/dialogueManager/sessionQueued`."""

    session_id: Id
    custom_data: Text | None = None


class SessionStarted(Hermes, frozen=True, kw_only=True):
    """`hermes/dialogueManager/sessionStarted`."""

    session_id: Id
    custom_data: Text | None = None
    lang: Id | None = None


Reason = Literal["nominal", "abortedByUser", "intentNotRecognized", "timeout", "error", "siteUnavailable"]


class Termination(msgspec.Struct, frozen=True):
    """Why a session ended."""

    reason: Reason


class SessionEnded(Hermes, frozen=True, kw_only=True):
    """`hermes/dialogueManager/sessionEnded`."""

    termination: Termination
    session_id: Id
    custom_data: Text | None = None


class NotRecognized(Hermes, frozen=True, kw_only=True):
    """`hermes/dialogueManager/intentNotRecognized`, `hermes/nlu/intentNotRecognized`."""

    session_id: Id | None = None
    input: Text = ""
    id: Id | None = None
    custom_data: Text | None = None


# --- understanding, speech, loudspeaker -------------------------------------------------------------------


class Query(Hermes, frozen=True, kw_only=True):
    """`hermes/nlu/query`."""

    input: Text
    id: Id | None = None
    intent_filter: Names | None = None
    session_id: Id | None = None
    wakeword_id: Id | None = None
    lang: Id | None = None
    custom_data: Text | None = None


class IntentName(msgspec.Struct, frozen=True, rename="camel"):
    """Which intent, and how sure."""

    intent_name: str
    confidence_score: float


class Slot(msgspec.Struct, frozen=True, rename="camel"):
    """One value of an intent."""

    entity: str
    slot_name: str
    value: dict[str, Any]
    raw_value: str
    confidence: float = 1.0


class Intent(Hermes, frozen=True, kw_only=True):
    """`hermes/intent/<name>`."""

    input: str
    intent: IntentName
    id: Id | None = None
    slots: tuple[Slot, ...] = ()
    session_id: Id | None = None
    custom_data: Text | None = None
    raw_input: str | None = None
    wakeword_id: Id | None = None
    lang: Id | None = None


class Say(Hermes, frozen=True, kw_only=True):
    """`hermes/tts/say`."""

    text: Text
    lang: Id | None = None
    id: Id | None = None
    session_id: Id | None = None
    volume: float | None = None


class SayFinished(Hermes, frozen=True, kw_only=True):
    """`hermes/tts/sayFinished`."""

    id: Id | None = None
    session_id: Id | None = None


class PlayFinished(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`hermes/audioServer/<siteId>/playFinished`."""

    id: Id | None = None
    session_id: Id | None = None


class SetVolume(Hermes, frozen=True, kw_only=True):
    """`rhasspy/audioServer/setVolume`: 0.0 to 1.0."""

    volume: Annotated[float, Meta(ge=0.0, le=1.0)]


INCOMING: dict[str, type[Any]] = {
    "hermes/hotword/toggleOn": Toggle,
    "hermes/hotword/toggleOff": Toggle,
    "hermes/asr/startListening": StartListening,
    "hermes/asr/stopListening": StopListening,
    "hermes/dialogueManager/startSession": StartSession,
    "hermes/dialogueManager/continueSession": ContinueSession,
    "hermes/dialogueManager/endSession": EndSession,
    "hermes/tts/say": Say,
    "hermes/nlu/query": Query,
    "rhasspy/audioServer/setVolume": SetVolume,
}
"""Topics without a place in them, and what they carry."""
FRAME, SESSION_FRAME = "hermes/audioServer/+/audioFrame", "hermes/audioServer/+/+/audioSessionFrame"
PLAY_FINISHED, DETECTED = "hermes/audioServer/+/playFinished", "hermes/hotword/+/detected"
_DECODERS = {kind: msgspec.json.Decoder(kind) for kind in {*INCOMING.values(), Detected, PlayFinished}}
T = TypeVar("T")


def decode(kind: type[T], payload: bytes) -> T:
    """A message of this kind. Raises Malformed; an empty payload is an empty object."""
    if len(payload) > MAX_JSON_BYTES:
        raise Malformed(f"{kind.__name__}: {len(payload)} bytes")
    try:
        message: T = _DECODERS[kind].decode(payload or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{kind.__name__}: {error}"[:200]) from None
    return message


def encode(message: msgspec.Struct) -> bytes:
    """Its payload."""
    return msgspec.json.encode(message)


def site_of(topic: str, place: int) -> str:
    """The site in this level of a topic. Raises Malformed for a name that no site may have."""
    levels = topic.split("/")
    name = levels[place] if place < len(levels) else ""
    if not SITE.fullmatch(name):
        raise Malformed("a site with a name that no site may have")
    return name


def checked_site(name: str) -> str:
    """The same name. Raises Malformed for one that no site may have."""
    if not SITE.fullmatch(name):
        raise Malformed("a site with a name that no site may have")
    return name


def frame_topic(site: str) -> str:
    """Where a satellite's audio comes from."""
    return f"hermes/audioServer/{site}/audioFrame"


def play_topic(site: str, request: str) -> str:
    """Where a satellite gets what it shall play."""
    return f"hermes/audioServer/{site}/playBytes/{request}"


def detected_topic(word: str) -> str:
    """Where a wake word is told; a name that is no topic level is made one."""
    return f"hermes/hotword/{re.sub(r'[^A-Za-z0-9_.-]', '_', word)[:64] or 'wake'}/detected"


def intent_topic(name: str) -> str:
    """Where an intent is told."""
    return f"hermes/intent/{re.sub(r'[^A-Za-z0-9_.:-]', '_', name)[:128]}"
