"""What is said during set-up, in English and German. Pure.

In any other language the sentences are English, but digits stay digits: every eSpeak NG voice reads them in
its own language.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from appliance.firstboot import names
from appliance.firstboot.codes import grouped

Key = Literal[
    "starting", "no_network", "no_wifi", "hotspot", "joining", "failed", "ready", "code", "imported", "faults"
]
Reason = Literal["password", "not_found", "no_address", "other"]

SENTENCES: Mapping[str, Mapping[Key, str]] = {
    "en": {
        "starting": "I am starting.",
        "no_network": "I have no network.",
        "no_wifi": "I have no network. Please plug in a network cable.",
        "hotspot": "Please connect your phone to the Wi-Fi network {name}. Its password is: {digits}.",
        "joining": "I am connecting to your Wi-Fi.",
        "failed": "That did not work. {reason}",
        "ready": "I am ready. My name is {name}.",
        "code": "My claim code is: {digits}.",
        "imported": "I have taken over your settings.",
        "faults": "Something in your set-up files is wrong. Please read the report beside them.",
    },
    "de": {
        "starting": "Ich starte.",
        "no_network": "Ich habe kein Netz.",
        "no_wifi": "Ich habe kein Netz. Bitte steck ein Netzwerkkabel ein.",
        "hotspot": "Bitte verbinde dein Telefon mit dem WLAN {name}. Das Passwort ist: {digits}.",
        "joining": "Ich verbinde mich mit deinem WLAN.",
        "failed": "Das hat nicht geklappt. {reason}",
        "ready": "Ich bin bereit. Ich heiße {name}.",
        "code": "Mein Einrichtungscode ist: {digits}.",
        "imported": "Ich habe deine Einstellungen übernommen.",
        "faults": "In deinen Einrichtungsdateien stimmt etwas nicht. Bitte lies den Bericht daneben.",
    },
}
REASONS: Mapping[str, Mapping[Reason, str]] = {
    "en": {
        "password": "The password seems to be wrong.",
        "not_found": "I do not find that network.",
        "no_address": "The network gives me no address.",
        "other": "I could not connect.",
    },
    "de": {
        "password": "Das Passwort ist wohl falsch.",
        "not_found": "Ich finde dieses WLAN nicht.",
        "no_address": "Das Netz gibt mir keine Adresse.",
        "other": "Ich konnte mich nicht verbinden.",
    },
}
Trouble = Literal["wrong_code", "too_early", "no_code", "busy", "ssid", "password"]
TROUBLES: Mapping[str, Mapping[Trouble, str]] = {
    "en": {
        "wrong_code": "That is not the claim code. It is on the screen, and I say it aloud.",
        "too_early": "Too many wrong codes. Please wait {seconds} seconds, or restart me.",
        "no_code": "I have no claim code at the moment. Please restart me.",
        "busy": "I am trying a network already.",
        "ssid": "Please choose a network, or type its name.",
        "password": "That cannot be a Wi-Fi password: it has 8 to 63 characters.",
    },
    "de": {
        "wrong_code": "Das ist nicht der Einrichtungscode. Er steht auf dem Bildschirm, und ich sage ihn.",
        "too_early": "Zu viele falsche Codes. Bitte warte {seconds} Sekunden, oder starte mich neu.",
        "no_code": "Ich habe gerade keinen Einrichtungscode. Bitte starte mich neu.",
        "busy": "Ich probiere schon ein WLAN.",
        "ssid": "Bitte wähle ein WLAN, oder schreib seinen Namen.",
        "password": "Das kann kein WLAN-Passwort sein: es hat 8 bis 63 Zeichen.",
    },
}
FALLBACK = "en"


def say(key: Key, language: str, *, name: str = "", digits: str = "", reason: Reason = "other") -> str:
    """The sentence; `name` is the host name, `digits` a code."""
    table = SENTENCES.get(_base(language), SENTENCES[FALLBACK])
    return table[key].format(name=names.spoken(name), digits=one_by_one(digits), reason=why(reason, language))


def why(reason: Reason, language: str) -> str:
    """Why a network could not be joined."""
    return REASONS.get(_base(language), REASONS[FALLBACK])[reason]


def trouble(key: Trouble, language: str, seconds: float = 0.0) -> str:
    """Why the page cannot do it, for whoever reads it."""
    return TROUBLES.get(_base(language), TROUBLES[FALLBACK])[key].format(seconds=math.ceil(seconds))


def one_by_one(code: str) -> str:
    """Each character for itself, with a longer pause after four: `1, 2, 3, 4; 5, 6, 7, 8`."""
    return "; ".join(", ".join(group) for group in grouped(code).split(" "))


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
