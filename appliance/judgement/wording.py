"""What is asked and what is answered, in English and German. Pure.

No question holds a word that would answer it: an echo of the question is no yes. Names come from devices, so
they are cut and cleaned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.home.entities import Entity, House
from appliance.judgement.hazards import Hazard, Verb
from appliance.judgement.policy import How, Why
from appliance.judgement.words import words_of
from appliance.understanding import phrases

MAX_NAMED = 4
"""A question that would name more than so many things is not asked: they must be asked for one by one."""
MAX_NAME = 60

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "unlock": "Shall I unlock {names}?",
        "open": "Shall I open {names}?",
        "disarm": "Shall I disarm {names}?",
        "trigger": "Shall I set off {names}?",
        "silence": "Shall I switch off {names}?",
        "start": "Shall I switch on {names}?",
        "change": "Shall I change {names}?",
        "several": "That concerns {names}. Shall I go on with all of it?",
        "and": "and",
        "pin": "Please say your PIN.",
        "in": "{name} in {area}",
        "other": "another thing",
        "others": "{count} other things",
        "missing": "There is no such thing here.",
        "service": "{name} can't do that.",
        "rule": "You are not allowed to do that with {name}.",
        "child": "{name} is only for grown-ups.",
        "elsewhere": "{name} can't be steered from this room.",
        "unknown": "I don't know who you are, so {name} stays as it is.",
        "voice": "I don't recognise your voice, so {name} stays as it is.",
        "no_pin": "{name} needs a PIN, and none is set.",
        "never": "{name} is not steered by voice.",
        "too_many": "Those are too many things at once. Please name them one by one.",
        "cancelled": "All right, I leave it.",
        "wrong_pin": "That is not the PIN. Please try again.",
        "need_pin": "I need your PIN for that.",
        "locked": "Too many wrong PINs. Please wait a while.",
        "other_person": "Somebody else asked for that.",
        "late": "Nobody answered, so I leave it.",
    },
    "de": {
        "unlock": "Soll ich {names} aufschließen?",
        "open": "Soll ich {names} öffnen?",
        "disarm": "Soll ich {names} ausschalten?",
        "trigger": "Soll ich {names} auslösen?",
        "silence": "Soll ich {names} ausschalten?",
        "start": "Soll ich {names} einschalten?",
        "change": "Soll ich {names} verstellen?",
        "several": "Das betrifft {names}. Soll ich alles davon ausführen?",
        "and": "und",
        "pin": "Sag deine PIN.",
        "in": "{name} in {area}",
        "other": "ein weiteres Ding",
        "others": "{count} weitere Dinge",
        "missing": "So etwas gibt es hier nicht.",
        "service": "{name} kann das nicht.",
        "rule": "Das darfst du mit {name} nicht tun.",
        "child": "{name} ist nur für Erwachsene.",
        "elsewhere": "{name} lässt sich von diesem Raum aus nicht steuern.",
        "unknown": "Ich weiß nicht, wer du bist. {name} bleibt, wie es ist.",
        "voice": "Ich erkenne deine Stimme nicht. {name} bleibt, wie es ist.",
        "no_pin": "Für {name} ist eine PIN nötig, und es ist keine gesetzt.",
        "never": "{name} wird nicht mit der Stimme gesteuert.",
        "too_many": "Das ist zu viel auf einmal. Nenne die Dinge einzeln.",
        "cancelled": "Gut, ich lasse es.",
        "wrong_pin": "Das ist nicht die PIN. Versuch es noch einmal.",
        "need_pin": "Dafür brauche ich deine PIN.",
        "locked": "Zu viele falsche PINs. Warte eine Weile.",
        "other_person": "Das hat jemand anderes verlangt.",
        "late": "Niemand hat geantwortet, ich lasse es.",
    },
}


def text(language: str, key: str) -> str:
    """The words; English where the language is not one of these."""
    base = language.replace("_", "-").partition("-")[0].casefold()
    return _TEXTS.get(base, _TEXTS["en"])[key]


def name_of(language: str, entity_id: str, house: House) -> str:
    """The thing as it is spoken of, with its room where two have the same name."""
    entity = house.entity(entity_id)
    if entity is None:
        return _clean(entity_id)
    same = [each for each in house.entities if each.name.casefold() == entity.name.casefold()]
    area = _area(entity, house)
    if len(same) < 2 or not area:
        return _clean(entity.name)
    return text(language, "in").replace("{area}", _clean(area)).replace("{name}", _clean(entity.name))


def _area(entity: Entity, house: House) -> str:
    return next((area.name for area in house.areas if area.id == entity.area), "")


def _clean(name: str) -> str:
    """One short line without control characters or what a template would read."""
    kept = "".join(char if char.isprintable() and char not in "{}?!." else " " for char in name[:200])
    return " ".join(kept.split())[:MAX_NAME]


def question(language: str, hazards: Sequence[Hazard], how: How, house: House, others: int = 0) -> str | None:
    """The question that names every guarded thing; None when they are too many, or the language has none.

    `others` counts the harmless things that go with them.
    """
    things: dict[str, Verb] = {hazard.entity_id: hazard.verb for hazard in hazards}
    if words_of(language) is None or not things or len(things) > MAX_NAMED:
        return None
    names = [name_of(language, each, house) for each in things]
    if others:
        names.append(text(language, "other" if others == 1 else "others").replace("{count}", str(others)))
    verbs = set(things.values())
    key = verbs.pop() if len(verbs) == 1 else "several"
    asked = text(language, key).replace("{names}", _joined(language, names))
    return f"{asked} {text(language, 'pin')}" if how == "pin" else asked


def _joined(language: str, names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {text(language, 'and')} {names[-1]}"


def reason(language: str, why: Why, entity_id: str, house: House) -> str:
    """Why something is not done, as a sentence."""
    name = name_of(language, entity_id, house)
    if words_of(language) is None:
        return phrases.failure_answer(language, "refused", name)
    spoken = text(language, why).replace("{name}", name)
    return spoken[:1].upper() + spoken[1:]
