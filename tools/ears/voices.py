"""Which voices teach and which examine: a voice of the second kind is never heard in training."""

from __future__ import annotations

import random

from ears.espeak import LANGUAGES
from ears.rhvoice import present
from ears.speech import Voice

_VARIANTS = """
    m1 m2 m3 m4 m6 m7 m8 f1 f2 f4 f5 Alex Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo
    Jacky Lee Marco Mario Michael Nguyen Storm adam anika announcer antonio aunty belinda
    benjamin boris caleb david ed edward edward2 gustave iven iven2 iven3 iven4 john kaukovalta
    klatt klatt2 klatt3 klatt4 linda marcelo max michel miguel norbert pablo paul pedro quincy
    rob robert sandro shelby steph steph2 steph3 travis victor zac
"""
ESPEAK_VARIANTS = tuple(_VARIANTS.split())
TRAINING_LANGUAGES = tuple(name for name in LANGUAGES if name != "scotland")
_LANGUAGE_WEIGHTS = {"us": 6.0, "gb": 3.0, "rp": 2.0}
TRAINING_FLITE = ("slt", "awb", "kal16")
RHVOICE = ("alan", "bdl", "slt")
"""The other English ones may not be used for what is sold, or examine."""
PICO = ("en-US",)
OPTIONAL_SHARE = {"rhvoice": 0.3, "pico": 0.12}
"""Of the sentences, where the program is installed."""
HELD_OUT = (
    Voice("espeak", "us+m5"),
    Voice("espeak", "us+f3"),
    Voice("espeak", "us+Mike"),
    Voice("espeak", "gb+Alicia"),
    Voice("espeak", "gb+grandpa"),
    Voice("espeak", "scotland+m5"),
    Voice("flite", "rms"),
    Voice("festival", "ked_diphone"),
    Voice("festival", "cmu_us_slt_arctic_hts"),
    Voice("rhvoice", "clb"),
    Voice("pico", "en-GB"),
)
"""One whole accent, people whom Flite and RHVoice imitate, synthesizers, and variants of eSpeak NG."""
FLITE_SHARE = 0.5


def training_voice(rng: random.Random) -> Voice:
    """One of them by chance."""
    chance = rng.random()
    if chance < OPTIONAL_SHARE["rhvoice"] and present("rhvoice"):
        return Voice("rhvoice", rng.choice(RHVOICE))
    if chance > 1 - OPTIONAL_SHARE["pico"] and present("pico"):
        return Voice("pico", rng.choice(PICO))
    if rng.random() < FLITE_SHARE:
        return Voice("flite", rng.choice(TRAINING_FLITE))
    weights = [_LANGUAGE_WEIGHTS.get(name, 1.0) for name in TRAINING_LANGUAGES]
    language = rng.choices(TRAINING_LANGUAGES, weights)[0]
    return Voice("espeak", f"{language}+{rng.choice(ESPEAK_VARIANTS)}")
