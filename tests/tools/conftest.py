"""Run functions of tools/lib.sh in a real bash with a cache of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkout import ROOT

Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """`shell("code", NAME="value")`: the code after `. tools/lib.sh`, with an empty cache and home."""

    def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        environment = kept | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")} | variables
        return subprocess.run(
            ["bash", "-c", f'. "{ROOT}/tools/lib.sh"\n{code}'],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )

    return run
