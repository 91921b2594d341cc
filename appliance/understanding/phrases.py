"""What is said when there is nothing better to say: failures, doubts, "done". Standard library only.

Six languages of ours; any other gets English. The supervisor uses these without loading a template engine.
"""

from __future__ import annotations

from typing import Literal

Reason = Literal["no_answer", "unavailable", "refused", "home_gone", "too_slow", "cannot", "broken"]

_PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "done": "Done.",
        "okay": "Okay.",
        "not_understood": "Sorry, I didn't understand that.",
        "nearly": "Did you mean: {sentence}?",
        "too_slow": "Sorry, that took too long.",
        "home_gone": "Sorry, I can't reach your home right now.",
        "cannot": "Sorry, I can't do that yet.",
        "broken": "Sorry, something went wrong.",
        "no_answer": "{name} did not answer.",
        "unavailable": "{name} is not available.",
        "refused": "{name} can't do that.",
        "which_one": "There is more than one {name}. Which one: {choices}?",
        "which_thing": "Which one: {choices}?",
        "or": "or",
        "the_device": "The device",
    },
    "de": {
        "done": "Erledigt.",
        "okay": "In Ordnung.",
        "not_understood": "Das habe ich leider nicht verstanden.",
        "nearly": "Meintest du: {sentence}?",
        "too_slow": "Das hat leider zu lange gedauert.",
        "home_gone": "Ich erreiche dein Zuhause gerade nicht.",
        "cannot": "Das kann ich leider noch nicht.",
        "broken": "Da ist leider etwas schiefgegangen.",
        "no_answer": "{name} hat nicht geantwortet.",
        "unavailable": "{name} ist nicht erreichbar.",
        "refused": "{name} kann das nicht.",
        "which_one": "{name} gibt es mehrmals. Welches meinst du: {choices}?",
        "which_thing": "Welches meinst du: {choices}?",
        "or": "oder",
        "the_device": "Das Gerät",
    },
    "fr": {
        "done": "C'est fait.",
        "okay": "D'accord.",
        "not_understood": "Désolé, je n'ai pas compris.",
        "nearly": "Vouliez-vous dire : {sentence} ?",
        "too_slow": "Désolé, cela a pris trop de temps.",
        "home_gone": "Désolé, je n'arrive pas à joindre la maison.",
        "cannot": "Désolé, je ne sais pas encore faire cela.",
        "broken": "Désolé, quelque chose s'est mal passé.",
        "no_answer": "{name} n'a pas répondu.",
        "unavailable": "{name} n'est pas disponible.",
        "refused": "{name} ne peut pas faire cela.",
        "which_one": "Il y a plusieurs {name}. Lequel : {choices} ?",
        "which_thing": "Lequel : {choices} ?",
        "or": "ou",
        "the_device": "L'appareil",
    },
    "es": {
        "done": "Hecho.",
        "okay": "De acuerdo.",
        "not_understood": "Lo siento, no lo he entendido.",
        "nearly": "¿Querías decir: {sentence}?",
        "too_slow": "Lo siento, ha tardado demasiado.",
        "home_gone": "Lo siento, no puedo conectar con la casa.",
        "cannot": "Lo siento, todavía no sé hacer eso.",
        "broken": "Lo siento, algo ha fallado.",
        "no_answer": "{name} no ha respondido.",
        "unavailable": "{name} no está disponible.",
        "refused": "{name} no puede hacer eso.",
        "which_one": "Hay más de un {name}. ¿Cuál: {choices}?",
        "which_thing": "¿Cuál: {choices}?",
        "or": "o",
        "the_device": "El dispositivo",
    },
    "it": {
        "done": "Fatto.",
        "okay": "Va bene.",
        "not_understood": "Mi dispiace, non ho capito.",
        "nearly": "Volevi dire: {sentence}?",
        "too_slow": "Mi dispiace, ci è voluto troppo tempo.",
        "home_gone": "Mi dispiace, non riesco a raggiungere la casa.",
        "cannot": "Mi dispiace, questo non lo so ancora fare.",
        "broken": "Mi dispiace, qualcosa è andato storto.",
        "no_answer": "{name} non ha risposto.",
        "unavailable": "{name} non è disponibile.",
        "refused": "{name} non può farlo.",
        "which_one": "C'è più di un {name}. Quale: {choices}?",
        "which_thing": "Quale: {choices}?",
        "or": "o",
        "the_device": "Il dispositivo",
    },
    "nl": {
        "done": "Gedaan.",
        "okay": "Oké.",
        "not_understood": "Sorry, dat heb ik niet begrepen.",
        "nearly": "Bedoelde je: {sentence}?",
        "too_slow": "Sorry, dat duurde te lang.",
        "home_gone": "Sorry, ik kan je huis nu niet bereiken.",
        "cannot": "Sorry, dat kan ik nog niet.",
        "broken": "Sorry, er ging iets mis.",
        "no_answer": "{name} gaf geen antwoord.",
        "unavailable": "{name} is niet beschikbaar.",
        "refused": "{name} kan dat niet.",
        "which_one": "Er is meer dan één {name}. Welke: {choices}?",
        "which_thing": "Welke: {choices}?",
        "or": "of",
        "the_device": "Het apparaat",
    },
}
LANGUAGES = tuple(_PHRASES)


def phrase(language: str, key: str) -> str:
    """The words for `key`, in English when the language is not one of ours."""
    base = language.replace("_", "-").partition("-")[0].casefold()
    return _PHRASES.get(base, _PHRASES["en"])[key]


def done(language: str) -> str:
    """A deed succeeded and nothing else is known to say."""
    return phrase(language, "done")


def okay(language: str) -> str:
    """The request was taken back."""
    return phrase(language, "okay")


def not_understood(language: str) -> str:
    """No meaning was found."""
    return phrase(language, "not_understood")


def did_you_mean(language: str, sentence: str) -> str:
    """A sentence was not sure enough to be done."""
    return phrase(language, "nearly").format(sentence=sentence)


def cannot_yet(language: str) -> str:
    """Understood, but not something this appliance does."""
    return phrase(language, "cannot")


def too_slow(language: str) -> str:
    """A stage missed its deadline."""
    return phrase(language, "too_slow")


def no_answer_from_home(language: str) -> str:
    """The home did not react at all."""
    return phrase(language, "home_gone")


def failure_answer(language: str, reason: Reason, name: str = "") -> str:
    """One spoken sentence about a failure; `name` is the device's, as the person calls it."""
    subject = name or phrase(language, "the_device")
    return phrase(language, reason).replace("{name}", subject[:1].upper() + subject[1:])


def which_one(language: str, name: str, choices: list[str]) -> str:
    """Ask back: several things are called `name` (empty: nothing was named)."""
    listed = join(language, choices[:4])
    text = phrase(language, "which_one" if name else "which_thing")
    return text.replace("{choices}", listed).replace("{name}", name)


def join(language: str, words: list[str]) -> str:
    """One word, "a or b", or "a, b or c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {phrase(language, 'or')} {words[-1]}"
