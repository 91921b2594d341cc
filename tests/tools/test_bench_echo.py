"""The measurement of rooms made of numbers: its rulers are right, and it says what it lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.audio.test_cleaning import load_bench
from tests.checkout import ROOT

bench = load_bench()


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2_000, 48_000)


def test_an_echo_comes_as_late_as_asked_and_half_as_loud():
    sound = noise()
    heard = bench.echo(sound, bench.echo_path(50), bend=0.0)
    lag = int(np.argmax([np.dot(heard[n:], sound[: len(sound) - n]) for n in range(1_600)]))
    assert lag == 800
    assert -8 < bench.power_db(heard) - bench.power_db(sound) < 4


@pytest.mark.parametrize("loss_db", [0, 6, 40])
def test_a_loss_is_measured_in_decibels(loss_db: float):
    sound = noise()
    assert bench.loss_db(sound, sound * 10 ** (-loss_db / 20), 1, 3) == pytest.approx(loss_db, abs=0.01)


def test_likeness_knows_the_same_from_another():
    speech, other = noise(1) * np.repeat([0.1, 1, 0.2, 1], 12_000), noise(2)
    assert bench.likeness(speech, speech) == pytest.approx(1)
    assert bench.likeness(speech, -speech) == pytest.approx(1), "blind for phase"
    assert bench.likeness(speech, other) < 0.6


def test_without_recordings_it_says_so(tmp_path: Path):
    words = [sys.executable, str(ROOT / "tools" / "bench_echo.py"), "--audio", str(tmp_path / "none")]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 1
    assert "--audio" in run.stderr
    assert "Traceback" not in run.stderr
