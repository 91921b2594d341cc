"""What a recogniser is examined with: voices, homes and rooms that no training has heard. Seeded.

Homes and sentences are those of tools/bench-understanding; people's recordings are those of ../shared/audio.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from understanding_homes import homes
from understanding_sentences import Sentences

from appliance.audio import reading
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.errors import AudioError
from appliance.home.entities import Area, Entity, House
from appliance.understanding.grammar import speech_grammar, spoken
from appliance.wire.messages import SpeechGrammar
from ears.corpus import Makers, with_silence
from ears.noises import some_noise
from ears.rhvoice import PROGRAMS, present
from ears.rooms import heard
from ears.speech import RATE_HZ, Manner, Voice
from ears.voices import HELD_OUT

SEED = 2026
WAKE_WORDS = ("hey_jarvis",)
HOME_ENTITIES = 100
_END_SILENCE = bytes(RATE_HZ)
"""Half a second: the recogniser is told of the end no sooner in real life."""


@dataclasses.dataclass(frozen=True)
class Task:
    """One recording; `text` is empty where nothing for the home is said."""

    group: str
    text: str
    pcm: bytes


@dataclasses.dataclass(frozen=True)
class Exam:
    """Recordings of one home."""

    house: House
    grammar: SpeechGrammar
    tasks: tuple[Task, ...]


def house_of_chance(seed: int) -> tuple[House, dict[str, Any]]:
    """A home with about a hundred things, and the same as plain data."""
    for raw in homes(seed, 60):
        if len(raw["entities"]) >= HOME_ENTITIES // 2:
            return msgspec.convert(raw, House), raw
    raise ValueError(f"no home of seed {seed} is large enough")


def said_by_machines(each: int, cache: Path, rooms: bool) -> Exam:
    """`each` sentences of one home by each voice that is held out, near and clear or in `rooms`."""
    house, raw = house_of_chance(SEED)
    grammar = speech_grammar(house, WAKE_WORDS)
    acceptor = Acceptor(compile_grammar(grammar))
    rng = random.Random(SEED)
    texts = [spoken(case.text) for case in Sentences(raw, rng).cases(6)]
    sayable = sorted({text for text in texts if acceptor.accepts(text)})
    rng.shuffle(sayable)
    tasks: list[Task] = []
    studio = _Studio(cache, rooms)
    for place, voice in enumerate(HELD_OUT):
        if voice.maker in PROGRAMS and not present(voice.maker):
            print(f"left out: {voice}, which is not installed")
            continue
        for number in range(each):
            text = sayable[(place * each + number) % len(sayable)]
            tasks += studio.record(str(voice), voice, number, text, text)
        for number, text in enumerate(OTHER_SPEECH[place :: len(HELD_OUT)][:each]):
            tasks += studio.record("other speech", voice, number, text, "")
    for number in range(2 * each):
        chance = random.Random(f"{SEED}/noise/{number}")
        sound = heard(some_noise(chance.uniform(1.5, 4), chance), chance, ())
        tasks.append(Task("noise", "", sound.astype("<i2").tobytes() + _END_SILENCE))
    return Exam(house, grammar, tuple(tasks))


class _Studio:
    """Where the voices that are held out say their sentences."""

    def __init__(self, cache: Path, rooms: bool) -> None:
        self._folder = cache / "exam"
        self._rooms = rooms
        self._makers = Makers()

    def record(self, group: str, voice: Voice, number: int, said: str, wanted: str) -> Iterator[Task]:
        """What is said, and what should be heard; nothing when the voice does not speak."""
        name = hashlib.sha256(f"{voice}/{said}/{SEED}".encode()).hexdigest()[:20]
        samples = _kept(self._folder / f"{name}.npy", self._makers, said, voice, number)
        if samples is not None:
            chance = random.Random(f"{SEED}/{voice}/{number}")
            sound = heard(samples, chance, ()) if self._rooms else samples * (20_000 / abs(samples).max())
            yield Task(group, wanted, sound.astype("<i2").tobytes() + _END_SILENCE)


def _kept(file: Path, makers: Makers, text: str, voice: Voice, number: int) -> Any:
    import numpy as np

    if not file.is_file():
        manner = Manner(random.Random(number).uniform(0.85, 1.15))
        said = makers.say(text, voice, manner)
        if said is None:
            return None
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, with_silence(said, random.Random(number)).samples)
    return np.load(file)


_OTHER = """
    i think we should visit your parents next weekend, did you remember to buy some milk and bread
    the train was late again so i missed the meeting, she said that the doctor would call her back
    my brother wants to learn how to play the guitar, we could order pizza if nobody feels like cooking
    do you know where i left my glasses, the neighbours are having a party on saturday night
    it has been raining the whole week, he told me a funny story about his dog
    the children have to be at school by eight, i would rather watch the other film
    can you believe how much they charge for parking, our flight leaves early in the morning
    she has been working there for almost ten years, that reminds me of something that happened last summer
    put the dishes into the cupboard please, i will turn around at the next corner
    let us set up the tent before it gets dark, they opened a new restaurant down the street
    the lights of the city were beautiful, what a wonderful evening this has been
    i have never seen such a big pumpkin, please tell grandma that we arrived safely
    the second half of the game was much better, maybe the battery of my car is empty
    he stopped smoking a long time ago, would you like another cup of tea
    this book is about the history of france, i cannot find the other sock anywhere
    you should call the insurance company tomorrow, we used to live close to the harbour
    the kitchen of that hotel was excellent, could somebody help me carry this table
    they play the same songs over and over, my office is on the other side of town
"""
OTHER_SPEECH = tuple(part.strip() for line in _OTHER.strip().splitlines() for part in line.split(", "))
"""Nothing that any home can be told."""

# The clips name these; more things of everyday stand beside them.
_CLIP_THINGS = (
    ("Bed Light", "light"),
    ("Kitchen Lights", "light"),
    ("Standing Light", "light"),
    ("Office Lights", "light"),
    ("Desk Lamp", "light"),
    ("Sliding Door", "cover"),
    ("Front Door", "lock"),
    ("TV", "media_player"),
    ("Party Time", "script"),
    ("New York", "weather"),
    ("Thermostat", "climate"),
)
_MORE_THINGS = (
    ("Ceiling Fan", "fan"),
    ("Reading Lamp", "light"),
    ("Heater", "switch"),
    ("Coffee Maker", "switch"),
    ("Blinds", "cover"),
    ("Speaker", "media_player"),
    ("Floor Lamp", "light"),
    ("Radiator", "climate"),
    ("Humidity", "sensor"),
    ("Printer", "switch"),
)
_ROOMS = "Kitchen,Office,Bedroom,Bathroom,Living Room,Garage,Hallway,Dining Room,Basement,Guest Room"


def clip_house() -> House:
    """A home of a hundred things in which the clips make sense."""
    rooms = _ROOMS.split(",")
    areas = tuple(Area(room.lower().replace(" ", "_"), room) for room in rooms)
    things = [(name, kind, areas[place % 2]) for place, (name, kind) in enumerate(_CLIP_THINGS)]
    things += [(f"{area.name} {name}", kind, area) for area in areas for name, kind in _MORE_THINGS]
    entities = tuple(
        Entity(f"{kind}.thing_{number}", name, kind, area=area.id)
        for number, (name, kind, area) in enumerate(things[:HOME_ENTITIES])
    )
    return House(areas=areas, entities=entities)


def recorded(audio: Path, others: int) -> Exam:
    """The shared clips, and so many recordings of people who say something else."""
    house = clip_house()
    clips = (Task("clips", spoken(file.stem), pcm) for file, pcm in _read(audio / "commands", 1000))
    beside = (Task("other speech", "", pcm) for _, pcm in _read(audio / "background-speech", others))
    noises = (Task("noise", "", pcm) for _, pcm in _read(audio / "noise", others // 2))
    return Exam(house, speech_grammar(house, WAKE_WORDS), (*clips, *beside, *noises))


def _read(folder: Path, most: int) -> Iterator[tuple[Path, bytes]]:
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".wav", ".ogg", ".flac"})
    for file in files[:: max(1, len(files) // most)][:most]:
        try:
            yield file, reading.read(file).pcm + _END_SILENCE
        except AudioError as error:
            print(f"left out: {error}")
