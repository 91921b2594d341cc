"""What an acoustic model calls its phones: names from `phones.txt`, transitions from the head of `final.mdl`.

Only models are read whose phones sound the same whatever stands beside them and have one emitting state: with
their transitions a graph can be written without the model's own lexicon graph. All others give None.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

import msgspec

from appliance.errors import EngineError

SILENCE = "SIL"
MAX_HEAD_BYTES = 1_000_000
MAX_PHONES = 2_000
MAX_TOPOLOGIES = 64
MAX_STATES = 16
_PHONE_LINE = re.compile(r"(\S+)\s+(\d+)")


class Phone(msgspec.Struct, frozen=True):
    """Labels of a phone's two transitions: into it, and staying in it for one more frame."""

    enter: int
    stay: int


class Phones(msgspec.Struct, frozen=True):
    """Phones by name, those in words with their place: `AA_B`, `AA_I`, `AA_E`, `AA_S`; silence is `SIL`."""

    by_name: dict[str, Phone]

    def sounds(self) -> list[str]:
        """Names without places, sorted, without silence: what a lexicon may use."""
        return sorted({name[:-2] for name in self.by_name if name[-2:] == "_S"})

    def word(self, sounds: tuple[str, ...]) -> tuple[Phone, ...]:
        """A word's phones with their places. Raises KeyError for a sound that the model lacks."""
        if len(sounds) == 1:
            return (self.by_name[f"{sounds[0]}_S"],)
        places = ("B", *"I" * (len(sounds) - 2), "E")
        return tuple(self.by_name[f"{sound}_{place}"] for sound, place in zip(sounds, places, strict=True))

    @property
    def silence(self) -> Phone:
        """The phone of no speech."""
        return self.by_name[SILENCE]


def read_phones(folder: Path) -> Phones | None:
    """A model folder's phones; None when it does not name them or they depend on their neighbours.

    Raises EngineError for files that are there and broken.
    """
    names_file = folder / "graph" / "phones.txt"
    model_file = folder / "am" / "final.mdl"
    if not names_file.is_file() or not model_file.is_file():
        return None
    with names_file.open("rb") as file:
        names = _names(file.read(MAX_HEAD_BYTES), names_file)
    with model_file.open("rb") as file:
        transitions = _transitions(file.read(MAX_HEAD_BYTES), model_file)
    if transitions is None:
        return None
    known = {name: transitions[number] for name, number in names.items() if number in transitions}
    complete = SILENCE in known and all(
        f"{name[:-2]}_{place}" in known for name in known if name != SILENCE for place in "BIES"
    )
    return Phones(known) if complete and len(known) > 1 else None


def _names(content: bytes, file: Path) -> dict[str, int]:
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise EngineError(f"{file}: phones are no text", "unpack the model again") from error
    found = (_PHONE_LINE.fullmatch(line.strip()) for line in lines[: 2 * MAX_PHONES])
    named = {match[1]: int(match[2]) for match in found if match and len(match[2]) < 7}
    return {name: number for name, number in named.items() if name[0] not in "<#"}


# --- final.mdl -------------------------------------------------------------------------------------------


class _Reader:
    """Kaldi's binary stream: tokens end with a space, numbers carry their size."""

    def __init__(self, content: bytes, file: Path) -> None:
        self._content = content
        self._at = 0
        self._file = file

    def broken(self) -> EngineError:
        """What to raise when it is not what it should be."""
        return EngineError(f"{self._file}: this is no acoustic model of Kaldi", "unpack the model again")

    def take(self, count: int) -> bytes:
        """So many bytes."""
        piece = self._content[self._at : self._at + count]
        if len(piece) != count:
            raise self.broken()
        self._at += count
        return piece

    def token(self) -> str:
        """Up to the next space."""
        end = self._content.find(b" ", self._at, self._at + 64)
        if end < 0:
            raise self.broken()
        return self.take(end + 1 - self._at)[:-1].decode("latin-1")

    def expect(self, *tokens: str) -> str:
        """One of these tokens."""
        found = self.token()
        if found not in tokens:
            raise self.broken()
        return found

    def number(self, most: int = 1_000_000) -> int:
        """A whole number from -1 to `most`."""
        size, value = struct.unpack("<bi", self.take(5))
        if size != 4 or not -1 <= value <= most:
            raise self.broken()
        return int(value)

    def numbers(self, most: int) -> list[int]:
        """A list of at most `most`."""
        count = self.number(most)
        if count < 0:
            raise self.broken()
        return list(struct.unpack(f"<{count}i", self.take(4 * count)))


_Moves = list[list[int]]
"""Next states of each state of a topology, in the order in which they are numbered."""


def _transitions(content: bytes, file: Path) -> dict[int, Phone] | None:
    """Transition labels by phone number; None when a phone has several states or several distributions."""
    reader = _Reader(content, file)
    if reader.take(2) != b"\0B":
        raise reader.broken()
    reader.expect("<TransitionModel>")
    reader.expect("<Topology>")
    reader.numbers(MAX_PHONES)
    topology_of = reader.numbers(MAX_PHONES)
    topologies = _topologies(reader)
    reader.expect("</Topology>")
    has_pairs = reader.expect("<Triples>", "<Tuples>") == "<Tuples>"
    found: dict[int, Phone] = {}
    label = 1
    simple = True
    for _ in range(reader.number()):
        phone, state, _ = reader.number(MAX_PHONES), reader.number(MAX_STATES), reader.number()
        if has_pairs:
            reader.number()
        moves = _moves(reader, topologies, topology_of, phone, state)
        labels = {to == state: label + place for place, to in enumerate(moves)}
        label += len(moves)
        simple &= state == 0 and phone not in found and len(moves) == len(labels) == 2
        found[phone] = Phone(labels.get(False, 0), labels.get(True, 0))
    return found if simple else None


def _topologies(reader: _Reader) -> list[_Moves]:
    count = reader.number(MAX_TOPOLOGIES)
    has_pairs = count < 0
    count = reader.number(MAX_TOPOLOGIES) if has_pairs else count
    return [[_state(reader, has_pairs) for _ in range(reader.number(MAX_STATES))] for _ in range(count)]


def _state(reader: _Reader, has_pairs: bool) -> list[int]:
    reader.number()
    if has_pairs:
        reader.number()
    moves = []
    for _ in range(reader.number(MAX_STATES)):
        moves.append(reader.number(MAX_STATES))
        reader.take(5)  # its probability: the graph has costs of its own
    return moves


def _moves(
    reader: _Reader, topologies: list[_Moves], topology_of: list[int], phone: int, state: int
) -> list[int]:
    try:
        return topologies[topology_of[phone]][state]
    except IndexError:
        raise reader.broken() from None
