"""Emptying a group on a kernel without cgroup.kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys, pathlib
from appliance.supervision import cgroup
cgroup._kill(pathlib.Path(sys.argv[1]))
print("alive")
"""


def test_a_process_without_a_number_here_is_not_ourselves(tmp_path: Path) -> None:
    """The kernel lists what lives in a foreign pid namespace as 0; kill(0) would end our own group."""
    (tmp_path / "cgroup.procs").write_text("0\n")
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=30,
    )
    assert done.stdout.strip() == "alive", done.returncode


def test_a_process_with_a_number_is_killed(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    (tmp_path / "cgroup.procs").write_text(f"0\n{sleeper.pid}\n")
    subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], check=True, start_new_session=True, timeout=30
    )
    assert sleeper.wait(10) == -9
