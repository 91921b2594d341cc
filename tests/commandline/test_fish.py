"""What a real fish offers after Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.__main__ import parser
from appliance.commandline import fish, tree


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("appliance stat", {"status"}),
        ("appliance home-assistant ", {"show", "remove"}),
        ("appliance run --mode ", {"full", "satellite"}),
        ("appliance models --config list sho", set()),
        ("appliance update channel ", {"stable", "beta"}),
        ("appliance announce --roo", {"--room"}),
    ],
)
def test_words_that_fit(tmp_path: Path, line: str, candidates: set[str]) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed: apt-get install fish")
    file = tmp_path / "appliance.fish"
    file.write_text(fish.script(tree.of(parser())))
    done = subprocess.run(
        ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", str(file), line],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert {row.split("\t")[0] for row in done.stdout.splitlines()} == candidates


def test_text_cannot_leave_its_quotes() -> None:
    node = tree.Node(
        ("appliance",), "it's; (rm) $x \\ 'y'", (), (), (tree.Node(("appliance", "a"), "o'b\\"),)
    )
    assert "-d 'o\\'b\\\\'" in fish.script(node)
