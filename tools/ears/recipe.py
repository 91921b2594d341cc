"""From nothing to a model's folder: speech, rounds of training, labels found anew, files. Needs PyTorch."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

from ears import corpus, folder
from ears.network import Network
from ears.relabelling import relabel
from ears.rhvoice import PROGRAMS, present
from ears.sequences import no_priors
from ears.training import Data, Plan, Teacher, load, mean_of, teach
from ears.voices import ESPEAK_VARIANTS, HELD_OUT, PICO, RHVOICE, TRAINING_FLITE, TRAINING_LANGUAGES

Report = Callable[[str], None]
_FIRST_RATE, _LATER_RATE, _SEQUENCES_RATE = 3e-3, 2.5e-3, 1e-3


@dataclasses.dataclass(frozen=True)
class Recipe:
    """All that decides what comes out; `relabels`: after the first round the labels are found anew."""

    shards: int
    width: int
    rounds: tuple[int, ...]
    """Steps that teach each answer."""
    sequences: int
    """Steps that teach whole stretches, at last; 0: none."""
    relabels: bool
    seed: int
    processes: int

    def plans(self) -> list[Plan]:
        """One a round."""
        rates = (_FIRST_RATE, *[_LATER_RATE] * (len(self.rounds) - 1))
        plans = [
            Plan(steps=steps, width=self.width, rate=rate, seed=self.seed + number)
            for number, (steps, rate) in enumerate(zip(self.rounds, rates, strict=True))
        ]
        if self.sequences:
            last = Plan(
                steps=self.sequences,
                width=self.width,
                rate=_SEQUENCES_RATE,
                seed=self.seed + len(plans),
                sequences=True,
                varied=True,
            )
            plans.append(last)
        return plans


def train(recipe: Recipe, cache: Path, out: Path, report: Report) -> None:
    """Writes the model and its card to `out`. The first shard is held back to examine with."""
    begun = time.monotonic()
    for maker, program in PROGRAMS.items():
        if not present(maker):
            report(f"without {maker}: {program} is not installed")
    files = make_speech(recipe, cache, report)
    mean = mean_of(files[:4])
    network: Network | None = None
    plans = recipe.plans()
    for number, plan in enumerate(plans):
        if number == 0 or (number == 1 and recipe.relabels):
            held, data = load(files[:1], mean), load(files[1:], mean)
            report(f"{corpus.hours(len(data.sounds)):.1f} hours of speech")
        teacher = Teacher(data, held, plan, network)
        network = teacher.network
        teach(teacher, plan, cache / f"network-{number}.pt", report)
        _loss, right = teacher.examine()
        if recipe.relabels and number == 0 and len(plans) > 1:
            files = labels_anew(files, cache, network, data, report)
    if network is None:
        raise ValueError("a recipe needs a round")
    size = folder.write(out, network, no_priors() if plans[-1].sequences else data.priors())
    write_card(out, recipe, data, right, time.monotonic() - begun)
    report(f"{out}: {size / 1e6:.2f} MB, {time.monotonic() - begun:.0f} s in all")


def make_speech(recipe: Recipe, cache: Path, report: Report) -> list[Path]:
    """The shards' files; those that are there already cost nothing."""
    files = []
    with ProcessPoolExecutor(recipe.processes) as pool:
        count = recipe.shards
        made = pool.map(corpus.shard, [cache] * count, range(count), [recipe.seed] * count)
        for number, file in enumerate(made, start=1):
            files.append(file)
            report(f"speech: {number}/{count}")
    return files


def labels_anew(
    files: Sequence[Path], cache: Path, network: Network, data: Data, report: Report
) -> list[Path]:
    """The shards with the labels that `network` finds."""
    torch.set_num_threads(1)
    found = []
    priors = data.priors()
    for number, file in enumerate(files, start=1):
        kept = cache / "labelled" / file.name
        share = relabel(file, kept, network, priors)
        report(f"labels: {number}/{len(files)}, {share:.0%} of the sentences")
        found.append(kept)
    return found


def write_card(out: Path, recipe: Recipe, data: Data, right: float, seconds: float) -> None:
    """What went into the model, for machines."""
    card = {
        "recipe": dataclasses.asdict(recipe),
        "hours": round(corpus.hours(len(data.sounds)), 2),
        "sounds_right": round(right, 4),
        "seconds": round(seconds),
        "languages": ["en"],
        "voices": {
            "espeak": [f"{language}+*" for language in TRAINING_LANGUAGES],
            "espeak_variants": list(ESPEAK_VARIANTS),
            "flite": list(TRAINING_FLITE),
            "rhvoice": list(RHVOICE) if present("rhvoice") else [],
            "pico": list(PICO) if present("pico") else [],
            "people": "drawn from PocketSphinx's en-us",
        },
        "held_out": [str(voice) for voice in HELD_OUT],
        "licence": "Apache-2.0; PocketSphinx en-us and CMUdict, which it learnt from: BSD-2-Clause",
    }
    (out / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
