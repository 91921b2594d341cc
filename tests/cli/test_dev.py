"""`appliance dev`: a whole appliance in one terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

from tests.appliances import COMMAND, alive, descendants, environment

SECONDS = 60.0


class Terminal:
    """The command at a terminal of its own."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self._master, end = pty.openpty()
        self.seen = ""
        variables = environment(data, wake__engine="microwakeword", log__level=None) | {"TERM": "xterm"}
        variables.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [str(COMMAND), "dev", *arguments], stdin=end, stdout=end, stderr=end, env=variables,
            start_new_session=True,
        )  # fmt: skip
        os.close(end)

    def until(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + SECONDS
        while self.seen.count(words) < times and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._master, 65_536).decode("utf-8", "replace")
                except OSError:
                    break  # nobody holds the other end any more
        assert self.seen.count(words) >= times, self.seen[-3_000:]

    def drain(self) -> None:
        """A terminal that nobody reads stops whoever writes to it."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self._master, 65_536).decode("utf-8", "replace")
                except OSError:
                    break
        self.process.wait(SECONDS)

    def close(self) -> None:
        for pid in (*descendants(self.process.pid), self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        os.close(self._master)


def test_a_whole_appliance_from_start_through_a_change_to_its_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings = data / "appliance.toml"
    settings.write_text("[turn]\nlisten_seconds = 5.0\n")
    terminal = Terminal(data)
    try:
        terminal.until("serve: listening")
        assert "\x1b[" in terminal.seen, "it is coloured"
        terminal.until("home: 8 entities")
        below = descendants(terminal.process.pid)
        assert len(below) > 7
        settings.write_text("[turn]\nlisten_seconds = 6.0\n")
        terminal.until("changed: appliance.toml; taking it over")
        settings.write_text('[mqtt]\nprefix = "other"\n')
        terminal.until("changed: appliance.toml; beginning anew")
        terminal.until("serve: listening", 2)
        below |= descendants(terminal.process.pid)
        os.kill(terminal.process.pid, signal.SIGINT)
        terminal.drain()
        assert terminal.process.returncode == 0
        assert alive(below) == []
        (log,) = (data / "dev").glob("dev-*.log")
        text = log.read_text()
        assert text.count("serve: listening") == 2
        assert "\x1b" not in text
        assert log.stat().st_mode & 0o077 == 0
    finally:
        terminal.close()
