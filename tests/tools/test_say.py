"""Messages and progress of the shell tools."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.tools.conftest import Shell


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 00 s"), (185, "3 min 05 s"), (3_600, "60 min 00 s")],
)
def test_duration(seconds: int, text: str, shell: Shell) -> None:
    assert shell(f"duration {seconds}").stdout == text


@pytest.mark.parametrize(
    ("log", "percent"),
    [
        ("", ""),
        ("nothing of the kind\n", ""),
        ("dlstatus:1:50.0000:Retrieving file 1 of 2\n", "20"),
        ("dlstatus:1:99:x\npmstatus:bubblewrap:50.0000:Unpacking\n", "70"),
        ("pmstatus:dpkg-exec:100:Done\n", "100"),
        ("[1/4] a\n  [2/4] Building CXX object b.cpp.o\n", "50"),
        ("[0/0] odd\n", ""),
        ("Downloading a (30.0MiB)\nDownloading b (10.0MiB)\n Downloaded b\n", "25"),
        ("Downloading a (1.0GiB)\nDownloading b (1024.0MiB)\n Downloaded a\n", "50"),
        ("Downloading a (512.0KiB)\n Downloaded a\n", "100"),
    ],
)
def test_percent_is_the_commands_own_account(log: str, percent: str, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(log)
    done = shell(f"percent_done {file}")
    assert (done.stdout, done.stderr, done.returncode) == (percent, "", 0)


def test_percent_of_a_missing_log_is_nothing(shell: Shell) -> None:
    done = shell("percent_done /nonexistent/log")
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize(("percent", "full"), [(0, 0), (49, 9), (50, 10), (100, 20)])
def test_bar(percent: int, full: int, shell: Shell) -> None:
    drawn = shell(f"bar {percent}").stdout
    assert drawn.count("━") == full
    assert drawn.count("╌") == 20 - full
    assert drawn.endswith(f" {percent} %")


def test_a_step_says_what_and_how_long(shell: Shell) -> None:
    done = shell("step 'Doing it' echo quiet; echo after")
    assert done.returncode == 0
    assert done.stdout == "after\n"
    assert done.stderr.splitlines() == ["· Doing it", "✓ Doing it 0 s"]


def test_a_steps_output_is_kept_in_its_log(shell: Shell, tmp_path: Path) -> None:
    shell("step 'Package lists: A & B' sh -c 'echo out; echo err >&2'")
    assert (tmp_path / "cache/appliance/log/package-lists-a-b.log").read_text() == "out\nerr\n"


def test_a_failed_step_ends_with_the_log_and_the_command(shell: Shell) -> None:
    done = shell("step 'Doing it' sh -c 'echo because of this; exit 3'; echo not reached")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "    because of this" in done.stderr
    assert "bash: Doing it: failed" in done.stderr
    assert "→ by hand: 'sh' '-c' 'echo because of this; exit 3'" in done.stderr


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("step Doing false", "'false'"),
        ("ours() { false; }; step Doing ours", "bash"),
        ("ours() { false; }; BY_HAND='apt-get install x'; step Doing ours", "apt-get install x"),
    ],
)
def test_the_remedy_can_be_pasted(code: str, remedy: str, shell: Shell) -> None:
    assert f"→ by hand: {remedy} " in shell(code).stderr


@pytest.mark.parametrize(
    "words",
    [
        "Temporary failure in name resolution",
        "Temporary failure resolving 'mirror.example'",
        "error: Request failed: error sending request for url",
        "Could not connect: connect (111: Connection refused)",
        "OSError: [Errno 101] Network is unreachable",
    ],
)
def test_a_missing_network_is_named(words: str, shell: Shell) -> None:
    done = shell("step 'Doing it' sh -c 'echo \"$WORDS\"; exit 1'", WORDS=words)
    assert done.returncode == 1
    assert "the network or the package index cannot be reached" in done.stderr
    assert "→ when it is back: 'sh'" in done.stderr


def test_another_failure_is_not_blamed_on_the_network(shell: Shell) -> None:
    done = shell("step 'Doing it' sh -c 'echo No space left on device; exit 1'")
    assert "network" not in done.stderr
    assert "No space left on device" in done.stderr


def test_die_gives_the_remedy_and_keeps_the_sentence(shell: Shell) -> None:
    done = shell("trap 'echo \"kept: $DIED\"' EXIT; die 'it broke' 'mend it'")
    assert done.returncode == 1
    assert done.stderr == "bash: it broke\n  → mend it\n"
    assert done.stdout == "kept: it broke → mend it\n"


def test_a_step_reads_nothing_from_the_terminal(shell: Shell) -> None:
    assert shell("step 'Reading' cat").returncode == 0


def test_a_terminal_sees_a_live_line(tmp_path: Path) -> None:
    """A real pseudo-terminal; the command ends when the line has been drawn."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    parent, child = pty.openpty()
    code = f'. "{ROOT}/tools/lib.sh"; step "Doing it" sh -c "echo \'[1/2] x\'; cat {gate}"'
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen(
        ["bash", "-c", code], stderr=child, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(child)
        seen = b""
        while b"50 %" not in seen:
            seen += os.read(parent, 1_024)
        opener = threading.Thread(target=gate.write_text, args=("",))
        opener.start()
        while "✓ Doing it".encode() not in seen:
            seen += os.read(parent, 1_024)
        opener.join()
        assert process.wait(timeout=10) == 0
    os.close(parent)
    assert b"\r\x1b[K  Doing it" in seen
    assert "━━━━━━━━━━╌".encode() in seen


def test_the_progress_line_ends_with_its_step(shell: Shell) -> None:
    done = shell("step 'Doing it' true; jobs -r | wc -l")
    assert done.stdout.strip() == "0"
