"""What is said in a self test, how its wake word is called, and the home in which it is done. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from appliance.home.entities import Area, Entity, House

Voice = Literal["own", "espeak"]
"""The configured voice, or eSpeak NG: a wake word of one language may not know the voice of another."""

LIGHT = "light.selftest"
MAX_WORDS = 3
"""Wake words of the configuration that are tried: each costs some seconds."""
WELL_KNOWN = ("hey_jarvis", "okay_nabu", "alexa", "hey_mycroft")
"""Wake words that a synthetic voice is known to wake, the best first."""
ENGLISH = "en"


class Phrase(msgspec.Struct, frozen=True):
    """A command in one language, for a light of this name in this room."""

    sentence: str
    light: str
    room: str


PHRASES = {
    "en": Phrase("turn on the kitchen light", "Kitchen light", "Kitchen"),
    "de": Phrase("schalte das Küchenlicht ein", "Küchenlicht", "Küche"),
    "es": Phrase("enciende la luz de la cocina", "Luz de la cocina", "Cocina"),
    "fr": Phrase("allume la lampe de la cuisine", "Lampe de la cuisine", "Cuisine"),
    "it": Phrase("accendi la luce della cucina", "Luce della cucina", "Cucina"),
    "nl": Phrase("doe het keukenlicht aan", "Keukenlicht", "Keuken"),
}


class Utterance(msgspec.Struct, frozen=True):
    """A wake word and who says it, and who says the command after it."""

    word: str
    wake_voice: Voice
    voice: Voice


def phrase(language: str) -> Phrase | None:
    """The command in this language ("de", "de-CH"); None when there is none."""
    return PHRASES.get(re.split("[-_]", language.lower(), maxsplit=1)[0])


def house(said: Phrase, language: str) -> House:
    """The home of the test: one room with one light, switched off."""
    light = Entity(
        LIGHT, said.light, "light", area="selftest", state="off",
        attributes={"supported_color_modes": ["onoff"]},
    )  # fmt: skip
    return House("self test", language, areas=(Area("selftest", said.room),), entities=(light,))


def spoken_word(word: str) -> str:
    """How a wake word of `wake.words`, a name or a path, is said: "hey_jarvis_v0.1" is "hey jarvis"."""
    name = re.sub(r"\.(onnx|tflite|json)$", "", word.rpartition("/")[2])
    name = re.sub(r"[_-]v?\d[\d.]*$", "", name)
    return re.sub(r"[^\w]+|_", " ", name).strip()


def words(configured: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """The wake words to listen for: those of the configuration, and a well-known one of the same engine.

    Without the latter, nobody could tell a wake word of a person's own that no machine can pronounce from an
    engine that hears nothing.
    """
    if any(word in WELL_KNOWN for word in configured):
        return tuple(configured)
    known = [word for word in WELL_KNOWN if word in available]
    return (*configured, *known[:1])


def utterances(listening_for: Sequence[str], configured: Sequence[str]) -> Iterator[Utterance]:
    """What to try, in this order."""
    added = [word for word in listening_for if word not in configured]
    for word in (*configured[:MAX_WORDS], *added):
        yield Utterance(word, "own", "own")
        yield Utterance(word, "espeak", "own")
        yield Utterance(word, "espeak", "espeak")


def worth_trying(next_one: Utterance, tried: Iterable[tuple[Utterance, bool]]) -> bool:
    """`tried` says of each whether its wake word was heard.

    A wake word that was not heard is not tried again in the same voice; after an utterance that woke and was
    not understood, only another voice can do better.
    """
    call = (next_one.word, next_one.wake_voice)
    return all(
        each.voice != next_one.voice if woken else (each.word, each.wake_voice) != call
        for each, woken in tried
    )
