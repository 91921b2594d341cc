"""The manual page, read by the programs that read manual pages."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.__main__ import parser
from appliance.commandline import manual, tree

PAGE = manual.page(tree.of(parser()), "1.2.3", "2026-11-21")


def test_mandoc_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("mandoc") is None:
        pytest.skip("mandoc is not installed: apt-get install mandoc")
    file = tmp_path / "appliance.1"
    file.write_text(PAGE)
    done = subprocess.run(["mandoc", "-Tlint", str(file)], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_groff_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed: apt-get install groff")
    file = tmp_path / "appliance.1"
    file.write_text(PAGE)
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_man_shows_it(tmp_path: Path) -> None:
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("man is not installed: apt-get install man-db groff")
    file = tmp_path / "appliance.1"
    file.write_text(PAGE)
    done = subprocess.run(
        ["man", "-l", str(file)], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "TERM": "dumb"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    for node in tree.of(parser()).walk():
        assert " ".join(node.words) in shown, node.words
    assert "appliance - a voice appliance for the home that needs no cloud" in shown
    assert shown.count("one JSON object a line") == 1, "what every command takes is told once"


def test_text_is_never_a_request() -> None:
    node = tree.Node(("x",), ".so /etc/passwd", (), (), (tree.Node(("x", "y"), '\'evil \\fB "q" é'),))
    page = manual.page(node, "1", "2026-01-01")
    assert "\n.so" not in page
    assert "\n'" not in page
    assert "\\efB \\(dqq\\(dq \\[u00E9]" in page
