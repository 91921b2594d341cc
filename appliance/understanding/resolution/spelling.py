"""Stems and bounded edit distance. Pure."""

from __future__ import annotations

SHORT, LONG = 4, 9
"""Words below the first are never taken for misspelt; from the second on two slips are forgiven."""


def english_stem(word: str) -> str:
    """Without the ending of a plural or a possessive."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


_UMLAUTS = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})


def german_stem(word: str) -> str:
    """Without the ending of number and case, and without umlauts, which come and go with them."""
    word = word.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü") if len(word) > 4 else word
    word = word.translate(_UMLAUTS)
    for ending in ("ern", "en", "er", "es", "e", "n", "s"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)]
    return word


COMMON_ENDS = ("room", "rooms", "light", "lights", "zimmer", "licht", "lampe")
"""What follows from these ends of words tells nothing: a ballroom is no misspelt bathroom."""


def allowed_slips(word: str) -> int:
    """How many letters of a word may be wrong."""
    if len(word) < SHORT or not word.isalpha():
        return 0
    return 1 if len(_telling(word)) < LONG else 2


def _telling(word: str) -> str:
    return next((word[: -len(end)] for end in COMMON_ENDS if word.endswith(end)), word)


def misspelt(said: str, meant: str) -> int | None:
    """The slips between two words when one may be meant by the other; else None.

    What is left of a compound is short: there a letter may be missing or too many, but none be another.
    """
    number = slips(said, meant, allowed_slips(said))
    if number and len(_telling(said)) < SHORT and len(said) == len(meant) and sorted(said) != sorted(meant):
        return None
    return number


def slips(said: str, meant: str, most: int) -> int | None:
    """Letters added, lost, changed or swapped between two words; None when more than `most`."""
    if abs(len(said) - len(meant)) > most or said[:1] != meant[:1]:
        return None
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, letter in enumerate(said, 1):
        new = [i] + [0] * len(meant)
        for j, other in enumerate(meant, 1):
            new[j] = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == meant[j - 2] and said[i - 2] == other:
                new[j] = min(new[j], before[j - 2] + 1)
        if min(new) > most:
            return None
        before, row = row, new
    return row[-1] if row[-1] <= most else None
