"""Examines recognisers of the product, as its stage would use them, and prints what comes of it."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable
from pathlib import Path

from appliance.audio import pcm
from appliance.engines import loading
from appliance.engines.contract import SttEngine
from appliance.home.entities import House
from appliance.understanding.grammar import strip_wake
from appliance.understanding.intents import Understander
from ears.exam import WAKE_WORDS, Exam, Task


@dataclasses.dataclass
class Marks:
    """Counts over the recordings of one group."""

    tasks: int = 0
    exact: int = 0
    meant: int = 0
    """Not the same words, but the same deed."""
    none: int = 0
    wrong: int = 0
    """Something that was not asked for would be done or answered."""
    words: int = 0
    word_errors: int = 0

    def add(self, other: Marks) -> None:
        """Both."""
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def _figures(self) -> list[float]:
        share = 100 / max(1, self.tasks)
        errors = 100 * self.word_errors / self.words if self.words else 0.0
        return [*(count * share for count in (self.exact, self.meant, self.none, self.wrong)), errors]

    def line(self) -> str:
        """In percent."""
        return f"{self.tasks:5} " + " ".join(f"{figure:6.1f}" for figure in self._figures())

    def cells(self) -> str:
        """The same for a table in Markdown."""
        return " | ".join((str(self.tasks), *(f"{figure:.1f}" for figure in self._figures())))


HEAD = f"{'':38} {'n':>5} {'exact':>6} {'meant':>6} {'none':>6} {'wrong':>6} {'words':>6}"


def edits(said: list[str], heard: list[str]) -> int:
    """Least number of words to put in, take out or change."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, start=1):
        above, row[0] = row[0], count
        for place, other in enumerate(heard, start=1):
            above, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, above + (word != other)),
            )
    return row[-1]


class Meanings:
    """What would come of a text in a home."""

    def __init__(self, house: House) -> None:
        self._understander = Understander(house)
        self._understander.open()
        self._near = house.areas[0].id if house.areas else ""

    def of(self, text: str) -> tuple[object, ...]:
        """Deeds and answer; equal when the same would happen."""
        meaning = self._understander.understand(text, self._near)
        return (*meaning.deeds, meaning.answer)


def mark(task: Task, heard: str, meanings: Meanings) -> Marks:
    """Of one recording."""
    said, got = task.text.split(), heard.split()
    marks = Marks(1, words=len(said), word_errors=edits(said, got))
    if heard == task.text:
        marks.exact = 1
    elif not heard:
        marks.none = 1
    elif task.text and meanings.of(heard) == meanings.of(task.text):
        marks.meant = 1
    else:
        marks.wrong = 1
    return marks


def engine(name: str, folder: Path | None) -> SttEngine:
    """A recogniser of the product, open."""
    found: SttEngine = loading.create("stt", name, {}, {"model": str(folder)} if folder else {}, 1)
    found.open()
    return found


def memory_mb() -> int:
    """Of this process now."""
    match = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(match[1]) // 1024 if match else 0


def hear(recogniser: SttEngine, sound: bytes) -> str:
    """The text, without a wake word before it."""
    recogniser.start()
    for block in pcm.blocks(sound):
        for _ in recogniser.feed(block):
            pass
    return strip_wake(recogniser.finish().text, WAKE_WORDS)


def evaluate(title: str, recogniser: SttEngine, exam: Exam, show: bool) -> dict[str, Marks]:
    """Prints a line a group; `show` also what was heard wrongly."""
    begun = time.monotonic()
    recogniser.set_grammar(exam.grammar)
    ready = time.monotonic() - begun
    meanings = Meanings(exam.house)
    found: dict[str, Marks] = {}
    spent = 0.0
    for task in exam.tasks:
        before = time.process_time()
        heard = hear(recogniser, task.pcm)
        spent += time.process_time() - before
        marks = mark(task, heard, meanings)
        found.setdefault(task.group, Marks()).add(marks)
        if show and not marks.exact:
            print(f"    {task.group}: {task.text!r} → {heard!r}{' WRONG' if marks.wrong else ''}")
    seconds = sum(len(task.pcm) for task in exam.tasks) / 1000 / pcm.BYTES_PER_MS
    _print(title, found.items())
    factor = spent / max(seconds, 0.001)
    print(
        f"{title}: grammar in {ready:.2f} s, real-time factor {factor:.3f}, process {memory_mb()} MB",
        flush=True,
    )
    return found


def _print(title: str, found: Iterable[tuple[str, Marks]]) -> None:
    everything = Marks()
    for group, marks in found:
        print(f"{title + ' ' + group:38} {marks.line()}")
        if group not in {"other speech", "noise"}:
            everything.add(marks)
    print(f"{title + ' all commands':38} {everything.line()}")
