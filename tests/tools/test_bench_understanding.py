"""The measurement of understanding, with few homes: it runs, and its goals hold."""

from __future__ import annotations

import subprocess
import sys

from tests.checkout import ROOT


def test_it_prints_right_wrong_and_none_and_reaches_its_goals():
    program = ROOT / "tools" / "bench_understanding.py"
    words = [sys.executable, str(program), "--homes", "4", "--each", "2", "--seed", "11", "--large", "100"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert "Traceback" not in run.stderr
    for column in ("category", "right", "wrong", "none", "all but", "absent", "100 entities", "MB"):
        assert column in run.stdout
    assert run.returncode == 0, run.stdout
