"""Teaches the network, in fixed steps from a fixed seed, and says how it goes. Needs PyTorch."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ears import sequences, variations
from ears.corpus import UNKNOWN
from ears.features import without_mean
from ears.network import LEFT, RIGHT, SUBSAMPLING, Network
from ears.phones import OUTPUTS

LEAST_PRIOR = 1e-3
_REPORT_STEPS = 100


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long, how wide, how fast."""

    steps: int = 3000
    width: int = 288
    rate: float = 3e-3
    batch: int = 64
    answers: int = 50
    """Answers in each piece of a batch."""
    smoothing: float = 0.03
    seed: int = 1
    threads: int = 2
    sequences: bool = False
    """Whole stretches are taught, instead of each answer."""
    varied: bool = False
    """Each piece with another throat, speed and microphone."""


@dataclasses.dataclass(frozen=True)
class Data:
    """Cepstra [frames, CEPSTRA] float16 less their running mean, and outputs [frames] uint8 or UNKNOWN, of
    all sentences, one after the other; `mean` [CEPSTRA] is what the running mean begins with.
    """

    cepstra: torch.Tensor
    sounds: torch.Tensor
    mean: Any

    def priors(self) -> Any:
        """Share of each output."""
        counts = torch.bincount(self.sounds[self.sounds < OUTPUTS].long(), minlength=OUTPUTS).double()
        return np.maximum((counts / counts.sum()).numpy(), LEAST_PRIOR)


def mean_of(files: Sequence[Path]) -> Any:
    """[CEPSTRA], of all speech."""
    read = [np.load(file)["cepstra"] for file in files]
    return sum(one.sum(0, dtype=np.float64) for one in read) / sum(map(len, read))


def load(files: Sequence[Path], mean: Any) -> Data:
    """All shards."""
    cepstra, sounds = [], []
    for file in files:
        shard = np.load(file)
        sounds.append(shard["sounds"])
        ends = np.cumsum(shard["frames"])
        cepstra += [
            without_mean(one.astype(np.float32), mean).astype(np.float16)
            for one in np.split(shard["cepstra"], ends[:-1])
        ]
    return Data(torch.from_numpy(np.concatenate(cepstra)), torch.from_numpy(np.concatenate(sounds)), mean)


def piece_frames(answers: int) -> int:
    """Frames that so many answers need."""
    return LEFT + SUBSAMPLING * (answers - 1) + 1 + RIGHT


class Teacher:
    """Pieces of the data, and the network that learns from them."""

    def __init__(self, data: Data, held: Data, plan: Plan, network: Network | None = None) -> None:
        torch.manual_seed(plan.seed)
        torch.set_num_threads(plan.threads)
        self._data, self._held, self._plan = data, held, plan
        self.network = network or Network(plan.width)
        if network is None:
            some = data.cepstra[::11].float()
            self.network.mean.copy_(some.mean(0))
            self.network.prior.copy_(torch.from_numpy(data.mean))
            self.network.deviation.copy_(some.std(0))
        self._optimizer = torch.optim.AdamW(self.network.parameters(), lr=plan.rate, weight_decay=1e-2)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, plan.rate, total_steps=plan.steps, pct_start=0.12
        )
        self._frames = torch.arange(piece_frames(plan.answers))
        self._answers = LEFT + SUBSAMPLING * torch.arange(plan.answers)
        self._throats = variations.throats()
        self._moves = sequences.moves_of(data.sounds, SUBSAMPLING)

    def _pieces(self, data: Data, starts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        frames = data.cepstra[starts[:, None] + self._frames].float()
        return frames, data.sounds[starts[:, None] + self._answers].long()

    def _varied(self, data: Data, starts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        places = variations.frames_at(starts, len(self._frames))
        frames = variations.between(data.cepstra, places)
        frames = variations.otherwise(frames, self._throats, self.network.deviation)
        return frames, data.sounds[places[:, self._answers].round().long()].long()

    def step(self) -> float:
        """One batch; its loss."""
        count = len(self._frames)
        last = len(self._data.sounds) - int(count * max(variations.SPEEDS)) - 1
        starts = torch.randint(0, last, (self._plan.batch,))
        take = self._varied if self._plan.varied else self._pieces
        frames, sounds = take(self._data, starts)
        frames = _blotted(frames)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.network(frames).float()
        loss = self._loss(scores, sounds)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _loss(self, scores: torch.Tensor, sounds: torch.Tensor) -> torch.Tensor:
        if self._plan.sequences:
            return sequences.loss(scores, sounds, self._moves)
        return functional.cross_entropy(
            scores.reshape(-1, OUTPUTS),
            sounds.reshape(-1),
            label_smoothing=self._plan.smoothing,
            ignore_index=UNKNOWN,
        )

    def examine(self) -> tuple[float, float]:
        """Loss, and the share of right answers where something is said, on sentences held back."""
        count = (len(self._held.sounds) - len(self._frames)) // len(self._frames)
        starts = torch.arange(min(count, 200)) * len(self._frames)
        self.network.eval()
        with torch.no_grad():
            frames, sounds = self._pieces(self._held, starts)
            scores = self.network(frames)
        self.network.train()
        loss = self._loss(scores, sounds)
        said = (sounds > 0) & (sounds != UNKNOWN)
        return float(loss), float((scores.argmax(-1) == sounds)[said].float().mean())


def _blotted(frames: torch.Tensor) -> torch.Tensor:
    """A few frames of each piece are wiped out, so that a sound is also known by those around it."""
    batch, length, _ = frames.shape
    for _ in range(2):
        begin = torch.randint(0, length, (batch, 1))
        long = torch.randint(0, 9, (batch, 1))
        places = torch.arange(length)[None]
        wiped = (places >= begin) & (places < begin + long)
        frames = torch.where(wiped[..., None], frames.mean(1, keepdim=True), frames)
    return frames


def teach(teacher: Teacher, plan: Plan, keep: Path, report: Callable[[str], None]) -> None:
    """All steps; the network is kept in `keep` as it goes."""
    begun = time.monotonic()
    losses: list[float] = []
    for step in range(1, plan.steps + 1):
        losses.append(teacher.step())
        if step % _REPORT_STEPS == 0 or step == plan.steps:
            loss, right = teacher.examine()
            report(
                f"step {step}/{plan.steps}, {time.monotonic() - begun:.0f} s: "
                f"loss {np.mean(losses):.3f}, held back {loss:.3f}, sounds right {right:.1%}"
            )
            losses.clear()
            torch.save({"width": plan.width, "state": teacher.network.state_dict()}, keep)
