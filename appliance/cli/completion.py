"""`appliance completion bash | zsh | fish`: what Tab offers, as a script for the shell."""

from __future__ import annotations

import argparse
import json

NAME = "completion"
HELP = "print the completion of a shell; what it says goes where the shell looks for it"
PLACES = {
    "bash": "~/.local/share/bash-completion/completions/appliance",
    "zsh": "a folder in fpath, as _appliance",
    "fish": "~/.config/fish/completions/appliance.fish",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which shell."""
    parser.add_argument("shell", choices=tuple(PLACES), help="whose language to speak")


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from appliance.__main__ import parser
    from appliance.commandline import bash, fish, tree, zsh

    scripts = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
    text = scripts[arguments.shell](tree.of(parser()))
    if arguments.json:
        print(json.dumps({"shell": arguments.shell, "place": PLACES[arguments.shell], "script": text}))
    else:
        print(text, end="")
    return 0
