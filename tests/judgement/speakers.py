"""Vectors as speaker models make them: near to one another for one person, far apart for two."""

from __future__ import annotations

import random

from appliance.judgement.identity.voices import Heard, heard

ENGINE = "vosk vosk-model-spk"
SIZE = 128


def vector(person: str, number: int, spread: float = 0.2) -> tuple[float, ...]:
    """The `number`-th utterance of this person; `spread` is how much utterances differ."""
    own = random.Random(person)
    this = random.Random(f"{person} {number}")
    return tuple(own.gauss(0, 1) + spread * this.gauss(0, 1) for _ in range(SIZE))


def utterance(person: str, number: int, spread: float = 0.2) -> Heard:
    return heard(ENGINE, vector(person, number, spread))
