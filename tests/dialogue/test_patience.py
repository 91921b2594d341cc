"""How long a silence ends a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.config.model import Vad
from appliance.dialogue.patience import end_silence_ms
from appliance.wire.messages import Considered

VAD = Vad(end_silence_ms=480, whole_silence_ms=280, unfinished_silence_ms=900)


@pytest.mark.parametrize(
    ("text", "whole", "ending", "ms"),
    [
        ("turn on the lamp", True, "closed", 280),
        ("turn on the kitchen", True, "open", 900),
        ("turn off the lights", True, "unclear", 480),
        ("turn on the", False, "open", 900),
        ("the lamp", False, "closed", 480),
        ("flibber", False, "unclear", 480),
        (" ", True, "closed", 480),
    ],
)
def test_patience(text: str, whole: bool, ending: Any, ms: int) -> None:
    assert end_silence_ms(VAD, Considered(1, text, whole, ending)) == ms


def test_of_a_sentence_of_which_nothing_is_known_it_is_the_usual() -> None:
    assert end_silence_ms(VAD, None) == 480


@pytest.mark.parametrize(("ending", "whole"), [("closed", True), ("open", False)])
def test_neither_is_on_the_wrong_side_of_the_usual(ending: Any, whole: bool) -> None:
    odd = Vad(end_silence_ms=500, whole_silence_ms=900, unfinished_silence_ms=100)
    assert end_silence_ms(odd, Considered(1, "x", whole, ending)) == 500
