"""The measurement of devices on a broker, with few of them: it runs, and prints every figure."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from tests.broker import SEARCH
from tests.checkout import ROOT


def test_it_prints_a_table_for_each_shape_of_announcement():
    if shutil.which("mosquitto", path=SEARCH) is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    words = [sys.executable, str(ROOT / "tools" / "bench_home.py"), "--devices", "5", "--deeds", "5"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=100, check=False)
    assert "Traceback" not in run.stderr
    for figure in ("5 entities known", "15 entities known", "state change → known", "deed → command", "MB"):
        assert figure in run.stdout
