"""What a real bash offers after Tab."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.__main__ import parser
from appliance.commandline import bash, tree

SCRIPT = bash.script(tree.of(parser()))
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_appliance
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered(tmp_path: Path, *words: str) -> set[str]:
    """The candidates for the last of these words."""
    file = tmp_path / "appliance.bash"
    file.write_text(SCRIPT)
    command = ["bash", "--norc", "-uc", ASK, "bash", str(file), *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    return set(done.stdout.split("\n")) - {""}


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["st"], {"status"}),
        (["home"], {"home-assistant"}),
        (["home-assistant", ""], {"show", "remove"}),
        (["home-assistant", "--json", "r"], {"remove"}),
        (["update", "channel", ""], {"stable", "beta"}),
        (["run", "--mode", ""], {"full", "satellite"}),
        (["run", "--mode", "satellite", "--jo"], {"--join"}),
        (["completion", ""], {"bash", "zsh", "fish"}),
        (["announce", "--room", "x", "--js"], {"--json"}),
        (["logs", "--since", ""], set()),
        (["nonsense", "st"], {"status"}),
    ],
)
def test_words_that_fit(tmp_path: Path, words: list[str], candidates: set[str]) -> None:
    assert offered(tmp_path, "appliance", *words) == candidates


def test_every_command_is_offered(tmp_path: Path) -> None:
    assert offered(tmp_path, "appliance", "") == {node.words[1] for node in tree.of(parser()).children}


def test_an_options_value_is_no_action(tmp_path: Path) -> None:
    assert offered(tmp_path, "appliance", "models", "--config", "list", "l") == {"list"}


@pytest.mark.parametrize("words", [["logs", "--file", ""], ["status", "--config", ""]])
def test_files_where_a_file_is_wanted(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "my log").write_text("")
    assert offered(tmp_path, "appliance", *words) == {"my log", "appliance.bash"}


def test_shellcheck_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("ShellCheck is not installed: apt-get install shellcheck")
    file = tmp_path / "appliance.bash"
    file.write_text(SCRIPT)
    done = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True, check=False)
    assert done.stdout == ""
