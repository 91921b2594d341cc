from __future__ import annotations

import subprocess
import sys


def test_without_a_loudspeaker_it_says_so_and_ends() -> None:
    """Where there is one it speaks; both are an end without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "appliance.firstboot.voice", "en"],
        input="One.", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}
    assert "Traceback" not in done.stderr
    assert (done.returncode == 0) == (
        not any(line.startswith("appliance:") for line in done.stderr.split("\n"))
    )


def test_an_unknown_voice_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "appliance.firstboot.voice", "xx-nowhere"],
        input="One.", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("appliance: ")
