from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from appliance.config.model import Limits
from appliance.supervision import usage
from appliance.supervision.usage import Usage

LIMITS = Limits(memory_max_mb=100, memory_high_mb=100, pids_max=8)


def test_a_tree_of_real_processes_is_counted() -> None:
    code = """
import subprocess, sys, threading
kept = bytearray(50_000_000)
kept[::4096] = b"x" * len(kept[::4096])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
threading.Thread(target=child.wait, daemon=True).start()
print("up", flush=True)
sys.stdin.read()
child.kill()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"up\n"
        found = usage.measure(process.pid)
        assert len(usage.descendants(process.pid)) == 2
        process.stdin.close()
        process.wait()
    assert found.tasks == 3
    assert 50_000_000 < found.memory_bytes < 120_000_000


def test_a_process_that_is_gone_uses_nothing(tmp_path: Path) -> None:
    assert usage.measure(1, tmp_path) == Usage(0, 0)
    assert usage.innermost(1, tmp_path) == 1


def test_a_process_without_a_sandbox_is_its_own_innermost() -> None:
    assert usage.innermost(os.getpid()) == os.getpid()


def test_excess_names_the_limit() -> None:
    assert usage.excess(Usage(99 * 1024 * 1024, 8), LIMITS) == ""
    assert "limit is 100 MB" in usage.excess(Usage(101 * 1024 * 1024, 8), LIMITS)
    assert "limit is 8" in usage.excess(Usage(0, 11), LIMITS)
