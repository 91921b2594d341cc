"""Recognisers side by side, each in a process of its own, as a table for docs/performance.md."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from appliance.engines.contract import SttEngine
from ears import evaluating, exam
from ears.phones import phones_txt

SETS = ("clips", "voices", "voices in rooms", "other speech", "noise")
_PHONES_ONLY = ("am", "conf", "graph/phones")
HEAD = (
    "| recogniser | set | n | exact % | same deed % | nothing % | wrong % | word errors % | "
    "real-time factor | load s | memory MB |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclasses.dataclass(frozen=True)
class Contender:
    """`folder` is a model for Vosk, or None for PocketSphinx; what it listens for is set as said."""

    name: str
    folder: Path | None
    dictates: bool = False
    """Without the home's sentences: any words of the model."""
    phones_only: bool = False
    """Without the model's own graph: the home's is written down to phones, which are numbered as ours."""


def contenders(models: Path, own: Path) -> list[Contender]:
    """Those that are there; `models` holds tiny-vosk."""
    tiny = models / "tiny-vosk"
    every = [
        Contender("PocketSphinx, the home's sentences", None),
        Contender("tiny model alone", tiny, dictates=True),
        Contender("tiny model, the home's graph", tiny, phones_only=True),
        Contender("our model, the home's graph", own),
    ]
    missing = [each for each in every if each.folder is not None and not each.folder.is_dir()]
    for each in missing:
        print(f"left out: {each.name}, {each.folder} is not there", file=sys.stderr)
    return [each for each in every if each not in missing]


def compare(every: Sequence[Contender], audio: Path, cache: Path, each: int, others: int) -> None:
    """Prints the table as it comes."""
    print(HEAD, flush=True)
    processes = multiprocessing.get_context("spawn")
    for one in every:
        process = processes.Process(target=_examine, args=(one, audio, cache, each, others))
        process.start()
        process.join()


@contextlib.contextmanager
def without_its_graph(one: Contender) -> Iterator[Path | None]:
    """The folder to load, for as long as it is needed."""
    if one.folder is None or not one.phones_only:
        yield one.folder
        return
    with tempfile.TemporaryDirectory() as made:
        for name in _PHONES_ONLY:
            shutil.copytree(one.folder / name, Path(made) / name)
        (Path(made) / "graph" / "phones.txt").write_text(phones_txt(), encoding="ascii")
        (Path(made) / "graph" / "words.txt").write_text("<eps> 0\n[unk] 1\n", encoding="ascii")
        yield Path(made)


def _examine(one: Contender, audio: Path, cache: Path, each: int, others: int) -> None:
    with without_its_graph(one) as folder:
        begun = time.monotonic()
        recogniser = evaluating.engine("pocketsphinx" if folder is None else "vosk", folder)
        load_s, opened_mb = time.monotonic() - begun, evaluating.memory_mb()
        exams = [(exam.said_by_machines(each, cache, False), "voices")]
        exams += [(exam.said_by_machines(each, cache, True), "voices in rooms")]
        if audio.is_dir():
            exams.insert(0, (exam.recorded(audio, others), ""))
        meanings = [evaluating.Meanings(asked.house) for asked, _ in exams]
        beside_mb = evaluating.memory_mb() - opened_mb  # what examines, and is not in the product's stage
        for (asked, group), meant in zip(exams, meanings, strict=True):
            for name, marks, factor in _marks(recogniser, asked, group, one.dictates, meant):
                used_mb = evaluating.memory_mb() - beside_mb
                print(
                    f"| {one.name} | {name} | {marks.cells()} | {factor:.3f} | {load_s:.2f} | {used_mb} |",
                    flush=True,
                )
    os._exit(0)  # the libraries have threads that need not be waited for


def _marks(
    recogniser: SttEngine, asked: exam.Exam, group: str, dictates: bool, meanings: evaluating.Meanings
) -> Iterator[tuple[str, evaluating.Marks, float]]:
    """Each group, its marks and real-time factor; all as one when `group` names it."""
    recogniser.set_grammar(None if dictates else asked.grammar)
    for name in [group] if group else list(dict.fromkeys(task.group for task in asked.tasks)):
        tasks = [task for task in asked.tasks if group or task.group == name]
        marks, spent = evaluating.Marks(), 0.0
        for task in tasks:
            begun = time.process_time()
            text = evaluating.hear(recogniser, task.pcm)
            spent += time.process_time() - begun
            marks.add(evaluating.mark(task, text, meanings))
        seconds = sum(len(task.pcm) for task in tasks) / 32_000
        yield name, marks, spent / max(seconds, 0.001)
