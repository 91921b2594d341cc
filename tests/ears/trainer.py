"""Code that needs PyTorch, which only the trainer's own environment has."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_PYTHON = _CACHE / "appliance" / "recogniser" / "venv" / "bin" / "python"

needs_pytorch = pytest.mark.skipif(
    not _PYTHON.exists(), reason="no PyTorch was installed: tools/recogniser train"
)


def run(code: str) -> None:
    """Run it there; an assertion in it that fails, fails here."""
    done = subprocess.run(
        [str(_PYTHON), "-c", code],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
