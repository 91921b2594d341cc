"""What Home Assistant, or whoever else may write to these topics, asks for: checked, or refused. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from appliance.config.model import Config
from appliance.presence.announcing import INSTALL, OFF, ON, PRESS
from appliance.presence.catalogue import DEFAULT_VOICE, NO_WORD, SUPPRESSIONS
from appliance.presence.entities import Entity
from appliance.presence.panel import Facts

MAX_PAYLOAD_BYTES = 4_096
MAX_SPEECH_CHARS = 1_000
T = TypeVar("T")


class Wrong(Exception):
    """Not something that this entity takes; the text says why, without the payload."""


class Do(msgspec.Struct, frozen=True):
    """Something to do: the object id of a button, a switch or a text, and its value."""

    what: str
    value: bool | float | str = True


class Choose(msgspec.Struct, frozen=True):
    """Settings to take over, by dotted key."""

    changes: Mapping[str, object]


def value_of(entity: Entity, payload: bytes) -> bool | float | str:
    """The payload as a value of this entity. Raises Wrong."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Wrong(f"is longer than {MAX_PAYLOAD_BYTES} bytes")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise Wrong("is not text in UTF-8") from None
    match entity.component:
        case "switch":
            return _one_of(text, {ON: True, OFF: False})
        case "select":
            return _one_of(text, {option: option for option in entity.options})
        case "button":
            return _one_of(text, {PRESS: True})
        case "update":
            return _one_of(text, {INSTALL: True})
        case "number":
            return _number(text, entity)
        case "text" | "notify":
            return _speech(text)
        case _:
            raise Wrong("takes no commands")


def _one_of(text: str, known: Mapping[str, T]) -> T:
    if text not in known:
        raise Wrong("is not one of its values")
    return known[text]


def _number(text: str, entity: Entity) -> float:
    try:
        number = float(text) if len(text) <= 32 else math.nan
    except ValueError:
        number = math.nan
    if not entity.low <= number <= entity.high:
        raise Wrong(f"is not a number from {entity.low:g} to {entity.high:g}")
    return number


def _speech(text: str) -> str:
    said = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    if not said or len(said) > MAX_SPEECH_CHARS:
        raise Wrong(f"is not a text of 1 to {MAX_SPEECH_CHARS} characters")
    return said


def meaning(object_id: str, value: bool | float | str, config: Config, facts: Facts) -> Do | Choose:
    """What a command of the appliance itself asks for."""
    match object_id:
        case "wake_sound":
            return Choose({"audio.chime": value})
        case "thinking_sound":
            return Choose({"audio.thinking_sound": value})
        case "volume":
            return Choose({"audio.volume": round(float(value) / 100, 4)})
        case "wake_word" | "second_wake_word":
            return Choose({"wake.words": words_with(config.wake.words, object_id, str(value))})
        case "sensitivity":
            return Choose({"wake.sensitivity": value})
        case "voice":
            return Choose({facts.voice_key: "" if value == DEFAULT_VOICE else value})
        case "noise_suppression":
            return Choose({"audio.noise_suppression": SUPPRESSIONS.index(str(value))})
        case "profile":
            return Choose({"profile": value})
        case "log_level":
            return Choose({"log.level": value})
        case _:
            return Do(object_id.removesuffix("_notify"), value)


def words_with(words: tuple[str, ...], place: str, chosen: str) -> list[str]:
    """The wake words with another one in this place; a word that was in the other place changes with it."""
    first, second, *rest = (*words, NO_WORD)[: max(2, len(words))]
    if place == "wake_word":
        second = first if chosen == second else second
        first = chosen
    elif chosen != first:
        second = chosen
    rest = [word for word in rest if word not in {first, second}]
    return [word for word in (first, second, *rest) if word != NO_WORD]
