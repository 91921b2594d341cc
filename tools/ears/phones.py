"""The model's sounds: ARPAbet with places in the word, one distribution a sound. Pure."""

from __future__ import annotations

_SOUNDS = """
    AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V
    W Y Z ZH
"""
SOUNDS = tuple(_SOUNDS.split())
SILENCE = "SIL"
DISTRIBUTION = {SILENCE: 0, **{sound: number for number, sound in enumerate(SOUNDS, start=1)}}
"""Output of the network by sound."""
OUTPUTS = len(DISTRIBUTION)
PHONES = (SILENCE, *(f"{sound}_{place}" for sound in SOUNDS for place in "BIES"))
"""Kaldi's phones; the first has number 1."""
OUTPUT_OF_PHONE = tuple(DISTRIBUTION[phone.split("_")[0]] for phone in PHONES)
PLACES = {"B": "begin", "I": "internal", "E": "end", "S": "singleton"}


def phones_txt() -> str:
    """Kaldi's table of names."""
    names = ("<eps>", *PHONES, "#0")
    return "".join(f"{name} {number}\n" for number, name in enumerate(names))


def word_boundaries() -> str:
    """Kaldi's `word_boundary.int`."""
    return "".join(
        f"{number} {PLACES.get(name[-1:], 'nonword') if '_' in name else 'nonword'}\n"
        for number, name in enumerate(PHONES, start=1)
    )


# Flite and Festival write American English in a set of their own.
_OF_FLITE = {
    "ax": "AH",
    "axr": "ER",
    "el": "AH L",
    "em": "AH M",
    "en": "AH N",
    "hv": "HH",
    "dx": "T",
    "nx": "N",
    "pau": SILENCE,
    "h#": SILENCE,
    "brth": SILENCE,
    "sil": SILENCE,
}


def of_flite(name: str) -> tuple[str, ...]:
    """Our sounds for one of theirs. Raises KeyError for one that is not English."""
    sounds = tuple(_OF_FLITE.get(name, name.upper()).split())
    for sound in sounds:
        DISTRIBUTION[sound]
    return sounds
