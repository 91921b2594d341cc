"""How a word sounds that no dictionary has: eSpeak NG says it in IPA, a table turns that into ARPAbet.

eSpeak NG comes inside Piper's wheel. Its bridge module is loaded alone: the package around it would bring
onnxruntime along.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from appliance.engines.contract import MissingEngine

MAX_WORD_CHARS = 40
MAX_PHONES = 40

# Two signs that are one sound stand before the single ones.
IPA_TO_ARPABET = {
    "eɪ": "EY", "aɪ": "AY", "ɔɪ": "OY", "ɔø": "OY", "ɔʏ": "OY", "aʊ": "AW", "oʊ": "OW", "əʊ": "OW",
    "tʃ": "CH", "dʒ": "JH", "ts": "T S", "ɑɹ": "AA R", "ɔɹ": "AO R", "ɜː": "ER", "ɚ": "ER", "ɝ": "ER",
    "uː": "UW", "iː": "IY", "ɑː": "AA", "ɔː": "AO", "oː": "OW", "eː": "EY", "ɛː": "EH", "yː": "UW",
    "øː": "ER", "i": "IY", "ɪ": "IH", "ᵻ": "IH", "e": "EH", "ɛ": "EH", "æ": "AE", "a": "AA", "ɐ": "AH",
    "ɑ": "AA", "ɒ": "AO", "ɔ": "AO", "o": "OW", "ʊ": "UH", "u": "UW", "ʌ": "AH", "ə": "AH", "ɜ": "ER",
    "y": "UW", "ʏ": "UH", "ø": "ER", "œ": "ER", "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G",
    "g": "G", "f": "F", "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH",
    "ç": "SH", "x": "K", "h": "HH", "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "l": "L", "ʎ": "L Y",
    "ɹ": "R", "r": "R", "ɾ": "T", "ʁ": "R", "j": "Y", "w": "W", "ɣ": "G", "β": "B", "ʔ": "",
}  # fmt: skip

_SOUND = re.compile("|".join(sorted(map(re.escape, IPA_TO_ARPABET), key=len, reverse=True)) + "|.", re.DOTALL)
_MARKS = re.compile("[ˈˌːʲ\u0329\u0303\u032f\\s]")


def arpabet(ipa: str) -> tuple[str, ...]:
    """Phones of eSpeak's IPA; empty when a sign is not in the table or it changed the language midway."""
    phones: list[str] = []
    for sound in _SOUND.findall(ipa.replace("ˈ", "").replace("ˌ", "")):
        if sound in IPA_TO_ARPABET:
            phones += IPA_TO_ARPABET[sound].split()
        elif not _MARKS.fullmatch(sound):
            return ()
    return tuple(phones) if len(phones) <= MAX_PHONES else ()


def is_latin(word: str) -> bool:
    """Only letters of the Latin script (and apostrophes): what these voices can read."""
    letters = word.replace("'", "")
    return bool(letters) and all(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)


def cot_caught_merged(phones: Sequence[str]) -> tuple[str, ...]:
    """How half of North America says it ("off" with the vowel of "cot"); empty when that is the same."""
    following = (*phones[1:], "")
    merged = tuple(
        "AA" if phone == "AO" and after != "R" else phone
        for phone, after in zip(phones, following, strict=True)
    )
    return merged if merged != tuple(phones) else ()


class Speller:
    """Pronunciations by letter-to-sound rules in several languages."""

    def __init__(self, voices: tuple[str, ...]) -> None:
        self._voices = voices
        self._bridge: ModuleType | None = None

    def open(self) -> None:
        """Load eSpeak NG. Raises MissingEngine when Piper's wheel is not installed."""
        spec = importlib.util.find_spec("piper")
        if spec is None or not spec.submodule_search_locations:
            raise MissingEngine("eSpeak NG (inside piper-tts) is not installed", "install piper-tts")
        folder = Path(spec.submodule_search_locations[0])
        bridge_spec = importlib.util.spec_from_file_location("espeakbridge", folder / "espeakbridge.so")
        if bridge_spec is None or bridge_spec.loader is None:
            raise MissingEngine(f"{folder}: piper-tts has no eSpeak NG in it", "install piper-tts again")
        bridge = importlib.util.module_from_spec(bridge_spec)
        bridge_spec.loader.exec_module(bridge)
        bridge.initialize(str(folder / "espeak-ng-data"))
        self._bridge = bridge

    def pronunciations(self, word: str) -> list[tuple[str, ...]]:
        """Different ways to say the word, the first voice's first; empty when none can read it."""
        if self._bridge is None or len(word) > MAX_WORD_CHARS or not is_latin(word):
            return []
        found: dict[tuple[str, ...], None] = {}
        for voice in self._voices:
            self._bridge.set_voice(voice)
            ipa = "".join(clause for clause, _, _ in self._bridge.get_phonemes(word))
            if phones := arpabet(ipa):
                found[phones] = None
        return list(found)
