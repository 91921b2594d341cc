"""What a real zsh makes of Tab at a terminal."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from appliance.__main__ import parser
from appliance.commandline import tree, zsh

SECONDS = 30.0
READY = b"%%ready%%"


class Terminal:
    """An interactive zsh without anybody's settings."""

    def __init__(self, home: Path) -> None:
        self._master, end = pty.openpty()
        self._process = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=end, stdout=end, stderr=end, start_new_session=True,
            env={"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "dumb"},
        )  # fmt: skip
        os.close(end)

    def type(self, text: bytes) -> None:
        os.write(self._master, text)

    def until(self, wanted: bytes) -> bytes:
        seen, deadline = b"", time.monotonic() + SECONDS
        while wanted not in seen and time.monotonic() < deadline:
            if select.select([self._master], [], [], 0.1)[0]:
                seen += os.read(self._master, 65_536)
        assert wanted in seen, seen
        return seen

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        (b"stat", b"|appliance status |"),
        (b"home-assistant rem", b"|appliance home-assistant remove |"),
        (b"run --mode sat", b"|appliance run --mode satellite |"),
        (b"update channel be", b"|appliance update channel beta |"),
        (b"announce --roo", b"|appliance announce --room |"),
    ],
)
def test_words_that_fit(tmp_path: Path, typed: bytes, completed: bytes) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed: apt-get install zsh")
    file = tmp_path / "appliance.zsh"
    file.write_text(zsh.script(tree.of(parser())))
    terminal = Terminal(tmp_path)
    try:
        terminal.type(
            b"unsetopt zle_bracketed_paste 2>/dev/null; PS1=; autoload -U compinit; compinit -u -D;"
            b' _show() { print -r -- "|$BUFFER|"; BUFFER=; zle accept-line }; zle -N _show;'
            b" bindkey '^X' _show; source " + bytes(file) + b"; print %%rea''dy%%\n"
        )
        terminal.until(READY)
        terminal.type(b"appliance " + typed + b"\t\x18")
        terminal.until(completed)
    finally:
        terminal.close()
